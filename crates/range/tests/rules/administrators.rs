//! What an administrator of the account can do to a case, and what the organisation keeps him from.

use crate::support::{alive, ask, case_tags, cloud, empty_group, first_interface, groups, instance, interfaces, make};
use crate::support::{pass, swap, tags, take_out, target};
use casebook::effect::{SourceEffect as S, Switch};
use casebook::fault::{Fault, FaultClass};
use casebook::id::{Arn, GroupId, RoleName};
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::balancer::Registration;
use casebook::scene::instance::InstanceState;
use casebook::scene::network::{Direction, Peer, Rule};
use range::Range;
use range::world::attack::Administrator;
use range::world::organisation::OrganisationPolicy;

const WHO: &str = "mallory";

fn act<T>(range: &Range, act: impl FnOnce(&mut Administrator<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    range.with_world(|world| act(&mut world.administrator(WHO)))
}

/// A refused act's code.
fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.expect_err("AWS refuses it").code
}

fn protect_by_policy(range: &Range) {
    range.with_world(|world| world.settings.organisation = OrganisationPolicy::InForce);
    let mut resources = vec![target(range).to_string()];
    resources.extend(interfaces(range).into_iter().map(|card| card.id.to_string()));
    make(range, S::Tag { resources, tags: case_tags() });
}

fn web_group(range: &Range) -> GroupId {
    interfaces(range)[0].groups[0].clone()
}

fn quarantine_profile(range: &Range) -> Arn {
    range.briefing().quarantine_profile.clone().expect("the web tier has one")
}

fn ssh_in() -> Rule {
    let peer = Peer::Ipv4("198.51.100.0/24".into());
    Rule { direction: Direction::Ingress, protocol: "tcp".into(), from: Some(22), to: Some(22), peer }
}

fn last_event(range: &Range) -> (String, String, Option<String>, Vec<String>) {
    range.with_world(|world| {
        let event = world.records.trail.last().expect("it was recorded");
        (event.user.clone(), event.name.clone(), event.error.clone(), event.resources.clone())
    })
}

#[test]
fn groups_are_put_back_and_cloudtrail_says_by_whom() {
    let range = cloud("web-tier");
    let (card, open) = (first_interface(&range), web_group(&range));
    take_out(&range);
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    act(&range, |mallory| mallory.set_interface_groups(&card, std::slice::from_ref(&open)))
        .expect("nothing forbids it");
    assert_eq!(interfaces(&range)[0].groups, [open]);
    let event = last_event(&range);
    assert_eq!((event.0.as_str(), event.1.as_str(), event.2), (WHO, "ModifyNetworkInterfaceAttribute", None));
    assert_eq!(event.3, [card.to_string()]);
    match ask(&range, SourceQuery::Interfaces(target(&range))) {
        Reading::Interfaces(cards) => assert_ne!(cards[0].groups, cards[1].groups),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_card_in_an_open_group_is_a_new_way_out() {
    let range = cloud("web-tier");
    let open = web_group(&range);
    let quarantine = empty_group(&range);
    take_out(&range);
    swap(&range, &quarantine);
    let card = act(&range, |m| m.attach_interface(&target(&range), std::slice::from_ref(&open))).expect("allowed");
    let cards = interfaces(&range);
    assert_eq!((cards.len(), &cards[2].id, cards[2].device_index), (3, &card, Some(2)));
    assert_eq!(cards[2].groups, [open]);
    assert_eq!(last_event(&range).1, "AttachNetworkInterface");
    let missing = act(&range, |m| m.attach_interface(&"i-0".into(), &[]));
    assert_eq!(code(missing), "InvalidInstanceID.NotFound");
}

#[test]
fn a_profile_comes_back_whatever_stands() {
    let range = cloud("web-tier");
    let id = target(&range);
    let profile = instance(&range).profile.expect("it has one");
    let other = quarantine_profile(&range);
    act(&range, |m| m.associate_profile(&id, &other)).expect("replaced");
    assert_eq!(instance(&range).profile.as_ref(), Some(&other));
    act(&range, |m| m.disassociate_profile(&id)).expect("there is one");
    pass(&range, 10);
    assert_eq!(code(act(&range, |m| m.disassociate_profile(&id))), "NoSuchAssociation");
    act(&range, |m| m.associate_profile(&id, &profile)).expect("there was none");
    assert_eq!(instance(&range).profile, Some(profile.clone()));
    let events = range.with_world(|world| world.records.trail.len());
    act(&range, |m| m.associate_profile(&id, &profile)).expect("it stands");
    assert_eq!(range.with_world(|world| world.records.trail.len()), events, "nothing was asked for");
}

#[test]
fn a_deny_is_taken_away_before_it_works() {
    let range = cloud("web-tier");
    let role = RoleName::from("web-app-role");
    let document = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#.to_owned();
    make(&range, S::PutRolePolicy { role: role.clone(), name: "impound-c1".into(), document });
    act(&range, |m| m.delete_role_policy(&role, "impound-c1")).expect("it is there");
    pass(&range, 60);
    let works = range.with_world(|world| {
        let session = world.identity.sessions.first().expect("the scenario has it").clone();
        world.credentials_work(&session)
    });
    assert!(works);
    assert_eq!(code(act(&range, |m| m.delete_role_policy(&role, "impound-c1"))), "NoSuchEntity");
}

#[test]
fn protections_bind_administrators_until_they_lift_them() {
    let range = cloud("lone");
    let id = target(&range);
    make(&range, S::SetTerminationProtection { instance: id.clone(), to: Switch::On });
    make(&range, S::SetStopProtection { instance: id.clone(), to: Switch::On });
    assert_eq!(code(act(&range, |m| m.terminate(&id))), "OperationNotPermitted");
    assert_eq!(last_event(&range).2.as_deref(), Some("OperationNotPermitted"), "a refused call is recorded too");
    assert_eq!(code(act(&range, |m| m.stop(&id))), "OperationNotPermitted");
    act(&range, |m| m.lift_stop_protection(&id)).expect("allowed");
    act(&range, |m| m.lift_termination_protection(&id)).expect("allowed");
    act(&range, |m| m.terminate(&id)).expect("nothing protects it");
    pass(&range, 10);
    assert_eq!(instance(&range).state, InstanceState::Terminated);
}

#[test]
fn tags_are_stripped_but_awss_own() {
    let range = cloud("web-tier");
    let id = target(&range);
    make(&range, S::Tag { resources: vec![id.to_string()], tags: case_tags() });
    let keys = ["impound:case".to_owned(), "no-such-key".to_owned()];
    act(&range, |m| m.strip_tags(id.as_str(), &keys)).expect("a missing key is no error");
    assert!(!instance(&range).tags.contains_key("impound:case"));
    let reserved = ["aws:autoscaling:groupName".to_owned()];
    assert_eq!(code(act(&range, |m| m.strip_tags(id.as_str(), &reserved))), "InvalidParameterValue");
}

#[test]
fn a_group_that_looks_like_ours_is_open() {
    let range = cloud("web-tier");
    let vpc = instance(&range).vpc.expect("it has a VPC");
    let ours = tags(&[("impound:quarantine", "true")]);
    let group = act(&range, |m| m.create_group(&vpc, "impound-quarantine-x", &ours, &[ssh_in()])).expect("allowed");
    let found = groups(&range, SourceQuery::QuarantineGroups);
    let squatted = found.iter().find(|held| held.id == group).expect("it is tagged so");
    assert!(squatted.rules.contains(&ssh_in()));
    let again = act(&range, |m| m.create_group(&vpc, "impound-quarantine-x", &ours, &[]));
    assert_eq!(code(again), "InvalidGroup.Duplicate");
    let empty = empty_group(&range);
    act(&range, |m| m.open_group(&empty, &[ssh_in()])).expect("allowed");
    act(&range, |m| m.open_group(&empty, &[ssh_in()])).expect("what stands is left out");
    assert_eq!(groups(&range, SourceQuery::Groups(vec![empty])).remove(0).rules, [ssh_in()]);
}

#[test]
fn traffic_and_the_health_loop_come_back() {
    let range = cloud("web-tier");
    let id = target(&range);
    let quarantine = empty_group(&range);
    take_out(&range);
    swap(&range, &quarantine);
    pass(&range, 301);
    let Reading::TargetGroups(held) = ask(&range, SourceQuery::TargetGroups) else { panic!("target groups") };
    let web = held.into_iter().find(|group| group.name == "web").expect("there").arn;
    let registration = Registration { id: id.to_string(), port: Some(80), zone: None };
    act(&range, |m| m.register_target(&web, &registration)).expect("allowed");
    act(&range, |m| m.register_classic("web-classic", &id)).expect("allowed");
    act(&range, |m| m.attach_to_group(&"web".into(), &id)).expect("allowed");
    pass(&range, 900);
    assert_eq!(instance(&range).state, InstanceState::Terminated, "the loop finds it unhealthy");
}

#[test]
fn a_forced_deletion_of_the_group_ends_its_members_whatever_protects_them() {
    let range = cloud("web-tier");
    make(&range, S::SetTerminationProtection { instance: target(&range), to: Switch::On });
    make(&range, S::SuspendProcesses { group: "web".into(), processes: vec!["Terminate".into()] });
    act(&range, |m| m.delete_scaling_group(&"web".into())).expect("allowed");
    pass(&range, 10);
    assert_eq!(instance(&range).state, InstanceState::Terminated);
    assert_eq!(code(act(&range, |m| m.delete_scaling_group(&"web".into()))), "ValidationError");
}

#[test]
fn the_organisations_policy_keeps_what_carries_the_case_from_everybody_but_the_responder() {
    let range = cloud("web-tier");
    let (id, card, open) = (target(&range), first_interface(&range), web_group(&range));
    let profile = quarantine_profile(&range);
    protect_by_policy(&range);
    let quarantine = empty_group(&range);
    take_out(&range);
    swap(&range, &quarantine);
    let role = RoleName::from("web-app-role");
    let ours = ["impound:case".to_owned()];
    let key = range.briefing().share_key.clone().expect("the web tier has one");
    let denied = [
        (act(&range, |m| m.set_interface_groups(&card, std::slice::from_ref(&open))), "UnauthorizedOperation"),
        (act(&range, |m| m.attach_interface(&id, &[]).map(drop)), "UnauthorizedOperation"),
        (act(&range, |m| m.associate_profile(&id, &profile)), "UnauthorizedOperation"),
        (act(&range, |m| m.strip_tags(id.as_str(), &ours)), "UnauthorizedOperation"),
        (act(&range, |m| m.open_group(&quarantine, &[ssh_in()])), "UnauthorizedOperation"),
        (act(&range, |m| m.terminate(&id)), "UnauthorizedOperation"),
        (act(&range, |m| m.delete_role_policy(&role, "impound-c1")), "AccessDenied"),
        (act(&range, |m| m.disable_key(&key)), "AccessDeniedException"),
        (act(&range, |m| m.attach_to_group(&"web".into(), &id)), "AccessDenied"),
    ];
    for (result, expected) in denied {
        let fault = result.expect_err("the policy denies it");
        assert_eq!((fault.class, fault.code.as_str()), (FaultClass::Denied, expected));
    }
    assert_eq!(
        (interfaces(&range)[0].groups.clone(), instance(&range).state),
        (vec![quarantine], InstanceState::Running)
    );
    make(&range, S::DeleteRolePolicy { role: role.clone(), name: allowed_policy(&range, &role) });
}

/// The responder is not bound: a policy that it put there.
fn allowed_policy(range: &Range, role: &RoleName) -> String {
    let document = r#"{"Statement":[]}"#.to_owned();
    make(range, S::PutRolePolicy { role: role.clone(), name: "impound-c1".into(), document });
    "impound-c1".into()
}

#[test]
fn the_policy_leaves_alone_what_belongs_to_no_case() {
    let range = cloud("web-tier");
    protect_by_policy(&range);
    let bystander = range.with_world(|world| {
        let others = world.compute.instances.values().find(|m| m.shown.tags.get("Name").is_some_and(|n| n == "batch"));
        others.expect("the web tier has it").shown.id.clone()
    });
    act(&range, |m| m.stop(&bystander)).expect("it carries no tag of a case");
    let vpc = instance(&range).vpc.expect("it has a VPC");
    let squat = act(&range, |m| m.create_group(&vpc, "x-1", &tags(&[("impound:quarantine", "true")]), &[]));
    assert_eq!(code(squat), "UnauthorizedOperation", "our tags are not for others to write");
    act(&range, |m| m.create_group(&vpc, "x-2", &tags(&[("team", "web")]), &[])).expect("any other tag");
    let registration = Registration { id: target(&range).to_string(), port: Some(80), zone: None };
    let Reading::TargetGroups(held) = ask(&range, SourceQuery::TargetGroups) else { panic!("target groups") };
    act(&range, |m| m.register_target(&held[0].arn, &registration)).expect("load balancing sees no tags of targets");
    assert!(alive(&range, "balancer"));
}

#[test]
fn a_role_is_made_once_and_trusts_the_account() {
    let range = cloud("web-tier");
    let role = RoleName::from("build-cache");
    act(&range, |m| m.create_role(&role)).expect("allowed");
    assert_eq!(last_event(&range).1, "CreateRole");
    assert_eq!(code(act(&range, |m| m.create_role(&role))), "EntityAlreadyExists");
    let onward = range.with_world(|world| {
        assert!(world.steal_session(&target(&range), "first"));
        world.assume_onward("first", &role, "onward")
    });
    assert_eq!(onward, Ok(()));
}
