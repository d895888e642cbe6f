//! Which snapshot is handed to the forensic account for each original: the original itself, or a
//! copy of it under the share key where its own key bars the forensic account.

use super::forensic::{Reach, reach};
use super::origin::copied_from;
use crate::agenda::Agenda;
use crate::effect::Effect;
use crate::scene::storage::{Snapshot, SnapshotState};

/// How many snapshots may be copied at a time into one region
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
pub(crate) const COPIES_AT_ONCE: usize = 20;

/// What carries an original to the other side.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Carrier<'a> {
    /// Ready.
    Ready(&'a Snapshot),
    /// Not complete yet.
    Pending(&'a Snapshot),
    /// Can not be used as it is.
    Spoiled(&'a Snapshot),
    /// A copy under the share key must be made first; why.
    Barred(String),
}

/// The carrier of an original; `None` while its key is being read.
pub(crate) fn carrier<'a>(
    agenda: &mut Agenda<'_>,
    snapshots: &'a [Snapshot],
    original: &'a Snapshot,
) -> Option<Carrier<'a>> {
    let why = match reach(agenda, original.key.as_ref())? {
        Reach::Usable => return Some(by_state(original)),
        Reach::Barred(why) => why,
    };
    if original.state != SnapshotState::Completed {
        return Some(by_state(original));
    }
    let case = agenda.view.case;
    let copies = snapshots.iter().filter(|s| copied_from(case, s) == Some(&original.id));
    Some(best(copies).map_or(Carrier::Barred(why), by_state))
}

fn by_state(snapshot: &Snapshot) -> Carrier<'_> {
    match snapshot.state {
        SnapshotState::Completed => Carrier::Ready(snapshot),
        SnapshotState::Pending => Carrier::Pending(snapshot),
        SnapshotState::Error | SnapshotState::Elsewhere => Carrier::Spoiled(snapshot),
    }
}

/// Of several copies of one original: a complete one before a pending one before a failed one.
pub(crate) fn best<'a>(copies: impl Iterator<Item = &'a Snapshot>) -> Option<&'a Snapshot> {
    copies.min_by_key(|copy| match copy.state {
        SnapshotState::Completed => 0,
        SnapshotState::Pending => 1,
        SnapshotState::Elsewhere => 2,
        SnapshotState::Error => 3,
    })
}

/// Whether an effect that ended in something useless may be tried once more: when the case was
/// taken up again since, so that a person has had the chance to mend the cause.
pub(crate) fn may_retry(agenda: &Agenda<'_>, effect: &Effect) -> bool {
    let case = agenda.view.case;
    case.attempt(effect).is_none_or(|attempt| attempt.at < case.resumed)
}

/// How a snapshot stands that is awaited: `snap-1 40 %`.
pub(crate) fn progress(snapshots: &[&Snapshot]) -> String {
    snapshots.iter().map(|s| format!("{} {} %", s.id, s.progress_percent)).collect::<Vec<_>>().join(", ")
}
