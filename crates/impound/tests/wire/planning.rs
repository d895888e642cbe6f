//! Dry run: the whole run is foreseen, and nothing is changed in AWS or on disk.

use crate::harness::{End, Incident};
use serde_json::{Value, json};

/// The planned calls of an action.
fn planned<'a>(end: &'a End, action: &str) -> Vec<&'a Value> {
    end.list("/plan").iter().filter(|call| call["action"] == action).collect()
}

#[test]
fn it_changes_nothing_in_aws_or_on_disk() {
    let incident = Incident::new();
    let before = incident.photo();
    let end = incident.home.run(&["plan", incident.instance()]).ends_with(0);
    let calls = incident.calls();
    assert_eq!(calls.attempts().actions(), Vec::<String>::new());
    assert!(calls.filter(|call| call.dry_run).len() > 0, "EC2 was asked where it can be");
    assert_eq!(incident.photo(), before);
    assert!(!incident.home.state().exists() || ledger::Shelf::at(incident.home.state()).cases().unwrap().is_empty());
    assert_eq!(end.document["verdict"], Value::Null, "nothing is claimed");
    assert_eq!(end.list("/evidence"), &[] as &[Value]);
}

#[test]
fn it_says_of_each_call_whether_ec2_was_asked_or_it_is_predicted() {
    let incident = Incident::new();
    let end = incident.respond(&["--dry-run"]).ends_with(0);
    for (action, rehearsal) in [
        ("ec2:CreateSnapshots", "allowed"),
        ("ec2:CreateImage", "allowed"),
        ("ec2:CreateSecurityGroup", "allowed"),
        ("autoscaling:DetachInstances", "predicted"),
        ("iam:PutRolePolicy", "predicted"),
    ] {
        let rows = planned(&end, action);
        assert!(!rows.is_empty(), "{action} is not planned: {:#}", end.document["plan"]);
        assert!(rows.iter().all(|row| row["rehearsal"] == rehearsal), "{rows:#?}");
    }
    assert_eq!(planned(&end, "ec2:ModifyNetworkInterfaceAttribute").len(), 2);
    assert_eq!(planned(&end, "ec2:TerminateInstances").len(), 0, "custody is the last phase asked for");
}

/// Leaving the Auto Scaling group takes the member off the group's own balancers, which a plan can
/// not count on: it names those calls too, and the run then has no need of them.
const TAKEN_OFF_BY_THE_GROUP: [&str; 2] =
    ["elasticloadbalancing:DeregisterInstancesFromLoadBalancer", "elasticloadbalancing:DeregisterTargets"];

#[test]
fn it_plans_the_changes_that_the_run_then_makes() {
    let incident = Incident::new();
    let plan = incident.respond(&["--dry-run", "--through", "contain"]).ends_with(0);
    let mut foreseen: Vec<_> =
        plan.list("/plan").iter().map(|call| call["action"].as_str().unwrap().to_owned()).collect();
    let mark = incident.mark();
    incident.respond(&["--through", "contain"]).ends_with(0);
    for call in incident.calls_since(mark).attempts().0 {
        let made = format!("{}:{}", call.service, call.action);
        let place = foreseen.iter().position(|action| *action == made);
        foreseen.remove(place.unwrap_or_else(|| panic!("{made} was not foreseen: {:#}", plan.document["plan"])));
    }
    assert!(foreseen.iter().all(|action| TAKEN_OFF_BY_THE_GROUP.contains(&action.as_str())), "not made: {foreseen:?}");
}

#[test]
fn a_missing_permission_is_seen_before_the_incident() {
    let incident = Incident::new();
    let denied = json!({"account": incident.world.text("/source/account"), "actions": ["ec2:CreateSnapshots"]});
    incident.server.control("deny", &denied);
    let end = incident.home.run(&["plan", incident.instance()]).ends_with(4);
    let rows = planned(&end, "ec2:CreateSnapshots");
    assert!(rows.iter().any(|row| row["rehearsal"] == "denied"), "{rows:#?}");
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
}
