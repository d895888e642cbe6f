//! What a trial leaves behind: the entries of its ledger and the changes that reached the world.

use crate::Deed;
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{Approved, Entry, Opened, StepEntry};
use casebook::gate::Gate;
use casebook::step::StepName;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// An entry of the ledger.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub entry: Entry,
}

/// Everything that was written and done, in order.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The ledger.
    pub lines: Vec<Line>,
    /// What reached the world.
    pub deeds: Vec<Deed>,
    /// What of the target a release must give back, as it was at first.
    pub before: BTreeMap<String, String>,
    /// The same when the capture stood and the first change was announced: others may have been faster.
    pub captured: BTreeMap<String, String>,
}

impl History {
    /// The opening of the case.
    pub fn opened(&self) -> Option<&Opened> {
        self.lines.iter().find_map(|line| match &line.entry {
            Entry::Opened(opened) => Some(&**opened),
            _ => None,
        })
    }

    /// How a step was last written to stand.
    pub fn step(&self, step: StepName) -> Option<&StepEntry> {
        self.lines.iter().rev().find_map(|line| match &line.entry {
            Entry::Step(entry) if entry.step == step => Some(entry),
            _ => None,
        })
    }

    /// What has cut the instance off so far: groups of interfaces, and network ACLs of subnets.
    pub fn cuts(&self) -> impl Iterator<Item = &Deed> {
        self.deeds.iter().filter(|deed| {
            let cuts = matches!(
                deed.effect,
                Effect::Source(SourceEffect::SetInterfaceGroups { .. } | SourceEffect::ReplaceAcl { .. })
            );
            cuts && deed.result.is_ok()
        })
    }

    /// Whether somebody has approved a gate.
    pub fn approved(&self, gate: Gate) -> bool {
        self.approvals().any(|approved| approved.gate == gate)
    }

    /// Whether somebody has approved a gate for this change: what was shown there last before it was
    /// announced, or, where that may be, whatever comes.
    pub fn approved_as_shown(&self, gate: Gate, effect: &Effect) -> bool {
        let announces = |line: &Line| matches!(&line.entry, Entry::Intent(intent) if intent.effect == *effect);
        let sent = self.lines.iter().rposition(announces).unwrap_or(self.lines.len());
        let before = || self.lines[..sent].iter().rev();
        let shown = before().find_map(|line| match &line.entry {
            Entry::Asked(asked) if asked.gate == gate => Some(asked.digest.as_str()),
            _ => None,
        });
        let mut approvals = before().filter_map(|line| match &line.entry {
            Entry::Approved(approved) if approved.gate == gate => Some(approved),
            _ => None,
        });
        approvals.next().is_some_and(|approved| approved.fits(shown.unwrap_or_default()))
    }

    /// Every approval.
    pub fn approvals(&self) -> impl Iterator<Item = &Approved> {
        self.lines.iter().filter_map(|line| match &line.entry {
            Entry::Approved(approved) => Some(approved),
            _ => None,
        })
    }

    /// Since when the last run has guarded the case, and how often it looks; `None` when it is no guard.
    pub fn guarding(&self) -> Option<(Timestamp, SignedDuration)> {
        let begins = |entry: &Entry| matches!(entry, Entry::Guarding(_) | Entry::Resumed(_) | Entry::Opened(_));
        let last = self.lines.iter().rev().find(|line| begins(&line.entry))?;
        match &last.entry {
            Entry::Guarding(guarding) => Some((last.at, SignedDuration::from_secs(guarding.every_seconds.into()))),
            _ => None,
        }
    }

    /// Whether the capture has a gap.
    pub fn has_gaps(&self) -> bool {
        self.lines.iter().any(|line| matches!(&line.entry, Entry::Captured(captured) if captured.gap.is_some()))
    }

    /// Whether the release was asked for.
    pub fn releasing(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.entry, Entry::Releasing(_)))
    }
}
