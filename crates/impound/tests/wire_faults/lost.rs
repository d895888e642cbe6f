//! Answers that are lost after the call took effect: what was made is found again by its tag, what was
//! set is read back, and nothing is made twice.

use crate::harness::Incident;
use crate::outcome::{JOB, assert_as_undisturbed};
use crate::side_by_side;
use serde_json::{Value, json};

const SOURCE: &str = "111111111111";
const FORENSIC: &str = "222222222222";

/// The calls that make something, and in which account.
const CREATING: [(&str, &str); 7] = [
    ("CreateSecurityGroup", SOURCE),
    ("CreateSnapshots", SOURCE),
    ("CreateImage", SOURCE),
    ("CopySnapshot", SOURCE),
    ("CopySnapshot", FORENSIC),
    ("CopyImage", FORENSIC),
    ("CreateVolume", FORENSIC),
];

/// The calls that set something.
const SETTING: [&str; 12] = [
    "ModifyInstanceAttribute",
    "SetInstanceProtection",
    "CreateTags",
    "DetachInstances",
    "DeregisterTargets",
    "RevokeSecurityGroupEgress",
    "ModifyNetworkInterfaceAttribute",
    "DisassociateIamInstanceProfile",
    "PutRolePolicy",
    "LockSnapshot",
    "ModifySnapshotAttribute",
    "ModifyImageAttribute",
];

/// The connection is cut after the effect.
fn cut() -> Value {
    json!({"when": "after", "drop": true})
}

/// The service fails after the effect.
fn failed() -> Value {
    json!({"when": "after", "code": "InternalError", "status": 500})
}

/// Adds a fault for an action; `more` are its other fields.
fn inject(incident: &Incident, action: &str, how: &Value, more: &Value) {
    let mut fault = json!({"action": action});
    for fields in [how, more] {
        fault.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    }
    incident.server.control("fault", &fault);
}

/// The actions whose effect took place and whose answer was lost, sorted.
fn lost_answers(incident: &Incident) -> Vec<String> {
    let log = incident.server.control("calls", &json!({}));
    let lost = log.as_array().unwrap().iter().filter(|call| call["lost"] == true);
    let mut actions: Vec<_> = lost.map(|call| call["action"].as_str().unwrap().to_owned()).collect();
    actions.sort();
    actions
}

/// Each of them so many times.
fn repeated<'a>(actions: &[&'a str], times: usize) -> Vec<&'a str> {
    actions.iter().flat_map(|action| std::iter::repeat_n(*action, times)).collect()
}

fn lose(action: &str, account: &str, how: &Value) {
    let what = format!("{action} in {account}, {how}");
    let incident = Incident::new();
    inject(&incident, action, how, &json!({"account": account}));
    let end = incident.respond(&JOB);
    assert_eq!(lost_answers(&incident), [action], "{what}");
    assert_as_undisturbed(&incident, &end, &what);
}

#[test]
fn what_was_made_is_adopted_when_the_connection_is_cut() {
    side_by_side(&CREATING, |(action, account)| lose(action, account, &cut()));
}

#[test]
fn what_was_made_is_adopted_when_the_service_fails_afterwards() {
    side_by_side(&CREATING, |(action, account)| lose(action, account, &failed()));
}

#[test]
fn every_copy_is_adopted_when_each_answer_is_lost() {
    let incident = Incident::new();
    for (action, times) in [("CopyImage", 1), ("CopySnapshot", 3), ("CreateVolume", 3)] {
        inject(&incident, action, &cut(), &json!({"account": FORENSIC, "times": times}));
    }
    let end = incident.respond(&JOB);
    let every = [repeated(&["CopyImage"], 1), repeated(&["CopySnapshot", "CreateVolume"], 3)].concat();
    assert_eq!(lost_answers(&incident), every);
    assert_as_undisturbed(&incident, &end, "every copy's answer lost");
    assert_eq!(incident.calls().of("CopySnapshot").filter(|call| call.account.as_deref() == Some(FORENSIC)).len(), 3);
}

#[test]
fn what_was_set_is_read_back_when_answers_are_lost() {
    side_by_side(&[cut(), failed()], |how| {
        let incident = Incident::new();
        for action in SETTING {
            inject(&incident, action, how, &json!({}));
        }
        let end = incident.respond(&JOB);
        let mut expected = SETTING.to_vec();
        expected.sort_unstable();
        assert_eq!(lost_answers(&incident), expected);
        assert_as_undisturbed(&incident, &end, &format!("every setting once lost: {how}"));
    });
}

#[test]
fn what_failed_without_effect_is_made_once() {
    let incident = Incident::new();
    for (action, account) in CREATING {
        inject(&incident, action, &json!({"code": "Unavailable", "status": 503}), &json!({"account": account}));
    }
    let end = incident.respond(&JOB);
    let failed = incident.calls().filter(|call| call.error.as_deref() == Some("Unavailable"));
    let mut struck: Vec<_> =
        failed.0.iter().map(|call| (call.action.as_str(), call.account.as_deref().unwrap())).collect();
    let mut expected = CREATING.to_vec();
    struck.sort_unstable();
    expected.sort_unstable();
    assert_eq!(struck, expected);
    assert_as_undisturbed(&incident, &end, "each making call failed once without effect");
}

#[test]
fn answers_to_questions_that_are_lost_are_asked_for_again() {
    let incident = Incident::new();
    let reads = [
        "DescribeInstances",
        "DescribeNetworkInterfaces",
        "DescribeTargetHealth",
        "DescribeVolumes",
        "GetInstanceProfile",
        "ListSnapshotBlocks",
    ];
    for action in reads {
        inject(&incident, action, &cut(), &json!({"times": 2}));
    }
    let end = incident.respond(&JOB);
    assert_eq!(lost_answers(&incident), repeated(&reads, 2));
    assert_as_undisturbed(&incident, &end, "questions lost");
}
