//! Release: every setting that the case changed goes back to what was captured, in the order in
//! which nothing is hurt: the role and the network first, then the group and the balancers that
//! check them, the protections last. Only what this case changed is touched, and only where it still
//! stands as this case left it; anything else is drift, reported and not overwritten. Evidence, its
//! locks and shares stay.

use crate::agenda::Agenda;
use crate::case::{Attempt, Case};
use crate::effect::{Effect, SourceEffect};
use crate::next::{Next, StepReport, take};
use crate::step::{StepName, StepStatus};
use crate::steps;
use crate::view::View;

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

/// What a release would open again, in sentences, for the person who is asked.
pub fn reopens(case: &Case) -> Vec<String> {
    let changes = case.attempts.iter().filter(|(_, attempt)| attempt.took_place());
    let undone = |effect: &Effect| match effect {
        Effect::Source(SourceEffect::SetInterfaceGroups { interface, .. }) => {
            Some(format!("{interface} gets its captured security groups back: the network is open again"))
        }
        Effect::Source(SourceEffect::PutRolePolicy { role, .. }) => {
            Some(format!("the deny on the role {role} is deleted: credentials of the instance work again"))
        }
        Effect::Source(SourceEffect::DisassociateProfile { .. } | SourceEffect::ReplaceProfile { .. }) => {
            Some("the instance gets its role back".to_owned())
        }
        Effect::Source(SourceEffect::DetachFromGroup { group, .. } | SourceEffect::EnterStandby { group, .. }) => {
            Some(format!("the instance serves in {group} again"))
        }
        Effect::Source(SourceEffect::DeregisterTargets { group, .. }) => {
            Some(format!("{group} sends it clients again"))
        }
        Effect::Source(SourceEffect::DeregisterClassic { balancer, .. }) => {
            Some(format!("{balancer} sends it clients again"))
        }
        Effect::Source(SourceEffect::ReplaceAcl { .. }) => Some("the subnet's network ACL is put back".to_owned()),
        Effect::Source(SourceEffect::SetTerminationProtection { .. }) => {
            Some("termination protection goes back to its captured value".to_owned())
        }
        _ => None,
    };
    let mut lines: Vec<_> = changes.filter_map(|(effect, _)| undone(effect)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// Whether this case has made a change, or may have: a lost answer counts.
pub(crate) fn we_did(case: &Case, effect: &Effect) -> bool {
    case.attempt(effect).is_some_and(Attempt::took_place)
}

/// The same for any effect of a kind in the account under investigation.
pub(crate) fn we_did_any(case: &Case, kind: impl Fn(&SourceEffect) -> bool) -> bool {
    case.attempts.iter().any(|(effect, attempt)| match effect {
        Effect::Source(effect) => kind(effect) && attempt.took_place(),
        Effect::Forensic(_) => false,
    })
}
