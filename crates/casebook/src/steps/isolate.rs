//! Isolate: every interface of the instance into a security group without rules.
//!
//! Before: the capture's first tier; a member of an Auto Scaling group that checks its balancers
//! has left service. After: every interface, those that were attached meanwhile too, was read back
//! in exactly one group, which was read back without a single rule of either family. That blocks
//! new flows; connections that the old groups tracked live on until they are idle
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>),
//! and some channels are never filtered by groups. The verdict lists both.
//!
//! What can go wrong: a group that is named or tagged like ours but has rules (never used), an
//! interface in another VPC (a group per VPC), an attacker who puts the old groups back (read again
//! until nothing moves), an instance that routes for others (gate `router`), a protected asset
//! (gate `protected-asset`). No rule of an existing group is ever edited. No error path widens
//! anything: going back is `release`. If that fails, the groups stay closed and the network's owner
//! sets the captured ones, which the report lists, by hand.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::Case;
use crate::effect::SourceEffect;
use crate::fault::Fault;
use crate::gate::Gate;
use crate::id::{GroupId, InterfaceId, SubnetId, VpcId};
use crate::next::watch;
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::Fact;
use crate::scene::instance::{Instance, InstanceState};
use crate::scene::network::{Interface, RouteTable};
use crate::step::{StepName, StepStatus};
use crate::tags;
use std::collections::{BTreeMap, BTreeSet};

mod acl;
mod quarantine;
mod undo;
mod window;

pub(crate) use quarantine::quarantined;
pub(crate) use window::{left_open as window_left_open, was_opened as window_was_opened};

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Isolate,
    title: "every interface into a security group without rules, read back",
    undo: "every interface back into its captured groups, network ACLs and addresses back",
    plan,
    prepare: Some(prepare),
    release: Some(undo::release),
    source_actions: &[
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:AssociateAddress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateNetworkAcl",
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeTrunkInterfaceAssociations",
        "ec2:DisassociateAddress",
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:ReplaceNetworkAclAssociation",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
    ],
    forensic_actions: &[],
};

/// The groups are made ready while steps before this one are under way; nobody is in them yet.
/// What the step will look at is read meanwhile.
fn prepare(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    if let Some(Reading::Interfaces(interfaces)) = agenda.known(S::Interfaces(target.clone())) {
        groups(agenda, interfaces);
        agenda.routes(&filled(interfaces));
    }
    agenda.interfaces(target);
    agenda.instance(target);
}

fn plan(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let (interfaces, instance) = (agenda.interfaces(target), agenda.instance(target));
    let (Some(interfaces), Some(instance)) = (interfaces, instance) else {
        // The verdict goes by them, whatever else can not be read.
        agenda.quarantine_groups();
        window::close_unread(agenda);
        first_cut(agenda);
        return;
    };
    let groups = groups(agenda, interfaces);
    if !has_all(&groups, interfaces) {
        window::close_without_group(agenda);
        close_the_others(agenda, instance, interfaces, &groups);
        return;
    }
    if window::must_close(agenda, interfaces, &groups) {
        return;
    }
    if !may_isolate(agenda, instance, interfaces) || yields_to_detach(agenda, instance) {
        return;
    }
    if window::is_open(agenda.view) {
        window::hold_open(agenda, interfaces);
        return;
    }
    let open: Vec<_> = interfaces.iter().filter(|interface| !is_in(interface, &groups)).collect();
    if open.is_empty() {
        closed(agenda, interfaces, &groups);
    } else if !asks_for_membership_again(agenda) {
        open.into_iter().for_each(|interface| close(agenda, interface, &groups));
    }
    account_for_all(agenda, instance, interfaces);
}

/// No quarantine group can be had for some interface, and it will not pass: those that have one are closed all the
/// same, and the subnets are cut, when a person has approved that. What an open window needs comes before.
fn close_the_others(
    agenda: &mut Agenda<'_>,
    instance: &Instance,
    interfaces: &[Interface],
    groups: &BTreeMap<VpcId, GroupId>,
) {
    if agenda.holds.is_empty() || agenda.view.stopping || window_was_opened(agenda.view.case) {
        return;
    }
    if !may_isolate(agenda, instance, interfaces) || yields_to_detach(agenda, instance) {
        // That a group can not be had says more than who goes first.
        agenda.yields = None;
        return;
    }
    let (ready, bare): (Vec<_>, Vec<_>) = interfaces.iter().partition(|interface| groups.contains_key(&interface.vpc));
    let open: Vec<_> = ready.into_iter().filter(|interface| !is_in(interface, groups)).collect();
    if open.is_empty() || !asks_for_membership_again(agenda) {
        open.into_iter().for_each(|interface| close(agenda, interface, groups));
        offer_ways(agenda, &bare);
        acl::escalate(agenda, interfaces);
    }
    account_for_all(agenda, instance, interfaces);
}

/// What a person can do for interfaces that no quarantine group can be had for.
fn offer_ways(agenda: &mut Agenda<'_>, bare: &[&Interface]) {
    let case = agenda.view.case;
    if matches!(agenda.view.scene.last(&S::QuarantineGroups.into()), Some(Reading::Groups(_))) {
        let vpcs: BTreeSet<&VpcId> = bare.iter().map(|interface| &interface.vpc).collect();
        for vpc in vpcs {
            agenda.warn(format!("an empty group of {vpc} that is tagged {}=true is taken as it is", tags::QUARANTINE));
        }
    }
    let captured: BTreeSet<&SubnetId> = captured_interfaces(agenda).iter().map(|interface| &interface.subnet).collect();
    let helps = bare.iter().any(|interface| captured.contains(&interface.subnet));
    if helps && !case.approvals.contains_key(&Gate::SubnetNacl) {
        let subnets = captured.into_iter().map(SubnetId::as_str).collect::<Vec<_>>().join(", ");
        let (id, gate) = (&case.id, Gate::SubnetNacl);
        agenda.warn(format!(
            "a network ACL can cut off {subnets}, with everyone there: impound approve {id} {gate} && impound resume {id}"
        ));
    }
}

/// Interfaces that a service manages can be hidden from the list; none that the instance shows may be
/// missing in what was closed. Both are looked at again while the run goes on, so that a difference of
/// a moment passes.
fn account_for_all(agenda: &mut Agenda<'_>, instance: &Instance, interfaces: &[Interface]) {
    let hidden = hidden(instance, interfaces);
    if !hidden.is_empty() {
        agenda.passable = false;
        agenda.hold(format!(
            "AWS does not list {}: not isolated; let the role see what services manage, or isolate it through its service, and resume the case",
            hidden.join(", ")
        ));
    }
}

/// What the instance shows and the list of interfaces lacks; an instance that is alive has at least
/// one interface.
pub(crate) fn hidden(instance: &Instance, interfaces: &[Interface]) -> Vec<String> {
    let listed = |id: &&InterfaceId| interfaces.iter().any(|interface| interface.id == **id);
    let shown = instance.interfaces.iter().filter(|id| !listed(id));
    let mut hidden: Vec<_> = shown.map(|id| format!("{id}, which {} shows", instance.id)).collect();
    let alive = !matches!(instance.state, InstanceState::ShuttingDown | InstanceState::Terminated);
    if alive && hidden.is_empty() && interfaces.is_empty() {
        hidden.push(format!("any interface of {}", instance.id));
    }
    hidden
}

/// Tags and protections make readings stale that say enough for the first cut: it does not wait for
/// them to be read again. What it did is proved by fresh readings alone.
fn first_cut(agenda: &mut Agenda<'_>) {
    let (case, scene) = (agenda.view.case, agenda.view.scene);
    let target = &case.target.instance;
    let interfaces = scene.last(&S::Interfaces(target.clone()).into());
    let instance = scene.last(&S::Instance(target.clone()).into());
    let (Some(Reading::Interfaces(interfaces)), Some(Reading::Instance(instance))) = (interfaces, instance) else {
        return;
    };
    if has_cut(case) {
        return;
    }
    let groups = groups(agenda, interfaces);
    if !has_all(&groups, interfaces) {
        return;
    }
    if may_isolate(agenda, instance, interfaces) && !yields_to_detach(agenda, instance) {
        let open = interfaces.iter().filter(|interface| !is_in(interface, &groups));
        open.for_each(|interface| close(agenda, interface, &groups));
    }
}

/// Whether this case has set an interface's groups, or may have.
fn has_cut(case: &Case) -> bool {
    crate::release::we_did_any(case, |effect| matches!(effect, SourceEffect::SetInterfaceGroups { .. }))
}

/// The verified empty group of every VPC that has one; others are being made.
fn groups(agenda: &mut Agenda<'_>, interfaces: &[Interface]) -> BTreeMap<VpcId, GroupId> {
    filled(interfaces).into_iter().filter_map(|vpc| Some((vpc.clone(), quarantine::group(agenda, &vpc)?))).collect()
}

fn has_all(groups: &BTreeMap<VpcId, GroupId>, interfaces: &[Interface]) -> bool {
    interfaces.iter().all(|interface| groups.contains_key(&interface.vpc))
}

fn is_in(interface: &Interface, groups: &BTreeMap<VpcId, GroupId>) -> bool {
    groups.get(&interface.vpc).is_some_and(|group| interface.groups == [group.clone()])
}

fn close(agenda: &mut Agenda<'_>, interface: &Interface, groups: &BTreeMap<VpcId, GroupId>) {
    if let Some(group) = groups.get(&interface.vpc) {
        let effect = SourceEffect::SetInterfaceGroups { interface: interface.id.clone(), groups: vec![group.clone()] };
        agenda.insist(effect, S::Interfaces(agenda.view.case.target.instance.clone()));
    }
}

/// Every interface is read back closed: say so, then offer what goes further.
fn closed(agenda: &mut Agenda<'_>, interfaces: &[Interface], groups: &BTreeMap<VpcId, GroupId>) {
    agenda.passable = true;
    for interface in interfaces {
        if let Some(group) = groups.get(&interface.vpc) {
            agenda.prove(format!("{} is in {group} alone, which has no rule", interface.id));
        }
    }
    acl::escalate(agenda, interfaces);
    window::convert(agenda, interfaces);
}

/// The gates that may stand before the network is cut.
fn may_isolate(agenda: &mut Agenda<'_>, instance: &Instance, interfaces: &[Interface]) -> bool {
    let protected = super::protected_asset(agenda, instance);
    let Some(tables) = agenda.read_or_gap(S::Routes(filled(interfaces))) else { return false };
    let exposure = match (tables, whole_cut(agenda.view.case)) {
        (_, true) => Vec::new(),
        (Ok(Reading::Routes(tables)), _) => forwards(agenda, instance, interfaces, tables),
        (Err(_), _) if has_cut(agenda.view.case) => Vec::new(),
        (Err(fault), _) => vec![format!(
            "the route tables could not be read ({fault}): whether traffic of others goes through {} is not known",
            instance.id
        )],
        _ => return false,
    };
    let router = exposure.is_empty() || agenda.gate(Gate::Router, exposure);
    protected && router
}

/// Whether this case has cut the subnets, or may have: what goes through the instance is cut with them.
pub(crate) fn whole_cut(case: &Case) -> bool {
    crate::release::we_did_any(case, |effect| matches!(effect, SourceEffect::ReplaceAcl { .. }))
}

fn filled(interfaces: &[Interface]) -> Vec<VpcId> {
    let vpcs: BTreeSet<_> = interfaces.iter().map(|interface| interface.vpc.clone()).collect();
    vpcs.into_iter().collect()
}

/// Whose traffic goes through the instance. What was cut once is kept cut: a route that somebody adds later is no way to
/// open it again, nor is an interface; one that stood there from the beginning and was never cut is asked about.
fn forwards(agenda: &Agenda<'_>, instance: &Instance, interfaces: &[Interface], tables: &[RouteTable]) -> Vec<String> {
    let case = agenda.view.case;
    let before_all = !has_cut(case);
    let captured = captured_interfaces(agenda);
    let stood = |id: &InterfaceId| captured.iter().any(|interface| interface.id == *id);
    let asked: Vec<&Interface> = interfaces
        .iter()
        .filter(|interface| before_all || stood(&interface.id) && !was_cut(case, &interface.id))
        .collect();
    let unchecked = asked.iter().filter(|interface| !interface.source_dest_check);
    let mut exposure: Vec<_> = unchecked
        .map(|interface| format!("{} forwards traffic of others: its source/destination check is off", interface.id))
        .collect();
    for table in tables {
        let ours = |target: &str| {
            before_all && target == instance.id.as_str() || asked.iter().any(|i| i.id.as_str() == target)
        };
        let through = table.routes.iter().filter(|route| ours(&route.target));
        exposure.extend(through.map(|route| {
            let subnets: Vec<_> = table.subnets.iter().map(ToString::to_string).collect();
            format!("{} leads {} of {} through the instance", table.id, route.destination, subnets.join(", "))
        }));
    }
    exposure
}

fn was_cut(case: &Case, id: &InterfaceId) -> bool {
    let of_it =
        |effect: &SourceEffect| matches!(effect, SourceEffect::SetInterfaceGroups { interface, .. } if interface == id);
    crate::release::we_did_any(case, of_it)
}

/// Isolated in service, a member is found unhealthy and terminated: detach goes first.
fn yields_to_detach(agenda: &mut Agenda<'_>, instance: &Instance) -> bool {
    let case = agenda.view.case;
    let left = super::detach::accepted(case);
    if left.is_some_and(|at| agenda.view.now < at + watch::AT_THE_END) {
        return false;
    }
    let membership = Query::from(S::Membership(case.target.instance.clone()));
    if agenda.view.scene.fact(&membership).is_some_and(just_failed) && (has_cut(case) || left.is_some()) {
        // It was read and let this step go on; a flood of the same question must not keep open what was closed.
        return false;
    }
    let member = match agenda.read_or_gap(S::Membership(case.target.instance.clone())) {
        Some(Ok(Reading::Membership(member))) => member,
        Some(Err(fault)) => return unreadable_membership(agenda, instance, fault),
        _ => return true,
    };
    let Some(member) = member.as_ref().filter(|member| member.in_service()) else { return false };
    let Some(group) = agenda.scaling_group(&member.group) else { return true };
    let suspended = |process: &&str| group.suspended.iter().any(|other| other == process);
    if !group.checks_balancers() || super::detach::KILLING.iter().any(suspended) {
        return false;
    }
    let why = format!("{} would find the isolated member unhealthy and terminate it", group.name);
    match case.step_status(StepName::Detach) {
        Some(StepStatus::Failed) => {
            agenda.hold(format!("{why}, and detach has failed; mend detach and resume the case"))
        }
        Some(StepStatus::Waiting) if agenda.view.case.asked.contains_key(&Gate::AsgSuspend) => {
            agenda.yield_to(StepName::Detach, format!("{why}; detach waits at the gate `{}`", Gate::AsgSuspend));
        }
        _ => agenda.yield_to(StepName::Detach, format!("after detach: {why}")),
    }
    true
}

/// Whether it was read, and then could not be for the first time.
fn just_failed(fact: &Fact) -> bool {
    fact.answer.is_err() && fact.before.is_some()
}

/// An attacker may put the instance back into its group: before an interface is closed, the membership is read again
/// that was read some time ago.
fn asks_for_membership_again(agenda: &mut Agenda<'_>) -> bool {
    let view = agenda.view;
    let query = Query::from(S::Membership(view.case.target.instance.clone()));
    let old =
        view.scene.fact(&query).is_some_and(|fact| fact.answer.is_ok() && fact.at + watch::AT_THE_END <= view.now);
    if old {
        agenda.ask(query);
    }
    old
}

/// Auto Scaling marks its members with a tag that nobody else can write
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html>): without it
/// the instance is no member, whatever could not be read.
fn unreadable_membership(agenda: &mut Agenda<'_>, instance: &Instance, fault: &Fault) -> bool {
    match instance.tags.get("aws:autoscaling:groupName") {
        None => {
            agenda.warn(format!("the Auto Scaling membership could not be read ({fault}); the instance does not carry a group's tag, so it is isolated"));
            false
        }
        Some(group) => {
            agenda.hold(format!("the instance belongs to the Auto Scaling group {group}, whose health check might terminate it once isolated, and its membership could not be read: {fault}; allow autoscaling:DescribeAutoScalingInstances and resume the case"));
            true
        }
    }
}

/// The groups an interface had when the case was opened.
pub(crate) fn captured_interfaces<'a>(agenda: &Agenda<'a>) -> &'a [Interface] {
    let query = S::Interfaces(agenda.view.case.target.instance.clone());
    match agenda.view.case.baseline.scene.last(&query.into()) {
        Some(Reading::Interfaces(interfaces)) => interfaces,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
