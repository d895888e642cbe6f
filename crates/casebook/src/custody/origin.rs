//! What this case has made in the account under investigation, as the ledger knows it. A tag proves
//! nothing: anyone can write it on something older, and what is taken for ours is locked, shared with
//! the forensic account alone, and copied. The ledger holds the ids that answered each call. Where an
//! answer was lost, what nobody can write on a thing later stands in: the name that only the ledger
//! knew, the key, the time.

use super::readings::made_from;
use crate::case::{Attempt, Case, Last};
use crate::effect::{Effect, SourceEffect};
use crate::id::SnapshotId;
use crate::scene::storage::{Image, Snapshot};
use crate::step::StepName;
use jiff::{SignedDuration, Timestamp};

/// How far our clock may be ahead of AWS's.
const SKEW: SignedDuration = SignedDuration::from_mins(2);

/// Whether the calls of an effect made the thing with this id: an answer named it, or an answer was
/// lost and it is `alike` what was asked for.
pub(crate) fn made(attempt: &Attempt, id: &str, alike: impl FnOnce() -> bool) -> bool {
    match &attempt.last {
        Last::Done(made) => made.ids.iter().any(|made| made == id),
        Last::Lost | Last::Failed(_) => alike(),
        Last::Cleared => attempt.effective && alike(),
    }
}

/// Whether a snapshot was begun after the effect was first sent.
pub(crate) fn begun_since(attempt: &Attempt, snapshot: &Snapshot) -> bool {
    snapshot.started.parse::<Timestamp>().is_ok_and(|started| started >= attempt.first - SKEW)
}

/// Of which snapshot this one is the case's copy under the share key; `None` when it is none.
pub(crate) fn copied_from<'a>(case: &'a Case, snapshot: &Snapshot) -> Option<&'a SnapshotId> {
    case.attempts.iter().find_map(|(effect, attempt)| {
        let Effect::Source(SourceEffect::Reencrypt { snapshot: original, key, .. }) = effect else { return None };
        let alike = || {
            made_from(&snapshot.tags, StepName::Share, original.as_str())
                && snapshot.key.as_ref() == Some(key)
                && begun_since(attempt, snapshot)
        };
        made(attempt, snapshot.id.as_str(), alike).then_some(original)
    })
}

/// Which part an image of the case plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImagePart {
    /// It was made of the instance.
    Original,
    /// It was made of that one, under the share key.
    Shared,
}

/// Which part an image plays; `None` when the case did not make it.
pub(crate) fn part(case: &Case, image: &Image) -> Option<ImagePart> {
    case.attempts.iter().find_map(|(effect, attempt)| {
        let (name, part) = match effect {
            Effect::Source(SourceEffect::CreateImage { name, .. }) => (name, ImagePart::Original),
            Effect::Source(SourceEffect::ReencryptImage { name, .. }) => (name, ImagePart::Shared),
            _ => return None,
        };
        made(attempt, image.id.as_str(), || image.name == *name).then_some(part)
    })
}
