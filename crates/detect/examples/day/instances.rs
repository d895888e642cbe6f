//! What instances do with the credentials of their roles.

use crate::made::ACCOUNT;
use crate::who::Who;
use crate::{AWAY, Call, Day, HOME, VAULT, call};
use serde_json::{Value, json};

/// The instances.
pub struct Fleet {
    members: Vec<Member>,
    /// How many were launched so far today.
    launched: u64,
}

/// One of them.
pub struct Member {
    pub id: String,
    pub role: &'static str,
    region: &'static str,
    pub who: Who,
}

/// What a role's instances do: a service, a call, and how often of all its calls.
type Habit = (&'static str, &'static str, u32);

/// Role, region, instances that stay, instances that come and go, calls of each in a minute, habits.
type Role = (&'static str, &'static str, usize, usize, f64, &'static [Habit]);

const AGENTS: [Habit; 6] = [
    ("ssm", "UpdateInstanceInformation", 30),
    ("ssm", "ListInstanceAssociations", 15),
    ("ssm", "PutInventory", 2),
    ("monitoring", "PutMetricData", 30),
    ("logs", "CreateLogStream", 4),
    ("ec2", "DescribeTags", 2),
];

const ROLES: [Role; 6] = [
    (
        "web",
        HOME,
        8,
        8,
        4.0,
        &[
            ("s3", "GetObject", 300),
            ("kms", "Decrypt", 60),
            ("s3", "PutObject", 40),
            ("secretsmanager", "GetSecretValue", 1),
        ],
    ),
    (
        "worker",
        AWAY,
        14,
        0,
        5.0,
        &[
            ("s3", "GetObject", 200),
            ("s3", "PutObject", 200),
            ("sqs", "ReceiveMessage", 100),
            ("s3", "DeleteObject", 20),
            ("kms", "GenerateDataKey", 60),
            ("dynamodb", "GetItem", 40),
            ("s3", "ListObjects", 10),
            ("ssm", "GetParameter", 2),
        ],
    ),
    (
        "batch",
        HOME,
        6,
        0,
        4.0,
        &[
            ("s3", "GetObject", 300),
            ("s3", "ListObjects", 20),
            ("athena", "StartQueryExecution", 10),
            ("glue", "GetTable", 30),
            ("s3", "HeadObject", 60),
            ("ssm", "GetParametersByPath", 2),
        ],
    ),
    (
        "nodes",
        HOME,
        8,
        0,
        3.0,
        &[
            ("ec2", "DescribeInstances", 40),
            ("ec2", "DescribeNetworkInterfaces", 30),
            ("ec2", "AssignPrivateIpAddresses", 4),
            ("ec2", "CreateNetworkInterface", 1),
            ("ec2", "AttachVolume", 2),
            ("ec2", "DetachVolume", 2),
            ("ecr", "GetAuthorizationToken", 10),
            ("ecr", "BatchGetImage", 10),
            ("autoscaling", "DescribeAutoScalingGroups", 30),
            ("autoscaling", "SetDesiredCapacity", 1),
            ("sts", "AssumeRoleWithWebIdentity", 5),
        ],
    ),
    (
        "build",
        HOME,
        3,
        0,
        2.0,
        &[
            ("ecr", "GetAuthorizationToken", 20),
            ("ecr", "PutImage", 20),
            ("sts", "GetCallerIdentity", 20),
            ("sts", "AssumeRole", 10),
            ("s3", "PutObject", 40),
            ("ecs", "UpdateService", 3),
            ("ecs", "DescribeServices", 20),
            ("cloudformation", "DescribeStacks", 20),
        ],
    ),
    (
        "monitor",
        HOME,
        2,
        0,
        3.0,
        &[
            ("ec2", "DescribeInstances", 60),
            ("ec2", "DescribeVolumes", 20),
            ("rds", "DescribeDBInstances", 20),
            ("elasticloadbalancing", "DescribeLoadBalancers", 20),
            ("monitoring", "GetMetricData", 100),
            ("s3", "ListBuckets", 2),
            ("iam", "ListAccountAliases", 1),
        ],
    ),
];

impl Fleet {
    /// Instances that stay keep their ids from day to day.
    pub fn new(random: &mut fastrand::Rng) -> Self {
        let mut members = Vec::new();
        for (number, (role, region, stay, come, ..)) in ROLES.iter().enumerate() {
            for at in 0..*stay {
                members.push(Member::new(
                    format!("i-0{:016x}", (number + 1) * 1_000_003 + at * 7_919),
                    role,
                    region,
                    at,
                ));
            }
            for at in 0..*come {
                members.push(Member::new(format!("i-0{:016x}", random.u64(..) >> 4), role, region, stay + at));
            }
        }
        Self { members, launched: 0 }
    }

    /// Those of a role.
    pub fn of<'f>(&'f self, role: &'f str) -> impl Iterator<Item = &'f Member> {
        self.members.iter().filter(move |member| member.role == role)
    }

    /// A minute of work.
    pub fn work(&mut self, day: &mut Day) {
        for member in &self.members {
            let Some((.., often, habits)) = ROLES.iter().find(|role| role.0 == member.role) else { continue };
            let often = often * day.random.f64() * 2.0;
            for _ in 0..often.round() as usize {
                let habits = if day.random.u8(..4) == 0 { &AGENTS } else { *habits };
                let of_all: u32 = habits.iter().map(|habit| habit.2).sum();
                let mut drawn = day.random.u32(..of_all);
                let habit = habits.iter().find(|habit| {
                    let mine = drawn < habit.2;
                    drawn = drawn.saturating_sub(habit.2);
                    mine
                });
                if let Some((service, name, _)) = habit {
                    let parameters = parameters(day, member, name);
                    let call = call(service, name, parameters).with(member.endpoint(service));
                    day.call(&member.who, call.in_region(member.region));
                }
            }
            // Something is not there now and then, and permissions have gaps.
            if day.now(0.05) {
                let missing = call("s3", "GetObject", json!({"bucketName": "app-assets", "key": "missing.css"}));
                day.call(&member.who, missing.refused("NoSuchKey").in_region(member.region));
            }
            if day.now(0.004) {
                let refused = call("ec2", "DescribeTags", json!({})).refused("Client.UnauthorizedOperation");
                day.call(&member.who, refused.in_region(member.region));
            }
        }
        if day.now(0.8) {
            self.scale(day);
        }
    }

    /// Auto Scaling replaces a web instance, and the new one boots.
    fn scale(&mut self, day: &mut Day) {
        let scaling = Who::service_role("AWSServiceRoleForAutoScaling", "autoscaling");
        let place = self.members.iter().position(|member| member.role == "web").unwrap_or_default() + 8;
        let at = place + day.random.usize(..8);
        let old = self.members[at].id.clone();
        let ended = json!({"instancesSet": {"items": [{"instanceId": old}]}});
        self.launched += 1;
        let fresh = format!("i-0{:016x}", day.random.u64(..) >> 4);
        let launched = json!({"instancesSet": {"items": [{"instanceId": fresh}]}});
        let asked = json!({
            "instancesSet": {"items": [{"minCount": 1, "maxCount": 1}]}, "instanceType": "m7g.large",
            "launchTemplate": {"launchTemplateId": "lt-0123456789abcdef0", "version": "42"},
        });
        day.calls(
            &scaling,
            vec![
                call("ec2", "TerminateInstances", ended),
                call("ec2", "RunInstances", asked).with(json!({"responseElements": launched})),
                call("ec2", "DescribeInstances", json!({})),
                call("elasticloadbalancing", "RegisterTargets", json!({"targets": [{"id": fresh}]})),
            ],
            3,
        );
        let member = Member::new(fresh, "web", HOME, at);
        day.calls(&member.who, boot(&member.id), 10);
        self.members[at] = member;
    }
}

/// What a web instance calls when it starts.
fn boot(id: &str) -> Vec<Call> {
    vec![
        call(
            "ec2",
            "DescribeTags",
            json!({"filterSet": {"items": [{"name": "resource-id", "valueSet": {"items": [{"value": id}]}}]}}),
        ),
        call("sts", "GetCallerIdentity", json!({})),
        call("ssm", "GetParametersByPath", json!({"path": "/web/", "withDecryption": true})),
        call("secretsmanager", "GetSecretValue", json!({"secretId": "web/database"})),
        call("secretsmanager", "GetSecretValue", json!({"secretId": "web/session-key"})),
        call("ssm", "UpdateInstanceInformation", json!({"instanceId": id})),
        call("logs", "CreateLogStream", json!({"logGroupName": "/web", "logStreamName": id})),
        call("autoscaling", "CompleteLifecycleAction", json!({"instanceId": id, "lifecycleActionResult": "CONTINUE"})),
    ]
}

impl Member {
    fn new(id: String, role: &'static str, region: &'static str, at: usize) -> Self {
        let agent = match role {
            "batch" | "build" => "Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux#6.1 md/arch#aarch64 lang/python#3.12",
            "nodes" => "aws-sdk-go-v2/1.39.0 ua/2.1 os/linux lang/go#1.24 amazon-vpc-cni-k8s",
            _ => "aws-sdk-java/2.34.0 md/io#sync ua/2.1 os/Linux#6.1 lang/java#21",
        };
        let who = Who::session(role, &id, &format!("10.{}.{}.{}", role.len(), at / 200, at % 200 + 10), agent);
        Self { id, role, region, who }
    }

    /// Through which endpoint it reaches a service: web and worker instances through those of their VPC, batch
    /// through those of the company's other account, which shares its VPC with this one.
    fn endpoint(&self, service: &str) -> Value {
        let (owner, services): (_, &[&str]) = match self.role {
            "web" => (ACCOUNT, &["s3"]),
            "worker" => (ACCOUNT, &["s3", "sqs", "kms", "ssm", "logs", "monitoring"]),
            "batch" => (VAULT, &["s3", "ssm", "logs", "athena"]),
            _ => return json!({}),
        };
        match services.iter().position(|reached| *reached == service) {
            Some(at) => {
                json!({"vpcEndpointId": format!("vpce-0{:015x}{at}", self.role.len()), "vpcEndpointAccountId": owner})
            }
            None => json!({}),
        }
    }
}

fn parameters(day: &mut Day, member: &Member, name: &str) -> Value {
    let number = day.random.u16(..);
    match name {
        "GetObject" | "HeadObject" => json!({"bucketName": "app-assets", "key": format!("objects/{number}.json")}),
        "PutObject" | "DeleteObject" => {
            json!({"bucketName": "app-results", "key": format!("{}/{number}.json", member.id)})
        }
        "ListObjects" => json!({"bucketName": "app-results", "prefix": "in/"}),
        "GetSecretValue" => json!({"secretId": format!("{}/database", member.role)}),
        "GetParameter" => json!({"name": format!("/{}/limit", member.role), "withDecryption": true}),
        "GetParametersByPath" => json!({"path": format!("/{}/", member.role), "withDecryption": true}),
        "AssumeRole" => json!({
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/deploy"), "roleSessionName": format!("build-{number}"),
        }),
        "AttachVolume" | "DetachVolume" => {
            json!({"volumeId": format!("vol-0{number:016x}"), "instanceId": member.id, "device": "/dev/xvdba"})
        }
        "SetDesiredCapacity" => json!({"autoScalingGroupName": "nodes", "desiredCapacity": 8}),
        "Decrypt" | "GenerateDataKey" => {
            json!({"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": {"app": "x"}})
        }
        _ => json!({}),
    }
}
