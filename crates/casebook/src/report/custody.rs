//! What was not secured and what was not compared, in sentences. The counterpart of the evidence
//! table: nothing is left to be read between its lines.

use super::lineage::Item;
use crate::case::Case;
use crate::evidence::{EvidenceKind, EvidenceState};
use crate::id::VolumeId;
use crate::query::{Query, SourceQuery};
use crate::reading::Reading;
use crate::scene::storage::Detached;
use crate::steps::snapshot::serves_another;
use std::collections::BTreeSet;

/// Everything about the evidence that a reader must not take for granted.
pub(super) fn unproved(case: &Case, items: &[Item]) -> Vec<String> {
    let unread = volumes_unread(case);
    let volumes = volumes(case);
    let volumes = volumes.iter().filter_map(|volume| unsecured(case, items, volume));
    let unlocked = items.iter().filter_map(|item| unlocked(case, item));
    let others = items.iter().flat_map(|item| [contradiction(item), uncompared(case, item)]).flatten();
    unread.into_iter().chain(volumes).chain(others).chain(rebuilt(items)).chain(unlocked).collect()
}

fn volumes_unread(case: &Case) -> Option<String> {
    let query = Query::from(SourceQuery::AttachedVolumes(case.target.instance.clone()));
    let read = case.baseline.scene.last(&query).or(case.observed.get(&query));
    let unread =
        format!("The volumes of {} were not read: whether each has a snapshot is not known.", case.target.instance);
    read.is_none().then_some(unread)
}

/// The volumes that were ever seen at the instance, without those that served another one by then.
fn volumes(case: &Case) -> BTreeSet<VolumeId> {
    let target = &case.target.instance;
    let queries = [
        Query::from(SourceQuery::AttachedVolumes(target.clone())),
        Query::from(SourceQuery::DetachedVolumes(target.clone())),
    ];
    let readings = queries.iter().flat_map(|query| [case.baseline.scene.last(query), case.observed.get(query)]);
    let mut found = BTreeSet::new();
    for reading in readings.flatten() {
        match reading {
            Reading::Volumes(volumes) => found.extend(volumes.iter().map(|volume| volume.id.clone())),
            Reading::Detached(Detached { volumes, .. }) => {
                let left_over = volumes.iter().filter(|volume| !serves_another(case, volume));
                found.extend(left_over.map(|volume| volume.id.clone()));
            }
            _ => {}
        }
    }
    found
}

fn unsecured(case: &Case, items: &[Item], volume: &VolumeId) -> Option<String> {
    let snapshots: Vec<&Item> = items
        .iter()
        .filter(|item| item.evidence.kind == EvidenceKind::Snapshot)
        .filter(|item| item.evidence.source.as_deref() == Some(volume.as_str()))
        .collect();
    if snapshots.is_empty() {
        return Some(format!("The volume {volume} has no snapshot in this case."));
    }
    let copied = snapshots.iter().any(|item| is_copied(case, items, item));
    (!copied).then(|| format!("The forensic account owns no copy of the volume {volume}."))
}

/// Whether something made from it, at whatever remove, belongs to another account.
fn is_copied(case: &Case, items: &[Item], from: &Item) -> bool {
    let mut reached = BTreeSet::from([from.evidence.id.as_str()]);
    for item in items {
        let source = item.evidence.source.as_deref().unwrap_or("");
        if item.evidence.id != from.evidence.id && reached.contains(source) {
            if item.evidence.account != case.target.account && item.evidence.state >= EvidenceState::Copied {
                return true;
            }
            reached.insert(&item.evidence.id);
        }
    }
    false
}

/// A state that the digests beside it do not bear out.
fn contradiction(item: &Item) -> Option<String> {
    let evidence = &item.evidence;
    let source = evidence.source.as_deref().unwrap_or("its source");
    match (evidence.state, evidence.kind, item.equals_source) {
        (_, _, Some(false)) => Some(format!("{} is NOT EQUAL to {source}: their digests differ.", evidence.id)),
        (EvidenceState::Verified, EvidenceKind::Snapshot, None) => {
            Some(format!("{} is recorded as verified, and the ledger does not hold both digests.", evidence.id))
        }
        _ => None,
    }
}

fn uncompared(case: &Case, item: &Item) -> Option<String> {
    let evidence = &item.evidence;
    let source = evidence.source.as_deref()?;
    let foreign = evidence.account != case.target.account;
    if !foreign || evidence.state == EvidenceState::Verified {
        return None;
    }
    let id = &evidence.id;
    match evidence.kind {
        EvidenceKind::Snapshot => Some(format!("The copy {id} was not compared with {source} block by block.")),
        EvidenceKind::Image => Some(format!("The image {id} was not compared with {source} as a whole.")),
        EvidenceKind::Instance => {
            Some(format!("The instance {id} runs what {source} holds, attacker's work included."))
        }
        EvidenceKind::Volume | EvidenceKind::Scene | EvidenceKind::ConsoleOutput => None,
    }
}

fn unlocked(case: &Case, item: &Item) -> Option<String> {
    let evidence = &item.evidence;
    let counts = evidence.kind == EvidenceKind::Snapshot && !evidence.locked;
    let whose = if evidence.account == case.target.account { "the account under investigation" } else { "its account" };
    counts.then(|| {
        format!("No lock was read back on {}: whoever may delete snapshots in {whose} can delete it.", evidence.id)
    })
}

/// Rebuilt volumes are for reading by an analyst; nothing here has read them.
fn rebuilt(items: &[Item]) -> Option<String> {
    let volumes = items.iter().filter(|item| item.evidence.kind == EvidenceKind::Volume);
    let ids: Vec<&str> = volumes.map(|item| item.evidence.id.as_str()).collect();
    (!ids.is_empty()).then(|| format!("Rebuilt and not read or compared afterwards: {}.", ids.join(", ")))
}
