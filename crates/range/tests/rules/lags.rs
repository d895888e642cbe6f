//! What reads, rules and clocks show late, and pages that show nothing.

use crate::support::{
    alive, apply, ask, case_tags, cloud, empty_group, first_interface, first_subnet, instance, interfaces,
};
use crate::support::{make, pass, swap, take_out, target};
use casebook::effect::{Effect, SourceEffect as S, Switch};
use casebook::id::AclId;
use casebook::query::{Query, SourceQuery};
use casebook::reading::Reading;
use casebook::scene::instance::{Attribute, AttributeValue};
use jiff::{SignedDuration, Timestamp};
use range::{Injection, Range, run};
use serde_json::json;

fn protected(range: &Range) -> bool {
    match ask(range, SourceQuery::Attribute(target(range), Attribute::TerminationProtection)) {
        Reading::Attribute(AttributeValue::Flag(on)) => on,
        other => panic!("{other:?}"),
    }
}

fn with_read_lag(name: &str, seconds: i64) -> Range {
    let range = cloud(name);
    range.with_world(|world| world.settings.read_lag = SignedDuration::from_secs(seconds));
    range
}

#[test]
fn attributes_read_as_they_were_until_the_lag_is_over() {
    let range = with_read_lag("web-tier", 20);
    take_out(&range);
    pass(&range, 30);
    let (old, card) = (interfaces(&range)[0].groups.clone(), first_interface(&range));
    let quarantine = empty_group_seen_late(&range);
    pass(&range, 30);
    swap(&range, &quarantine);
    make(&range, S::SetTerminationProtection { instance: target(&range), to: Switch::On });
    make(&range, S::Tag { resources: vec![target(&range).to_string()], tags: case_tags() });
    make(&range, S::PutRolePolicy { role: "web-app-role".into(), name: "impound-c1".into(), document: "{}".into() });
    let stale = || {
        let tagged = instance(&range).tags.contains_key("impound:case");
        let policy = ask(&range, SourceQuery::RolePolicy("web-app-role".into(), "impound-c1".into()));
        (interfaces(&range)[0].groups == old, !protected(&range), !tagged, policy == Reading::Policy(None))
    };
    assert_eq!(stale(), (true, true, true, true));
    assert!(range.with_world(|world| world.network.interfaces[&card].shown.groups == [quarantine]), "it works at once");
    pass(&range, 19);
    assert_eq!(stale(), (true, true, true, true));
    pass(&range, 1);
    assert_eq!(stale(), (false, false, false, false));
}

/// With late reads its rules are taken from the world.
fn empty_group_seen_late(range: &Range) -> casebook::id::GroupId {
    let vpc = instance(range).vpc.expect("it has a VPC");
    let id = casebook::id::GroupId::new(make(range, crate::support::create_group(&vpc, "empty")));
    let rules = range.with_world(|world| world.network.groups[&id].shown.rules.clone());
    make(range, S::RevokeRules { group: id.clone(), rules });
    id
}

#[test]
fn changes_one_after_another_show_one_after_another() {
    let range = with_read_lag("lone", 10);
    let set = |to| make(&range, S::SetTerminationProtection { instance: target(&range), to });
    set(Switch::On);
    pass(&range, 6);
    set(Switch::Off);
    assert!(!protected(&range), "before both");
    pass(&range, 4);
    assert!(protected(&range), "between them");
    pass(&range, 6);
    assert!(!protected(&range), "after both");
    let set = S::CreateSnapshots { instance: target(&range), description: "test".into(), tags: case_tags() };
    apply(&range, set).expect("allowed");
    let Reading::Snapshots(held) = ask(&range, SourceQuery::CaseSnapshots("c1".into())) else { panic!("snapshots") };
    assert_eq!(held.len(), 1, "storage has a lag of its own");
}

#[test]
fn a_strangers_change_lags_as_well() {
    let range = with_read_lag("lone", 10);
    let (card, quarantine) = (first_interface(&range), empty_group_seen_late(&range));
    pass(&range, 30);
    let before = interfaces(&range)[0].groups.clone();
    let groups = std::slice::from_ref(&quarantine);
    range.with_world(|world| world.administrator("mallory").set_interface_groups(&card, groups)).expect("allowed");
    assert_eq!(interfaces(&range)[0].groups, before);
    pass(&range, 10);
    assert_eq!(interfaces(&range)[0].groups, [quarantine]);
}

#[test]
fn a_new_acl_works_after_its_lag() {
    let range = cloud("web-tier");
    range.with_world(|world| world.settings.acl_lag = SignedDuration::from_secs(15));
    let vpc = instance(&range).vpc.expect("it has a VPC");
    let acl = AclId::new(make(&range, S::CreateAcl { vpc: vpc.clone(), token: "t".into(), tags: case_tags() }));
    let subnet = first_subnet(&range);
    let Reading::Acls(acls) = ask(&range, SourceQuery::Acls(vec![vpc])) else { panic!("ACLs") };
    let mut held = acls.iter().flat_map(|acl| &acl.associations).filter(|held| held.subnet == subnet);
    let association = held.next().expect("every subnet has one").id.clone();
    make(&range, S::ReplaceAcl { association, acl });
    let passes = || {
        range.with_world(|world| {
            let plan =
                world.flows().iter().find(|flow| flow.plan.label.contains("beacon")).expect("there").plan.clone();
            world.admits(&plan)
        })
    };
    assert!(passes(), "the old one still works");
    pass(&range, 14);
    assert!(passes());
    pass(&range, 1);
    assert!(!passes());
}

#[test]
fn awss_clock_runs_ahead_of_ours_or_behind() {
    for skew in [90_i64, -90] {
        let range = cloud("lone");
        range.with_world(|world| world.settings.clock_skew = SignedDuration::from_secs(skew));
        let set = S::CreateSnapshots { instance: target(&range), description: "test".into(), tags: case_tags() };
        apply(&range, set).expect("allowed");
        let Reading::Snapshots(held) = ask(&range, SourceQuery::CaseSnapshots("c1".into())) else {
            panic!("snapshots")
        };
        let started: Timestamp = held[0].started.parse().expect("RFC 3339");
        assert_eq!(started.duration_since(range.clock().now()).as_secs(), skew);
    }
}

#[test]
fn a_deny_of_sessions_before_our_now_misses_those_of_a_clock_ahead() {
    for (skew, survives) in [(60_i64, true), (0, false), (-60, false)] {
        let range = cloud("web-tier");
        let id = target(&range);
        range.with_world(|world| {
            world.settings.clock_skew = SignedDuration::from_secs(skew);
            world.settings.credential_refresh = SignedDuration::ZERO;
            assert!(world.steal_session(&id, "skewed"));
        });
        pass(&range, 30);
        let now = range.clock().now().to_string();
        let document = json!({ "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": now } } } });
        let (role, name) = ("web-app-role".into(), "impound-c1".into());
        make(&range, S::PutRolePolicy { role, name, document: document.to_string() });
        pass(&range, 11);
        let works = range.with_world(|world| {
            let session = world.identity.sessions.last().expect("stolen above").clone();
            world.credentials_work(&session)
        });
        assert_eq!(works, survives, "{skew}");
    }
}

#[test]
fn empty_pages_cost_calls_and_lose_nothing() {
    let range = cloud("web-tier");
    range.with_world(|world| world.settings.empty_pages = 2);
    for (query, calls) in [
        (SourceQuery::Instance(target(&range)), 3),
        (SourceQuery::TargetGroups, 9),
        (SourceQuery::Attribute(target(&range), Attribute::StopProtection), 1),
        (SourceQuery::RolePolicies("web-app-role".into()), 6),
    ] {
        let answer = run(&range.clock(), range.observe(&Query::from(query.clone())));
        assert!(answer.value.is_ok());
        assert_eq!(answer.calls.len(), calls, "{query:?}");
    }
}

#[test]
fn a_request_handled_twice_makes_two_things_unless_aws_knows_it() {
    let range = cloud("web-tier");
    for action in ["ec2:CreateSnapshots", "ec2:CreateNetworkAcl", "ec2:CreateSecurityGroup"] {
        range.inject(Injection::twice(action));
    }
    let set: Effect =
        S::CreateSnapshots { instance: target(&range), description: "test".into(), tags: case_tags() }.into();
    let made = run(&range.clock(), range.perform(&set)).value.expect("the first answer").ids;
    assert_eq!((made.len(), range.with_world(|world| world.storage.snapshots.len())), (3, 6));
    let vpc = instance(&range).vpc.expect("it has a VPC");
    let acls = || range.with_world(|world| world.network.acls.len());
    let before = acls();
    let acl: Effect = S::CreateAcl { vpc: vpc.clone(), token: "t".into(), tags: case_tags() }.into();
    run(&range.clock(), range.perform(&acl)).value.expect("the first answer");
    assert_eq!(acls(), before + 1, "its token is known");
    let groups = || range.with_world(|world| world.network.groups.len());
    let before = groups();
    let group: Effect = crate::support::create_group(&vpc, "twice").into();
    run(&range.clock(), range.perform(&group)).value.expect("the first answer");
    assert_eq!(groups(), before + 1, "its name is taken");
}

#[test]
fn flow_logs_see_no_dns() {
    let range = cloud("web-tier");
    let seen = range.with_world(|world| world.logged_flows());
    let labels: Vec<&str> = seen.iter().map(|flow| flow.plan.label.as_str()).collect();
    assert!(labels.iter().any(|label| label.contains("NAT gateway")), "{labels:?}");
    assert!(!labels.iter().any(|label| label.contains("DNS")), "{labels:?}");
    assert!(alive(&range, "DNS"));
    range.with_world(|world| world.records.flow_logs.clear());
    assert!(range.with_world(|world| world.logged_flows().is_empty()));
}

#[test]
fn a_balancer_with_no_healthy_target_sends_to_all() {
    let range = cloud("web-tier");
    let Reading::TargetGroups(held) = ask(&range, SourceQuery::TargetGroups) else { panic!("target groups") };
    let backend = held.into_iter().find(|group| group.name == "backend").expect("there").arn;
    take_out(&range);
    assert_eq!(range.with_world(|world| world.receivers(&backend).len()), 2);
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    pass(&range, 120);
    assert_eq!(range.with_world(|world| world.receivers(&backend).len()), 1, "the isolated one is left out");
    let others: Vec<_> = range.with_world(|world| world.network.interfaces.keys().cloned().collect());
    range.with_world(|world| {
        for card in &others {
            world.network.interfaces.get_mut(card).expect("listed above").shown.groups.clear();
        }
    });
    pass(&range, 120);
    assert_eq!(range.with_world(|world| world.receivers(&backend).len()), 2, "none is healthy: it fails open");
}
