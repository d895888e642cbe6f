//! Protect: nothing that can be switched off shall destroy the instance or its disks.
//!
//! Before: the capture's first tier. After: termination and stop protection are on, a shutdown from
//! inside stops instead of terminating, no EBS volume is deleted with the instance, and a member of
//! an Auto Scaling group is protected from scale-in; each was read back. One attribute a call: AWS
//! refuses two (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>).
//!
//! What can go wrong: Spot Instances refuse both protections; instance store can not be protected;
//! scheduled events, Spot interruptions, alarm actions and the health check of an Auto Scaling group
//! ignore all of this. What still can kill the instance is reported. If the undo fails, the
//! instance stays protected and its owner clears the attribute by hand.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::effect::{Effect, SourceEffect, Switch};
use crate::fault::FaultClass;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::instance::{Attribute, AttributeValue, Instance, ShutdownBehavior};
use crate::step::StepName;

mod killers;
mod undo;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Protect,
    title: "termination and stop protection, shutdown stops, disks outlive the instance",
    undo: "every attribute back to the captured value",
    plan,
    prepare: None,
    release: Some(undo::release),
    source_actions: &[
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:SetInstanceProtection",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstances",
        "ec2:ModifyInstanceAttribute",
    ],
    forensic_actions: &[],
};

fn plan(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(Reading::Instance(known)) = agenda.known(S::Instance(target.clone())) else { return };
    if known.spot {
        agenda.warn(format!("{target} is a Spot Instance: AWS takes no termination or stop protection for it and may reclaim it with two minutes' notice"));
    } else {
        flag(agenda, Attribute::TerminationProtection);
        flag(agenda, Attribute::StopProtection);
    }
    shutdown(agenda);
    let instance = agenda.instance(target);
    if let Some(instance) = instance {
        disks(agenda, instance);
        // The stop-gap below holds nobody up.
        agenda.passable = !agenda.moves() && agenda.holds.is_empty();
    }
    agenda.passable |= agenda.perform.is_empty() && all_known(agenda, known.spot) && accepted(agenda.view.case);
    scale_in(agenda);
    let Some(instance) = instance else { return };
    killers::report(agenda, instance);
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove(summary(instance));
    }
}

/// Whether every attribute was read at all: one that was not may still have to be set.
fn all_known(agenda: &Agenda<'_>, spot: bool) -> bool {
    let view = agenda.view;
    let flags = [Attribute::TerminationProtection, Attribute::StopProtection].into_iter().filter(|_| !spot);
    let mut wanted = flags.chain([Attribute::ShutdownBehavior]);
    wanted.all(|wanted| view.scene.last(&S::Attribute(view.case.target.instance.clone(), wanted).into()).is_some())
}

/// Whether every protection asked for was accepted since the case was last taken up. That is enough
/// for others to go on; that they stand is read back side by side.
fn accepted(case: &Case) -> bool {
    let protections = case.attempts.iter().filter(|(effect, _)| {
        matches!(
            effect,
            Effect::Source(
                SourceEffect::SetTerminationProtection { .. }
                    | SourceEffect::SetStopProtection { .. }
                    | SourceEffect::SetShutdownBehavior { .. }
                    | SourceEffect::SetDeleteOnTermination { .. }
            )
        )
    });
    let mut answers =
        protections.map(|(_, attempt)| matches!(attempt.last, Last::Done(_)) && attempt.at >= case.resumed);
    answers.next().is_some_and(|first| first && answers.all(|answer| answer))
}

fn summary(instance: &Instance) -> String {
    let protections = if instance.spot { "" } else { "termination and stop protection on, " };
    format!("read back: {protections}shutdown stops, {} disks outlive the instance", instance.block_devices.len())
}

fn flag(agenda: &mut Agenda<'_>, attribute: Attribute) {
    let target = &agenda.view.case.target.instance;
    let Some(value) = agenda.attribute(target, &attribute) else { return };
    if *value != AttributeValue::Flag(true) {
        agenda.act(protection(target.clone(), attribute, Switch::On), S::Attribute(target.clone(), attribute));
    }
}

/// The effect that sets one of the two protections.
pub(crate) fn protection(instance: crate::id::InstanceId, attribute: Attribute, to: Switch) -> SourceEffect {
    match attribute {
        Attribute::StopProtection => SourceEffect::SetStopProtection { instance, to },
        _ => SourceEffect::SetTerminationProtection { instance, to },
    }
}

fn shutdown(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(value) = agenda.attribute(target, &Attribute::ShutdownBehavior) else { return };
    if *value != AttributeValue::Shutdown(ShutdownBehavior::Stop) {
        let effect = SourceEffect::SetShutdownBehavior { instance: target.clone(), to: ShutdownBehavior::Stop };
        agenda.act(effect, S::Attribute(target.clone(), Attribute::ShutdownBehavior));
    }
}

/// Left out, the value would become `true`; so it is always given.
fn disks(agenda: &mut Agenda<'_>, instance: &Instance) {
    for disk in instance.block_devices.iter().filter(|disk| disk.delete_on_termination) {
        let (instance, device) = (instance.id.clone(), disk.device.clone());
        let check = S::Instance(instance.clone());
        agenda.act(SourceEffect::SetDeleteOnTermination { instance, device, to: Switch::Off }, check);
    }
}

/// A stop-gap until the member has left its group; a refusal is reported and holds nothing up.
fn scale_in(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(Ok(Reading::Membership(Some(member)))) = agenda.read_or_gap(S::Membership(target.clone())) else { return };
    if member.protected || !member.in_service() {
        return;
    }
    let effect =
        SourceEffect::SetScaleInProtection { group: member.group.clone(), instance: target.clone(), to: Switch::On };
    match agenda.view.case.attempt(&effect.clone().into()).map(|attempt| &attempt.last) {
        Some(Last::Failed(fault)) if fault.class == FaultClass::Denied || fault.class == FaultClass::Invalid => {
            agenda.warn(format!("{target} is not protected from scale-in of {}: {fault}", member.group));
        }
        // Leaving the group drops the protection; it is not set a second time.
        Some(Last::Done(_)) => {}
        _ => agenda.act(effect, S::Membership(target.clone())),
    }
}
