//! What is known of any instance before anything was learned: which calls nearly all make, and how much
//! a call matters in the hands of somebody who should not make it.

/// How much a call matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The agents of AWS on nearly every instance make it; never told.
    Ordinary,
    /// It reads something harmless.
    Light,
    /// It tells an attacker about the account.
    Telling,
    /// It reads secrets or data, or runs something.
    Heavy,
    /// It changes who may do what, or hides what was done.
    Grave,
}

/// Calls of the agents that AWS documents for instances: Systems Manager, CloudWatch, ECS, ECR, CodeDeploy
/// (<https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Install-CloudWatch-Agent.html>).
const ORDINARY: [(&str, &str); 12] = [
    ("ssm.amazonaws.com", "UpdateInstanceInformation"),
    ("ssm.amazonaws.com", "ListAssociations"),
    ("ssm.amazonaws.com", "ListInstanceAssociations"),
    ("ssm.amazonaws.com", "PutInventory"),
    ("ssm.amazonaws.com", "PutComplianceItems"),
    ("ssm.amazonaws.com", "UpdateAssociationStatus"),
    ("ssm.amazonaws.com", "UpdateInstanceAssociationStatus"),
    ("monitoring.amazonaws.com", "PutMetricData"),
    ("logs.amazonaws.com", "CreateLogStream"),
    ("ecs.amazonaws.com", "DiscoverPollEndpoint"),
    ("ecr.amazonaws.com", "GetAuthorizationToken"),
    ("kms.amazonaws.com", "Decrypt"),
];

/// Names that matter wherever they are called.
const GRAVE: [&str; 26] = [
    "CreateUser",
    "CreateAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "CreateRole",
    "UpdateAssumeRolePolicy",
    "AttachUserPolicy",
    "AttachRolePolicy",
    "PutUserPolicy",
    "PutRolePolicy",
    "CreatePolicyVersion",
    "AddUserToGroup",
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "DeleteFlowLogs",
    "DeleteDetector",
    "UpdateDetector",
    "ModifySnapshotAttribute",
    "ModifyImageAttribute",
    "ScheduleKeyDeletion",
    "DisableKey",
    "LeaveOrganization",
    "StopConfigurationRecorder",
    "PutBucketPolicy",
];

const HEAVY: [&str; 16] = [
    "GetSecretValue",
    "GetPasswordData",
    "GetParameters",
    "GetParametersByPath",
    "SendCommand",
    "StartSession",
    "RunInstances",
    "AssumeRole",
    "GetFederationToken",
    "ModifyInstanceAttribute",
    "AssociateIamInstanceProfile",
    "ReplaceIamInstanceProfileAssociation",
    "SendSSHPublicKey",
    "SendSerialConsoleSSHPublicKey",
    "UpdateFunctionCode20150331v2",
    "CreateFunction20150331",
];

/// How much a call matters.
pub fn weight(service: &str, call: &str) -> Weight {
    if ORDINARY.contains(&(service, call)) {
        Weight::Ordinary
    } else if GRAVE.contains(&call) {
        Weight::Grave
    } else if HEAVY.contains(&call) || ["Authorize", "Delete", "Disable"].iter().any(|verb| call.starts_with(verb)) {
        Weight::Heavy
    } else if tells(service, call) {
        Weight::Telling
    } else {
        Weight::Light
    }
}

/// Looking around where permissions, accounts, secrets and addresses are listed.
fn tells(service: &str, call: &str) -> bool {
    let looks = ["List", "Describe", "Get"].iter().any(|verb| call.starts_with(verb));
    let worth = [
        "iam.",
        "organizations.",
        "sts.",
        "secretsmanager.",
        "ec2.",
        "rds.",
        "lambda.",
        "guardduty.",
        "cloudtrail.",
        "ses.",
        "servicequotas.",
        "account.",
        "bedrock.",
    ];
    call == "ListBuckets" || (looks && worth.iter().any(|name| service.starts_with(name)))
}
