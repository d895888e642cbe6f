//! Release on the simulated cloud: back as captured, in peace with itself, and what is left to undo
//! when the instance is gone.

use crate::stage::Stage;
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{CaseStatus, Entry};
use casebook::gate::Gate;
use casebook::id::{AclId, GroupId, InterfaceId, SubnetId};
use casebook::settings::{ScalingPolicy, TrackedConnections};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::NetworkVerdict;
use std::collections::BTreeMap;

/// Intents of a kind, in order.
fn sent(stage: &Stage, kind: fn(&SourceEffect) -> bool) -> Vec<SourceEffect> {
    let intents = stage.entries().into_iter().filter_map(|entry| match entry {
        Entry::Intent(intent) => Some(intent.effect),
        _ => None,
    });
    let source = intents.filter_map(|effect| if let Effect::Source(effect) = effect { Some(effect) } else { None });
    source.filter(kind).collect()
}

fn protected(stage: &Stage) -> bool {
    let target = stage.range.target().instance;
    stage.range.with_world(|world| world.scaling.groups[&"web".into()].members[&target].protected)
}

/// One step gives the member its protection back; the next one must not take it away.
#[test]
fn a_member_that_was_protected_from_scale_in_is_so_again() {
    let stage = Stage::new("web-tier", Phase::Contain);
    let target = stage.range.target().instance;
    stage.range.with_world(|world| {
        let group = world.scaling.groups.get_mut(&"web".into()).expect("the web tier's group");
        group.members.get_mut(&target).expect("the target is a member").protected = true;
    });
    stage.drive();
    let end = stage.release();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert!(protected(&stage));
    let set = sent(&stage, |effect| matches!(effect, SourceEffect::SetScaleInProtection { .. }));
    assert_eq!(set.len(), 1, "{set:?}");
}

/// By interface of the target.
fn idle(stage: &Stage) -> BTreeMap<InterfaceId, Option<i32>> {
    let target = stage.range.target().instance;
    stage.range.with_world(|world| {
        let cards = world.cards_of(&target).into_iter();
        cards.map(|card| (card.shown.id.clone(), card.shown.idle.tcp_established_seconds)).collect()
    })
}

/// AWS shows a default that was set as a value: it is set once, and the release comes to its end.
#[test]
fn idle_timeouts_go_back_once() {
    let mut stage = Stage::new("web-tier", Phase::Contain);
    stage.settings.policy.tracked_connections = TrackedConnections::Convert;
    stage.approve(Gate::OpenWindow);
    stage.drive();
    let end = stage.release();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert!(idle(&stage).values().all(|seconds| *seconds == Some(432_000)), "{:?}", idle(&stage));
    let set = |stage: &Stage| sent(stage, |effect| matches!(effect, SourceEffect::SetIdleTimeouts { .. })).len();
    assert_eq!(set(&stage), 2 * idle(&stage).len(), "shortened once, put back once");
    stage.drive();
    assert_eq!(set(&stage), 2 * idle(&stage).len(), "nothing is left to do");
}

/// Which ACL guards which subnet.
fn guards(stage: &Stage) -> BTreeMap<SubnetId, AclId> {
    stage.range.with_world(|world| {
        let acls = world.network.acls.values().map(|acl| &acl.shown);
        acls.flat_map(|acl| acl.associations.iter().map(|tie| (tie.subnet.clone(), acl.id.clone()))).collect()
    })
}

fn suspended(stage: &Stage) -> Vec<String> {
    stage.range.with_world(|world| world.scaling.groups[&"web".into()].shown.suspended.clone())
}

/// Terminated with a whole subnet cut and the group's processes suspended.
fn terminated() -> Stage {
    let mut stage = Stage::new("web-tier", Phase::Eradicate);
    stage.settings.policy.asg = ScalingPolicy::DetachDecrement;
    stage.range.with_world(|world| world.scaling.groups.get_mut(&"web".into()).expect("web").shown.min = 2);
    for gate in [Gate::SubnetNacl, Gate::AsgSuspend] {
        stage.approve(gate);
    }
    stage.drive();
    stage.approve(Gate::Terminate);
    let end = stage.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    stage
}

#[test]
fn what_was_cut_for_others_is_named_after_the_end_and_put_back() {
    let before = guards(&Stage::new("web-tier", Phase::Eradicate));
    let stage = terminated();
    let session = stage.case();
    let record = &session.case().steps[&StepName::Terminate].entry;
    let left = record.warnings.join("\n");
    for part in ["cut for everybody in it", "ReplaceUnhealthy and Terminate of web, suspended", "impound release web-7"]
    {
        assert!(left.contains(part), "{part}: {left}");
    }
    assert_ne!(guards(&stage), before);
    assert_eq!(suspended(&stage), ["ReplaceUnhealthy", "Terminate"]);
    let end = stage.release();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert_eq!(guards(&stage), before);
    assert_eq!(suspended(&stage), Vec::<String>::new());
    let status = stage.outcome().steps;
    assert_eq!((status[&StepName::Protect], status[&StepName::Deregister]), (StepStatus::Skipped, StepStatus::Skipped));
    let back = sent(&stage, |effect| {
        matches!(effect, SourceEffect::AttachToGroup { .. } | SourceEffect::RegisterTargets { .. })
    });
    assert_eq!(back, [], "nothing goes back on what is gone");
}

/// The attacker puts the old groups back and marks the instance as one that nobody may touch.
#[test]
fn a_tag_set_after_containment_does_not_keep_the_network_open() {
    let stage = Stage::new("web-tier", Phase::Contain);
    let target = stage.range.target().instance;
    let groups = |stage: &Stage| -> BTreeMap<InterfaceId, Vec<GroupId>> {
        stage.range.with_world(|world| {
            let cards = world.cards_of(&target).into_iter();
            cards.map(|card| (card.shown.id.clone(), card.shown.groups.clone())).collect()
        })
    };
    let open = groups(&stage);
    stage.drive();
    let closed = groups(&stage);
    assert_ne!(open, closed);
    stage.range.with_world(|world| {
        for (id, groups) in &open {
            world.network.interfaces.get_mut(id).expect("still there").shown.groups.clone_from(groups);
        }
        let machine = world.compute.instances.get_mut(&target).expect("still there");
        machine.shown.tags.insert("impound:protected".into(), "true".into());
    });
    let end = stage.drive();
    assert_eq!((end.status, groups(&stage)), (CaseStatus::Done, closed), "{}", end.reason);
    assert_eq!(stage.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked);
    let session = stage.case();
    let warnings = &session.case().steps[&StepName::Isolate].entry.warnings;
    assert!(warnings.iter().any(|line| line.contains("was set after the capture")), "{warnings:?}");
}
