//! What differs: a change that a kept step plans, or what it holds on, that nobody has noted yet; and
//! what is mended again.

use super::super::{Next, StepReport, closing};
use super::{facts, words};
use crate::agenda::Hold;
use crate::case::{Attempt, Case};
use crate::effect::{Effect, SourceEffect as E};
use crate::entry::{Drift, Entry, Mended};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did_any;
use crate::scene::Fact;
use crate::scene::instance::InstanceState;
use crate::step::{StepName, StepStatus};
use crate::steps::isolate;
use crate::tags;
use crate::view::View;
use jiff::Timestamp;

/// What is to be written about what was done and does not hold any more, or holds again.
pub fn notes(view: View<'_>, next: &Next) -> Vec<Entry> {
    if let Some(drift) = ended(view).filter(|_| !closing::rests(view, StepName::Isolate)) {
        let known = view.case.guard.knows(StepName::Terminate, None);
        return if known { Vec::new() } else { vec![note(drift)] };
    }
    let kept = |report: &&StepReport| view.case.guard.kept.contains(&report.step);
    let reports = next.steps.iter().filter(kept).filter(|report| !closing::rests(view, report.step));
    let mut notes: Vec<Entry> = reports.flat_map(|report| of_step(view, next, report)).collect();
    notes.extend(mended(view, next));
    notes
}

fn of_step(view: View<'_>, next: &Next, report: &StepReport) -> Vec<Entry> {
    let guard = &view.case.guard;
    let planned = next.perform.iter().filter(|(step, _)| *step == report.step).map(|(_, effect)| effect);
    let undone = planned.filter(|effect| was_undone(view.case, report.step, effect));
    let mut found: Vec<Entry> = undone
        .filter(|effect| !guard.knows(report.step, Some(effect)))
        .map(|effect| note(undone_by(view, next, report.step, effect)))
        .collect();
    if found.is_empty() && !guard.knows(report.step, None) {
        found.extend(report.holds.first().map(|hold| note(stuck(view, next, report.step, hold))));
    }
    found
}

fn note(drift: Drift) -> Entry {
    Entry::Drift(Box::new(drift))
}

fn undone_by(view: View<'_>, next: &Next, step: StepName, effect: &Effect) -> Drift {
    Drift {
        step,
        what: words::what(view, effect),
        mend: Some(effect.clone()),
        resource: words::resource(view, effect),
        right: last_right(view, next, step),
    }
}

fn stuck(view: View<'_>, next: &Next, step: StepName, hold: &Hold) -> Drift {
    Drift { step, what: hold.why.clone(), mend: None, resource: None, right: last_right(view, next, step) }
}

/// The begin of the look before this one, which found everything as it should be; in the first period
/// of a guard, when the step was last written as done.
fn last_right(view: View<'_>, next: &Next, step: StepName) -> Option<Timestamp> {
    let done = view.case.steps.get(&step).and_then(|record| record.finished);
    let every = view.case.guard.every.unwrap_or_default();
    if view.now < view.case.resumed + every {
        return done;
    }
    let this_look = |fact: &Fact| view.now.duration_since(fact.at) < every / 2;
    let looks = facts(view, next).into_iter().filter_map(|(_, fact)| match this_look(fact) {
        true => fact.before,
        false => Some(fact.at),
    });
    looks.min().or(done)
}

/// Somebody else is ending the original: there is nothing left to contain.
fn ended(view: View<'_>) -> Option<Drift> {
    let target = &view.case.target.instance;
    let Some(Reading::Instance(instance)) = view.scene.last(&S::Instance(target.clone()).into()) else { return None };
    let state = match instance.state {
        InstanceState::ShuttingDown => "is being terminated",
        InstanceState::Terminated => "is terminated",
        _ => return None,
    };
    let (what, resource) = (format!("{target} {state}, and not by this case"), Some(target.to_string()));
    Some(Drift { step: StepName::Terminate, what, mend: None, resource, right: None })
}

/// Whether a change is planned because something was undone. While a step stands as done, whatever it
/// plans is; while it is being mended, what it does on the way is not. Nor is what a person has
/// approved since, or what follows from another step.
fn was_undone(case: &Case, step: StepName, effect: &Effect) -> bool {
    let stands = matches!(case.step_status(step), Some(StepStatus::Done | StepStatus::Skipped));
    let Effect::Source(change) = effect else { return stands };
    match change {
        E::SetInterfaceGroups { .. } => !isolate::window_left_open(case),
        E::Tag { tags, .. } => tags.contains_key(tags::CASE) || took_place(case, effect),
        E::SetTerminationProtection { .. }
        | E::SetStopProtection { .. }
        | E::SetShutdownBehavior { .. }
        | E::SetDeleteOnTermination { .. }
        | E::SetScaleInProtection { .. }
        | E::DetachFromGroup { .. }
        | E::EnterStandby { .. }
        | E::DeregisterClassic { .. }
        | E::DeregisterTargets { .. }
        | E::ReplaceProfile { .. }
        | E::DisassociateProfile { .. }
        | E::PutRolePolicy { .. } => true,
        E::ReplaceAcl { acl, .. } => {
            we_did_any(case, |other| matches!(other, E::ReplaceAcl { acl: ours, .. } if ours == acl))
        }
        E::CreateAcl { .. }
        | E::SuspendProcesses { .. }
        | E::SetIdleTimeouts { .. }
        | E::DisassociateAddress { .. } => stands && took_place(case, effect),
        _ => stands,
    }
}

fn took_place(case: &Case, effect: &Effect) -> bool {
    case.attempt(effect).is_some_and(Attempt::took_place)
}

/// Drifts whose step stands again, read back.
fn mended<'v>(view: View<'v>, next: &'v Next) -> impl Iterator<Item = Entry> + 'v {
    let stands = |drift: &Drift| {
        let report = next.steps.iter().find(|report| report.step == drift.step);
        report.is_some_and(|r| !r.moving && matches!(r.status, StepStatus::Done | StepStatus::Skipped))
    };
    let open = view.case.guard.open();
    open.filter(move |(_, record)| stands(&record.drift)).map(|(drift, _)| Entry::Mended(Mended { drift }))
}
