//! Readings looked up without asking: the last one on a question, a lock, a tag; and the demand
//! that one be recent.

use crate::agenda::Agenda;
use crate::case::Case;
use crate::id::{AccountId, SnapshotId};
use crate::query::{ForensicQuery as F, Query, Side, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::Tags;
use crate::scene::storage::{Detached, Sharing, Snapshot, Volume};
use crate::step::StepName;
use crate::tags;
use crate::view::View;
use jiff::SignedDuration;

/// How old a reading may be on which something irreversible is decided.
const RECENT: SignedDuration = SignedDuration::from_secs(60);

/// The last reading on a question: of this run, of an earlier one, or of the capture.
pub(crate) fn last<'a>(view: View<'a>, query: impl Into<Query>) -> Option<&'a Reading> {
    let query = query.into();
    let case = view.case;
    view.scene.last(&query).or_else(|| case.observed.get(&query)).or_else(|| case.baseline.scene.last(&query))
}

/// The snapshots of the case on one side, as last read.
pub(crate) fn snapshots(view: View<'_>, side: Side) -> Option<&[Snapshot]> {
    let case = view.case.id.clone();
    let query: Query = match side {
        Side::Source => S::CaseSnapshots(case).into(),
        Side::Forensic => F::CaseSnapshots(case).into(),
    };
    match last(view, query)? {
        Reading::Snapshots(snapshots) => Some(snapshots),
        _ => None,
    }
}

/// The volumes that a question gave last; none when it was never answered.
pub(crate) fn volumes(view: View<'_>, query: impl Into<Query>) -> Option<&[Volume]> {
    match last(view, query)? {
        Reading::Volumes(volumes) | Reading::Detached(Detached { volumes, .. }) => Some(volumes),
        _ => None,
    }
}

/// Whether a snapshot's lock was read back and holds: in this run if its locks were read, else as
/// the ledger has it.
pub(crate) fn locked(view: View<'_>, side: Side, snapshot: &SnapshotId) -> bool {
    let first: Query = match side {
        Side::Source => S::Locks(Vec::new()).into(),
        Side::Forensic => F::Locks(Vec::new()).into(),
    };
    let named = view.scene.facts_from(&first).map_while(|(query, fact)| Some((locks_of(query, side)?, fact)));
    let named = named.filter(|(ids, _)| ids.contains(snapshot));
    let answered = named.filter_map(|(_, fact)| Some((fact.at, fact.answer.as_ref().ok()?)));
    match answered.max_by_key(|(at, _)| *at) {
        Some((_, Reading::Locks(locks))) => locks.iter().any(|lock| lock.snapshot == *snapshot && lock.holds()),
        _ => view.case.evidence.get(snapshot.as_str()).is_some_and(|item| item.locked),
    }
}

/// The snapshots whose locks a question asks for.
fn locks_of(query: &Query, side: Side) -> Option<&[SnapshotId]> {
    match (query, side) {
        (Query::Source(S::Locks(ids)), Side::Source) | (Query::Forensic(F::Locks(ids)), Side::Forensic) => Some(ids),
        _ => None,
    }
}

/// Whether a sharing is with the forensic account and nobody else.
pub(crate) fn alone(sharing: &Sharing, forensic: &AccountId) -> bool {
    !sharing.public && sharing.accounts.iter().eq([forensic])
}

/// Whether something carries the tag of a step.
pub(crate) fn made_by(tags: &Tags, step: StepName) -> bool {
    tags.get(tags::STEP).is_some_and(|value| value == step.as_str())
}

/// What something was made from, by its tag.
pub(crate) fn source(tags: &Tags) -> Option<&str> {
    tags.get(tags::SOURCE).map(String::as_str)
}

/// Whether a step made something from a source.
pub(crate) fn made_from(tags: &Tags, step: StepName, from: &str) -> bool {
    made_by(tags, step) && source(tags) == Some(from)
}

/// Whether a snapshot is the copy of a snapshot. Those behind a copied image carry the image's tags,
/// the part among them.
pub(crate) fn is_copy(snapshot: &Snapshot) -> bool {
    made_by(&snapshot.tags, StepName::Copy) && !snapshot.tags.contains_key(tags::PART)
}

/// Whether the fact on a question is recent enough to decide something irreversible on it; if not it
/// is asked again.
pub(crate) fn recent(agenda: &mut Agenda<'_>, query: impl Into<Query>) -> bool {
    let query = query.into();
    let Some(fact) = agenda.view.scene.fact(&query) else {
        agenda.ask(query);
        return false;
    };
    let old = fact.answer.is_ok() && fact.at + RECENT < agenda.view.now;
    if old || fact.stale {
        agenda.ask(query);
    }
    !old && !fact.stale
}

/// An effect that was sent before for the same purpose. It is repeated as it was: its tags name the
/// ledger's head of that time, and a call with a client token must not change between tries.
pub(crate) fn sent_before(case: &Case, same: impl Fn(&crate::effect::Effect) -> bool) -> Option<crate::effect::Effect> {
    case.attempts.keys().find(|effect| same(effect)).cloned()
}
