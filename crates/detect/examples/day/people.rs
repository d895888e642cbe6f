//! What people do: developers, an operations team, somebody from finance, an auditor's program.

use crate::made::ACCOUNT;
use crate::who::{OFFICE, Who};
use crate::{AWAY, Call, Day, HOME, call};
use serde_json::json;

const DEVELOPERS: [&str; 16] = [
    "ada", "ben", "cleo", "dan", "eva", "finn", "gina", "hugo", "ines", "jan", "kim", "leo", "mia", "nils", "olga",
    "paul",
];
const OPERATORS: [&str; 4] = ["rosa", "sam", "tina", "uwe"];

/// What the console asks for a page, and the command line for a look.
const LOOKS: [(&str, &str); 24] = [
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeInstanceStatus"),
    ("ec2", "DescribeVolumes"),
    ("ec2", "DescribeSecurityGroups"),
    ("ec2", "DescribeVpcs"),
    ("ec2", "DescribeSubnets"),
    ("ec2", "DescribeRegions"),
    ("ec2", "DescribeAddresses"),
    ("ec2", "DescribeSnapshots"),
    ("monitoring", "DescribeAlarms"),
    ("monitoring", "GetMetricData"),
    ("logs", "DescribeLogGroups"),
    ("logs", "FilterLogEvents"),
    ("logs", "StartQuery"),
    ("s3", "ListBuckets"),
    ("s3", "GetBucketVersioning"),
    ("lambda", "ListFunctions20150331"),
    ("ecs", "ListServices"),
    ("rds", "DescribeDBInstances"),
    ("iam", "ListRoles"),
    ("iam", "GetRole"),
    ("cloudformation", "DescribeStacks"),
    ("health", "DescribeEventAggregates"),
    ("servicequotas", "ListServiceQuotas"),
];

/// A minute of work.
pub fn work(day: &mut Day) {
    let busy = if day.office_hours() { 1.0 } else { 0.03 };
    for name in DEVELOPERS {
        developer(day, name, busy);
    }
    for name in OPERATORS {
        operator(day, name, busy);
    }
    if day.minute == 9 * 60 + 12 {
        finance(day);
    }
    if day.minute == 3 * 60 {
        audit(day);
    }
}

/// Signing in: password and second factor at the identity centre, then a session of a role.
fn sign_in(day: &mut Day, set: &str, name: &str) {
    let mut person = Who::at_console(set, name);
    person.identity = json!({"type": "IdentityCenterUser", "accountId": ACCOUNT, "onBehalfOf": {"userId": name}, "credentialId": name});
    if day.random.u8(..12) == 0 {
        let wrong = call("signin", "CredentialVerification", json!({}));
        day.call(
            &person,
            wrong.with(
                json!({"eventType": "AwsServiceEvent", "serviceEventDetails": {"CredentialVerification": "Failure"}}),
            ),
        );
    }
    let done = |name, kind: &str| {
        let details = json!({"CredentialType": kind, "CredentialVerification": "Success"});
        call("signin", name, json!({})).with(json!({"eventType": "AwsServiceEvent", "additionalEventData": details}))
    };
    let session = call("sso", "GetRoleCredentials", json!({}))
        .with(json!({"serviceEventDetails": {"role_name": set, "account_id": ACCOUNT}}));
    let steps = vec![
        done("CredentialVerification", "PASSWORD"),
        done("CredentialVerification", "TOTP"),
        done("UserAuthentication", "TOTP"),
        session,
    ];
    day.calls(&person, steps, 8);
    let console = Who::at_console(set, name);
    let told = json!({"eventType": "AwsConsoleSignIn", "responseElements": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No", "MobileVersion": "No"}});
    let assumed = json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{set}"), "principalArn": format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO"), "roleSessionName": name});
    let mut federated = console.clone();
    federated.identity =
        json!({"type": "SAMLUser", "userName": format!("{name}@example.com"), "identityProvider": "x"});
    day.call(&federated, call("sts", "AssumeRoleWithSAML", assumed));
    day.call(&console, call("signin", "ConsoleLogin", json!({})).with(told));
}

fn look(day: &mut Day, who: &Who) {
    let (service, name) = *day.one(&LOOKS);
    let region = if day.random.u8(..5) == 0 { AWAY } else { HOME };
    day.call(who, call(service, name, json!({})).in_region(region));
}

fn developer(day: &mut Day, name: &str, busy: f64) {
    let (console, terminal) = (Who::at_console("Developer", name), Who::at_terminal("Developer", name));
    if day.minute == 8 * 60 + 5 + name.len() as u32 * 7 || day.now(0.1 * busy) {
        sign_in(day, "Developer", name);
    }
    if day.now(3.0 * busy) {
        for _ in 0..day.random.usize(3..12) {
            look(day, &console);
        }
    }
    if day.now(2.0 * busy) {
        look(day, &terminal);
    }
    for (an_hour, done) in [
        (0.3, call("s3", "GetObject", json!({"bucketName": "app-assets", "key": "a.json"}))),
        (0.2, call("lambda", "UpdateFunctionConfiguration20150331v2", json!({"functionName": "orders-dev"}))),
        (0.1, call("secretsmanager", "GetSecretValue", json!({"secretId": "dev/database"}))),
        (0.1, call("ssm", "GetParameter", json!({"name": "/dev/x", "withDecryption": true}))),
        (0.1, call("sts", "GetCallerIdentity", json!({}))),
        (
            0.02,
            call("ec2", "StopInstances", json!({"instancesSet": {"items": [{"instanceId": "i-00000000000dead01"}]}})),
        ),
        (
            0.02,
            call("ec2", "StartInstances", json!({"instancesSet": {"items": [{"instanceId": "i-00000000000dead01"}]}})),
        ),
        (0.02, call("ssm", "StartSession", json!({"target": "i-00000000000dead01"}))),
        (0.06, call("iam", "CreateRole", json!({"roleName": "x"})).refused("AccessDenied")),
        (0.05, call("iam", "ListUsers", json!({})).refused("AccessDenied")),
        (
            0.05,
            call("ec2", "RunInstances", json!({"instanceType": "t3.large"})).refused("Client.UnauthorizedOperation"),
        ),
        (
            0.04,
            call("secretsmanager", "GetSecretValue", json!({"secretId": "production/database"}))
                .refused("AccessDenied"),
        ),
        (0.04, call("kms", "Decrypt", json!({})).refused("AccessDenied")),
        (0.03, call("ce", "GetCostAndUsage", json!({})).refused("AccessDenied")),
        (0.02, call("ec2", "GetConsoleOutput", json!({"instanceId": "i-00000000000dead01"}))),
    ] {
        if day.now(an_hour * busy) {
            let who = if day.random.bool() { &console } else { &terminal };
            day.call(who, done);
        }
    }
}

fn operator(day: &mut Day, name: &str, busy: f64) {
    let (console, terminal) = (Who::at_console("Operations", name), Who::at_terminal("Operations", name));
    if day.minute == 7 * 60 + 50 + name.len() as u32 * 7 || day.now(0.1 * busy) {
        sign_in(day, "Operations", name);
    }
    if day.now(6.0 * busy) {
        for _ in 0..day.random.usize(3..20) {
            look(day, &console);
        }
    }
    for (an_hour, done) in chores() {
        if day.now(an_hour * busy) {
            let who = if day.random.bool() { &console } else { &terminal };
            day.call(who, done);
        }
    }
}

/// What the operations team does, and how often in an hour each of them.
fn chores() -> Vec<(f64, Call)> {
    compute_chores().into_iter().chain(other_chores()).collect()
}

fn compute_chores() -> Vec<(f64, Call)> {
    let instance = "i-0000000000000beef";
    let one = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
    let group = |from: &str, port: u16| {
        let ranges = json!({"items": [{"cidrIp": from, "description": "see ticket"}]});
        json!({"groupId": "sg-0123456789abcdef0", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": ranges}]}})
    };
    vec![
        (0.5, call("ssm", "StartSession", json!({"target": instance}))),
        (0.5, call("ssm", "TerminateSession", json!({"sessionId": "s"}))),
        (0.1, call("ssm", "SendCommand", json!({"documentName": "AWS-RunPatchBaseline", "instanceIds": [instance]}))),
        (0.1, call("ssm", "SendCommand", json!({"documentName": "AWS-RunShellScript", "instanceIds": [instance]}))),
        (0.2, call("ec2", "RebootInstances", one.clone())),
        (0.1, call("ec2", "StopInstances", one.clone())),
        (0.1, call("ec2", "StartInstances", one.clone())),
        (0.1, call("ec2", "TerminateInstances", one)),
        (
            0.1,
            call(
                "ec2",
                "ModifyInstanceAttribute",
                json!({"instanceId": instance, "instanceType": {"value": "m7g.xlarge"}}),
            ),
        ),
        (
            0.05,
            call(
                "ec2",
                "ModifyInstanceAttribute",
                json!({"instanceId": instance, "disableApiTermination": {"value": false}}),
            ),
        ),
        (
            0.1,
            call(
                "ec2",
                "ModifyInstanceAttribute",
                json!({"instanceId": instance, "groupSet": {"items": [{"groupId": "sg-1"}]}}),
            ),
        ),
        (0.1, call("ec2", "CreateSnapshot", json!({"volumeId": "vol-0123456789abcdef0"}))),
        (0.05, call("ec2", "DeleteSnapshot", json!({"snapshotId": "snap-0123456789abcdef0"}))),
        (0.1, call("ec2", "CreateVolume", json!({"snapshotId": "snap-0123456789abcdef0"}))),
        (0.1, call("ec2", "AttachVolume", json!({"volumeId": "vol-0123456789abcdef0", "instanceId": instance}))),
        (0.05, call("ec2", "CreateImage", json!({"instanceId": instance, "name": "before-update"}))),
        (0.05, call("ec2", "CreateKeyPair", json!({"keyName": "k"}))),
        (0.1, call("ec2", "AuthorizeSecurityGroupIngress", group(&format!("{OFFICE}/32"), 22))),
        (0.1, call("ec2", "AuthorizeSecurityGroupIngress", group("10.0.0.0/8", 5432))),
        (0.05, call("ec2", "AuthorizeSecurityGroupIngress", group("0.0.0.0/0", 443))),
        (0.1, call("ec2", "RevokeSecurityGroupIngress", group("10.0.0.0/8", 5432))),
        (0.05, call("ec2", "GetConsoleScreenshot", json!({"instanceId": instance}))),
        (
            0.02,
            call(
                "ec2",
                "AssociateIamInstanceProfile",
                json!({"AssociateIamInstanceProfileRequest": {"InstanceId": instance, "IamInstanceProfile": {"Name": "web"}}}),
            ),
        ),
        (0.1, call("ec2", "AllocateAddress", json!({}))),
        (
            0.05,
            call(
                "ec2",
                "CreateRoute",
                json!({"routeTableId": "rtb-1", "destinationCidrBlock": "10.20.0.0/16", "transitGatewayId": "tgw-1"}),
            ),
        ),
    ]
}

fn other_chores() -> Vec<(f64, Call)> {
    vec![
        (
            0.05,
            call(
                "iam",
                "AttachRolePolicy",
                json!({"roleName": "web", "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}),
            ),
        ),
        (0.02, call("iam", "CreateAccessKey", json!({"userName": "mail-relay"}))),
        (
            0.02,
            call("iam", "DeleteAccessKey", json!({"userName": "mail-relay", "accessKeyId": "AKIA0000000000000000"})),
        ),
        (0.05, call("kms", "CreateKey", json!({}))),
        (
            0.05,
            call(
                "rds",
                "ModifyDBInstance",
                json!({"dBInstanceIdentifier": "main", "applyImmediately": true, "allocatedStorage": 200}),
            ),
        ),
        (0.02, call("rds", "DeleteDBSnapshot", json!({"dBSnapshotIdentifier": "old"}))),
        (
            0.05,
            call(
                "s3",
                "PutBucketLifecycle",
                json!({"bucketName": "app-results", "LifecycleConfiguration": {"Rule": {"Status": "Enabled", "Expiration": {"Days": 365}}}}),
            ),
        ),
        (
            0.05,
            call(
                "s3",
                "PutBucketPolicy",
                json!({"bucketName": "app-results", "bucketPolicy": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}}),
            ),
        ),
        (0.02, call("guardduty", "ArchiveFindings", json!({"detectorId": "d", "findingIds": ["f"]}))),
        (0.03, call("cloudtrail", "LookupEvents", json!({}))),
        (0.03, call("organizations", "ListAccounts", json!({})).refused("AccessDenied")),
    ]
}

/// Once a day somebody looks at the bill.
fn finance(day: &mut Day) {
    sign_in(day, "Billing", "vera");
    let vera = Who::at_console("Billing", "vera");
    let asked = ["GetCostAndUsage", "GetCostForecast", "GetDimensionValues", "ListCostAllocationTags"];
    day.calls(&vera, asked.into_iter().map(|name| call("ce", name, json!({}))).collect(), 20);
}

/// An auditor's program with a role for it asks for everything, everywhere.
fn audit(day: &mut Day) {
    let program =
        Who::session("SecurityAudit", "prowler-nightly", "203.0.113.77", "Boto3/1.40.1 md/Botocore#1.40.1 APN_1826889");
    let asked = [
        ("sts", "GetCallerIdentity"),
        ("iam", "GetAccountAuthorizationDetails"),
        ("iam", "GetAccountSummary"),
        ("iam", "GetAccountPasswordPolicy"),
        ("iam", "ListUsers"),
        ("iam", "ListRoles"),
        ("iam", "ListGroups"),
        ("iam", "ListPolicies"),
        ("iam", "ListAccessKeys"),
        ("iam", "ListMFADevices"),
        ("iam", "ListSAMLProviders"),
        ("iam", "GetCredentialReport"),
        ("ec2", "DescribeRegions"),
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "DescribeSnapshots"),
        ("ec2", "DescribeImages"),
        ("ec2", "DescribeVolumes"),
        ("ec2", "DescribeFlowLogs"),
        ("ec2", "GetEbsEncryptionByDefault"),
        ("s3", "ListBuckets"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketAcl"),
        ("cloudtrail", "DescribeTrails"),
        ("cloudtrail", "GetTrailStatus"),
        ("cloudtrail", "GetEventSelectors"),
        ("config", "DescribeConfigurationRecorders"),
        ("guardduty", "ListDetectors"),
        ("guardduty", "GetDetector"),
        ("kms", "ListKeys"),
        ("lambda", "ListFunctions20150331"),
        ("lambda", "GetPolicy20150331v2"),
        ("secretsmanager", "ListSecrets"),
        ("ssm", "DescribeParameters"),
        ("organizations", "DescribeOrganization"),
        ("rds", "DescribeDBInstances"),
        ("rds", "DescribeDBSnapshots"),
    ];
    let calls = [HOME, AWAY]
        .into_iter()
        .flat_map(|region| asked.map(|(service, name)| call(service, name, json!({})).in_region(region)));
    day.calls(&program, calls.collect(), 2);
    let closed =
        [("organizations", "ListAccounts"), ("glacier", "ListVaults"), ("support", "DescribeTrustedAdvisorChecks")];
    day.calls(&program, closed.map(|(service, name)| call(service, name, json!({})).refused("AccessDenied")).into(), 2);
}
