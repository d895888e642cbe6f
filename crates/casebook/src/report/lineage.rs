//! The evidence with its lineage: every item after what it was made from, with how it was made,
//! how far it came and when, and whether its digest equals its source's.

use super::changes::Change;
use super::history::{History, Line};
use crate::entry::Entry;
use crate::evidence::{Evidence, EvidenceState};
use crate::query::Side;
use crate::step::StepName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An item of evidence with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The item as it stands.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// How many things of the case stand between it and the original.
    pub depth: u64,
    /// The call that made it; `None` when the ledger holds no such answer.
    pub made_by: Option<MadeBy>,
    /// How far it came and when, in order.
    pub states: Vec<StateChange>,
    /// Whether its digest equals its source's; `None` when one of the two was not read.
    pub equals_source: Option<bool>,
    /// How many blocks its manifest covers; `None` when there is none.
    pub blocks: Option<u64>,
}

/// The call that made an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// The intent's entry.
    pub seq: u64,
    /// When it was sent.
    pub at: Timestamp,
    /// In which account.
    pub side: Side,
    /// For which step.
    pub step: StepName,
    /// The API action.
    pub action: String,
}

/// A state that an item reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Which.
    pub state: EvidenceState,
    /// Whether a lock that holds was read back.
    pub locked: bool,
}

impl Item {
    /// When it first stood at least so far; `None` when it does not now.
    pub fn reached(&self, state: EvidenceState) -> Option<Timestamp> {
        let now = self.evidence.state >= state;
        let first = self.states.iter().find(|change| change.state >= state);
        first.filter(|_| now).map(|change| change.at)
    }
}

/// All items, each after what it was made from.
pub(super) fn items(history: &History, changes: &[Change]) -> Vec<Item> {
    let mut found = by_id(history.lines());
    let makers = makers(changes);
    let digests: BTreeMap<String, String> = found
        .values()
        .filter_map(|(_, item)| Some((item.evidence.id.clone(), item.evidence.sha256.clone()?)))
        .collect();
    for (_, item) in found.values_mut() {
        item.made_by = makers.get(&item.evidence.id).cloned();
        item.equals_source = equal(item, &digests);
        item.blocks = blocks(history.lines(), &item.evidence.id);
    }
    ordered(found)
}

type Found = BTreeMap<String, (usize, Item)>;

fn by_id(lines: &[Line]) -> Found {
    let mut found = Found::new();
    for line in lines {
        let Entry::Evidence(evidence) = &line.entry else { continue };
        let place = found.len();
        let (_, item) = found.entry(evidence.id.clone()).or_insert_with(|| (place, new(evidence)));
        item.evidence = evidence.clone();
        note(item, line, evidence);
    }
    found
}

fn new(evidence: &Evidence) -> Item {
    Item { evidence: evidence.clone(), depth: 0, made_by: None, states: Vec::new(), equals_source: None, blocks: None }
}

fn note(item: &mut Item, line: &Line, evidence: &Evidence) {
    let change = StateChange { seq: line.seq, at: line.at, state: evidence.state, locked: evidence.locked };
    let same = |last: &StateChange| (last.state, last.locked) == (change.state, change.locked);
    if !item.states.last().is_some_and(same) {
        item.states.push(change);
    }
}

fn makers(changes: &[Change]) -> BTreeMap<String, MadeBy> {
    let pairs = changes.iter().flat_map(|change| change.made.iter().map(move |id| (id.clone(), change)));
    pairs.map(|(id, change)| (id, made_by(change))).collect()
}

fn made_by(change: &Change) -> MadeBy {
    MadeBy { seq: change.seq, at: change.at, side: change.side, step: change.step, action: change.action.clone() }
}

fn equal(item: &Item, digests: &BTreeMap<String, String>) -> Option<bool> {
    let theirs = digests.get(item.evidence.source.as_ref()?)?;
    item.evidence.sha256.as_ref().map(|ours| ours == theirs)
}

fn blocks(lines: &[Line], id: &str) -> Option<u64> {
    lines.iter().rev().find_map(|line| match &line.entry {
        Entry::Manifest(manifest) if manifest.snapshot.as_str() == id => Some(manifest.blocks),
        _ => None,
    })
}

/// Depth first from the items whose source is not itself evidence. What stands in no such tree
/// (a circle, which only a broken ledger can hold) comes last.
fn ordered(found: Found) -> Vec<Item> {
    let mut items: Vec<(usize, Item)> = found.into_values().collect();
    items.sort_by_key(|(place, item)| (item.evidence.source.is_some(), root(item), *place));
    let items: Vec<Item> = items.into_iter().map(|(_, item)| item).collect();
    let ids: BTreeSet<&str> = items.iter().map(|item| item.evidence.id.as_str()).collect();
    let mut tree = Tree { items: &items, placed: BTreeSet::new(), out: Vec::new() };
    for item in &items {
        if !item.evidence.source.as_deref().is_some_and(|source| ids.contains(source)) {
            tree.place(item, u64::from(item.evidence.source.is_some()));
        }
    }
    for item in &items {
        tree.place(item, 0);
    }
    tree.out
}

fn root(item: &Item) -> String {
    item.evidence.source.clone().unwrap_or_default()
}

struct Tree<'a> {
    items: &'a [Item],
    placed: BTreeSet<&'a str>,
    out: Vec<Item>,
}

impl<'a> Tree<'a> {
    fn place(&mut self, item: &'a Item, depth: u64) {
        if !self.placed.insert(&item.evidence.id) {
            return;
        }
        self.out.push(Item { depth, ..item.clone() });
        let items = self.items;
        for child in items.iter().filter(|child| child.evidence.source.as_ref() == Some(&item.evidence.id)) {
            self.place(child, depth + 1);
        }
    }
}
