//! Too many calls: bursts pass unseen, and what lasts holds one step and nothing else.

use crate::harness::Incident;
use crate::outcome::{CASE, JOB, assert_as_undisturbed};
use serde_json::{Value, json};

/// EC2's answer (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
fn in_ec2(action: &str, times: u32) -> Value {
    json!({"action": action, "code": "RequestLimitExceeded", "status": 503, "times": times})
}

/// The answer of most other services.
fn elsewhere(action: &str, times: u32) -> Value {
    json!({"action": action, "code": "Throttling", "status": 400, "times": times})
}

#[test]
fn bursts_on_questions_and_on_the_isolating_call_pass_unseen() {
    let incident = Incident::new();
    for action in ["DescribeInstances", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeSnapshots"] {
        incident.server.control("fault", &in_ec2(action, 2));
    }
    // Fewer than a question is tried: all of them may hit the same one.
    for (action, times) in [("DescribeTargetHealth", 7), ("DescribeAutoScalingInstances", 3), ("GetInstanceProfile", 3)]
    {
        incident.server.control("fault", &elsewhere(action, times));
    }
    incident.server.control("fault", &in_ec2("ModifyNetworkInterfaceAttribute", 5));
    let end = incident.respond(&JOB);
    let throttled = incident.calls().filter(|call| {
        call.error.as_deref().is_some_and(|code| ["RequestLimitExceeded", "Throttling"].contains(&code))
    });
    assert_eq!(throttled.len(), 4 * 2 + 7 + 3 + 3 + 5);
    assert_as_undisturbed(&incident, &end, "bursts");
}

#[test]
fn bursts_on_every_change_pass_without_making_anything_twice() {
    let incident = Incident::new();
    for action in [
        "CreateSecurityGroup",
        "CreateSnapshots",
        "CreateImage",
        "CopySnapshot",
        "CopyImage",
        "CreateVolume",
        "LockSnapshot",
    ] {
        incident.server.control("fault", &in_ec2(action, 3));
    }
    for action in ["DetachInstances", "DeregisterTargets", "PutRolePolicy"] {
        incident.server.control("fault", &elsewhere(action, 3));
    }
    let end = incident.respond(&JOB);
    assert_as_undisturbed(&incident, &end, "bursts on changes");
}

#[test]
fn throttling_that_lasts_holds_its_step_and_keeps_the_containment() {
    let incident = Incident::new();
    incident.server.control("fault", &in_ec2("CreateSnapshots", 1000));
    let held = incident.respond(&JOB).fails_with(4, &["RequestLimitExceeded", "throttling"]);
    assert_eq!(held.step("snapshot"), "failed");
    assert_eq!(held.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(held.text("/verdict/credentials"), "revoked");
    incident.server.control("clear", &json!({"what": "faults"}));
    assert_as_undisturbed(&incident, &incident.home.run(&["resume", CASE]), "throttled for long");
}

#[test]
fn throttling_before_anything_was_changed_opens_no_case() {
    let incident = Incident::new();
    incident.server.control("fault", &in_ec2("DescribeInstances", 1000));
    incident.respond(&[]).fails_with(6, &["RequestLimitExceeded", "nothing was changed"]);
    assert_eq!(incident.calls().attempts().len(), 0);
}
