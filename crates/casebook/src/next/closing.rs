//! The end of the original: once it was sent, the steps that kept the original alive and cut off rest,
//! or they would read an instance that is gone. The deny on its role does not, in every run of
//! the next hours: credentials that were stolen outlive the instance. While a person's approval is being carried out,
//! `protect` does not put back what `terminate` has lifted. An original that AWS shows alive all the
//! same is contained as before.

use crate::agenda::CONSISTENCY;
use crate::case::{Attempt, Case, Last};
use crate::custody::readings::last;
use crate::effect::{Effect, SourceEffect, Switch};
use crate::fault::FaultClass;
use crate::gate::Gate;
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::{Attribute, InstanceState};
use crate::step::{Phase, StepName};
use crate::steps::protect::protection;
use crate::view::View;
use jiff::SignedDuration;

/// How long a session of a role lasts at most
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html>).
const SESSIONS_LAST: SignedDuration = SignedDuration::from_hours(12);

/// Whether a step rests.
pub fn rests(view: View<'_>, step: StepName) -> bool {
    match step {
        StepName::Terminate => false,
        StepName::Protect => ended(view) || is_being_sent(view) || (approved(view.case) && lifted(view.case)),
        StepName::Revoke => ended(view) && expired(view),
        _ => ended(view),
    }
}

/// Whether no session that was given out before the end can still be valid.
fn expired(view: View<'_>) -> bool {
    last_end(view.case).is_some_and(|end| view.now >= end.at + SESSIONS_LAST)
}

/// Whether exactly the evidence that was shown is approved.
fn approved(case: &Case) -> bool {
    let asked = case.asked.get(&Gate::Terminate).map(|asked| &asked.digest);
    let approved = case.approvals.get(&Gate::Terminate).map(|(approved, _)| &approved.digest);
    case.through >= Phase::Eradicate && asked.is_some() && asked == approved
}

/// Whether a protection was taken off by this case and nothing has put it back since.
fn lifted(case: &Case) -> bool {
    let set = |attribute, to| case.attempt(&protection(case.target.instance.clone(), attribute, to).into());
    [Attribute::TerminationProtection, Attribute::StopProtection].into_iter().any(|attribute| {
        let off = set(attribute, Switch::Off).filter(|off| off.took_place());
        let on = set(attribute, Switch::On).map(|on| on.intent);
        off.is_some_and(|off| on.is_none_or(|on| on < off.intent))
    })
}

fn is_end(effect: &Effect) -> bool {
    matches!(effect, Effect::Source(SourceEffect::Terminate { .. }))
}

/// The last termination that was sent.
fn last_end(case: &Case) -> Option<&Attempt> {
    let ends = case.attempts.iter().filter(|(effect, _)| is_end(effect)).map(|(_, attempt)| attempt);
    ends.max_by_key(|attempt| attempt.intent)
}

fn is_being_sent(view: View<'_>) -> bool {
    view.busy.effects.iter().any(is_end)
}

/// Whether AWS has taken the last termination, or may have: its answer may be lost or vague. Refused,
/// or not to be seen on the instance, it has ended nothing.
fn ended(view: View<'_>) -> bool {
    let Some(attempt) = last_end(view.case) else { return false };
    let settling = match &attempt.last {
        Last::Done(_) => view.now < attempt.at + CONSISTENCY,
        Last::Lost => is_being_sent(view),
        Last::Failed(fault) if fault.class == FaultClass::Unknown => false,
        Last::Failed(_) | Last::Cleared => return false,
    };
    settling || !is_alive(view)
}

/// Whether the instance was read after all that could have ended it, and stands. Before that it
/// counts as alive only when nobody will look: the end is no longer planned.
fn is_alive(view: View<'_>) -> bool {
    let query: Query = S::Instance(view.case.target.instance.clone()).into();
    let fresh = view.scene.fact(&query).filter(|fact| !fact.stale).and_then(|fact| fact.answer.as_ref().ok());
    match fresh.or_else(|| (view.case.through < Phase::Eradicate).then(|| last(view, query)).flatten()) {
        Some(Reading::Instance(i)) => !matches!(i.state, InstanceState::ShuttingDown | InstanceState::Terminated),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
