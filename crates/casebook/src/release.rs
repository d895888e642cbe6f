//! Release: every setting that the case changed goes back to what was captured, in the order in
//! which nothing is hurt: the role and the network first, then the group and the balancers that
//! check them, the protections last. Only what this case changed is touched, and only where it still
//! stands as this case left it; anything else is drift, reported and not overwritten. Evidence, its
//! locks and shares stay.
//!
//! What the capture could not read can not be put back: that is said with what to do by hand. An
//! instance that is gone takes its settings with it; what outlives it (the deny on its role, a
//! subnet's network ACL, processes of its group) is put back all the same.

use crate::agenda::Agenda;
use crate::case::{Attempt, Case};
use crate::custody::readings;
use crate::effect::{Effect, SourceEffect};
use crate::fault::{Fault, FaultClass};
use crate::next::{Next, StepReport, take};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::{Instance, InstanceState};
use crate::step::{StepName, StepStatus};
use crate::steps;
use crate::view::View;
use jiff::SignedDuration;

/// The order of release.
pub const ORDER: [StepName; 6] =
    [StepName::Revoke, StepName::Isolate, StepName::Detach, StepName::Deregister, StepName::Protect, StepName::Tag];

/// What the release wants next: one step after the other, so that a person can follow it.
pub(crate) fn plan(view: View<'_>, next: &mut Next) {
    for step in ORDER {
        let Some(release) = steps::card(step).release else { continue };
        let mut agenda = Agenda::new(view);
        release(&mut agenda);
        let report = StepReport::of(step, &agenda, view);
        let done = matches!(report.status, StepStatus::Done | StepStatus::Skipped);
        take(step, agenda, next);
        next.steps.push(report);
        if !done {
            return;
        }
    }
}

/// What a release would open again, in sentences, for the person who is asked. Of an instance that
/// is gone only what outlives it.
pub fn reopens(case: &Case) -> Vec<String> {
    let gone = case.step_status(StepName::Terminate) == Some(StepStatus::Done);
    let changes = case.attempts.iter().filter(|(_, attempt)| attempt.took_place());
    let undone = changes.filter_map(|(effect, _)| match effect {
        Effect::Source(effect) => outlives(effect).or_else(|| if gone { None } else { of_instance(effect) }),
        Effect::Forensic(_) => None,
    });
    let mut lines: Vec<_> = undone.collect();
    lines.sort();
    lines.dedup();
    lines
}

/// What goes back whether or not the instance still stands.
fn outlives(effect: &SourceEffect) -> Option<String> {
    match effect {
        SourceEffect::PutRolePolicy { role, .. } => {
            Some(format!("the deny on the role {role} is deleted: credentials of the instance work again"))
        }
        SourceEffect::ReplaceAcl { .. } => Some("the subnet's network ACL is put back".to_owned()),
        SourceEffect::SuspendProcesses { group, processes } => {
            Some(format!("{} of {group} run again", processes.join(" and ")))
        }
        _ => None,
    }
}

/// What goes back only on an instance that stands.
fn of_instance(effect: &SourceEffect) -> Option<String> {
    match effect {
        SourceEffect::SetInterfaceGroups { interface, .. } => {
            Some(format!("{interface} gets its captured security groups back: the network is open again"))
        }
        SourceEffect::DisassociateAddress { public, .. } => Some(format!("{public} leads to the instance again")),
        SourceEffect::DisassociateProfile { .. } | SourceEffect::ReplaceProfile { .. } => {
            Some("the instance gets its role back".to_owned())
        }
        SourceEffect::DetachFromGroup { group, .. } | SourceEffect::EnterStandby { group, .. } => {
            Some(format!("the instance serves in {group} again"))
        }
        SourceEffect::DeregisterTargets { group, .. } => Some(format!("{group} sends it clients again")),
        SourceEffect::DeregisterClassic { balancer, .. } => Some(format!("{balancer} sends it clients again")),
        SourceEffect::SetTerminationProtection { .. } => {
            Some("termination protection goes back to its captured value".to_owned())
        }
        _ => None,
    }
}

/// Whether this case has made a change, or may have: a lost answer counts.
pub(crate) fn we_did(case: &Case, effect: &Effect) -> bool {
    case.attempt(effect).is_some_and(Attempt::took_place)
}

/// The same for any effect of a kind in the account under investigation.
pub(crate) fn we_did_any(case: &Case, kind: impl Fn(&SourceEffect) -> bool) -> bool {
    our_changes(case).any(|(effect, _)| kind(effect))
}

/// The changes of this case in the account under investigation that took place, or may have.
pub(crate) fn our_changes(case: &Case) -> impl Iterator<Item = (&SourceEffect, &Attempt)> {
    case.attempts.iter().filter_map(|(effect, attempt)| match effect {
        Effect::Source(effect) if attempt.took_place() => Some((effect, attempt)),
        _ => None,
    })
}

/// Why it is not known how something was before this case; `None` when it was captured.
pub(crate) fn uncaptured(case: &Case, query: impl Into<Query>) -> Option<String> {
    match case.baseline.scene.fact(&query.into()).map(|fact| &fact.answer) {
        Some(Ok(_)) => None,
        Some(Err(fault)) => Some(fault.to_string()),
        None => Some("it was not asked".to_owned()),
    }
}

/// Whether the instance is at its end; `None` while that is being read. AWS shows a terminated one
/// for about an hour, then it is not found.
pub(crate) fn is_gone(agenda: &mut Agenda<'_>) -> Option<bool> {
    let query = S::Instance(agenda.view.case.target.instance.clone());
    match agenda.read_or_gap(query.clone())? {
        Ok(Reading::Instance(instance)) => Some(at_its_end(instance)),
        Err(fault) if fault.class == FaultClass::NotFound => {
            (was_seen_to_end(agenda.view, &query) || is_missed(agenda, query, fault)).then_some(true)
        }
        Err(fault) => {
            agenda.hold_unread(&query.into(), fault);
            None
        }
        Ok(_) => None,
    }
}

fn at_its_end(instance: &Instance) -> bool {
    matches!(instance.state, InstanceState::ShuttingDown | InstanceState::Terminated)
}

fn was_seen_to_end(view: View<'_>, query: &S) -> bool {
    matches!(readings::last(view, query.clone()), Some(Reading::Instance(last)) if at_its_end(last))
}

/// In how many answers, so long apart, a thing is not found until it counts as gone.
const MISSED: u32 = 4;
const APART: SignedDuration = SignedDuration::from_secs(10);

/// Whether what is not found was looked for long enough: AWS also misses for a moment what is there
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
pub(crate) fn is_missed(agenda: &mut Agenda<'_>, query: impl Into<Query>, fault: &Fault) -> bool {
    let query = query.into();
    let fact = agenda.view.scene.fact(&query).filter(|fact| fact.failures < MISSED);
    if let Some(fact) = fact {
        agenda.again(query, fact.at + APART, fault);
    }
    fact.is_none()
}

/// Whether the instance stands, so that `what` can go back on it; a step without more to do is
/// skipped when it is gone.
pub(crate) fn stands(agenda: &mut Agenda<'_>, what: &str) -> bool {
    let gone = is_gone(agenda);
    if gone == Some(true) {
        agenda.skip(format!("{} is gone: {what}", agenda.view.case.target.instance));
    }
    gone == Some(false)
}

#[cfg(test)]
mod tests;
