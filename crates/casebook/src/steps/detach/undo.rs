//! Back into the group, and the group's own settings back. Only what this case changed: a member that
//! somebody else took out, or into another group, stays where it is.

use crate::agenda::Agenda;
use crate::effect::{SourceEffect, Switch};
use crate::fault::{Fault, FaultClass};
use crate::id::ScalingGroupName;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::{is_gone, is_missed, our_changes, uncaptured, we_did_any};
use crate::scene::scaling::{Membership, ScalingGroup};
use jiff::SignedDuration;
use std::collections::BTreeSet;

fn not_there(agenda: &mut Agenda<'_>, name: &ScalingGroupName, fault: &Fault) {
    if is_missed(agenda, S::ScalingGroup(name.clone()), fault) {
        agenda.warn(format!("{name} is not there any more: nothing is resumed"));
    }
}

#[cfg(test)]
mod tests;

/// What the return to the group wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    match is_gone(agenda) {
        Some(true) => without_the_member(agenda),
        Some(false) => match before(agenda) {
            Some(before) => with_the_member(agenda, &before),
            None => agenda.skip("the instance was in no Auto Scaling group"),
        },
        None => {}
    }
}

/// How the member stood before. What the capture could not read, our own changes tell: only a member in
/// service is taken out.
fn before(agenda: &mut Agenda<'_>) -> Option<Membership> {
    let case = agenda.view.case;
    let query = S::Membership(case.target.instance.clone());
    if let Some(Reading::Membership(before)) = case.baseline.scene.last(&query.clone().into()) {
        return before.clone();
    }
    let group = our_changes(case).find_map(|(effect, _)| match effect {
        SourceEffect::DetachFromGroup { group, .. }
        | SourceEffect::EnterStandby { group, .. }
        | SourceEffect::SuspendProcesses { group, .. } => Some(group.clone()),
        _ => None,
    })?;
    let why = uncaptured(case, query).unwrap_or_default();
    agenda.warn(format!("whether the instance was protected from scale-in in {group} could not be read at the capture ({why}): it is left without; set the protection by hand if it had it"));
    Some(Membership { group, lifecycle: "InService".into(), health: String::new(), protected: false })
}

fn with_the_member(agenda: &mut Agenda<'_>, before: &Membership) {
    let target = &agenda.view.case.target.instance;
    let Some(now) = agenda.membership(target) else { return };
    let Some(group) = agenda.scaling_group(&before.group) else { return };
    match now {
        None if left(agenda, &before.group) => attach(agenda, group),
        None => stay(
            agenda,
            group,
            format!("{target} left {} without this case's doing; it is not attached again", before.group),
        ),
        Some(now) if now.group != before.group => {
            stay(
                agenda,
                group,
                format!("{target} is in {} meanwhile, where this case did not put it: left there", now.group),
            );
        }
        Some(now) if now.lifecycle == "Standby" && before.in_service() => leave_standby(agenda, group),
        Some(now) if now.in_service() || now.lifecycle == before.lifecycle => settle(agenda, before, now, group),
        Some(now) => {
            let why = format!("{} to settle {} ({})", before.group, target, now.lifecycle);
            agenda.poll(S::Membership(target.clone()), SignedDuration::from_secs(10), why);
        }
    }
}

/// Whether this case took the member out of a group.
fn left(agenda: &Agenda<'_>, group: &ScalingGroupName) -> bool {
    we_did_any(
        agenda.view.case,
        |effect| matches!(effect, SourceEffect::DetachFromGroup { group: from, .. } if from == group),
    )
}

/// The member stays where somebody else put it; what this case did to the group is undone.
fn stay(agenda: &mut Agenda<'_>, group: &ScalingGroup, why: String) {
    agenda.warn(why);
    if !resume(agenda, group) {
        agenda.prove(format!("nothing of {} is suspended by this case", group.name));
    }
}

/// Attaching raises the desired capacity by one; a group that already has its replacement may be
/// full (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-instance-asg.html>).
fn attach(agenda: &mut Agenda<'_>, group: &ScalingGroup) {
    if group.desired >= group.max {
        agenda.hold(format!(
            "{} is at its maximum size of {} (it started a replacement): lower its desired capacity or raise the maximum, then run the release again",
            group.name, group.max
        ));
        return;
    }
    let target = agenda.view.case.target.instance.clone();
    let effect = SourceEffect::AttachToGroup { group: group.name.clone(), instance: target.clone() };
    agenda.act(effect, S::Membership(target));
}

fn leave_standby(agenda: &mut Agenda<'_>, group: &ScalingGroup) {
    let target = agenda.view.case.target.instance.clone();
    let ours =
        |effect: &SourceEffect| matches!(effect, SourceEffect::EnterStandby { group: of, .. } if *of == group.name);
    if we_did_any(agenda.view.case, ours) {
        let effect = SourceEffect::ExitStandby { group: group.name.clone(), instance: target.clone() };
        agenda.act(effect, S::Membership(target));
    } else {
        let why = format!("{target} is in standby in {}, where this case did not put it: left so", group.name);
        stay(agenda, group, why);
    }
}

fn settle(agenda: &mut Agenda<'_>, before: &Membership, now: &Membership, group: &ScalingGroup) {
    if resume(agenda, group) {
        return;
    }
    // Leaving the group dropped it; in standby it stays.
    if before.protected && !now.protected && left(agenda, &before.group) {
        protect_again(agenda, now);
    } else {
        agenda.prove(format!("read back: {} in {}", now.lifecycle, now.group));
    }
}

/// Auto Scaling refuses the protection until a member is in service
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>).
fn protect_again(agenda: &mut Agenda<'_>, now: &Membership) {
    let instance = agenda.view.case.target.instance.clone();
    let check = S::Membership(instance.clone());
    if now.lifecycle == "InService" {
        let (group, to) = (now.group.clone(), Switch::On);
        agenda.act(SourceEffect::SetScaleInProtection { group, instance, to }, check);
    } else {
        let why = format!("{instance} to be in service in {} ({})", now.group, now.lifecycle);
        agenda.poll(check, SignedDuration::from_secs(10), why);
    }
}

/// Resumes what this case suspended and is suspended still; the owner's own suspensions stay.
fn resume(agenda: &mut Agenda<'_>, group: &ScalingGroup) -> bool {
    let suspended = our_changes(agenda.view.case).filter_map(|(effect, _)| match effect {
        SourceEffect::SuspendProcesses { group: of, processes } if *of == group.name => Some(processes),
        _ => None,
    });
    let ours: BTreeSet<_> = suspended.flatten().filter(|process| group.suspended.contains(process)).collect();
    let processes: Vec<String> = ours.into_iter().cloned().collect();
    let any = !processes.is_empty();
    if any {
        let effect = SourceEffect::ResumeProcesses { group: group.name.clone(), processes };
        agenda.act(effect, S::ScalingGroup(group.name.clone()));
    }
    any
}

/// The instance is gone: only its groups are left to be put back.
fn without_the_member(agenda: &mut Agenda<'_>) {
    let groups: BTreeSet<&ScalingGroupName> = our_changes(agenda.view.case)
        .filter_map(|(effect, _)| match effect {
            SourceEffect::SuspendProcesses { group, .. } => Some(group),
            _ => None,
        })
        .collect();
    let target = &agenda.view.case.target.instance;
    for name in &groups {
        match agenda.read_or_gap(S::ScalingGroup((*name).clone())) {
            Some(Ok(Reading::ScalingGroup(group))) if !resume(agenda, group) => {
                agenda.prove(format!("read back: nothing of {name} is suspended by this case any more"));
            }
            Some(Err(fault)) if fault.class == FaultClass::NotFound => not_there(agenda, name, fault),
            Some(Err(fault)) => agenda.hold_unread(&S::ScalingGroup((*name).clone()).into(), fault),
            _ => {}
        }
    }
    if groups.is_empty() {
        agenda.skip(format!("{target} is gone: it returns to no group"));
    }
}
