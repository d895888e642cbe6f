//! What services of AWS call, on their own and with roles that people gave them.

use crate::made::ACCOUNT;
use crate::who::Who;
use crate::{AWAY, Day, HOME, call};
use serde_json::json;

/// A service's own role, the service, and what it asks and how often in an hour.
type Asker = (&'static str, &'static str, &'static [(&'static str, &'static str, f64)]);

const ASKERS: [Asker; 6] = [
    (
        "AWSServiceRoleForConfig",
        "config",
        &[
            ("ec2", "DescribeInstances", 60.0),
            ("ec2", "DescribeSecurityGroups", 60.0),
            ("ec2", "DescribeSnapshotAttribute", 60.0),
            ("iam", "ListRoles", 20.0),
            ("iam", "GetAccountAuthorizationDetails", 6.0),
            ("iam", "ListUsers", 20.0),
            ("iam", "ListPolicies", 20.0),
            ("s3", "ListBuckets", 20.0),
            ("s3", "GetBucketPolicy", 120.0),
            ("s3", "GetBucketAcl", 120.0),
            ("kms", "ListKeys", 20.0),
            ("cloudtrail", "DescribeTrails", 20.0),
            ("cloudtrail", "GetTrailStatus", 20.0),
            ("lambda", "ListFunctions", 20.0),
            ("rds", "DescribeDBSnapshotAttributes", 30.0),
        ],
    ),
    (
        "AWSServiceRoleForSecurityHub",
        "securityhub",
        &[
            ("cloudtrail", "DescribeTrails", 10.0),
            ("config", "PutEvaluations", 120.0),
            ("iam", "GetAccountPasswordPolicy", 10.0),
            ("iam", "GetAccountSummary", 10.0),
            ("iam", "ListVirtualMFADevices", 10.0),
        ],
    ),
    (
        "AWSServiceRoleForAmazonGuardDuty",
        "guardduty",
        &[("ec2", "DescribeInstances", 60.0), ("ec2", "DescribeImages", 20.0), ("organizations", "ListAccounts", 10.0)],
    ),
    (
        "AWSServiceRoleForTrustedAdvisor",
        "trustedadvisor",
        &[
            ("ec2", "DescribeAddresses", 20.0),
            ("iam", "GenerateCredentialReport", 2.0),
            ("iam", "GetCredentialReport", 4.0),
        ],
    ),
    (
        "AWSServiceRoleForAmazonInspector2",
        "inspector2",
        &[
            ("ec2", "DescribeInstances", 60.0),
            ("ssm", "DescribeInstanceInformation", 60.0),
            ("ssm", "CreateAssociation", 0.1),
            ("ecr", "DescribeImages", 60.0),
        ],
    ),
    (
        "AWSServiceRoleForAutoScaling",
        "autoscaling",
        &[("ec2", "DescribeInstanceStatus", 120.0), ("elasticloadbalancing", "DescribeTargetHealth", 240.0)],
    ),
];

/// Its name, and its calls with how often each comes.
type Function = (&'static str, &'static [(&'static str, &'static str, f64)]);

/// Functions: their role, what they call, and how often in an hour.
const FUNCTIONS: [Function; 4] = [
    ("orders", &[("dynamodb", "PutItem", 300.0), ("kms", "Decrypt", 120.0), ("sns", "Publish", 60.0)]),
    ("thumbnails", &[("s3", "GetObject", 600.0), ("s3", "PutObject", 600.0)]),
    ("tidy-up", &[("ec2", "DescribeVolumes", 1.0), ("ec2", "DescribeImages", 1.0), ("ec2", "DeregisterImage", 0.2)]),
    (
        "rotate-secret",
        &[
            ("secretsmanager", "GetSecretValue", 0.5),
            ("secretsmanager", "PutSecretValue", 0.2),
            ("secretsmanager", "UpdateSecretVersionStage", 0.2),
        ],
    ),
];

/// A minute of work.
pub fn work(day: &mut Day) {
    for region in [HOME, AWAY] {
        for (role, service, asks) in ASKERS {
            let who = Who::service_role(role, service);
            for (asked, name, an_hour) in asks {
                often(day, *an_hour, |day| day.call(&who, call(asked, name, json!({})).in_region(region)));
            }
        }
    }
    for (function, calls) in FUNCTIONS {
        let who = Who::session(
            &format!("{function}-role"),
            function,
            "10.9.0.7",
            "Boto3/1.40.1 md/Botocore#1.40.1 exec-env/AWS_Lambda_python3.12",
        );
        for (service, name, an_hour) in calls {
            let parameters = json!({"bucketName": "media", "key": format!("{}.jpg", day.random.u16(..)), "secretId": "orders/database"});
            often(day, *an_hour, |day| day.call(&who, call(service, name, parameters.clone())));
        }
    }
    sessions(day);
    backups(day);
}

/// So often in an hour, spread at random.
fn often(day: &mut Day, an_hour: f64, mut go: impl FnMut(&mut Day)) {
    let times = (an_hour / 60.0) as usize;
    for _ in 0..times {
        go(day);
    }
    if day.now(an_hour % 60.0) {
        go(day);
    }
}

/// Sessions that services fetch for instances, functions and tasks.
fn sessions(day: &mut Day) {
    for (service, role, an_hour) in [
        ("ec2", "web", 60.0),
        ("ec2", "worker", 40.0),
        ("lambda", "orders-role", 120.0),
        ("ecs-tasks", "api-task", 120.0),
        ("config", "config-role", 20.0),
    ] {
        let who = Who::service(service);
        let parameters = json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "roleSessionName": "s"});
        often(day, an_hour, |day| {
            day.call(&who, call("sts", "AssumeRole", parameters.clone()).with(json!({"eventType": "AwsServiceEvent"})))
        });
    }
    let mail = Who::service("delivery.logs");
    often(day, 200.0, |day| {
        day.call(&mail, call("s3", "PutObject", json!({"bucketName": "flow-logs", "key": "AWSLogs/x.gz"})))
    });
    let trail = Who::service("cloudtrail");
    often(day, 60.0, |day| day.call(&trail, call("s3", "GetBucketAcl", json!({"bucketName": "trail"}))));
    often(day, 120.0, |day| {
        day.call(&trail, call("kms", "GenerateDataKey", json!({"encryptionContext": {"aws:cloudtrail:arn": "t"}})))
    });
}

/// Nightly backups by the service, and by the company's own function, which shares them with the vault.
fn backups(day: &mut Day) {
    if day.minute == 130 {
        let backup = Who::service_role("AWSServiceRoleForBackup", "backup");
        let of = |at: usize| {
            let volume = format!("vol-0{at:016x}");
            [
                call("ec2", "CreateSnapshot", json!({"volumeId": volume})),
                call("ec2", "CreateTags", json!({})),
                call("ec2", "DeleteSnapshot", json!({"snapshotId": format!("snap-0{at:016x}")})),
            ]
        };
        day.calls(&backup, (0..40).flat_map(of).collect(), 4);
    }
    if day.minute == 200 {
        let own = Who::session(
            "backup-role",
            "nightly-images",
            "10.9.0.8",
            "Boto3/1.40.1 md/Botocore#1.40.1 exec-env/AWS_Lambda_python3.12",
        );
        let of = |at: usize| {
            let (image, snapshot) = (format!("ami-0{at:016x}"), format!("snap-0{:016x}", at + 500));
            let vault = json!({"add": {"items": [{"userId": crate::VAULT}]}});
            [
                call(
                    "ec2",
                    "CreateImage",
                    json!({"instanceId": format!("i-0{:016x}", 2_000_006 + at * 7_919), "name": format!("nightly-{at}"), "noReboot": true}),
                ),
                call(
                    "ec2",
                    "ModifySnapshotAttribute",
                    json!({"snapshotId": snapshot, "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": vault}),
                ),
                call("ec2", "DeregisterImage", json!({"imageId": image})),
                call("ec2", "DeleteSnapshot", json!({"snapshotId": snapshot})),
            ]
        };
        day.calls(&own, (0..5).flat_map(of).collect(), 20);
        let database =
            json!({"dBSnapshotIdentifier": "nightly", "attributeName": "restore", "valuesToAdd": [crate::VAULT]});
        day.calls(
            &own,
            vec![
                call("rds", "CreateDBSnapshot", json!({"dBInstanceIdentifier": "main"})),
                call("rds", "ModifyDBSnapshotAttribute", database),
            ],
            30,
        );
    }
}
