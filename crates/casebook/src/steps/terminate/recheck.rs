//! Everything that must hold before the original may go, read again within the last minute.

use crate::agenda::Agenda;
use crate::custody;
use crate::custody::readings::{is_copy, recent};
use crate::evidence::Custody;
use crate::grade;
use crate::id::SnapshotId;
use crate::query::{ForensicQuery as F, Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::Instance;
use crate::scene::storage::Snapshot;
use crate::verdict::NetworkVerdict;

/// The evidence, when nothing bars the way; `Some(None)` when something does and is held; `None`
/// while it is being read.
pub(super) fn recheck(agenda: &mut Agenda<'_>) -> Option<Option<Custody>> {
    let instance = read(agenda)?;
    let before = agenda.holds.len();
    for disk in instance.block_devices.iter().filter(|disk| disk.delete_on_termination) {
        agenda.hold(format!(
            "{} ({}) would be deleted with {}; resume the case, the step `protect` sets it to stay",
            disk.device, disk.volume, instance.id
        ));
    }
    if grade::verdict(agenda.view).network == NetworkVerdict::Open {
        agenda
            .hold(format!("{} was not read back as isolated; see the step `isolate` and resume the case", instance.id));
    }
    let custody = custody::index(agenda.view);
    for link in &custody.missing {
        agenda.hold(format!("not secured: {link}"));
    }
    Some((agenda.holds.len() == before).then_some(custody))
}

/// Reads everything again that the decision rests on; `None` until all of it is fresh.
fn read<'a>(agenda: &mut Agenda<'a>) -> Option<&'a Instance> {
    let case = agenda.view.case;
    let target = &case.target.instance;
    let fresh = [
        all_recent(agenda, S::Instance(target.clone())),
        all_recent(agenda, S::Interfaces(target.clone())),
        all_recent(agenda, S::QuarantineGroups),
        all_recent(agenda, S::AttachedVolumes(target.clone())),
        all_recent(agenda, S::CaseSnapshots(case.id.clone())),
        forensic(agenda),
    ];
    if fresh.contains(&false) {
        return None;
    }
    agenda.instance(target)
}

/// A question whose answer must be recent and readable: without one the step holds.
fn all_recent(agenda: &mut Agenda<'_>, query: impl Into<Query>) -> bool {
    let query = query.into();
    recent(agenda, query.clone()) && agenda.read(query).is_some()
}

fn forensic(agenda: &mut Agenda<'_>) -> bool {
    if agenda.view.case.settings.forensic.is_none() {
        return true;
    }
    let query: Query = F::CaseSnapshots(agenda.view.case.id.clone()).into();
    if !recent(agenda, query.clone()) {
        return false;
    }
    let Some(Reading::Snapshots(copies)) = agenda.read(query) else { return false };
    let ids = ids(copies);
    ids.is_empty() || all_recent(agenda, F::Locks(ids))
}

fn ids(copies: &[Snapshot]) -> Vec<SnapshotId> {
    let ours = copies.iter().filter(|copy| is_copy(copy));
    let mut ids: Vec<_> = ours.map(|copy| copy.id.clone()).collect();
    ids.sort();
    ids
}
