//! What stolen credentials have left behind: revoking the sessions of the instance's role does not reach
//! it. Each is one thing to look at and close.

use crate::record::trail::Event;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Something to follow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FollowUp {
    /// When it was made.
    pub at: Timestamp,
    /// What it is about (`arn:aws:iam::…:role/x`, a user's name, a key).
    pub what: String,
    /// What was done.
    pub done: &'static str,
    /// What to do about it.
    pub next: &'static str,
    /// CloudTrail's id of the call.
    pub event: String,
}

/// A call that leaves something behind: its name, the field that tells on what, and what to do.
struct Trail {
    call: &'static str,
    field: &'static str,
    done: &'static str,
    next: &'static str,
}

const fn trail(call: &'static str, field: &'static str, done: &'static str, next: &'static str) -> Trail {
    Trail { call, field, done, next }
}

/// Where the calls' parameters and answers tell it: the API references of STS, IAM, EC2 and Lambda
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>).
const TRAILS: [Trail; 19] = [
    trail("AssumeRole", "/requestParameters/roleArn", "a role assumed onward", "revoke that role's sessions too"),
    trail(
        "CreateAccessKey",
        "/responseElements/accessKey/accessKeyId",
        "an access key created",
        "deactivate and delete it",
    ),
    trail("CreateUser", "/requestParameters/userName", "a user created", "disable and remove it"),
    trail("CreateLoginProfile", "/requestParameters/userName", "a console password set", "remove it"),
    trail("UpdateLoginProfile", "/requestParameters/userName", "a console password changed", "reset it"),
    trail("CreateRole", "/requestParameters/roleName", "a role created", "remove it"),
    trail("UpdateAssumeRolePolicy", "/requestParameters/roleName", "a trust policy edited", "put the old one back"),
    trail("AttachUserPolicy", "/requestParameters/userName", "a policy attached to a user", "detach it"),
    trail("AttachRolePolicy", "/requestParameters/roleName", "a policy attached to a role", "detach it"),
    trail("PutUserPolicy", "/requestParameters/userName", "an inline policy put on a user", "remove it"),
    trail("PutRolePolicy", "/requestParameters/roleName", "an inline policy put on a role", "remove it"),
    trail("AddUserToGroup", "/requestParameters/userName", "a user added to a group", "take it out"),
    trail("CreatePolicyVersion", "/requestParameters/policyArn", "a policy's text changed", "set the old version"),
    trail("CreateTrustAnchor", "/requestParameters/name", "a trust anchor made", "disable it"),
    trail("RunInstances", "/responseElements/instancesSet/items/0/instanceId", "an instance launched", "isolate it"),
    trail("CreateFunction20150331", "/requestParameters/functionName", "a function created", "remove it"),
    trail("AddPermission20150331v2", "/requestParameters/functionName", "a function opened", "remove the permission"),
    trail(
        "ModifySnapshotAttribute",
        "/requestParameters/snapshotId",
        "a snapshot's share changed",
        "take the share back",
    ),
    trail("ModifyImageAttribute", "/requestParameters/imageId", "an image's share changed", "take the share back"),
];

/// What a call that did not fail has left behind.
pub fn of(event: &Event<'_>, at: Timestamp) -> Option<FollowUp> {
    let trail = TRAILS.iter().find(|trail| trail.call == event.name.as_str())?;
    if event.error_code.is_there() {
        return None;
    }
    let what = event.value().pointer(trail.field).and_then(Value::as_str).unwrap_or("not told in the log").to_owned();
    Some(FollowUp { at, what, done: trail.done, next: trail.next, event: event.id.as_str().to_owned() })
}
