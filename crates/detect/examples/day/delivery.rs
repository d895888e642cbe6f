//! Pipelines: what they plan, apply, build and deploy, with short sessions of their own roles.

use crate::instances::Fleet;
use crate::made::ACCOUNT;
use crate::who::Who;
use crate::{Day, call};
use serde_json::json;

const TERRAFORM: &str =
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.0 (+https://www.terraform.io) terraform-provider-aws/6.14.0";

/// A minute of work.
pub fn work(day: &mut Day, fleet: &Fleet) {
    let busy = if day.office_hours() { 1.0 } else { 0.05 };
    if day.now(3.0 * busy) {
        terraform(day);
    }
    if day.now(2.0 * busy) {
        stack(day);
    }
    if day.now(2.0 * busy) {
        release(day, fleet);
    }
    if day.now(0.3 * busy) {
        site(day);
    }
}

/// A pipeline's session: it shows the token of its run and gets a role.
fn session(day: &mut Day, role: &str, agent: &str) -> Who {
    let run = format!("GitHubActions-{}", day.random.u32(..));
    let mut token = Who::service("token.actions.githubusercontent");
    token.identity = json!({"type": "WebIdentityUser", "identityProvider": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"), "userName": "repo:example/infrastructure:ref:refs/heads/main"});
    (token.address, token.agent) = ("192.0.2.44".to_owned(), agent.to_owned());
    let asked = json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "roleSessionName": run});
    day.call(&token, call("sts", "AssumeRoleWithWebIdentity", asked));
    let mut who = Who::session(role, &run, "192.0.2.44", agent);
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com");
    who.identity["sessionContext"]["webIdFederationData"] = json!({"federatedProvider": provider, "attributes": {}});
    who
}

/// Terraform compares all it manages, and one time in three changes some of it.
fn terraform(day: &mut Day) {
    let who = session(day, "terraform", TERRAFORM);
    let mut calls = vec![call("sts", "GetCallerIdentity", json!({}))];
    let compared = [
        ("ec2", "DescribeInstances", 12),
        ("ec2", "DescribeInstanceAttribute", 12),
        ("ec2", "DescribeSecurityGroups", 20),
        ("ec2", "DescribeLaunchTemplateVersions", 8),
        ("ec2", "DescribeVpcs", 4),
        ("iam", "GetRole", 20),
        ("iam", "ListRolePolicies", 20),
        ("iam", "ListAttachedRolePolicies", 20),
        ("iam", "GetPolicy", 10),
        ("s3", "GetBucketPolicy", 12),
        ("s3", "GetBucketVersioning", 12),
        ("kms", "DescribeKey", 6),
        ("secretsmanager", "DescribeSecret", 6),
        ("secretsmanager", "GetSecretValue", 3),
        ("ssm", "GetParameter", 10),
        ("lambda", "GetFunction20150331v2", 6),
        ("rds", "DescribeDBInstances", 3),
        ("cloudtrail", "DescribeTrails", 1),
        ("cloudtrail", "GetEventSelectors", 1),
    ];
    for (service, name, times) in compared {
        let parameters = if name == "DescribeInstanceAttribute" {
            json!({"instanceId": "i-0000000000000beef", "attribute": "userData"})
        } else {
            json!({})
        };
        calls.extend((0..times).map(|_| call(service, name, parameters.clone())));
    }
    if day.random.u8(..3) == 0 {
        let ranges = json!({"items": [{"cidrIp": "10.0.0.0/16"}]});
        let world = json!({"items": [{"cidrIp": "0.0.0.0/0"}]});
        let trust = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}).to_string();
        let policy = json!({"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::app-assets/*"}]}).to_string();
        calls.extend([
            call("ec2", "CreateSecurityGroup", json!({"groupName": "g", "vpcId": "vpc-1"})),
            call("ec2", "AuthorizeSecurityGroupIngress", json!({"groupId": "sg-2", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080, "ipRanges": ranges}]}})),
            call("ec2", "AuthorizeSecurityGroupIngress", json!({"groupId": "sg-3", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": world}]}})),
            call("ec2", "CreateLaunchTemplateVersion", json!({"CreateLaunchTemplateVersionRequest": {"LaunchTemplateId": "lt-0123456789abcdef0", "LaunchTemplateData": {"UserData": "<sensitiveDataRemoved>", "ImageId": "ami-1"}}})),
            call("iam", "CreateRole", json!({"roleName": "app", "assumeRolePolicyDocument": trust})),
            call("iam", "UpdateAssumeRolePolicy", json!({"roleName": "app", "policyDocument": trust})),
            call("iam", "PutRolePolicy", json!({"roleName": "app", "policyName": "p", "policyDocument": policy})),
            call("iam", "CreatePolicyVersion", json!({"policyArn": "arn:aws:iam::111122223333:policy/p", "policyDocument": policy, "setAsDefault": true})),
            call("iam", "CreateInstanceProfile", json!({"instanceProfileName": "app"})),
            call("autoscaling", "UpdateAutoScalingGroup", json!({"autoScalingGroupName": "web"})),
            call("autoscaling", "StartInstanceRefresh", json!({"autoScalingGroupName": "web"})),
            call("kms", "PutKeyPolicy", json!({"keyId": "k", "policy": policy})),
            call("s3", "PutBucketPublicAccessBlock", json!({"bucketName": "b", "PublicAccessBlockConfiguration": {"BlockPublicPolicy": true, "RestrictPublicBuckets": true}})),
            call("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "orders"})),
        ]);
    }
    day.calls(&who, calls, 1);
}

/// A stack of CloudFormation, as the CDK deploys it.
fn stack(day: &mut Day) {
    let who = session(day, "cdk-deploy", "aws-sdk-js/3.888.0 ua/2.1 os/linux lang/js md/nodejs#22 app/AWS_CDK");
    day.calls(
        &who,
        vec![
            call("cloudformation", "DescribeStacks", json!({})),
            call("cloudformation", "CreateChangeSet", json!({"stackName": "api"})),
            call("cloudformation", "ExecuteChangeSet", json!({"stackName": "api"})),
        ],
        5,
    );
    let made = who.through("cloudformation");
    let trust = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}).to_string();
    day.calls(
        &made,
        vec![
            call("iam", "CreateRole", json!({"roleName": "api-handler", "assumeRolePolicyDocument": trust})),
            call("iam", "AttachRolePolicy", json!({"roleName": "api-handler", "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"})),
            call("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "api"})),
            call("lambda", "AddPermission20150331v2", json!({"functionName": "api", "principal": "apigateway.amazonaws.com"})),
            call("ec2", "AuthorizeSecurityGroupIngress", json!({"groupId": "sg-4"})),
            call("logs", "PutRetentionPolicy", json!({"logGroupName": "/aws/lambda/api", "retentionInDays": 30})),
        ],
        10,
    );
}

/// A release: an image is pushed, services are updated, a script runs on the batch instances.
fn release(day: &mut Day, fleet: &Fleet) {
    let who = session(day, "deploy", "aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 exec-env/GitHubActions");
    let instances: Vec<String> = fleet.of("batch").map(|member| member.id.clone()).collect();
    let mut calls = vec![
        call("sts", "GetCallerIdentity", json!({})),
        call("ecr", "GetAuthorizationToken", json!({})),
        call("ecr", "PutImage", json!({"repositoryName": "api"})),
        call("ecs", "RegisterTaskDefinition", json!({"family": "api"})),
        call("ecs", "UpdateService", json!({"service": "api"})),
        call("ecs", "DescribeServices", json!({})),
        call("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "orders"})),
    ];
    if day.random.u8(..4) == 0 {
        calls.push(call("ssm", "SendCommand", json!({"documentName": "AWS-RunShellScript", "instanceIds": instances})));
        calls.push(call("ssm", "ListCommandInvocations", json!({})));
    }
    day.calls(&who, calls, 10);
}

/// The web site: old files go, new ones come.
fn site(day: &mut Day) {
    let who = session(day, "site", "aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 exec-env/GitHubActions command/s3.sync");
    let mut calls = vec![call("s3", "ListObjects", json!({"bucketName": "www"}))];
    for at in 0..60 {
        calls.push(call("s3", "PutObject", json!({"bucketName": "www", "key": format!("{at}.html")})));
    }
    for at in 0..20 {
        calls.push(call("s3", "DeleteObject", json!({"bucketName": "www", "key": format!("old/{at}.html")})));
    }
    calls.push(call("cloudfront", "CreateInvalidation2020_05_31", json!({"distributionId": "E1"})));
    day.calls(&who, calls, 1);
}
