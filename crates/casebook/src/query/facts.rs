//! What every query needs in permissions and what it is called: one row each.

use super::{ForensicQuery, SourceQuery};
use crate::scene::instance::Attribute;
use crate::scene::quota::Quota;
use std::fmt::Display;

impl SourceQuery {
    /// The IAM actions that an answer needs.
    pub fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["sts:GetCallerIdentity"],
            Self::Instance(_) => &["ec2:DescribeInstances"],
            Self::Attribute(..) => &["ec2:DescribeInstanceAttribute"],
            Self::InstanceType(_) => &["ec2:DescribeInstanceTypes"],
            Self::Interfaces(_) => &["ec2:DescribeNetworkInterfaces", "ec2:DescribeTrunkInterfaceAssociations"],
            Self::Groups(_) | Self::GroupReferences(_) | Self::QuarantineGroups => &["ec2:DescribeSecurityGroups"],
            Self::GroupMembers(_) | Self::SubnetMembers(_) => &["ec2:DescribeNetworkInterfaces"],
            Self::Acls(_) => &["ec2:DescribeNetworkAcls"],
            Self::Routes(_) => &["ec2:DescribeRouteTables"],
            Self::Endpoints(_) => &["ec2:DescribeVpcEndpoints"],
            Self::Subnets(_) => &["ec2:DescribeSubnets"],
            Self::Vpcs(_) => &["ec2:DescribeVpcs"],
            Self::Addresses(_) => &["ec2:DescribeAddresses"],
            Self::AttachedVolumes(_) | Self::Volumes(_) => &["ec2:DescribeVolumes"],
            Self::DetachedVolumes(_) => &["cloudtrail:LookupEvents", "ec2:DescribeVolumes"],
            Self::ProfileAssociations(_) => &["ec2:DescribeIamInstanceProfileAssociations"],
            Self::Profile(_) => &["iam:GetInstanceProfile"],
            Self::RolePolicies(_) => &["iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"],
            Self::RolePolicy(..) => &["iam:GetRolePolicy"],
            Self::RoleSharers(_) => &["iam:ListInstanceProfilesForRole", "ec2:DescribeIamInstanceProfileAssociations"],
            Self::Membership(_) => &["autoscaling:DescribeAutoScalingInstances"],
            Self::ScalingGroups | Self::ScalingGroup(_) => &["autoscaling:DescribeAutoScalingGroups"],
            Self::ClassicBalancers(_) => {
                &["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes"]
            }
            Self::TargetGroups => &["elasticloadbalancing:DescribeTargetGroups"],
            Self::TargetHealth(_) => &["elasticloadbalancing:DescribeTargetHealth"],
            Self::TargetGroupSettings(_) => &["elasticloadbalancing:DescribeTargetGroupAttributes"],
            Self::ScheduledEvents(_) => &["ec2:DescribeInstanceStatus"],
            Self::KillerAlarms(_) => &["cloudwatch:DescribeAlarms"],
            Self::SerialConsole => &["ec2:GetSerialConsoleAccessStatus"],
            Self::ConsoleOutput(_) => &["ec2:GetConsoleOutput"],
            Self::ConsoleScreenshot(_) => &["ec2:GetConsoleScreenshot"],
            Self::FlowLogs(_) => &["ec2:DescribeFlowLogs"],
            Self::SsmRegistration(_) => &["ssm:DescribeInstanceInformation"],
            Self::SessionEvents(_) | Self::ChangesOf(_) => &["cloudtrail:LookupEvents"],
            Self::CaseSnapshots(_) | Self::PendingSnapshots(_) => &["ec2:DescribeSnapshots"],
            Self::SnapshotSharing(_) => &["ec2:DescribeSnapshotAttribute"],
            Self::Locks(_) => &["ec2:DescribeLockedSnapshots"],
            Self::CaseImages(_) => &["ec2:DescribeImages"],
            Self::ImageSharing(_) => &["ec2:DescribeImageAttribute"],
            Self::Key(_) => &["kms:DescribeKey"],
            Self::Quota(quota) => quota.actions(),
            Self::BlockCount(_) => &["ebs:ListSnapshotBlocks"],
            Self::Blocks(..) => &["ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock"],
        }
    }

    /// What is asked, for people.
    pub fn title(&self) -> String {
        match self {
            Self::Identity => "the caller's identity".into(),
            Self::Instance(id) => format!("the instance {id}"),
            Self::Attribute(id, attribute) => format!("{} of {id}", attribute.title()),
            Self::InstanceType(name) => format!("the instance type {name}"),
            Self::Interfaces(id) => format!("the interfaces of {id}"),
            Self::Groups(ids) => format!("the security groups {}", list(ids)),
            Self::GroupReferences(ids) => format!("the groups with rules that name {}", list(ids)),
            Self::QuarantineGroups => "the quarantine groups".into(),
            Self::GroupMembers(ids) => format!("the members of {}", list(ids)),
            Self::SubnetMembers(id) => format!("the interfaces in {id}"),
            Self::Acls(ids) => format!("the network ACLs of {}", list(ids)),
            Self::Routes(ids) => format!("the route tables of {}", list(ids)),
            Self::Endpoints(ids) => format!("the VPC endpoints of {}", list(ids)),
            Self::Subnets(ids) => format!("the subnets {}", list(ids)),
            Self::Vpcs(ids) => format!("the VPCs {}", list(ids)),
            Self::Addresses(id) => format!("the Elastic IP addresses of {id}"),
            Self::AttachedVolumes(id) => format!("the volumes of {id}"),
            Self::Volumes(ids) => format!("the volumes {}", list(ids)),
            Self::DetachedVolumes(id) => format!("the volumes detached from {id}"),
            Self::ProfileAssociations(id) => format!("the instance profile of {id}"),
            Self::Profile(name) => format!("the instance profile {name}"),
            Self::RolePolicies(role) => format!("the policies of the role {role}"),
            Self::RolePolicy(role, name) => format!("the policy {name} of the role {role}"),
            Self::RoleSharers(role) => format!("who else uses the role {role}"),
            Self::Membership(id) => format!("the Auto Scaling membership of {id}"),
            Self::ScalingGroups => "the first Auto Scaling groups".into(),
            Self::ScalingGroup(name) => format!("the Auto Scaling group {name}"),
            Self::ClassicBalancers(id) => format!("the classic load balancers that hold {id}"),
            Self::TargetGroups => "the target groups".into(),
            Self::TargetHealth(arn) => format!("the targets of {}", target_group_name(arn.as_str())),
            Self::TargetGroupSettings(arn) => format!("the settings of {}", target_group_name(arn.as_str())),
            Self::ScheduledEvents(id) => format!("the scheduled events of {id}"),
            Self::KillerAlarms(id) => format!("the alarms that may stop or terminate {id}"),
            Self::SerialConsole => "whether the serial console is allowed".into(),
            Self::ConsoleOutput(id) => format!("the console output of {id}"),
            Self::ConsoleScreenshot(id) => format!("a console screenshot of {id}"),
            Self::FlowLogs(ids) => format!("the flow logs on {}", list(ids)),
            Self::SsmRegistration(id) => format!("the Systems Manager registration of {id}"),
            Self::SessionEvents(id) => format!("what the sessions of {id} did (CloudTrail)"),
            Self::ChangesOf(resource) => format!("who changed {resource} (CloudTrail)"),
            Self::CaseSnapshots(case) => format!("the snapshots of case {case}"),
            Self::PendingSnapshots(ids) => format!("the pending snapshots of {}", list(ids)),
            Self::SnapshotSharing(id) => format!("with whom {id} is shared"),
            Self::Locks(ids) => format!("the locks on {}", list(ids)),
            Self::CaseImages(case) => format!("the images of case {case}"),
            Self::ImageSharing(id) => format!("with whom {id} is shared"),
            Self::Key(arn) => format!("the key {arn}"),
            Self::Quota(quota) => format!("the quota of {}", quota.title()),
            Self::BlockCount(id) => format!("how many blocks {id} has"),
            Self::Blocks(id, from) => format!("the blocks of {id} from {from}"),
        }
    }
}

impl ForensicQuery {
    /// The IAM actions that an answer needs.
    pub fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["sts:GetCallerIdentity"],
            Self::SharedSnapshots(_) | Self::CaseSnapshots(_) => &["ec2:DescribeSnapshots"],
            Self::SharedImages(_) | Self::CaseImages(_) => &["ec2:DescribeImages"],
            Self::Locks(_) => &["ec2:DescribeLockedSnapshots"],
            Self::CaseVolumes(_) => &["ec2:DescribeVolumes"],
            Self::CaseInstances(_) => &["ec2:DescribeInstances"],
            Self::CaseGroups(_) => &["ec2:DescribeSecurityGroups"],
            Self::Interfaces(_) => &["ec2:DescribeNetworkInterfaces"],
            Self::ProfileAssociations(_) => &["ec2:DescribeIamInstanceProfileAssociations"],
            Self::Attribute(..) => &["ec2:DescribeInstanceAttribute"],
            Self::Key(_) => &["kms:DescribeKey"],
            Self::Enclave(_) => &[
                "ec2:DescribeSubnets",
                "ec2:DescribeRouteTables",
                "ec2:DescribeNetworkAcls",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeVpcAttribute",
            ],
            Self::Quota(quota) => quota.actions(),
            Self::BlockCount(_) => &["ebs:ListSnapshotBlocks"],
            Self::Blocks(..) => &["ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock"],
        }
    }

    /// What is asked, for people.
    pub fn title(&self) -> String {
        match self {
            Self::Identity => "the forensic caller's identity".into(),
            Self::SharedSnapshots(ids) => format!("{} as shared with the forensic account", list(ids)),
            Self::SharedImages(ids) => format!("{} as shared with the forensic account", list(ids)),
            Self::CaseSnapshots(case) => format!("the forensic snapshots of case {case}"),
            Self::CaseImages(case) => format!("the forensic images of case {case}"),
            Self::Locks(ids) => format!("the locks on {}", list(ids)),
            Self::CaseVolumes(case) => format!("the forensic volumes of case {case}"),
            Self::CaseInstances(case) => format!("the forensic instances of case {case}"),
            Self::CaseGroups(case) => format!("the forensic security groups of case {case}"),
            Self::Interfaces(id) => format!("the interfaces of {id}"),
            Self::ProfileAssociations(id) => format!("the instance profile of {id}"),
            Self::Attribute(id, attribute) => format!("{} of {id}", attribute.title()),
            Self::Key(arn) => format!("the forensic key {arn}"),
            Self::Enclave(subnet) => format!("whether {subnet} is sealed"),
            Self::Quota(quota) => format!("the quota of {} in the forensic account", quota.title()),
            Self::BlockCount(id) => format!("how many blocks {id} has"),
            Self::Blocks(id, from) => format!("the blocks of {id} from {from}"),
        }
    }
}

impl Quota {
    /// The IAM actions that an answer needs; the default is asked where no value was ever applied.
    fn actions(self) -> &'static [&'static str] {
        const QUOTA: &str = "servicequotas:GetServiceQuota";
        const DEFAULT: &str = "servicequotas:GetAWSDefaultServiceQuota";
        match self {
            Self::Groups => &[QUOTA, DEFAULT, "ec2:DescribeSecurityGroups"],
            Self::Snapshots => &[QUOTA, DEFAULT, "ec2:DescribeSnapshots"],
            Self::Images => &[QUOTA, DEFAULT, "ec2:DescribeImages"],
            Self::Disks => &[QUOTA, DEFAULT, "ec2:DescribeVolumes"],
            Self::Cpus => &[QUOTA, DEFAULT, "ec2:DescribeInstances"],
        }
    }
}

impl Attribute {
    /// What it is called among people.
    pub fn title(self) -> &'static str {
        match self {
            Self::TerminationProtection => "termination protection",
            Self::StopProtection => "stop protection",
            Self::ShutdownBehavior => "the shutdown behaviour",
            Self::UserData => "the user data",
        }
    }
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `targetgroup/NAME/ID` is the end of a target group's ARN.
fn target_group_name(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or(arn)
}
