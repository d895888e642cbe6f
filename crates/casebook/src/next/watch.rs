//! What was read back once may be undone by somebody. So it is read again while a run goes on, and
//! once more before the run ends: what the end says held a few seconds before. A later run starts
//! from nothing and reads everything anew.

use super::{Next, closing, gone, guard};
use crate::agenda::Wake;
use crate::query::{Query, SourceQuery as S};
use crate::scene::instance::Attribute;
use crate::step::{StepName, StepStatus};
use crate::steps::{isolate, revoke};
use crate::view::View;
use jiff::SignedDuration;

/// How old a proof may become while a run goes on.
const EVERY: SignedDuration = SignedDuration::from_secs(60);
/// What part of that it may be looked at sooner, to be asked beside another.
const SIDE_BY_SIDE: i32 = 6;
/// How old a proof may be when a run ends.
pub(crate) const AT_THE_END: SignedDuration = SignedDuration::from_secs(5);

/// Asks again for proofs that have become old. Where one has, those that soon will are asked beside it.
pub fn again(view: View<'_>, next: &mut Next) {
    let moves = moves(view, next);
    let age = if moves { EVERY } else { AT_THE_END };
    let fresh = |query| view.scene.fact(&query).filter(|fact| !fact.stale).map(|fact| (fact.at + age, query));
    let proofs: Vec<_> = proofs(view, next).into_iter().filter_map(fresh).collect();
    let some_due = proofs.iter().any(|(due, query)| *due <= view.now && !view.busy.queries.contains(query));
    let until = if some_due { view.now + age / SIDE_BY_SIDE } else { view.now };
    for (due, query) in proofs {
        if due <= until && !view.busy.queries.contains(&query) {
            next.observe.insert(query);
        } else if moves && due > view.now && next.wakes.iter().all(|wake| wake.at > due) {
            next.wakes.push(Wake { at: due, why: "the next look at what was contained".into() });
        }
    }
}

/// What of these was read too long ago to prove something now: a step that has waited, or has failed, and
/// then finds its goal reached may have looked at part of it minutes before. What was read twice since the
/// step stands so, some time apart, is not asked again: where reading takes long, something is always old.
pub fn old(view: View<'_>, step: StepName, consulted: &[Query]) -> Vec<Query> {
    let since = view.case.steps.get(&step).map_or(view.case.resumed, |record| record.since);
    let aged = |query: &&Query| {
        view.scene.fact(query).is_some_and(|fact| {
            let unread = fact.at < since && fact.at + AT_THE_END <= view.now;
            let again = fact.before.is_some_and(|before| before >= since && before + EVERY <= fact.at);
            let long_ago = fact.at + EVERY <= view.now && !again;
            unread || long_ago
        })
    };
    consulted.iter().filter(|query| guard::may_change(query)).filter(aged).cloned().collect()
}

fn moves(view: View<'_>, next: &Next) -> bool {
    let planned = !next.observe.is_empty() || !next.perform.is_empty() || !next.wakes.is_empty();
    planned || !view.busy.queries.is_empty() || !view.busy.effects.is_empty()
}

/// The questions whose answers prove what was done to the original. What isolation could not account
/// for is looked at again too.
pub(super) fn proofs(view: View<'_>, next: &Next) -> Vec<Query> {
    let stands = |report: &&super::StepReport| {
        let failed = report.status == StepStatus::Failed && report.step == StepName::Isolate;
        (report.status == StepStatus::Done || failed) && !closing::rests(view, report.step)
    };
    let mut proofs: Vec<Query> =
        next.steps.iter().filter(stands).flat_map(|report| of_step(view, report.step)).collect();
    if next.steps.iter().any(|report| gone::may_explain(report.step, report.status)) {
        proofs.push(S::Instance(view.case.target.instance.clone()).into());
    }
    proofs
}

fn of_step(view: View<'_>, step: StepName) -> Vec<Query> {
    let target = &view.case.target.instance;
    match step {
        StepName::Protect => vec![
            S::Instance(target.clone()).into(),
            S::Attribute(target.clone(), Attribute::TerminationProtection).into(),
            S::Attribute(target.clone(), Attribute::StopProtection).into(),
        ],
        StepName::Isolate => {
            let acls = view.scene.facts().map(|(query, _)| query);
            let acls = acls.filter(|query| isolate::whole_cut(view.case) && matches!(query, Query::Source(S::Acls(_))));
            let read = [S::Interfaces(target.clone()), S::QuarantineGroups, S::Instance(target.clone())];
            read.map(Query::from).into_iter().chain(acls.cloned()).collect()
        }
        StepName::Revoke => {
            let ours = revoke::policy_name(view.case);
            let denies = |query: &&Query| matches!(query, Query::Source(S::RolePolicy(_, name)) if *name == ours);
            let denies = view.scene.facts().map(|(query, _)| query).filter(denies).cloned();
            denies.chain([S::ProfileAssociations(target.clone()).into()]).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
