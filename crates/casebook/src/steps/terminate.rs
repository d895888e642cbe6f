//! Terminate: the original goes, after everything of it is secured and a person has agreed
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html>).
//!
//! Before: every volume at stake has a completed, locked copy in the forensic account that equals
//! its source block by block; the instance was read back as isolated; no disk goes with it; all of
//! that read again within the last minute. The gate `terminate` is bound to the digest of exactly
//! this evidence. After: the instance was read back as terminated, and what is left is listed.
//!
//! Termination and stop protection are lifted only behind the gate, right before the call, and put
//! back when the call is refused, when one of them can not be lifted, or when the way is barred again. The operating system gets no shutdown:
//! an attacker's shutdown hooks do not run. The call can not be built without an
//! [`EvidenceProof`](crate::effect::EvidenceProof), and only an index without gaps makes one.
//!
//! What can go wrong: evidence is missing or has changed since the approval (the gate is closed
//! again); the call is refused (protections back, held); the answer is lost (the instance is read
//! again first); somebody else was faster (said). There is no undo. If putting a protection back
//! fails, this step holds with it; the step `protect` puts it back once the approval no longer holds,
//! else the instance's owner does by hand.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::custody;
use crate::custody::readings::last;
use crate::effect::{Effect, EvidenceProof, SourceEffect, Switch};
use crate::evidence::Custody;
use crate::fault::FaultClass;
use crate::gate::Gate;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::instance::{Attribute, AttributeValue, InstanceState};
use crate::step::StepName;
use crate::steps::protect::protection;
use jiff::SignedDuration;

mod exposure;
mod leftovers;
mod recheck;
#[cfg(test)]
mod tests;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Terminate,
    title: "the original is terminated, through its gate, with every volume secured",
    undo: "none: termination is final; the forensic copies stay",
    plan,
    prepare: None,
    release: None,
    source_actions: &[
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSnapshots",
        "ec2:DescribeTrunkInterfaceAssociations",
        "ec2:DescribeVolumes",
        "ec2:ModifyInstanceAttribute",
        "ec2:TerminateInstances",
    ],
    forensic_actions: &["ec2:DescribeLockedSnapshots", "ec2:DescribeSnapshots"],
};

/// How often the instance is looked at while it goes.
const LOOK: SignedDuration = SignedDuration::from_secs(5);
/// What is lifted before the call, and put back if it comes to nothing.
const PROTECTIONS: [Attribute; 2] = [Attribute::StopProtection, Attribute::TerminationProtection];

fn plan(agenda: &mut Agenda<'_>) {
    match state(agenda) {
        None => {}
        Some(InstanceState::Terminated) => gone(agenda),
        Some(InstanceState::ShuttingDown) => going(agenda),
        Some(_) => original(agenda),
    }
}

/// AWS shows a terminated instance for about an hour; after that the ledger remembers.
fn state(agenda: &mut Agenda<'_>) -> Option<InstanceState> {
    let target = &agenda.view.case.target.instance;
    match agenda.read_or_gap(S::Instance(target.clone()))? {
        Ok(Reading::Instance(instance)) => Some(instance.state),
        Err(fault) if fault.class == FaultClass::NotFound => {
            let seen = last(agenda.view, S::Instance(target.clone()));
            let terminated = matches!(seen, Some(Reading::Instance(i)) if i.state == InstanceState::Terminated);
            if !terminated {
                agenda.hold(format!("{target} is not found, and was never read back as terminated; check account and region, and who removed it (CloudTrail)"));
            }
            terminated.then_some(InstanceState::Terminated)
        }
        Err(fault) => {
            agenda.hold(format!("could not read {target}: {fault}; allow ec2:DescribeInstances and resume the case"));
            None
        }
        Ok(_) => None,
    }
}

fn going(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    agenda.poll(S::Instance(target.clone()), LOOK, format!("{target} to be terminated"));
}

/// The original still stands.
fn original(agenda: &mut Agenda<'_>) {
    match recheck::recheck(agenda) {
        None if agenda.holds.is_empty() => {}
        None | Some(None) => rearm(agenda),
        Some(Some(custody)) => secured(agenda, &custody),
    }
}

fn secured(agenda: &mut Agenda<'_>, custody: &Custody) {
    let Some(proof) = custody.prove(&agenda.view.case.id) else { return };
    let exposure = exposure::exposure(agenda.view);
    if agenda.gate_on(Gate::Terminate, exposure, custody.digest()) {
        send(agenda, proof);
    } else {
        rearm(agenda);
    }
}

fn send(agenda: &mut Agenda<'_>, proof: EvidenceProof) {
    let target = &agenda.view.case.target.instance;
    let effect: Effect = SourceEffect::Terminate { instance: target.clone(), proof }.into();
    if is_refused(agenda, &effect) {
        agenda.act(effect, S::Instance(target.clone()));
        rearm(agenda);
    } else if let Some(stays) = stays_on(agenda) {
        set(agenda, stays, Switch::Off);
        rearm(agenda);
    } else if lift(agenda) {
        agenda.act(effect, S::Instance(target.clone()));
    }
}

/// A protection that can not be taken off: the call would be refused, and the other one is wanted back.
fn stays_on(agenda: &mut Agenda<'_>) -> Option<Attribute> {
    let target = agenda.view.case.target.instance.clone();
    let refused = |agenda: &Agenda<'_>, attribute: &Attribute| {
        is_refused(agenda, &protection(target.clone(), *attribute, Switch::Off).into())
    };
    PROTECTIONS.into_iter().find(|attribute| is_on(agenda, *attribute) == Some(true) && refused(agenda, attribute))
}

/// Whether a call would not be sent once more: it was refused for good, or too often.
fn is_refused(agenda: &Agenda<'_>, effect: &Effect) -> bool {
    let mut probe = Agenda::new(agenda.view);
    probe.act(effect.clone(), S::Instance(agenda.view.case.target.instance.clone()));
    !probe.holds.is_empty()
}

/// Takes off what forbids the call; `true` when both were read back as off.
fn lift(agenda: &mut Agenda<'_>) -> bool {
    let on = PROTECTIONS.map(|attribute| (attribute, is_on(agenda, attribute)));
    for (attribute, _) in on.iter().filter(|(_, on)| *on == Some(true)) {
        set(agenda, *attribute, Switch::Off);
    }
    on.iter().all(|(_, on)| *on == Some(false))
}

/// Puts back what this step has lifted.
fn rearm(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    for attribute in PROTECTIONS {
        let lifted = protection(target.clone(), attribute, Switch::Off).into();
        if agenda.view.case.attempt(&lifted).is_some() && is_on(agenda, attribute) == Some(false) {
            set(agenda, attribute, Switch::On);
        }
    }
}

fn is_on(agenda: &mut Agenda<'_>, attribute: Attribute) -> Option<bool> {
    let target = &agenda.view.case.target.instance;
    agenda.attribute(target, &attribute).map(|value| *value == AttributeValue::Flag(true))
}

fn set(agenda: &mut Agenda<'_>, attribute: Attribute, to: Switch) {
    let target = agenda.view.case.target.instance.clone();
    agenda.act(protection(target.clone(), attribute, to), S::Attribute(target, attribute));
}

/// The instance was read back as terminated.
fn gone(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    if sent(agenda.view.case) {
        agenda.prove(format!("{target} read back as terminated"));
    } else {
        agenda.prove(format!("{target} was read back as terminated, but not by this case"));
        agenda.warn(format!("{target} was terminated by someone else; find out who (CloudTrail, TerminateInstances)"));
        for link in custody::index(agenda.view).missing {
            agenda.warn(format!("it went before everything was secured: {link}"));
        }
    }
    leftovers::list(agenda);
}

/// Whether this case sent the call and it was not refused.
fn sent(case: &Case) -> bool {
    let ours =
        case.attempts.iter().filter(|(effect, _)| matches!(effect, Effect::Source(SourceEffect::Terminate { .. })));
    ours.into_iter().any(|(_, attempt)| matches!(attempt.last, Last::Done(_) | Last::Lost))
}
