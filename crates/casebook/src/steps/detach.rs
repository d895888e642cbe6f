//! Detach: take the instance out of its Auto Scaling group, so that the group's health check can not
//! terminate it once its network is cut.
//!
//! Before: the capture's first tier, with the registrations of the target groups that are attached
//! to the group. After: the instance is no member, or a member in standby, or the group's processes
//! that would kill it are suspended. Termination protection does not stop Auto Scaling
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html>),
//! so isolate waits for this; it does not wait for draining to end.
//!
//! What can go wrong: the group is at its minimum size (checked first), the member is in a state
//! that can not be detached, the replacement comes from the same template and has the same hole.
//! Bystanders in the group are untouched; suspending the group's processes stands behind a gate. If
//! the undo fails the group's owner attaches the instance by hand.

use super::StepCard;
use crate::agenda::{Agenda, CONSISTENCY};
use crate::case::{Attempt, Case, Last};
use crate::effect::{Capacity, Effect, SourceEffect};
use crate::gate::Gate;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::scaling::{Membership, ScalingGroup};
use crate::settings::ScalingPolicy;
use crate::step::StepName;
use jiff::{SignedDuration, Timestamp};

mod undo;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Detach,
    title: "out of the Auto Scaling group, before its health check can terminate it",
    undo: "the instance is attached again, or leaves standby; the group's own settings are put back",
    plan,
    prepare: None,
    release: Some(undo::release),
    source_actions: &[
        "autoscaling:AttachInstances",
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DetachInstances",
        "autoscaling:EnterStandby",
        "autoscaling:ExitStandby",
        "autoscaling:ResumeProcesses",
        "autoscaling:SetInstanceProtection",
        "autoscaling:SuspendProcesses",
        "ec2:DescribeInstances",
    ],
    forensic_actions: &[],
};

/// What a group does to a member that it finds unhealthy.
pub(crate) const KILLING: [&str; 2] = ["ReplaceUnhealthy", "Terminate"];

/// How often a member is looked at that enters service.
const LOOK: SignedDuration = SignedDuration::from_secs(2);

fn plan(agenda: &mut Agenda<'_>) {
    // Accepted is enough for isolate to go on; that it has left InService is read back below.
    agenda.passable = accepted(agenda.view.case).is_some();
    let Some(member) = member(agenda) else { return };
    let Some(member) = member else {
        conclude_outside(agenda);
        return;
    };
    if !member.in_service() {
        agenda.passable = true;
        conclude_leaving(agenda, member);
        return;
    }
    let Some(Reading::ScalingGroup(group)) = agenda.known(S::ScalingGroup(member.group.clone())) else { return };
    let Some(Reading::Instance(instance)) = agenda.known(S::Instance(agenda.view.case.target.instance.clone())) else {
        return;
    };
    if !super::protected_asset(agenda, instance) {
        return;
    }
    if registrations_captured(agenda, group) {
        leave(agenda, group, member);
    }
}

/// The membership: read again after leaving, but not for the protection from scale-in alone.
fn member<'a>(agenda: &mut Agenda<'a>) -> Option<&'a Option<Membership>> {
    let target = &agenda.view.case.target.instance;
    if left(agenda) {
        return agenda.membership(target);
    }
    match agenda.known(S::Membership(target.clone()))? {
        Reading::Membership(member) => Some(member),
        _ => None,
    }
}

/// Leaving deregisters from the attached target groups: who was registered is written first.
fn registrations_captured(agenda: &mut Agenda<'_>, group: &ScalingGroup) -> bool {
    let mut all = true;
    for query in group.target_groups.iter().map(|arn| S::TargetHealth(arn.clone()).into()) {
        if !agenda.view.case.baseline.has(&query) && agenda.read_or_gap(query).is_none() {
            all = false;
        }
    }
    all
}

fn leave(agenda: &mut Agenda<'_>, group: &ScalingGroup, member: &Membership) {
    let case = agenda.view.case;
    if let Some(why) = too_small(case.settings.policy.asg, group) {
        suspend(agenda, group, &why);
        return;
    }
    let (effect, check) = (leaving(agenda, group), S::Membership(case.target.instance.clone()));
    if enters_service(agenda, member, &effect) {
        let why = format!("{} to be in service in {}, so that it can leave", case.target.instance, member.group);
        agenda.poll(check, LOOK, why);
    } else {
        agenda.act(effect, check);
    }
}

/// A member that was only just put into the group can not leave before it is in service
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>): after the first refusal
/// that is awaited for a while, then it is asked to leave all the same.
fn enters_service(agenda: &Agenda<'_>, member: &Membership, leaving: &Effect) -> bool {
    let refused = agenda.view.case.attempt(leaving).filter(|attempt| attempt.failures == 1);
    let recently = refused.is_some_and(|attempt| agenda.view.now < attempt.at + CONSISTENCY);
    recently && member.lifecycle.starts_with("Pending")
}

fn leaving(agenda: &Agenda<'_>, group: &ScalingGroup) -> Effect {
    let (group, instance) = (group.name.clone(), agenda.view.case.target.instance.clone());
    let effect = match agenda.view.case.settings.policy.asg {
        ScalingPolicy::DetachReplace => SourceEffect::DetachFromGroup { group, instance, capacity: Capacity::Keep },
        ScalingPolicy::DetachDecrement => {
            SourceEffect::DetachFromGroup { group, instance, capacity: Capacity::Decrement }
        }
        ScalingPolicy::Standby => SourceEffect::EnterStandby { group, instance, capacity: Capacity::Decrement },
    };
    effect.into()
}

/// A group may not fall below its minimum size; AWS refuses, so it is checked first.
fn too_small(policy: ScalingPolicy, group: &ScalingGroup) -> Option<String> {
    let shrinks = policy != ScalingPolicy::DetachReplace;
    (shrinks && group.desired <= group.min)
        .then(|| format!("{} is at its minimum size of {}: leaving would take it below", group.name, group.min))
}

/// The way out when the member can not leave: the whole group stops replacing.
fn suspend(agenda: &mut Agenda<'_>, group: &ScalingGroup, why: &str) {
    let running = running(group);
    if running.is_empty() {
        agenda.prove(format!("{} has {} suspended; the instance stays a member", group.name, KILLING.join(" and ")));
        agenda.warn(format!("{why}; do not resume the processes of {} while the instance is isolated", group.name));
        return;
    }
    let members: Vec<_> = group.members.iter().map(ToString::to_string).collect();
    let exposure = vec![
        format!("{why}; the alternative is policy.asg = \"detach-replace\""),
        format!("suspends {} for all of {}: {}", running.join(" and "), group.name, members.join(", ")),
    ];
    if agenda.gate(Gate::AsgSuspend, exposure) {
        let effect = SourceEffect::SuspendProcesses { group: group.name.clone(), processes: running };
        agenda.act(effect, S::ScalingGroup(group.name.clone()));
    }
}

/// Which of the killing processes a group has not suspended.
fn running(group: &ScalingGroup) -> Vec<String> {
    KILLING.map(str::to_owned).into_iter().filter(|process| !group.suspended.contains(process)).collect()
}

/// What became of the calls to leave.
fn leavings(case: &Case) -> impl Iterator<Item = &Attempt> {
    let leaves = |effect: &Effect| {
        matches!(effect, Effect::Source(SourceEffect::DetachFromGroup { .. } | SourceEffect::EnterStandby { .. }))
    };
    case.attempts.iter().filter(move |(effect, _)| leaves(effect)).map(|(_, attempt)| attempt)
}

/// Whether leaving was sent, by this run or another.
fn left(agenda: &Agenda<'_>) -> bool {
    leavings(agenda.view.case).next().is_some()
}

/// When leaving was accepted since the case was last taken up; before that, who knows.
pub(crate) fn accepted(case: &Case) -> Option<Timestamp> {
    let done = leavings(case).filter(|attempt| matches!(attempt.last, Last::Done(_)) && attempt.at >= case.resumed);
    done.map(|attempt| attempt.at).max()
}

fn conclude_outside(agenda: &mut Agenda<'_>) {
    let before = S::Membership(agenda.view.case.target.instance.clone());
    match agenda.view.case.baseline.scene.last(&before.into()) {
        Some(Reading::Membership(Some(member))) => {
            agenda.prove(format!("read back: no member of {} any more", member.group));
        }
        _ => agenda.skip("the instance is in no Auto Scaling group"),
    }
}

fn conclude_leaving(agenda: &mut Agenda<'_>, member: &Membership) {
    agenda.prove(format!("read back: {} in {}, out of service", member.lifecycle, member.group));
    if member.lifecycle.starts_with("Terminating") {
        agenda.warn(format!(
            "{} is already terminating the instance ({}): secure its snapshots at once",
            member.group, member.lifecycle
        ));
    } else if member.lifecycle == "Detaching" {
        agenda.warn("its load balancers are still draining it; that is not waited for");
    }
    if agenda.view.case.settings.policy.asg == ScalingPolicy::DetachReplace {
        agenda.warn(format!("{} starts a replacement from the same template: close the hole there too", member.group));
    }
}

#[cfg(test)]
mod tests;
