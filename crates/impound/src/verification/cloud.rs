//! The items that stand in AWS, asked anew in both accounts.

use super::{Check, Found};
use casebook::case::{Case, Last};
use casebook::evidence::{Evidence, EvidenceKind, EvidenceState};
use casebook::fault::Fault;
use casebook::id::SnapshotId;
use casebook::query::{ForensicQuery as F, Query, Side, SourceQuery as S};
use casebook::reading::Reading;
use casebook::scene::instance::{Instance, InstanceState, Tags};
use casebook::scene::storage::{Image, Lock, Snapshot, SnapshotState, Volume};
use casebook::tags;
use engine::{Cloud, Written};
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// Everything that was asked, by question.
type Answers = BTreeMap<Query, Result<Reading, Fault>>;

/// Asks for every item of the evidence that stands in AWS, and holds it against the ledger.
pub async fn in_cloud<C: Cloud>(cloud: &C, case: &Case, entries: &[Written]) -> Vec<Check> {
    let items: Vec<&Evidence> = case.evidence.values().filter(|item| is_in_aws(item)).collect();
    let queries: Vec<Query> = queries(case, &items);
    let answers = join_all(queries.iter().map(|query| cloud.observe(query))).await;
    let answers: Answers = queries.into_iter().zip(answers.into_iter().map(|answer| answer.value)).collect();
    let witness = Witness { case, entries, answers };
    let mut checks: Vec<Check> = items.iter().map(|item| witness.check(item)).collect();
    checks.extend(in_custody(case).iter().flat_map(|query| witness.strangers(query, &items)));
    checks
}

/// What the forensic account holds of this case, whatever the ledger says of it: a ledger that was cut
/// back to before custody would not ask.
fn in_custody(case: &Case) -> Vec<Query> {
    if case.settings.forensic.is_none() {
        return Vec::new();
    }
    let id = || case.id.clone();
    [F::CaseSnapshots(id()), F::CaseImages(id()), F::CaseVolumes(id()), F::CaseInstances(id())].map(Query::from).into()
}

fn is_in_aws(item: &Evidence) -> bool {
    !matches!(item.kind, EvidenceKind::Scene | EvidenceKind::ConsoleOutput)
}

fn side(case: &Case, item: &Evidence) -> Side {
    if item.account == case.target.account { Side::Source } else { Side::Forensic }
}

fn queries(case: &Case, items: &[&Evidence]) -> Vec<Query> {
    let mut queries: Vec<Query> = items.iter().filter_map(|item| whereabouts(case, item)).collect();
    queries.extend(in_custody(case));
    for side in [Side::Source, Side::Forensic] {
        let ids = locked(case, items, side);
        if !ids.is_empty() {
            queries.push(locks(side, ids));
        }
    }
    queries.sort();
    queries.dedup();
    queries
}

/// The question whose answer shows an item.
fn whereabouts(case: &Case, item: &Evidence) -> Option<Query> {
    let id = case.id.clone();
    match (item.kind, side(case, item)) {
        (EvidenceKind::Snapshot, Side::Source) => Some(S::CaseSnapshots(id).into()),
        (EvidenceKind::Snapshot, Side::Forensic) => Some(F::CaseSnapshots(id).into()),
        (EvidenceKind::Image, Side::Source) => Some(S::CaseImages(id).into()),
        (EvidenceKind::Image, Side::Forensic) => Some(F::CaseImages(id).into()),
        (EvidenceKind::Volume, Side::Forensic) => Some(F::CaseVolumes(id).into()),
        (EvidenceKind::Instance, Side::Forensic) => Some(F::CaseInstances(id).into()),
        _ => None,
    }
}

fn locked(case: &Case, items: &[&Evidence], at: Side) -> Vec<SnapshotId> {
    let of_side = items.iter().filter(|item| item.locked && side(case, item) == at);
    of_side.map(|item| SnapshotId::new(item.id.clone())).collect()
}

fn locks(side: Side, ids: Vec<SnapshotId>) -> Query {
    match side {
        Side::Source => S::Locks(ids).into(),
        Side::Forensic => F::Locks(ids).into(),
    }
}

struct Witness<'a> {
    case: &'a Case,
    entries: &'a [Written],
    answers: Answers,
}

impl Witness<'_> {
    fn check(&self, item: &Evidence) -> Check {
        let what = format!("{} in account {}", item.id, item.account);
        let Some(answer) = whereabouts(self.case, item).and_then(|query| self.answers.get(&query)) else {
            return Check::new(what, Found::Unread, "there is no question that shows it");
        };
        let found = match answer {
            Err(fault) => return Check::new(what, Found::Unread, format!("could not be read: {fault}")),
            Ok(reading) => find(reading, &item.id),
        };
        match found {
            None => Check::new(what, Found::Wrong, "it is gone, or no longer carries the case's tag"),
            Some(found) => self.hold_against(item, &found, what),
        }
    }

    fn hold_against(&self, item: &Evidence, found: &Item, what: String) -> Check {
        let whole = item.state == EvidenceState::Requested || found.whole;
        let owner = found.owner.as_ref().is_none_or(|owner| *owner == item.account.as_str());
        let problem = [
            (!whole).then(|| format!("it is `{}` and no longer whole", found.state)),
            (!owner).then(|| "another account owns it".to_owned()),
            self.tag_problem(&found.tags),
        ];
        if let Some(problem) = problem.into_iter().flatten().next() {
            return Check::new(what, Found::Wrong, problem);
        }
        self.lock(item, what)
    }

    /// What an answer shows and the evidence does not name.
    fn strangers(&self, query: &Query, items: &[&Evidence]) -> Vec<Check> {
        match self.answers.get(query) {
            Some(Ok(reading)) => {
                let known = |id: &str| items.iter().any(|item| item.id == id);
                all(reading)
                    .into_iter()
                    .filter(|found| !known(&found.id))
                    .filter_map(|found| self.stranger(found))
                    .collect()
            }
            Some(Err(fault)) => {
                vec![Check::new(query.title(), Found::Unread, format!("could not be read: {fault}"))]
            }
            None => Vec::new(),
        }
    }

    /// An item that is no evidence: known when any entry names it, such as the disk of an instance that
    /// was started, or a copy that failed.
    fn stranger(&self, found: Item) -> Option<Check> {
        let what = format!("{} in the forensic account", found.id);
        if let Some(problem) = self.tag_problem(&found.tags) {
            return Some(Check::new(what, Found::Wrong, problem));
        }
        let named =
            |written: &Written| serde_json::to_string(&written.entry).is_ok_and(|text| text.contains(&found.id));
        if self.entries.iter().any(named) {
            return None;
        }
        let lost = self.case.attempts.values().any(|attempt| attempt.last == Last::Lost);
        Some(if lost {
            Check::new(what, Found::Unread, "no entry names it, and the answer to a call was lost: resume the case")
        } else {
            Check::new(what, Found::Wrong, "it carries the case's tag, and no entry of this ledger names it")
        })
    }

    /// The head that a copy carries must be one of this ledger's: else the ledger was rewritten.
    fn tag_problem(&self, tags: &Tags) -> Option<String> {
        let head = tags.get(tags::LEDGER)?;
        let known = self.entries.iter().any(|written| written.head.to_string() == *head);
        (!known).then(|| format!("its tag {} names the head {head}, which this ledger never had", tags::LEDGER))
    }

    fn lock(&self, item: &Evidence, what: String) -> Check {
        if !item.locked {
            return Check::new(what, Found::Good, "it is there, as the ledger says; it was not locked");
        }
        let at = side(self.case, item);
        let items: Vec<&Evidence> = self.case.evidence.values().filter(|item| is_in_aws(item)).collect();
        match self.answers.get(&locks(at, locked(self.case, &items, at))) {
            Some(Ok(Reading::Locks(locks))) if holds(locks, &item.id) => {
                Check::new(what, Found::Good, "it is there and locked, as the ledger says")
            }
            Some(Err(fault)) => Check::new(what, Found::Unread, format!("its lock could not be read: {fault}")),
            _ => Check::new(what, Found::Wrong, "the ledger says that it is locked, and it is not"),
        }
    }
}

fn holds(locks: &[Lock], id: &str) -> bool {
    locks.iter().any(|lock| lock.snapshot.as_str() == id && lock.holds())
}

/// What an answer shows of an item.
struct Item {
    id: String,
    owner: Option<String>,
    state: String,
    whole: bool,
    tags: Tags,
}

fn find(reading: &Reading, id: &str) -> Option<Item> {
    all(reading).into_iter().find(|item| item.id == id)
}

fn all(reading: &Reading) -> Vec<Item> {
    match reading {
        Reading::Snapshots(all) => all.iter().map(snapshot).collect(),
        Reading::Images(all) => all.iter().map(image).collect(),
        Reading::Volumes(all) => all.iter().map(volume).collect(),
        Reading::Instances(all) => all.iter().map(instance).collect(),
        _ => Vec::new(),
    }
}

fn snapshot(found: &Snapshot) -> Item {
    Item {
        id: found.id.to_string(),
        owner: Some(found.owner.to_string()),
        state: crate::tables::word(&found.state),
        whole: found.state == SnapshotState::Completed,
        tags: found.tags.clone(),
    }
}

fn image(found: &Image) -> Item {
    Item {
        id: found.id.to_string(),
        owner: Some(found.owner.to_string()),
        state: found.state.clone(),
        whole: found.state == "available",
        tags: found.tags.clone(),
    }
}

fn volume(found: &Volume) -> Item {
    let whole = matches!(found.state.as_str(), "available" | "in-use");
    Item { id: found.id.to_string(), owner: None, state: found.state.clone(), whole, tags: found.tags.clone() }
}

fn instance(found: &Instance) -> Item {
    let whole = !matches!(found.state, InstanceState::ShuttingDown | InstanceState::Terminated);
    let state = crate::tables::word(&found.state);
    Item { id: found.id.to_string(), owner: None, state, whole, tags: found.tags.clone() }
}
