//! Auto Scaling, balancers, and the loop that kills what is isolated too early.

use crate::support::{ask, cloud, empty_group, instance, make, pass, refused, swap, target};
use casebook::effect::{Capacity, SourceEffect as S, Switch};
use casebook::fault::FaultClass;
use casebook::id::Arn;
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::balancer::{Registration, TargetHealth};
use casebook::scene::instance::InstanceState;
use casebook::scene::scaling::{Membership, ScalingGroup};
use range::Range;

fn group(range: &Range) -> ScalingGroup {
    match ask(range, SourceQuery::ScalingGroup("web".into())) {
        Reading::ScalingGroup(group) => *group,
        other => panic!("{other:?}"),
    }
}

fn membership(range: &Range) -> Option<Membership> {
    match ask(range, SourceQuery::Membership(target(range))) {
        Reading::Membership(membership) => membership,
        other => panic!("{other:?}"),
    }
}

fn lifecycle(range: &Range) -> Option<String> {
    membership(range).map(|member| member.lifecycle)
}

fn detach(range: &Range, capacity: Capacity) -> S {
    S::DetachFromGroup { group: "web".into(), instance: target(range), capacity }
}

fn standby(range: &Range) -> S {
    S::EnterStandby { group: "web".into(), instance: target(range), capacity: Capacity::Decrement }
}

fn protect(range: &Range) {
    make(range, S::SetTerminationProtection { instance: target(range), to: Switch::On });
    make(range, S::SetStopProtection { instance: target(range), to: Switch::On });
    make(range, S::SetScaleInProtection { group: "web".into(), instance: target(range), to: Switch::On });
}

#[test]
fn the_health_loop_kills_an_isolated_member_whatever_protects_it() {
    let range = cloud("web-tier");
    protect(&range);
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    pass(&range, 600);
    assert_eq!(instance(&range).state, InstanceState::Terminated);
    assert_eq!(group(&range).members.len(), 2, "a replacement was launched");
}

#[test]
fn out_of_service_an_isolated_member_lives() {
    for leave in [detach(&cloud("web-tier"), Capacity::Keep), standby(&cloud("web-tier"))] {
        let range = cloud("web-tier");
        make(&range, leave);
        let quarantine = empty_group(&range);
        swap(&range, &quarantine);
        pass(&range, 3600);
        assert_eq!(instance(&range).state, InstanceState::Running);
    }
}

#[test]
fn a_member_that_is_reachable_lives() {
    let range = cloud("web-tier");
    pass(&range, 3600);
    assert_eq!(lifecycle(&range).as_deref(), Some("InService"));
}

#[test]
fn detaching_drains_and_then_leaves() {
    let range = cloud("web-tier");
    make(&range, detach(&range, Capacity::Keep));
    assert_eq!(lifecycle(&range).as_deref(), Some("Detaching"));
    let (class, code) = refused(&range, detach(&range, Capacity::Keep));
    assert_eq!((class, code.as_str()), (FaultClass::Conflict, "ValidationError"), "it is not in service any more");
    pass(&range, 301);
    assert_eq!(lifecycle(&range), None);
    assert!(!instance(&range).tags.contains_key("aws:autoscaling:groupName"));
    assert_eq!((group(&range).desired, group(&range).members.len()), (2, 2));
}

#[test]
fn a_group_never_falls_below_its_minimum() {
    let range = cloud("web-tier");
    range.with_world(|world| world.scaling.groups.values_mut().for_each(|group| group.shown.min = 2));
    assert_eq!(refused(&range, detach(&range, Capacity::Decrement)), (FaultClass::Invalid, "ValidationError".into()));
    assert_eq!(refused(&range, standby(&range)).0, FaultClass::Invalid);
    assert_eq!(lifecycle(&range).as_deref(), Some("InService"), "a refused call changes nothing");
    make(&range, detach(&range, Capacity::Keep));
}

#[test]
fn standby_and_back() {
    let range = cloud("web-tier");
    make(&range, S::SetScaleInProtection { group: "web".into(), instance: target(&range), to: Switch::On });
    make(&range, standby(&range));
    assert_eq!((lifecycle(&range).as_deref(), group(&range).desired), (Some("EnteringStandby"), 1));
    pass(&range, 301);
    assert_eq!(lifecycle(&range).as_deref(), Some("Standby"));
    make(&range, S::ExitStandby { group: "web".into(), instance: target(&range) });
    pass(&range, 20);
    assert_eq!((lifecycle(&range).as_deref(), group(&range).desired), (Some("InService"), 2));
    assert!(membership(&range).is_some_and(|member| member.protected), "detaching loses it, standby does not");
    assert!(classic_holds(&range));
}

#[test]
fn attaching_raises_the_desired_capacity() {
    let range = cloud("web-tier");
    let attach = S::AttachToGroup { group: "web".into(), instance: target(&range) };
    assert_eq!(refused(&range, attach.clone()).0, FaultClass::Invalid, "it is a member already");
    make(&range, detach(&range, Capacity::Decrement));
    pass(&range, 301);
    make(&range, attach);
    pass(&range, 20);
    assert_eq!((lifecycle(&range).as_deref(), group(&range).desired), (Some("InService"), 2));
}

#[test]
fn a_suspended_process_does_not_run() {
    for (process, state) in [("ReplaceUnhealthy", InstanceState::Running), ("AZRebalance", InstanceState::Terminated)] {
        let range = cloud("web-tier");
        make(&range, S::SuspendProcesses { group: "web".into(), processes: vec![process.into()] });
        let quarantine = empty_group(&range);
        swap(&range, &quarantine);
        pass(&range, 600);
        assert_eq!(instance(&range).state, state, "{process}");
    }
}

#[test]
fn what_was_marked_while_suspended_dies_at_once_when_resumed() {
    let range = cloud("web-tier");
    let processes = vec!["Terminate".to_owned()];
    make(&range, S::SuspendProcesses { group: "web".into(), processes: processes.clone() });
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    pass(&range, 600);
    assert_eq!(membership(&range).map(|member| member.health).as_deref(), Some("UNHEALTHY"));
    make(&range, S::ResumeProcesses { group: "web".into(), processes });
    pass(&range, 60);
    assert_eq!(instance(&range).state, InstanceState::Terminated);
}

fn arn(range: &Range, name: &str) -> Arn {
    match ask(range, SourceQuery::TargetGroups) {
        Reading::TargetGroups(groups) => groups.into_iter().find(|group| group.name == name).expect("there").arn,
        other => panic!("{other:?}"),
    }
}

fn health(range: &Range, name: &str) -> Vec<TargetHealth> {
    match ask(range, SourceQuery::TargetHealth(arn(range, name))) {
        Reading::TargetHealth(health) => health,
        other => panic!("{other:?}"),
    }
}

fn classic_holds(range: &Range) -> bool {
    match ask(range, SourceQuery::ClassicBalancers(target(range))) {
        Reading::Classic(classic) => !classic.is_empty(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_deregistered_target_drains_and_is_then_gone() {
    let range = cloud("web-tier");
    let ours = |range: &Range| {
        let id = target(range);
        let held = health(range, "web").into_iter().filter(|held| held.registration.id == id.as_str());
        held.map(|held| (held.registration.port, held.state)).collect::<Vec<_>>()
    };
    assert_eq!(ours(&range), [(Some(80), "healthy".to_owned()), (Some(8080), "healthy".to_owned())]);
    let off = |port| S::DeregisterTargets {
        group: arn(&range, "web"),
        targets: vec![Registration { id: target(&range).to_string(), port, zone: None }],
    };
    make(&range, off(Some(8080)));
    assert_eq!(ours(&range)[1].1, "draining");
    pass(&range, 301);
    assert_eq!(ours(&range), [(Some(80), "healthy".to_owned())]);
    make(&range, off(Some(8080)));
    make(&range, off(None));
    assert_eq!(ours(&range), [(Some(80), "draining".to_owned())], "no port means the group's own");
    let group = arn(&range, "web");
    let targets = vec![Registration { id: target(&range).to_string(), port: Some(80), zone: None }];
    make(&range, S::RegisterTargets { group, targets });
    pass(&range, 31);
    assert_eq!(ours(&range), [(Some(80), "healthy".to_owned())]);
}

#[test]
fn detaching_leaves_what_the_group_does_not_know_registered() {
    let range = cloud("web-tier");
    make(&range, detach(&range, Capacity::Keep));
    pass(&range, 301);
    assert!(!classic_holds(&range));
    let left: Vec<_> = health(&range, "web").into_iter().map(|held| held.registration).collect();
    assert!(left.iter().any(|held| held.id == target(&range).as_str() && held.port == Some(8080)));
    let address = crate::support::interfaces(&range)[1].addresses[0].private.clone();
    assert!(health(&range, "backend").iter().any(|held| held.registration.id == address));
}

#[test]
fn an_unreachable_address_target_becomes_unhealthy() {
    let range = cloud("web-tier");
    make(&range, detach(&range, Capacity::Keep));
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    pass(&range, 120);
    let address = crate::support::interfaces(&range)[1].addresses[0].private.clone();
    let states = health(&range, "backend").into_iter().map(|held| (held.registration.id == address, held.state));
    let mut states: Vec<_> = states.collect();
    states.sort();
    assert_eq!(states, [(false, "healthy".to_owned()), (true, "unhealthy".to_owned())]);
}
