//! What stands behind gates: nothing of it happens before, it works once approved, and release takes
//! it back.

use crate::policies::{LEFT, contain, lives, released};
use crate::standing::standing;
use casebook::entry::CaseStatus;
use casebook::gate::Gate;
use casebook::id::{GroupId, InterfaceId};
use casebook::scene::network::{Route, RouteTable};
use casebook::settings::ScalingPolicy;
use casebook::step::{Phase, StepName, StepStatus};
use jiff::SignedDuration;
use range::proof::Trial;
use range::world::acls::AclRecord;
use range::world::flows::{Flow, FlowPlan};
use std::collections::BTreeSet;

const LONG: SignedDuration = SignedDuration::from_mins(15);

/// The web tier with a policy that starts no replacement.
fn trial() -> Trial {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.settings.policy.asg = ScalingPolicy::DetachDecrement;
    trial
}

fn interfaces(trial: &Trial) -> Vec<InterfaceId> {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| world.cards_of(&target).iter().map(|card| card.shown.id.clone()).collect())
}

/// Stands at a gate: no interface was touched, and the exposure names what it is about.
fn waits_at(trial: &Trial, gate: Gate, words: &[&str]) {
    let groups = |trial: &Trial| -> Vec<Vec<GroupId>> {
        let ids = interfaces(trial);
        trial.range.with_world(|world| ids.iter().map(|id| world.network.interfaces[id].shown.groups.clone()).collect())
    };
    let before = groups(trial);
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Waiting, "{}", end.reason);
    assert!(end.reason.contains(gate.as_str()), "{}", end.reason);
    let exposure = trial.case().case().asked[&gate].exposure.join("\n");
    assert!(words.iter().all(|word| exposure.contains(word)), "{words:?} in {exposure}");
    let steps = trial.outcome().steps;
    assert_eq!((steps[&StepName::Isolate], steps[&StepName::Snapshot]), (StepStatus::Waiting, StepStatus::Done));
    assert_eq!(groups(trial), before, "nothing was cut");
}

#[test]
fn an_instance_that_forwards_for_others_is_cut_off_behind_its_gate() {
    let trial = trial();
    let second = interfaces(&trial).remove(1);
    trial.range.with_world(|world| {
        world.network.interfaces.get_mut(&second).expect("the second").shown.source_dest_check = false;
    });
    let before = standing(&trial);
    waits_at(&trial, Gate::Router, &[second.as_str(), "source/destination check is off"]);
    trial.approve(Gate::Router);
    contain(&trial);
    assert_eq!(released(&trial, &before), [LEFT]);
}

#[test]
fn an_instance_that_a_route_leads_to_is_cut_off_behind_its_gate() {
    let trial = trial();
    let second = interfaces(&trial).remove(1);
    let (table, subnet) = trial.range.with_world(|world| {
        let card = &world.network.interfaces[&second].shown;
        let (vpc, subnet) = (card.vpc.clone(), card.subnet.clone());
        let route = Route { destination: "192.168.0.0/16".into(), target: second.to_string() };
        let id = world.fresh("rtb");
        let table = RouteTable { id: id.clone(), vpc, subnets: vec![subnet.clone()], main: false, routes: vec![route] };
        world.network.routes.push(table);
        (id, subnet)
    });
    let before = standing(&trial);
    waits_at(&trial, Gate::Router, &[&table, "192.168.0.0/16", subnet.as_str()]);
    trial.approve(Gate::Router);
    contain(&trial);
    assert_eq!(released(&trial, &before), [LEFT]);
}

/// A group at its minimum size lets nobody go: its replacing is suspended, behind a gate.
#[test]
fn a_group_that_can_not_shrink_stops_replacing_behind_its_gate() {
    let trial = trial();
    trial.range.with_world(|world| world.scaling.groups.get_mut(&"web".into()).expect("web").shown.min = 2);
    let before = standing(&trial);
    let (target, members) = (trial.range.target().instance, group_members(&trial));
    waits_at(&trial, Gate::AsgSuspend, &members.iter().map(String::as_str).collect::<Vec<_>>());
    trial.pass(LONG);
    lives(&trial);
    trial.approve(Gate::AsgSuspend);
    contain(&trial);
    assert!(group_members(&trial).contains(target.as_str()), "it never left");
    assert_eq!(released(&trial, &before), [LEFT]);
}

fn group_members(trial: &Trial) -> BTreeSet<String> {
    trial
        .range
        .with_world(|world| world.scaling.groups[&"web".into()].members.keys().map(ToString::to_string).collect())
}

/// What the owner had suspended stays suspended.
#[test]
fn release_resumes_no_process_that_the_owner_had_suspended() {
    let trial = trial();
    trial.range.with_world(|world| {
        let group = &mut world.scaling.groups.get_mut(&"web".into()).expect("web").shown;
        group.min = 2;
        group.suspended = vec!["Terminate".into(), "ScheduledActions".into()];
    });
    let before = standing(&trial);
    trial.approve(Gate::AsgSuspend);
    contain(&trial);
    assert_eq!(released(&trial, &before), [LEFT]);
}

/// Both subnets of the target behind an ACL that denies everything: the tracked shell falls silent
/// too, and so does everybody else there, whom the gate names.
#[test]
fn a_subnet_is_cut_behind_its_gate_and_connected_again() {
    let trial = trial();
    let before = standing(&trial);
    trial.drive();
    assert!(trial.range.with_world(|world| world.network.acls.values().all(|acl| !denies_all(acl))));
    trial.approve(Gate::SubnetNacl);
    contain(&trial);
    let exposure = trial.case().case().asked[&Gate::SubnetNacl].exposure.join("\n");
    for bystander in bystanders(&trial) {
        assert!(exposure.contains(&bystander), "{bystander} in {exposure}");
    }
    let (shell, dns) = (flow(&trial, "NAT gateway"), flow(&trial, "DNS"));
    let now = trial.now();
    assert!(now.duration_since(shell.last_packet) >= LONG, "silent since {}", shell.last_packet);
    assert!(now.duration_since(dns.last_packet) < SignedDuration::from_mins(1), "no ACL sees the resolver");
    assert!(!admits(&trial, &shell.plan), "nothing new gets out");
    assert_eq!(released(&trial, &before), ["acl of a case", LEFT]);
    let denying = trial.range.with_world(|world| {
        world.network.acls.values().filter(|acl| denies_all(acl)).map(|acl| acl.shown.associations.len()).sum::<usize>()
    });
    assert_eq!(denying, 0, "no subnet is behind it any more");
}

fn denies_all(acl: &AclRecord) -> bool {
    acl.shown.denies_everything()
}

/// Other instances in the subnets of the target.
fn bystanders(trial: &Trial) -> BTreeSet<String> {
    let (target, ids) = (trial.range.target().instance, interfaces(trial));
    trial.range.with_world(|world| {
        let subnets: BTreeSet<_> = ids.iter().map(|id| world.network.interfaces[id].shown.subnet.clone()).collect();
        let cards = world.network.interfaces.values().map(|card| &card.shown);
        let there = cards.filter(|card| subnets.contains(&card.subnet)).filter_map(|card| card.instance.clone());
        let others: BTreeSet<String> = there.filter(|id| *id != target).map(|id| id.to_string()).collect();
        assert!(others.len() >= 2, "{others:?}");
        others
    })
}

fn flow(trial: &Trial, label: &str) -> Flow {
    trial.range.with_world(|world| {
        world.flows().iter().find(|flow| flow.plan.label.contains(label)).expect("the scenario has it").clone()
    })
}

fn admits(trial: &Trial, plan: &FlowPlan) -> bool {
    trial.range.with_world(|world| world.admits(plan))
}
