//! What can be asked of AWS, as values. A query is a question about one thing, however many pages
//! the answer has; it never changes anything.

use crate::id::CaseId;
use crate::id::{Arn, GroupId, ImageId, InstanceId, RoleName, ScalingGroupName, SnapshotId, SubnetId, VolumeId, VpcId};
use crate::scene::instance::Attribute;
use crate::scene::quota::Quota;
use serde::{Deserialize, Serialize};

mod facts;

/// A question to one of the two accounts. The two halves have different types, so that a question
/// for one can not reach the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// For the account under investigation.
    Source(SourceQuery),
    /// For the forensic account.
    Forensic(ForensicQuery),
}

impl From<SourceQuery> for Query {
    fn from(query: SourceQuery) -> Self {
        Self::Source(query)
    }
}

impl From<ForensicQuery> for Query {
    fn from(query: ForensicQuery) -> Self {
        Self::Forensic(query)
    }
}

/// A question for the account under investigation. The comment names the reading and the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceQuery {
    /// `Identity`: sts:GetCallerIdentity.
    Identity,
    /// `Instance`: ec2:DescribeInstances by id, managed ones included.
    Instance(InstanceId),
    /// `Attribute`: ec2:DescribeInstanceAttribute.
    Attribute(InstanceId, Attribute),
    /// `InstanceType`: ec2:DescribeInstanceTypes.
    InstanceType(String),
    /// `Interfaces`: ec2:DescribeNetworkInterfaces by `attachment.instance-id`, and the branch
    /// interfaces of its trunks (ec2:DescribeTrunkInterfaceAssociations, then by id).
    Interfaces(InstanceId),
    /// `Groups`: ec2:DescribeSecurityGroups by id; ids that do not exist are left out.
    Groups(Vec<GroupId>),
    /// `Groups`: those with a rule that names one of these groups, either direction.
    GroupReferences(Vec<GroupId>),
    /// `Groups`: those tagged `impound:quarantine`, whoever tagged them.
    QuarantineGroups,
    /// `Neighbours`: every interface that is in one of these groups.
    GroupMembers(Vec<GroupId>),
    /// `Neighbours`: every interface in the subnet.
    SubnetMembers(SubnetId),
    /// `Acls`: ec2:DescribeNetworkAcls by VPC.
    Acls(Vec<VpcId>),
    /// `Routes`: ec2:DescribeRouteTables by VPC.
    Routes(Vec<VpcId>),
    /// `Endpoints`: ec2:DescribeVpcEndpoints by VPC; another account's are not shown.
    Endpoints(Vec<VpcId>),
    /// `Subnets`: ec2:DescribeSubnets by id.
    Subnets(Vec<SubnetId>),
    /// `Vpcs`: ec2:DescribeVpcs by id.
    Vpcs(Vec<VpcId>),
    /// `Document`: ec2:DescribeAddresses by `instance-id`.
    Addresses(InstanceId),
    /// `Volumes`: ec2:DescribeVolumes by `attachment.instance-id`.
    AttachedVolumes(InstanceId),
    /// `Volumes`: ec2:DescribeVolumes by id; ids that do not exist are left out.
    Volumes(Vec<VolumeId>),
    /// `Detached`: the volumes that CloudTrail's DetachVolume events of the instance name and that
    /// still exist (cloudtrail:LookupEvents by the event's name), and whether all events were read.
    DetachedVolumes(InstanceId),
    /// `Associations`: ec2:DescribeIamInstanceProfileAssociations by `instance-id`.
    ProfileAssociations(InstanceId),
    /// `Profile`: iam:GetInstanceProfile by friendly name.
    Profile(String),
    /// `RolePolicies`: iam:ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies.
    RolePolicies(RoleName),
    /// `Policy`: iam:GetRolePolicy of one name; `None` when there is none.
    RolePolicy(RoleName, String),
    /// `RoleSharers`: iam:ListInstanceProfilesForRole and
    /// ec2:DescribeIamInstanceProfileAssociations.
    RoleSharers(RoleName),
    /// `Membership`: autoscaling:DescribeAutoScalingInstances.
    Membership(InstanceId),
    /// `ScalingGroups`: autoscaling:DescribeAutoScalingGroups, the first page of 100, asked before the
    /// name of the target's group is known: one wait less before it leaves.
    ScalingGroups,
    /// `ScalingGroup`: autoscaling:DescribeAutoScalingGroups.
    ScalingGroup(ScalingGroupName),
    /// `Classic`: elasticloadbalancing:DescribeLoadBalancers (2012), every page, those that hold
    /// the instance, and their draining settings.
    ClassicBalancers(InstanceId),
    /// `TargetGroups`: elasticloadbalancing:DescribeTargetGroups, every page.
    TargetGroups,
    /// `TargetHealth`: elasticloadbalancing:DescribeTargetHealth, everybody in the group.
    TargetHealth(Arn),
    /// `TargetGroupSettings`: elasticloadbalancing:DescribeTargetGroupAttributes.
    TargetGroupSettings(Arn),
    /// `Events`: ec2:DescribeInstanceStatus, scheduled events.
    ScheduledEvents(InstanceId),
    /// `Alarms`: cloudwatch:DescribeAlarms with an EC2 action, on this instance.
    KillerAlarms(InstanceId),
    /// `Flag`: ec2:GetSerialConsoleAccessStatus.
    SerialConsole,
    /// `Document`: ec2:GetConsoleOutput.
    ConsoleOutput(InstanceId),
    /// `Document`: ec2:GetConsoleScreenshot, base64.
    ConsoleScreenshot(InstanceId),
    /// `Document`: ec2:DescribeFlowLogs of the VPCs, subnets and interfaces named.
    FlowLogs(Vec<String>),
    /// `Document`: ssm:DescribeInstanceInformation.
    SsmRegistration(InstanceId),
    /// `Document`: cloudtrail:LookupEvents by user name = instance id: what its sessions did; `more`
    /// is true where older events were not read.
    SessionEvents(InstanceId),
    /// `Changes`: cloudtrail:LookupEvents by resource name, without those that only read. CloudTrail
    /// delivers about five minutes late on average.
    ChangesOf(String),
    /// `Snapshots`: ec2:DescribeSnapshots of our own, tagged with the case.
    CaseSnapshots(CaseId),
    /// `Snapshots`: ec2:DescribeSnapshots of our own, by volume, pending ones.
    PendingSnapshots(Vec<VolumeId>),
    /// `Sharing`: ec2:DescribeSnapshotAttribute `createVolumePermission`.
    SnapshotSharing(SnapshotId),
    /// `Locks`: ec2:DescribeLockedSnapshots by id.
    Locks(Vec<SnapshotId>),
    /// `Images`: ec2:DescribeImages of our own, tagged with the case.
    CaseImages(CaseId),
    /// `Sharing`: ec2:DescribeImageAttribute `launchPermission`.
    ImageSharing(ImageId),
    /// `Key`: kms:DescribeKey.
    Key(Arn),
    /// `Allowance`: servicequotas:GetServiceQuota, and a count of what there is.
    Quota(Quota),
    /// `Count`: how many blocks a snapshot has (ebs:ListSnapshotBlocks).
    BlockCount(SnapshotId),
    /// `Blocks`: a run of blocks from an index (ebs:ListSnapshotBlocks, GetSnapshotBlock).
    Blocks(SnapshotId, i32),
}

/// A question for the forensic account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForensicQuery {
    /// `Identity`: sts:GetCallerIdentity.
    Identity,
    /// `Snapshots`: ec2:DescribeSnapshots by id, as shared with this account; unseen ids are left out.
    SharedSnapshots(Vec<SnapshotId>),
    /// `Images`: ec2:DescribeImages by id, as shared with this account; unseen ids are left out.
    SharedImages(Vec<ImageId>),
    /// `Snapshots`: ec2:DescribeSnapshots of our own, tagged with the case.
    CaseSnapshots(CaseId),
    /// `Images`: ec2:DescribeImages of our own, tagged with the case.
    CaseImages(CaseId),
    /// `Locks`: ec2:DescribeLockedSnapshots by id.
    Locks(Vec<SnapshotId>),
    /// `Volumes`: ec2:DescribeVolumes tagged with the case.
    CaseVolumes(CaseId),
    /// `Instances`: ec2:DescribeInstances tagged with the case.
    CaseInstances(CaseId),
    /// `Groups`: ec2:DescribeSecurityGroups tagged with the case.
    CaseGroups(CaseId),
    /// `Interfaces`: ec2:DescribeNetworkInterfaces by `attachment.instance-id`.
    Interfaces(InstanceId),
    /// `Associations`: ec2:DescribeIamInstanceProfileAssociations by `instance-id`.
    ProfileAssociations(InstanceId),
    /// `Attribute`: ec2:DescribeInstanceAttribute.
    Attribute(InstanceId, Attribute),
    /// `Key`: kms:DescribeKey.
    Key(Arn),
    /// `Enclave`: ec2:DescribeSubnets, DescribeRouteTables, DescribeNetworkAcls,
    /// DescribeVpcEndpoints, DescribeVpcAttribute.
    Enclave(SubnetId),
    /// `Allowance`: servicequotas:GetServiceQuota, and a count of what there is.
    Quota(Quota),
    /// `Count`: how many blocks a snapshot has (ebs:ListSnapshotBlocks).
    BlockCount(SnapshotId),
    /// `Blocks`: a run of blocks from an index (ebs:ListSnapshotBlocks, GetSnapshotBlock).
    Blocks(SnapshotId, i32),
}

/// Which account a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The account under investigation.
    Source,
    /// The forensic account.
    Forensic,
}

impl Query {
    /// Which account it goes to.
    pub fn side(&self) -> Side {
        match self {
            Self::Source(_) => Side::Source,
            Self::Forensic(_) => Side::Forensic,
        }
    }

    /// The IAM actions that an answer needs.
    pub fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::Source(query) => query.actions(),
            Self::Forensic(query) => query.actions(),
        }
    }

    /// What is asked, for people: `the interfaces of i-…`.
    pub fn title(&self) -> String {
        match self {
            Self::Source(query) => query.title(),
            Self::Forensic(query) => query.title(),
        }
    }
}
