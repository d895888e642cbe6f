//! The watch over a contained case: everything that its steps looked at is looked at again once a
//! period. A goal that does not hold any more is planned for by its step, as always; here it is noted
//! what differs, when it was mended, and who did it. The run goes on until it is stopped, the original
//! is gone, or what contains it can not be kept up.
//!
//! Not for: what proves containment during a run that ends by itself; that is `watch`.

use super::{Next, StepReport, closing, watch};
use crate::agenda::Wake;
use crate::query::{ForensicQuery as F, Query, SourceQuery as S};
use crate::scene::Fact;
use crate::step::{StepName, StepStatus};
use crate::view::View;
use jiff::{SignedDuration, Timestamp};

mod drift;
#[cfg(test)]
mod tests;
mod trace;
mod words;

/// Notes what was found, and plans the next look.
pub fn keep(view: View<'_>, every: SignedDuration, next: &mut Next) {
    next.notes = drift::notes(view, next);
    let lost: Vec<StepName> = next.steps.iter().filter(|report| is_lost(view, report)).map(|r| r.step).collect();
    let over = closing::rests(view, StepName::Isolate) || view.case.guard.knows(StepName::Terminate, None);
    if over || lost.iter().any(|step| is_certain(view, next, *step)) {
        watch::again(view, next);
        return;
    }
    trace::follow(view, every, next);
    look_again(view, if lost.is_empty() { every } else { watch::AT_THE_END }, next);
}

/// Asks again what is older than a period. What is nearly that old is asked along, so that the looks
/// of one period stay together.
fn look_again(view: View<'_>, every: SignedDuration, next: &mut Next) {
    let facts = facts(view, next);
    let Some(due) = facts.iter().map(|(_, fact)| fact.at + every).min() else { return };
    if due > view.now {
        next.wakes.push(Wake { at: due, why: "the next look at everything that was done".into() });
        return;
    }
    let soon = view.now + every / 4;
    let old = facts.into_iter().filter(|(_, fact)| fact.at + every <= soon).map(|(query, _)| query);
    next.observe.extend(old.filter(|query| !view.busy.queries.contains(query)));
}

/// What is looked at once a period, as far as it was answered and nothing asks it again anyway.
fn facts<'v>(view: View<'v>, next: &Next) -> Vec<(Query, &'v Fact)> {
    let mut queries = next.consulted.clone();
    queries.extend(watch::proofs(view, next));
    let fresh = |query: Query| {
        let fact = view.scene.fact(&query).filter(|fact| !fact.stale)?;
        Some((query, fact))
    };
    queries.into_iter().filter(may_change).filter_map(fresh).collect()
}

/// Whether an answer can change under our hands. Blocks of a snapshot can not; CloudTrail's past is
/// read at a pace of its own.
pub(super) fn may_change(query: &Query) -> bool {
    !matches!(
        query,
        Query::Source(
            S::Identity
                | S::InstanceType(_)
                | S::DetachedVolumes(_)
                | S::SessionEvents(_)
                | S::ChangesOf(_)
                | S::Quota(_)
                | S::BlockCount(_)
                | S::Blocks(..)
        ) | Query::Forensic(F::Identity | F::Quota(_) | F::BlockCount(_) | F::Blocks(..))
    )
}

/// Whether a step that contains the instance stands no longer and can not go on. What keeps evidence or
/// marks things is reported and does not end the watch: without it nobody would look at the rest.
fn is_lost(view: View<'_>, report: &StepReport) -> bool {
    let contains = match report.step {
        StepName::Isolate => true,
        StepName::Protect | StepName::Detach | StepName::Revoke | StepName::Deregister => {
            view.case.guard.kept.contains(&report.step)
        }
        _ => false,
    };
    contains && report.status == StepStatus::Failed && !report.holds.is_empty()
}

/// Whether everything was read again since a step was found lost: two readings of different moments
/// may contradict each other once.
fn is_certain(view: View<'_>, next: &Next, step: StepName) -> bool {
    let found = view.case.guard.open().filter(|(_, record)| record.drift.step == step).map(|(_, record)| record.at);
    let Some(found) = found.max() else { return !view.case.guard.kept.contains(&step) };
    let since: Timestamp = found + watch::AT_THE_END;
    facts(view, next).iter().all(|(_, fact)| fact.at >= since)
}
