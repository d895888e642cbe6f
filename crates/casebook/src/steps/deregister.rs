//! Deregister: off every load balancer, classic and v2, by id and by address, on every port.
//!
//! Before: the capture of all target groups, every page. After: no registration of the instance or
//! of one of its addresses still gets new connections; what is draining is shown, not awaited.
//! Leaving an Auto Scaling group takes the instance off the balancers attached to it; this step
//! does the rest.
//!
//! What can go wrong: draining keeps open connections for minutes, on network load balancers for
//! ever (isolation does not wait for it); the last healthy target leaves (said); a gateway load
//! balancer's target is an appliance whose removal reroutes everybody (gate `router`); a service
//! that owns the registration puts it back (read again). If the undo fails, the report lists every
//! registration to be made by hand.

use super::StepCard;
use crate::agenda::Agenda;
use crate::custody::readings::last;
use crate::effect::SourceEffect;
use crate::gate::Gate;
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did_any;
use crate::scene::balancer::{Registration, TargetGroup, TargetHealth};
use crate::scene::network::Interface;
use crate::scene::scaling::ScalingGroup;
use crate::step::StepName;
use crate::steps::detach::KILLING;
use crate::steps::instance_or_captured;

mod names;
mod undo;

pub(crate) use names::Names;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Deregister,
    title: "off every load balancer, classic and v2, by id and by address",
    undo: "every captured registration is made again",
    plan,
    prepare: None,
    release: Some(undo::release),
    source_actions: &[
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
        "elasticloadbalancing:RegisterTargets",
    ],
    forensic_actions: &[],
};

fn plan(agenda: &mut Agenda<'_>) {
    take_off(agenda);
    if !agenda.holds.is_empty() {
        exposed(agenda);
    }
}

fn take_off(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let (Some(instance), Some(interfaces)) = (instance_or_captured(agenda), agenda.interfaces(target)) else { return };
    if !super::protected_asset(agenda, instance) {
        return;
    }
    let mut found = classic(agenda);
    let Some(groups) = agenda.target_groups() else { return };
    let names = Names::of(target, interfaces);
    for group in groups.iter().filter(|group| may_hold(group, interfaces)) {
        found += usize::from(target_group(agenda, group, &names));
    }
    if !agenda.moves() && agenda.holds.is_empty() && found == 0 && agenda.gates.is_empty() {
        nobody(agenda);
    }
}

/// A registration may be left, and the instance may still be within its group's reach: until when a member that leaves
/// can be ended is not documented. What is cut off fails the health checks of its balancers; those of a member on
/// standby count for nothing.
fn exposed(agenda: &mut Agenda<'_>) {
    let view = agenda.view;
    let Some(Reading::Membership(Some(member))) = last(view, S::Membership(view.case.target.instance.clone())) else {
        return;
    };
    let harmless = match last(view, S::ScalingGroup(member.group.clone())) {
        Some(Reading::ScalingGroup(group)) => !group.checks_balancers() || ends_nothing(group),
        _ => false,
    };
    if harmless || member.lifecycle.contains("Standby") {
        return;
    }
    let group = &member.group;
    agenda.warn(format!(
        "{group} may end the instance while a registration is left, because what is cut off fails its health checks; \
         to stop that: aws autoscaling suspend-processes --auto-scaling-group-name {} --scaling-processes {}",
        quoted(group.as_str()),
        KILLING.join(" ")
    ));
}

fn ends_nothing(group: &ScalingGroup) -> bool {
    KILLING.iter().all(|process| group.suspended.iter().any(|held| held == process))
}

/// For a shell: whoever makes a group may choose any name.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', r"'\''"))
}

/// No registration is left: because of this case, or because there was none.
fn nobody(agenda: &mut Agenda<'_>) {
    let took_off = |effect: &SourceEffect| {
        matches!(
            effect,
            SourceEffect::DeregisterTargets { .. }
                | SourceEffect::DetachFromGroup { .. }
                | SourceEffect::EnterStandby { .. }
        )
    };
    if we_did_any(agenda.view.case, took_off) {
        agenda.prove("no load balancer knows the instance or one of its addresses any more");
    } else {
        agenda.skip("no load balancer knows the instance or one of its addresses");
    }
}

/// Functions and other balancers as targets are never the instance; a group of another VPC can
/// hold its addresses, but not its id.
fn may_hold(group: &TargetGroup, interfaces: &[Interface]) -> bool {
    match group.kind.as_str() {
        "ip" => true,
        "instance" => group.vpc.as_ref().is_none_or(|vpc| interfaces.iter().any(|interface| interface.vpc == *vpc)),
        _ => false,
    }
}

fn classic(agenda: &mut Agenda<'_>) -> usize {
    let target = &agenda.view.case.target.instance;
    let Some(balancers) = agenda.classic_balancers(target) else { return 1 };
    for balancer in balancers {
        if balancer.instances.len() == 1 {
            agenda.warn(format!("{} has no other instance: it answers 503 until one is registered", balancer.name));
        }
        let effect = SourceEffect::DeregisterClassic { balancer: balancer.name.clone(), instance: target.clone() };
        agenda.act(effect, S::ClassicBalancers(target.clone()));
    }
    let off = agenda
        .view
        .case
        .attempts
        .keys()
        .filter(|effect| matches!(effect, crate::effect::Effect::Source(SourceEffect::DeregisterClassic { .. })));
    let off = off.count();
    if balancers.is_empty() && off > 0 {
        agenda.prove(format!("off {off} classic load balancers; requests already open there have no time limit"));
    }
    off
}

/// Takes our registrations off one target group; says whether there were any.
fn target_group(agenda: &mut Agenda<'_>, group: &TargetGroup, names: &Names) -> bool {
    let Some(targets) = agenda.target_health(&group.arn) else { return true };
    let ours: Vec<&TargetHealth> = targets.iter().filter(|target| names.contains(&target.registration.id)).collect();
    let serving: Vec<Registration> = ours.iter().filter(|t| t.serving()).map(|t| t.registration.clone()).collect();
    if serving.is_empty() {
        draining(agenda, group, &ours);
        return !ours.is_empty();
    }
    if group.protocol == "GENEVE" && !agenda.gate(Gate::Router, appliance(group)) {
        return true;
    }
    let left = targets.iter().filter(|t| t.state == "healthy" && !names.contains(&t.registration.id)).count();
    if left == 0 {
        agenda.warn(format!(
            "{} has no other healthy target: clients get errors, or its balancer sends them to unhealthy ones",
            group.name
        ));
    }
    let effect = SourceEffect::DeregisterTargets { group: group.arn.clone(), targets: serving };
    agenda.act(effect, S::TargetHealth(group.arn.clone()));
    true
}

fn appliance(group: &TargetGroup) -> Vec<String> {
    vec![format!(
        "{} is a gateway load balancer's: its traffic is rerouted to the other appliances, or lost",
        group.name
    )]
}

fn draining(agenda: &mut Agenda<'_>, group: &TargetGroup, ours: &[&TargetHealth]) {
    for target in ours {
        let Registration { id, port, .. } = &target.registration;
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        agenda.prove(format!("{id}{port} in {} is {}", group.name, target.state));
    }
}

#[cfg(test)]
mod tests;
