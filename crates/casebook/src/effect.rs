//! What can be changed, as values: each effect is one AWS call. There is no effect that shares with
//! everybody, edits a rule of a group that is not ours, edits a key policy or deletes evidence:
//! what is not here can not be done.

use crate::id::{
    AccountId, AclAssociationId, AclId, AllocationId, Arn, CaseId, GroupId, ImageId, InstanceId, InterfaceId,
    ProfileAssociationId, RoleName, ScalingGroupName, SnapshotId, SubnetId, VolumeId, VpcId,
};
use crate::query::Side;
use crate::scene::balancer::Registration;
use crate::scene::instance::{ShutdownBehavior, Tags};
use crate::scene::network::{IdleTimeouts, Rule};
use serde::{Deserialize, Serialize};

mod facts;
mod subject;
mod touches;

pub use facts::{Rehearsal, Repeat};

/// A change in one of the two accounts. The halves have different types, so that an effect can
/// not reach the wrong account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// In the account under investigation.
    Source(SourceEffect),
    /// In the forensic account.
    Forensic(ForensicEffect),
}

impl From<SourceEffect> for Effect {
    fn from(effect: SourceEffect) -> Self {
        Self::Source(effect)
    }
}

impl From<ForensicEffect> for Effect {
    fn from(effect: ForensicEffect) -> Self {
        Self::Forensic(effect)
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// Set it.
    On,
    /// Clear it.
    Off,
}

impl Switch {
    /// As a flag for the wire.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl From<bool> for Switch {
    fn from(flag: bool) -> Self {
        if flag { Self::On } else { Self::Off }
    }
}

/// What becomes of the group's desired capacity when a member leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// It stays: the group starts a replacement.
    Keep,
    /// It falls by one.
    Decrement,
}

/// A change in the account under investigation. The comment names the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the fields are named after what they hold
pub enum SourceEffect {
    /// ec2:CreateTags.
    Tag { resources: Vec<String>, tags: Tags },
    /// ec2:ModifyInstanceAttribute `DisableApiTermination`.
    SetTerminationProtection { instance: InstanceId, to: Switch },
    /// ec2:ModifyInstanceAttribute `DisableApiStop`.
    SetStopProtection { instance: InstanceId, to: Switch },
    /// ec2:ModifyInstanceAttribute `InstanceInitiatedShutdownBehavior`.
    SetShutdownBehavior { instance: InstanceId, to: ShutdownBehavior },
    /// ec2:ModifyInstanceAttribute `BlockDeviceMappings`, one device, the value always given.
    SetDeleteOnTermination { instance: InstanceId, device: String, to: Switch },
    /// autoscaling:SetInstanceProtection.
    SetScaleInProtection { group: ScalingGroupName, instance: InstanceId, to: Switch },
    /// ec2:CreateSecurityGroup; no client token: adopted by its tags.
    CreateGroup { vpc: VpcId, name: String, description: String, tags: Tags },
    /// ec2:RevokeSecurityGroupEgress or -Ingress (rules of one direction a call),
    /// only on a group that this program made.
    RevokeRules { group: GroupId, rules: Vec<Rule> },
    /// ec2:AuthorizeSecurityGroupEgress or -Ingress, only on a window group that this program
    /// made: everything, both families.
    AuthorizeRules { group: GroupId, rules: Vec<Rule> },
    /// ec2:DeleteSecurityGroup, only of a window group that this program made.
    DeleteGroup { group: GroupId },
    /// ec2:ModifyNetworkInterfaceAttribute `Groups`.
    SetInterfaceGroups { interface: InterfaceId, groups: Vec<GroupId> },
    /// ec2:ModifyNetworkInterfaceAttribute `ConnectionTrackingSpecification`.
    SetIdleTimeouts { interface: InterfaceId, idle: IdleTimeouts },
    /// ec2:CreateNetworkAcl: a new ACL denies everything.
    CreateAcl { vpc: VpcId, token: String, tags: Tags },
    /// ec2:ReplaceNetworkAclAssociation.
    ReplaceAcl { association: AclAssociationId, acl: AclId },
    /// ec2:DisassociateAddress; the address stays allocated.
    DisassociateAddress { interface: InterfaceId, allocation: AllocationId, public: String, private: String },
    /// ec2:AssociateAddress to the same private address as before.
    AssociateAddress { interface: InterfaceId, allocation: AllocationId, private: String },
    /// autoscaling:DetachInstances.
    DetachFromGroup { group: ScalingGroupName, instance: InstanceId, capacity: Capacity },
    /// autoscaling:EnterStandby.
    EnterStandby { group: ScalingGroupName, instance: InstanceId, capacity: Capacity },
    /// autoscaling:ExitStandby.
    ExitStandby { group: ScalingGroupName, instance: InstanceId },
    /// autoscaling:AttachInstances: the desired capacity rises by one.
    AttachToGroup { group: ScalingGroupName, instance: InstanceId },
    /// autoscaling:SuspendProcesses, the whole group's.
    SuspendProcesses { group: ScalingGroupName, processes: Vec<String> },
    /// autoscaling:ResumeProcesses, those that we suspended.
    ResumeProcesses { group: ScalingGroupName, processes: Vec<String> },
    /// elasticloadbalancing:DeregisterInstancesFromLoadBalancer.
    DeregisterClassic { balancer: String, instance: InstanceId },
    /// elasticloadbalancing:RegisterInstancesWithLoadBalancer.
    RegisterClassic { balancer: String, instance: InstanceId },
    /// elasticloadbalancing:DeregisterTargets.
    DeregisterTargets { group: Arn, targets: Vec<Registration> },
    /// elasticloadbalancing:RegisterTargets.
    RegisterTargets { group: Arn, targets: Vec<Registration> },
    /// ec2:ReplaceIamInstanceProfileAssociation.
    ReplaceProfile { association: ProfileAssociationId, profile: Arn },
    /// ec2:DisassociateIamInstanceProfile.
    DisassociateProfile { association: ProfileAssociationId },
    /// ec2:AssociateIamInstanceProfile.
    AssociateProfile { instance: InstanceId, profile: Arn },
    /// iam:PutRolePolicy: an inline policy of this case.
    PutRolePolicy { role: RoleName, name: String, document: String },
    /// iam:DeleteRolePolicy, of this case's policy.
    DeleteRolePolicy { role: RoleName, name: String },
    /// ec2:CreateSnapshots of every EBS volume of an instance; no client token: adopted by tag.
    CreateSnapshots { instance: InstanceId, description: String, tags: Tags },
    /// ec2:CreateSnapshot of a volume that is not attached (any more); adopted by tag.
    CreateSnapshot { volume: VolumeId, description: String, tags: Tags },
    /// ec2:LockSnapshot in governance mode.
    LockSnapshot { snapshot: SnapshotId, days: u16 },
    /// ec2:CreateImage, always `NoReboot`; adopted by tag.
    CreateImage { instance: InstanceId, name: String, tags: Tags },
    /// ec2:CopySnapshot within the source account, under the share key; adopted by tag.
    Reencrypt { snapshot: SnapshotId, key: Arn, description: String, tags: Tags },
    /// ec2:CopyImage within the source account, under the share key.
    ReencryptImage { image: ImageId, key: Arn, name: String, token: String, tags: Tags },
    /// ec2:ModifySnapshotAttribute: add one account.
    ShareSnapshot { snapshot: SnapshotId, with: AccountId },
    /// ec2:ModifySnapshotAttribute: remove accounts, and everybody if it was public.
    UnshareSnapshot { snapshot: SnapshotId, from: Vec<AccountId> },
    /// ec2:ModifyImageAttribute: add one account.
    ShareImage { image: ImageId, with: AccountId },
    /// ec2:ModifyImageAttribute: remove accounts, and everybody if it was public.
    UnshareImage { image: ImageId, from: Vec<AccountId> },
    /// ec2:TerminateInstances of one instance, always `SkipOsShutdown`.
    Terminate { instance: InstanceId, proof: EvidenceProof },
}

/// The proof without which no termination can be expressed: only
/// [`crate::evidence::Custody::prove`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EvidenceProof {
    pub(crate) case: CaseId,
    pub(crate) digest: String,
}

impl EvidenceProof {
    /// The digest of the evidence that was shown to the person who approved.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl SourceEffect {
    /// A termination of an instance that does not exist: to ask EC2 for the permission. That of a real
    /// one can not be expressed without the evidence.
    pub fn terminate_nothing() -> Self {
        let proof = EvidenceProof { case: CaseId::new("nothing"), digest: String::new() };
        Self::Terminate { instance: InstanceId::new("i-00000000000000000"), proof }
    }
}

/// A change in the forensic account. The comment names the call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the fields are named after what they hold
pub enum ForensicEffect {
    /// ec2:CopySnapshot of a shared snapshot, under the forensic key; adopted by tag.
    CopySnapshot { snapshot: SnapshotId, key: Arn, description: String, tags: Tags },
    /// ec2:CopyImage of a shared image, under the forensic key.
    CopyImage { image: ImageId, key: Arn, name: String, token: String, tags: Tags },
    /// ec2:LockSnapshot in governance mode.
    LockSnapshot { snapshot: SnapshotId, days: u16 },
    /// ec2:CreateVolume from a copy, in the sealed subnet's zone.
    CreateVolume { snapshot: SnapshotId, zone: String, key: Arn, token: String, tags: Tags },
    /// ec2:CreateSecurityGroup in the sealed subnet's VPC; adopted by tag.
    CreateGroup { vpc: VpcId, name: String, description: String, tags: Tags },
    /// ec2:RevokeSecurityGroupEgress or -Ingress, on the group made above.
    RevokeRules { group: GroupId, rules: Vec<Rule> },
    /// ec2:RunInstances of our own copy of the image: no public address, no profile, metadata
    /// service off, one group, no user data, shutdown stops.
    Launch(Launch),
}

/// How the image is started in the sealed subnet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Launch {
    /// Our own copy.
    pub image: ImageId,
    /// The original's type.
    pub instance_type: String,
    /// The sealed subnet.
    pub subnet: SubnetId,
    /// The group without rules.
    pub group: GroupId,
    /// Makes a repeated call find the first one's instance.
    pub token: String,
    /// Written in the call.
    pub tags: Tags,
}

impl Effect {
    /// Which account it goes to.
    pub fn side(&self) -> Side {
        match self {
            Self::Source(_) => Side::Source,
            Self::Forensic(_) => Side::Forensic,
        }
    }
}
