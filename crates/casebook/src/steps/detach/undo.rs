//! Back into the group, and the group's own settings back.

use super::KILLING;
use crate::agenda::Agenda;
use crate::effect::{SourceEffect, Switch};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did_any;
use crate::scene::scaling::{Membership, ScalingGroup};

/// What the return to the group wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let before = agenda.view.case.baseline.scene.last(&S::Membership(target.clone()).into());
    let Some(Reading::Membership(Some(before))) = before else {
        agenda.skip("the instance was in no Auto Scaling group");
        return;
    };
    let Some(now) = agenda.membership(target) else { return };
    let Some(group) = agenda.scaling_group(&before.group) else { return };
    match now {
        None => attach(agenda, before, group),
        Some(now) if now.lifecycle == "Standby" && before.in_service() => {
            let effect = SourceEffect::ExitStandby { group: before.group.clone(), instance: target.clone() };
            agenda.act(effect, S::Membership(target.clone()));
        }
        Some(now) if now.in_service() || now.lifecycle == before.lifecycle => settle(agenda, before, now, group),
        Some(now) => {
            let why = format!("{} to settle {} ({})", before.group, target, now.lifecycle);
            agenda.poll(S::Membership(target.clone()), jiff::SignedDuration::from_secs(10), why);
        }
    }
}

/// Attaching raises the desired capacity by one; a group that already has its replacement may be
/// full (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-instance-asg.html>).
fn attach(agenda: &mut Agenda<'_>, before: &Membership, group: &ScalingGroup) {
    let target = &agenda.view.case.target.instance;
    if !we_did_any(agenda.view.case, |effect| matches!(effect, SourceEffect::DetachFromGroup { .. })) {
        agenda.warn(format!("{target} left {} without this case's doing; it is not attached again", before.group));
        return;
    }
    if group.desired >= group.max {
        agenda.hold(format!(
            "{} is at its maximum size of {} (it started a replacement): lower its desired capacity or raise the maximum, then run the release again",
            group.name, group.max
        ));
        return;
    }
    let effect = SourceEffect::AttachToGroup { group: before.group.clone(), instance: target.clone() };
    agenda.act(effect, S::Membership(target.clone()));
}

fn settle(agenda: &mut Agenda<'_>, before: &Membership, now: &Membership, group: &ScalingGroup) {
    let target = &agenda.view.case.target.instance;
    let ours: Vec<_> = KILLING.map(str::to_owned).to_vec();
    let suspended = ours.iter().all(|process| group.suspended.contains(process));
    if suspended && we_did_any(agenda.view.case, |effect| matches!(effect, SourceEffect::SuspendProcesses { .. })) {
        let effect = SourceEffect::ResumeProcesses { group: group.name.clone(), processes: ours };
        agenda.act(effect, S::ScalingGroup(group.name.clone()));
    } else if before.protected && !now.protected {
        let (group, instance) = (before.group.clone(), target.clone());
        agenda
            .act(SourceEffect::SetScaleInProtection { group, instance, to: Switch::On }, S::Membership(target.clone()));
    } else {
        agenda.prove(format!("read back: {} in {}", now.lifecycle, now.group));
    }
}
