//! What stolen credentials have left behind: revoking the sessions of the instance's role does not reach
//! it. Each is one thing to look at and close.

use crate::record::trail::Event;
use crate::short::short;
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

/// A call that leaves something behind: its name without the version that Lambda's bear, the field that tells
/// on what (`*`: of each item), and what to do.
struct Trail {
    call: &'static str,
    field: &'static str,
    done: &'static str,
    next: &'static str,
}

const fn trail(call: &'static str, field: &'static str, done: &'static str, next: &'static str) -> Trail {
    Trail { call, field, done, next }
}

/// A key's end does not end the sessions that it has opened, only a denial does
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html>).
const DENY: &str = "deny its user everything: without its key it goes on for up to 36 hours";

/// Where the calls' parameters and answers tell it: the API references of STS, IAM, EC2, Systems Manager, KMS, S3 and Lambda
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>).
#[rustfmt::skip]
const TRAILS: &[Trail] = &[
    trail("AssumeRole", "/requestParameters/roleArn", "a role assumed onward", "revoke that role's sessions too"),
    trail("AssumeRoot", "/requestParameters/targetPrincipal", "root of a member account assumed", "look at what it did there"),
    trail("GetFederationToken", "/responseElements/federatedUser/arn", "a federated session opened", DENY),
    trail("GetSessionToken", "/responseElements/credentials/accessKeyId", "a user's session opened", DENY),
    trail("CreateAccessKey", "/responseElements/accessKey/accessKeyId", "an access key created", "deactivate and delete it"),
    trail("UpdateAccessKey", "/requestParameters/accessKeyId", "an access key switched on or off", "put it back"),
    trail("CreateServiceSpecificCredential", "/requestParameters/userName", "a credential for one service created", "delete it"),
    trail("UploadSSHPublicKey", "/requestParameters/userName", "an SSH key given to a user", "delete it"),
    trail("CreateUser", "/requestParameters/userName", "a user created", "disable and remove it"),
    trail("CreateLoginProfile", "/requestParameters/userName", "a console password set", "remove it"),
    trail("UpdateLoginProfile", "/requestParameters/userName", "a console password changed", "reset it"),
    trail("CreateRole", "/requestParameters/roleName", "a role created", "remove it"),
    trail("UpdateAssumeRolePolicy", "/requestParameters/roleName", "a trust policy edited", "put the old one back"),
    trail("AttachUserPolicy", "/requestParameters/userName", "a policy attached to a user", "detach it"),
    trail("AttachRolePolicy", "/requestParameters/roleName", "a policy attached to a role", "detach it"),
    trail("AttachGroupPolicy", "/requestParameters/groupName", "a policy attached to a group", "detach it"),
    trail("PutUserPolicy", "/requestParameters/userName", "an inline policy put on a user", "remove it"),
    trail("PutRolePolicy", "/requestParameters/roleName", "an inline policy put on a role", "remove it"),
    trail("PutGroupPolicy", "/requestParameters/groupName", "an inline policy put on a group", "remove it"),
    trail("AddUserToGroup", "/requestParameters/userName", "a user added to a group", "take it out"),
    trail("CreatePolicyVersion", "/requestParameters/policyArn", "a policy's text changed", "set the old version"),
    trail("SetDefaultPolicyVersion", "/requestParameters/policyArn", "another version of a policy put in force", "set the old version"),
    trail("CreateSAMLProvider", "/requestParameters/name", "an identity provider made", "remove it"),
    trail("UpdateSAMLProvider", "/requestParameters/sAMLProviderArn", "an identity provider changed", "put the old one back"),
    trail("CreateOpenIDConnectProvider", "/requestParameters/url", "an identity provider made", "remove it"),
    trail("AddClientIDToOpenIDConnectProvider", "/requestParameters/openIDConnectProviderArn", "an identity provider opened to a client", "take the client out"),
    trail("UpdateOpenIDConnectProviderThumbprint", "/requestParameters/openIDConnectProviderArn", "an identity provider changed", "put the old thumbprints back"),
    trail("CreateTrustAnchor", "/requestParameters/name", "a trust anchor made", "disable it"),
    trail("AddRoleToInstanceProfile", "/requestParameters/instanceProfileName", "a role put in an instance profile", "take it out"),
    trail("AssociateIamInstanceProfile", "/requestParameters/AssociateIamInstanceProfileRequest/InstanceId", "a role given to an instance", "take it off"),
    trail("ReplaceIamInstanceProfileAssociation", "/requestParameters/ReplaceIamInstanceProfileAssociationRequest/AssociationId", "an instance's role changed", "put the old one back"),
    trail("RunInstances", "/responseElements/instancesSet/items/*/instanceId", "an instance launched", "isolate it"),
    trail("ModifyInstanceAttribute", "/requestParameters/instanceId", "an attribute of an instance changed", "put it back; changed user data runs at its next start"),
    trail("SendCommand", "/requestParameters/instanceIds/*", "commands run on an instance", "look at what they did there"),
    trail("StartSession", "/requestParameters/target", "a shell opened on an instance", "end it, and look at what it did there"),
    trail("SendSSHPublicKey", "/requestParameters/instanceId", "an SSH key pushed to an instance", "look at who came in there"),
    trail("AuthorizeSecurityGroupIngress", "/requestParameters/groupId", "a security group opened to callers", "take the rule back"),
    trail("AuthorizeSecurityGroupEgress", "/requestParameters/groupId", "a security group opened outwards", "take the rule back"),
    trail("CreateGrant", "/requestParameters/keyId", "a grant on a key made", "retire it"),
    trail("PutKeyPolicy", "/requestParameters/keyId", "a key's policy changed", "put the old one back"),
    trail("PutBucketPolicy", "/requestParameters/bucketName", "a bucket's policy changed", "put the old one back"),
    trail("CreateKeyPair", "/requestParameters/keyName", "a key pair created", "delete it; what was launched with it keeps it"),
    trail("ImportKeyPair", "/requestParameters/keyName", "a key pair imported", "delete it; what was launched with it keeps it"),
    trail("CreateFunction", "/requestParameters/functionName", "a function created", "remove it"),
    trail("UpdateFunctionCode", "/requestParameters/functionName", "a function's code changed", "put the old code back"),
    trail("AddPermission", "/requestParameters/functionName", "a function opened", "remove the permission"),
    trail("ModifySnapshotAttribute", "/requestParameters/snapshotId", "a snapshot's share changed", "take the share back"),
    trail("ModifyImageAttribute", "/requestParameters/imageId", "an image's share changed", "take the share back"),
];

/// What a call that did not fail has left behind.
pub fn of(event: &Event<'_>, at: Timestamp) -> Vec<FollowUp> {
    let name = unversioned(event.name.as_str());
    let Some(trail) = TRAILS.iter().find(|trail| trail.call == name) else { return Vec::new() };
    if event.error_code.is_there() {
        return Vec::new();
    }
    let mut told = texts(event.value(), trail.field);
    if told.is_empty() {
        told.push("not told in the log");
    }
    let id = short(event.id.as_str());
    let follow_up =
        |what: &str| FollowUp { at, what: short(what), done: trail.done, next: trail.next, event: id.clone() };
    told.into_iter().map(follow_up).collect()
}

/// `UpdateFunctionCode20150331v2` is `UpdateFunctionCode`.
fn unversioned(name: &str) -> &str {
    name.split(|c: char| c.is_ascii_digit()).next().unwrap_or(name)
}

fn texts<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    match field.split_once("/*") {
        None => value.pointer(field).and_then(Value::as_str).into_iter().collect(),
        Some((list, rest)) => {
            let items = value.pointer(list).and_then(Value::as_array);
            items.into_iter().flatten().flat_map(|item| texts(item, rest)).collect()
        }
    }
}
