//! Permissions to change something that are missing, one at a time: what can not be changed holds its
//! own step; containment is kept, and a resume with the permission ends as if it had never been
//! missing. Permissions to read are in questions.rs.

use crate::harness::{End, Incident};
use crate::outcome::{CASE, JOB, assert_as_undisturbed};
use crate::side_by_side;
use serde_json::json;

const SOURCE: &str = "111111111111";
const FORENSIC: &str = "222222222222";

/// What the response changes in the account under investigation, and the step that holds without it.
const CHANGES: [(&str, &str); 11] = [
    ("autoscaling:DetachInstances", "detach"),
    ("ec2:CreateSecurityGroup", "isolate"),
    ("ec2:CreateSnapshots", "snapshot"),
    ("ec2:CreateTags", "tag"),
    ("ec2:DisassociateIamInstanceProfile", "revoke"),
    ("ec2:LockSnapshot", "snapshot"),
    ("ec2:ModifyInstanceAttribute", "protect"),
    ("ec2:ModifyNetworkInterfaceAttribute", "isolate"),
    ("ec2:RevokeSecurityGroupEgress", "isolate"),
    ("elasticloadbalancing:DeregisterTargets", "deregister"),
    ("iam:PutRolePolicy", "revoke"),
];

fn deny(incident: &Incident, account: &str, action: &str) {
    incident.server.control("deny", &json!({"account": account, "actions": [action]}));
}

fn allow_again(incident: &Incident) {
    incident.server.control("clear", &json!({"what": "denials"}));
}

/// The steps that failed.
fn failed(end: &End) -> Vec<&str> {
    let rows = end.list("/steps").iter().filter(|row| row["status"] == "failed");
    rows.map(|row| row["step"].as_str().unwrap()).collect()
}

#[test]
fn a_change_that_is_refused_holds_its_step_and_a_resume_mends_it() {
    side_by_side(&CHANGES, |(action, step)| {
        let incident = Incident::new();
        deny(&incident, SOURCE, action);
        let held = incident.respond(&JOB).fails_with(4, &[action, "resume"]);
        assert!(failed(&held).contains(step), "{action}: {:?}", failed(&held));
        let blocked = held.text("/verdict/network") == "new-flows-blocked";
        assert_eq!(blocked, !["detach", "isolate"].contains(step), "{action}: nothing is claimed that was not done");
        let revoked = held.text("/verdict/credentials") == "revoked";
        assert_eq!(revoked, *step != "revoke", "{action}");
        allow_again(&incident);
        assert_as_undisturbed(&incident, &incident.home.run(&["resume", CASE]), action);
    });
}

#[test]
fn a_permission_missing_in_the_forensic_account_holds_the_copy_with_containment_kept() {
    let actions =
        ["ec2:CopySnapshot", "ec2:CopyImage", "ec2:CreateVolume", "ec2:DescribeSnapshots", "ebs:ListSnapshotBlocks"];
    side_by_side(&actions, |action| {
        let incident = Incident::new();
        deny(&incident, FORENSIC, action);
        let held = incident.respond(&JOB).fails_with(4, &[action]);
        assert_eq!(held.text("/verdict/network"), "new-flows-blocked", "{action}");
        assert_eq!(held.text("/verdict/credentials"), "revoked", "{action}");
        assert_eq!(held.step("share"), "done", "{action}");
        let interfaces = incident.photo()["target"]["interfaces"].clone();
        allow_again(&incident);
        assert_as_undisturbed(&incident, &incident.home.run(&["resume", CASE]), action);
        assert_eq!(incident.photo()["target"]["interfaces"], interfaces, "{action}: containment was never undone");
    });
}

#[test]
fn without_the_role_nothing_is_changed_and_no_case_is_opened() {
    let incident = Incident::new();
    deny(&incident, SOURCE, "sts:AssumeRole");
    incident.respond(&[]).fails_with(6, &["role", "nothing was changed"]);
    assert_eq!(incident.calls().attempts().len(), 0);
    assert_eq!(ledger::Shelf::at(incident.home.state()).cases().unwrap(), Vec::<String>::new());
}

#[test]
fn with_no_permission_to_change_anything_nothing_is_claimed_and_a_resume_mends_it() {
    let incident = Incident::new();
    let before = incident.photo();
    // Leaving the Auto Scaling group takes it off the classic balancer, so only here it is asked for.
    let more = ["autoscaling:SetInstanceProtection", "elasticloadbalancing:DeregisterInstancesFromLoadBalancer"];
    for action in CHANGES.iter().map(|(action, _)| *action).chain(more) {
        deny(&incident, SOURCE, action);
    }
    let contain = [&JOB[..], &["--through", "contain"]].concat();
    let held = incident.respond(&contain).fails_with(6, &["nothing was changed"]);
    assert_eq!(incident.calls().changes().actions(), Vec::<String>::new());
    assert_eq!(incident.photo(), before);
    assert_eq!((held.text("/verdict/network"), held.text("/verdict/credentials")), ("open".into(), "live".into()));
    allow_again(&incident);
    let end = incident.home.run(&["resume", CASE, "--through", "custody"]);
    assert_as_undisturbed(&incident, &end, "after everything was refused");
}

#[test]
fn a_session_that_expires_in_the_middle_holds_and_a_new_one_goes_on() {
    let incident = Incident::new();
    let expired = json!({"action": "CreateImage", "code": "RequestExpired", "status": 400, "times": 50});
    incident.server.control("fault", &expired);
    let held = incident.respond(&JOB).fails_with(4, &["RequestExpired"]);
    assert_eq!(held.text("/verdict/network"), "new-flows-blocked");
    incident.server.control("clear", &json!({"what": "faults"}));
    assert_as_undisturbed(&incident, &incident.home.run(&["resume", CASE]), "expired in the middle");
}
