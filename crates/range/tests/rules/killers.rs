//! What ends or changes an instance, and what holds it up.

use crate::support::{
    apply, ask, case_tags, cloud, empty_group, instance, interfaces, make, pass, swap, take_out, target,
};
use casebook::effect::{SourceEffect as S, Switch};
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::balancer::Registration;
use casebook::scene::instance::{InstanceState, ShutdownBehavior};
use casebook::scene::storage::SnapshotState;
use jiff::SignedDuration;
use range::Range;
use range::world::instances::End;
use range::world::killers::automations::Automation;
use range::world::killers::{AlarmAction, Maintenance, SPOT_NOTICE};
use range::world::organisation::OrganisationPolicy;
use range::world::shrink::DetachingReach;

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

fn protect(range: &Range) {
    make(range, S::SetTerminationProtection { instance: target(range), to: Switch::On });
    make(range, S::SetStopProtection { instance: target(range), to: Switch::On });
}

fn state(range: &Range) -> InstanceState {
    instance(range).state
}

#[test]
fn a_spot_instance_goes_two_minutes_after_the_notice_and_what_was_accepted_stays() {
    let range = cloud("spot");
    let id = target(&range);
    range.with_world(|world| world.interrupt_spot(&id, SPOT_NOTICE));
    let set = S::CreateSnapshots { instance: id.clone(), description: "test".into(), tags: case_tags() };
    apply(&range, set).expect("allowed");
    pass(&range, 119);
    assert_eq!(state(&range), InstanceState::Running);
    pass(&range, 600);
    assert_eq!(state(&range), InstanceState::Terminated);
    assert!(range.with_world(|world| world.storage.volumes.is_empty()), "its volume went with it");
    let Reading::Snapshots(kept) = ask(&range, SourceQuery::CaseSnapshots("c1".into())) else { panic!("snapshots") };
    assert_eq!((kept.len(), kept[0].state), (1, SnapshotState::Completed));
    let on_demand = cloud("lone");
    on_demand.with_world(|world| world.interrupt_spot(&target(&on_demand), SPOT_NOTICE));
    pass(&on_demand, 600);
    assert_eq!(state(&on_demand), InstanceState::Running, "only Spot Instances are taken back");
}

#[test]
fn retirement_stops_a_protected_instance_at_its_moment() {
    let range = cloud("lone");
    let id = target(&range);
    protect(&range);
    let at = range.clock().now().saturating_add(MINUTE * 10).expect("in range");
    range.with_world(|world| world.plan_maintenance(&id, Maintenance::Retirement, at));
    let Reading::Events(planned) = ask(&range, SourceQuery::ScheduledEvents(id.clone())) else { panic!("events") };
    assert_eq!(
        (planned[0].code.as_str(), planned[0].not_before.clone()),
        ("instance-retirement", Some(at.to_string()))
    );
    pass(&range, 599);
    assert_eq!(state(&range), InstanceState::Running);
    pass(&range, 30);
    assert_eq!(state(&range), InstanceState::Stopped);
    let Reading::Events(left) = ask(&range, SourceQuery::ScheduledEvents(id)) else { panic!("events") };
    assert_eq!(left, vec![]);
}

#[test]
fn retirement_ends_an_instance_whose_root_is_instance_store() {
    let range = cloud("lone");
    let id = target(&range);
    protect(&range);
    let at = range.clock().now();
    range.with_world(|world| {
        world.storage.volumes.clear();
        world.plan_maintenance(&id, Maintenance::Retirement, at);
    });
    pass(&range, 10);
    assert_eq!(state(&range), InstanceState::Terminated);
}

#[test]
fn a_planned_shutdown_does_what_the_instance_says() {
    for (behavior, end) in
        [(ShutdownBehavior::Terminate, InstanceState::Terminated), (ShutdownBehavior::Stop, InstanceState::Stopped)]
    {
        let range = cloud("lone");
        let id = target(&range);
        protect(&range);
        make(&range, S::SetShutdownBehavior { instance: id.clone(), to: behavior });
        range.with_world(|world| world.plan_shutdown(&id, MINUTE));
        pass(&range, 59);
        assert_eq!(state(&range), InstanceState::Running);
        pass(&range, 30);
        assert_eq!(state(&range), end, "{behavior:?}");
    }
}

#[test]
fn alarms_obey_protections_but_a_restart_needs_none() {
    for (action, end) in
        [(AlarmAction::Stop, InstanceState::Stopped), (AlarmAction::Terminate, InstanceState::Terminated)]
    {
        for protected in [true, false] {
            let range = cloud("lone");
            let id = target(&range);
            if protected {
                protect(&range);
            }
            range.with_world(|world| world.plan_alarm(&id, "idle", action, MINUTE));
            pass(&range, 90);
            let expected = if protected { InstanceState::Running } else { end };
            assert_eq!(state(&range), expected, "{action:?}, protected: {protected}");
        }
    }
    let range = cloud("lone");
    let id = target(&range);
    protect(&range);
    range.with_world(|world| world.plan_alarm(&id, "hung", AlarmAction::Reboot, MINUTE));
    let Reading::Alarms(named) = ask(&range, SourceQuery::KillerAlarms(id.clone())) else { panic!("alarms") };
    assert!(named.contains(&"hung".to_owned()));
    assert!(crate::support::alive(&range, "SSH"));
    pass(&range, 90);
    assert_eq!(state(&range), InstanceState::Running);
    assert!(!crate::support::alive(&range, "SSH"), "the guest forgot its conversations");
    assert!(range.with_world(|world| world.compute.instances[&id].lost.memory.is_some()));
}

#[test]
fn a_stop_loses_memory_instance_store_and_the_lent_address() {
    let range = cloud("lone");
    let id = target(&range);
    range.with_world(|world| {
        world.compute.instances.get_mut(&id).expect("there").shown.instance_type = "m5d.large".into();
    });
    let lost = || range.with_world(|world| world.compute.instances[&id].lost);
    assert!(interfaces(&range)[0].addresses[0].public.is_some());
    range.with_world(|world| world.administrator("ops").reboot(&id)).expect("allowed");
    assert!(lost().memory.is_some() && lost().instance_store.is_none(), "a restart keeps the instance store");
    range.with_world(|world| world.administrator("ops").stop(&id)).expect("allowed");
    assert_eq!(state(&range), InstanceState::Stopping);
    pass(&range, 30);
    assert_eq!(state(&range), InstanceState::Stopped);
    assert!(lost().instance_store.is_some());
    assert_eq!(interfaces(&range)[0].addresses[0].public, None);
    let on_spot = cloud("spot");
    let spot = target(&on_spot);
    let refused = on_spot.with_world(|world| world.administrator("ops").stop(&spot)).expect_err("one-time request");
    assert_eq!(refused.code, "UnsupportedOperation");
}

#[test]
fn a_stopped_member_is_replaced() {
    let range = cloud("web-tier");
    range.with_world(|world| world.administrator("ops").stop(&target(&range))).expect("allowed");
    pass(&range, 90);
    assert_eq!(state(&range), InstanceState::Terminated, "any state but running is unhealthy at once");
}

#[test]
fn a_member_being_detached_in_both_readings() {
    for (reading, end) in [
        (DetachingReach::OutOfReach, InstanceState::Running),
        (DetachingReach::StillTerminated, InstanceState::Terminated),
    ] {
        let range = cloud("web-tier");
        range.with_world(|world| world.settings.detaching_reach = reading);
        let quarantine = empty_group(&range);
        take_out(&range);
        range.with_world(|world| world.administrator("ops").stop(&target(&range))).expect("allowed");
        swap(&range, &quarantine);
        pass(&range, 90);
        let expected = if end == InstanceState::Running { InstanceState::Stopped } else { end };
        assert_eq!(state(&range), expected, "{reading:?}");
    }
}

/// Detaching takes the group's own registrations off; a target that drains is not called, and one that was registered with
/// another port stays and is.
#[test]
fn a_member_being_detached_and_isolated_in_both_readings() {
    for (reading, stays, end) in [
        (DetachingReach::StillTerminated, false, None),
        (DetachingReach::OutOfReach, true, None),
        (DetachingReach::StillTerminated, true, Some(End::Unanswering)),
    ] {
        let range = cloud("web-tier");
        range.with_world(|world| world.settings.detaching_reach = reading);
        let quarantine = empty_group(&range);
        take_out(&range);
        if !stays {
            let group = range.with_world(|world| world.scaling.groups[&"web".into()].shown.target_groups[0].clone());
            let targets = vec![Registration { id: target(&range).to_string(), port: Some(8080), zone: None }];
            make(&range, S::DeregisterTargets { group, targets });
        }
        swap(&range, &quarantine);
        pass(&range, 180);
        let ended = range.with_world(|world| world.compute.instances[&target(&range)].end);
        assert_eq!(ended, end, "{reading:?}, registered with another port: {stays}");
    }
}

#[test]
fn scale_in_passes_by_the_protected() {
    let name = "web".into();
    let members: Vec<_> =
        cloud("web-tier").with_world(|world| world.scaling.groups[&name].members.keys().cloned().collect());
    for (protected, other) in [(0, 1), (1, 0)] {
        let range = cloud("web-tier");
        let instance = members[protected].clone();
        make(&range, S::SetScaleInProtection { group: "web".into(), instance, to: Switch::On });
        assert_eq!(range.with_world(|world| world.scale_in(&name)).as_ref(), Some(&members[other]));
        assert_eq!(range.with_world(|world| world.scale_in(&name)), None, "never below the minimum");
    }
}

#[test]
fn a_group_shrinks_when_it_is_planned_to() {
    let range = cloud("web-tier");
    let desired = || range.with_world(|world| world.scaling.groups[&"web".into()].shown.desired);
    let before = desired();
    range.with_world(|world| world.plan_scale_in(&target(&range), MINUTE));
    pass(&range, 59);
    assert_eq!(desired(), before);
    pass(&range, 2);
    assert_eq!(desired(), before - 1);
    let alone = cloud("lone");
    alone.with_world(|world| world.plan_scale_in(&target(&alone), MINUTE));
    pass(&alone, 61);
    assert_eq!(state(&alone), InstanceState::Running, "it is in no group");
}

#[test]
fn a_janitor_reaps_what_carries_a_tag_and_obeys_protection() {
    for protected in [true, false] {
        let range = cloud("lone");
        if protected {
            protect(&range);
        }
        range.with_world(|world| world.automate("janitor", MINUTE * 5, Automation::ReapTagged("impound:case".into())));
        pass(&range, 310);
        assert_eq!(state(&range), InstanceState::Running, "it carries no such tag yet");
        make(&range, S::Tag { resources: vec![target(&range).to_string()], tags: case_tags() });
        pass(&range, 310);
        let expected = if protected { InstanceState::Running } else { InstanceState::Terminated };
        assert_eq!(state(&range), expected);
        let last = range.with_world(|world| world.records.trail.last().map(|event| event.user.clone()));
        assert_eq!(last.as_deref(), Some("janitor"));
    }
}

#[test]
fn a_janitor_reaps_what_lacks_a_tag() {
    let range = cloud("web-tier");
    let automation = Automation::ReapUntagged("Name".into());
    range.with_world(|world| world.automate("janitor", MINUTE, automation));
    pass(&range, 90);
    assert_eq!(state(&range), InstanceState::Running, "every instance has a name");
    let keys = ["Name".to_owned()];
    let id = target(&range);
    range.with_world(|world| world.administrator("mallory").strip_tags(id.as_str(), &keys)).expect("allowed");
    pass(&range, 90);
    assert_eq!(state(&range), InstanceState::Terminated);
}

#[test]
fn a_janitor_sweeps_snapshots_without_tags_alone() {
    let range = cloud("lone");
    let set = |tags| S::CreateSnapshots { instance: target(&range), description: "test".into(), tags };
    let bare = make(&range, set(std::collections::BTreeMap::new()));
    let ours = make(&range, set(case_tags()));
    range.with_world(|world| world.automate("janitor", MINUTE, Automation::SweepSnapshots));
    pass(&range, 61);
    let left: Vec<String> = range.with_world(|world| world.storage.snapshots.keys().map(ToString::to_string).collect());
    assert!(left.contains(&ours) && !left.contains(&bare), "{left:?}");
}

#[test]
fn a_deployment_puts_groups_tags_and_profile_back_each_period() {
    let range = cloud("web-tier");
    let id = target(&range);
    take_out(&range);
    let (before, groups) = (instance(&range), interfaces(&range)[0].groups.clone());
    range.with_world(|world| {
        let blueprint = world.blueprint(&id).expect("it is there");
        world.automate("terraform", MINUTE * 10, Automation::Restore(blueprint));
    });
    for _round in 0..2 {
        let quarantine = empty_group_named(&range);
        swap(&range, &quarantine);
        make(&range, S::Tag { resources: vec![id.to_string()], tags: case_tags() });
        let Reading::Associations(held) = ask(&range, SourceQuery::ProfileAssociations(id.clone())) else {
            panic!("associations")
        };
        make(&range, S::DisassociateProfile { association: held[0].id.clone() });
        pass(&range, 610);
        let after = instance(&range);
        assert_eq!(
            (interfaces(&range)[0].groups.clone(), after.profile.clone()),
            (groups.clone(), before.profile.clone())
        );
        assert!(!after.tags.contains_key("impound:case"));
    }
}

/// Names are unique, so each round makes its own.
fn empty_group_named(range: &Range) -> casebook::id::GroupId {
    let vpc = instance(range).vpc.expect("it has a VPC");
    let name = format!("empty-{}", range.clock().now().as_second());
    let id = casebook::id::GroupId::new(make(range, crate::support::create_group(&vpc, &name)));
    let rules = crate::support::groups(range, SourceQuery::Groups(vec![id.clone()])).remove(0).rules;
    make(range, S::RevokeRules { group: id.clone(), rules });
    id
}

#[test]
fn the_organisations_policy_binds_automations_too() {
    let range = cloud("lone");
    let id = target(&range);
    range.with_world(|world| {
        world.settings.organisation = OrganisationPolicy::InForce;
        let blueprint = world.blueprint(&id).expect("it is there");
        world.automate("terraform", MINUTE, Automation::Restore(blueprint));
    });
    make(&range, S::Tag { resources: vec![id.to_string()], tags: case_tags() });
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    pass(&range, 90);
    assert_eq!(interfaces(&range)[0].groups, [quarantine]);
    assert!(instance(&range).tags.contains_key("impound:case"));
}
