//! Release on the simulated cloud: back as captured, in peace with itself, and what is left to undo
//! when the instance is gone.

use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{CaseStatus, Entry};
use casebook::gate::Gate;
use casebook::id::{AclId, GroupId, InterfaceId, SubnetId};
use casebook::settings::{ScalingPolicy, TrackedConnections};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::NetworkVerdict;
use range::proof::Trial;
use std::collections::BTreeMap;

/// Intents of a kind, in order.
fn sent(trial: &Trial, kind: fn(&SourceEffect) -> bool) -> Vec<SourceEffect> {
    let intents = trial.entries().into_iter().filter_map(|entry| match entry {
        Entry::Intent(intent) => Some(intent.effect),
        _ => None,
    });
    let source = intents.filter_map(|effect| if let Effect::Source(effect) = effect { Some(effect) } else { None });
    source.filter(kind).collect()
}

fn protected(trial: &Trial) -> bool {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| world.scaling.groups[&"web".into()].members[&target].protected)
}

/// One step gives the member its protection back; the next one must not take it away.
#[test]
fn a_member_that_was_protected_from_scale_in_is_so_again() {
    let trial = Trial::new("web-tier", Phase::Contain);
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let group = world.scaling.groups.get_mut(&"web".into()).expect("the web tier's group");
        group.members.get_mut(&target).expect("the target is a member").protected = true;
    });
    trial.drive();
    let end = trial.release();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert!(protected(&trial));
    let set = sent(&trial, |effect| matches!(effect, SourceEffect::SetScaleInProtection { .. }));
    assert_eq!(set.len(), 1, "{set:?}");
}

/// By interface of the target.
fn idle(trial: &Trial) -> BTreeMap<InterfaceId, Option<i32>> {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let cards = world.cards_of(&target).into_iter();
        cards.map(|card| (card.shown.id.clone(), card.shown.idle.tcp_established_seconds)).collect()
    })
}

/// AWS shows a default that was set as a value: it is set once, and the release comes to its end.
#[test]
fn idle_timeouts_go_back_once() {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.settings.policy.tracked_connections = TrackedConnections::Convert;
    trial.approve(Gate::OpenWindow);
    trial.drive();
    let end = trial.release();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert!(idle(&trial).values().all(|seconds| *seconds == Some(432_000)), "{:?}", idle(&trial));
    let set = |trial: &Trial| sent(trial, |effect| matches!(effect, SourceEffect::SetIdleTimeouts { .. })).len();
    assert_eq!(set(&trial), 2 * idle(&trial).len(), "shortened once, put back once");
    trial.drive();
    assert_eq!(set(&trial), 2 * idle(&trial).len(), "nothing is left to do");
}

/// Which ACL guards which subnet.
fn guards(trial: &Trial) -> BTreeMap<SubnetId, AclId> {
    trial.range.with_world(|world| {
        let acls = world.network.acls.values().map(|acl| &acl.shown);
        acls.flat_map(|acl| acl.associations.iter().map(|tie| (tie.subnet.clone(), acl.id.clone()))).collect()
    })
}

fn suspended(trial: &Trial) -> Vec<String> {
    trial.range.with_world(|world| world.scaling.groups[&"web".into()].shown.suspended.clone())
}

/// Terminated with a whole subnet cut and the group's processes suspended.
fn terminated() -> Trial {
    let mut trial = Trial::new("web-tier", Phase::Eradicate);
    trial.settings.policy.asg = ScalingPolicy::DetachDecrement;
    trial.range.with_world(|world| world.scaling.groups.get_mut(&"web".into()).expect("web").shown.min = 2);
    for gate in [Gate::SubnetNacl, Gate::AsgSuspend] {
        trial.approve(gate);
    }
    trial.drive();
    trial.approve(Gate::Terminate);
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    trial
}

#[test]
fn what_was_cut_for_others_is_named_after_the_end_and_put_back() {
    let before = guards(&Trial::new("web-tier", Phase::Eradicate));
    let trial = terminated();
    let session = trial.case();
    let record = &session.case().steps[&StepName::Terminate].entry;
    let left = record.warnings.join("\n");
    for part in ["cut for everybody in it", "ReplaceUnhealthy and Terminate of web, suspended", "impound release web-7"]
    {
        assert!(left.contains(part), "{part}: {left}");
    }
    assert_ne!(guards(&trial), before);
    assert_eq!(suspended(&trial), ["ReplaceUnhealthy", "Terminate"]);
    let end = trial.release();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert_eq!(guards(&trial), before);
    assert_eq!(suspended(&trial), Vec::<String>::new());
    let status = trial.outcome().steps;
    assert_eq!((status[&StepName::Protect], status[&StepName::Deregister]), (StepStatus::Skipped, StepStatus::Skipped));
    let back = sent(&trial, |effect| {
        matches!(effect, SourceEffect::AttachToGroup { .. } | SourceEffect::RegisterTargets { .. })
    });
    assert_eq!(back, [], "nothing goes back on what is gone");
}

/// The attacker puts the old groups back and marks the instance as one that nobody may touch.
#[test]
fn a_tag_set_after_containment_does_not_keep_the_network_open() {
    let trial = Trial::new("web-tier", Phase::Contain);
    let target = trial.range.target().instance;
    let groups = |trial: &Trial| -> BTreeMap<InterfaceId, Vec<GroupId>> {
        trial.range.with_world(|world| {
            let cards = world.cards_of(&target).into_iter();
            cards.map(|card| (card.shown.id.clone(), card.shown.groups.clone())).collect()
        })
    };
    let open = groups(&trial);
    trial.drive();
    let closed = groups(&trial);
    assert_ne!(open, closed);
    trial.range.with_world(|world| {
        for (id, groups) in &open {
            world.network.interfaces.get_mut(id).expect("still there").shown.groups.clone_from(groups);
        }
        let machine = world.compute.instances.get_mut(&target).expect("still there");
        machine.shown.tags.insert("impound:protected".into(), "true".into());
    });
    let end = trial.drive();
    assert_eq!((end.status, groups(&trial)), (CaseStatus::Done, closed), "{}", end.reason);
    assert_eq!(trial.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked);
    let session = trial.case();
    let warnings = &session.case().steps[&StepName::Isolate].entry.warnings;
    assert!(warnings.iter().any(|line| line.contains("was set after the capture")), "{warnings:?}");
}
