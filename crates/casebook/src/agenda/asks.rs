//! Typed questions: each method asks one query and gives its reading, or nothing while it is being
//! asked.

use super::Agenda;
use crate::id::{
    Arn, CaseId, GroupId, ImageId, InstanceId, RoleName, ScalingGroupName, SnapshotId, SubnetId, VolumeId, VpcId,
};
use crate::query::{ForensicQuery as F, SourceQuery as S};
use crate::reading::{Reading, TargetGroupSettings};
use crate::scene::balancer::{ClassicBalancer, TargetGroup, TargetHealth};
use crate::scene::enclave::Enclave;
use crate::scene::identity::{Profile, ProfileAssociation, RoleSharers};
use crate::scene::instance::{Attribute, AttributeValue, Instance, InstanceType, ScheduledEvent};
use crate::scene::network::{Interface, Neighbour, NetworkAcl, RouteTable, SecurityGroup};
use crate::scene::scaling::{Membership, ScalingGroup};
use crate::scene::storage::{Detached, Image, Key, Lock, Sharing, Snapshot, Volume};

macro_rules! asks {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $variant:ident($out:ty) = $query:expr;)+) => {
        impl<'a> Agenda<'a> {$(
            #[doc = concat!("Reads `", stringify!($variant), "`.")]
            pub fn $name(&mut self $(, $arg: &$ty)*) -> Option<&'a $out> {
                match self.read($query)? {
                    Reading::$variant(reading) => Some(std::borrow::Borrow::borrow(reading)),
                    _ => self.mismatch(stringify!($name)),
                }
            }
        )+}
    };
}

asks! {
    instance(id: InstanceId) -> Instance(Instance) = S::Instance(id.clone());
    attribute(id: InstanceId, attribute: Attribute) -> Attribute(AttributeValue) = S::Attribute(id.clone(), *attribute);
    instance_type(name: str) -> InstanceType(InstanceType) = S::InstanceType(name.to_owned());
    interfaces(id: InstanceId) -> Interfaces(Vec<Interface>) = S::Interfaces(id.clone());
    groups(ids: [GroupId]) -> Groups(Vec<SecurityGroup>) = S::Groups(ids.to_vec());
    quarantine_groups() -> Groups(Vec<SecurityGroup>) = S::QuarantineGroups;
    subnet_members(id: SubnetId) -> Neighbours(Vec<Neighbour>) = S::SubnetMembers(id.clone());
    acls(vpcs: [VpcId]) -> Acls(Vec<NetworkAcl>) = S::Acls(vpcs.to_vec());
    routes(vpcs: [VpcId]) -> Routes(Vec<RouteTable>) = S::Routes(vpcs.to_vec());
    attached_volumes(id: InstanceId) -> Volumes(Vec<Volume>) = S::AttachedVolumes(id.clone());
    volumes(ids: [VolumeId]) -> Volumes(Vec<Volume>) = S::Volumes(ids.to_vec());
    detached_volumes(id: InstanceId) -> Detached(Detached) = S::DetachedVolumes(id.clone());
    associations(id: InstanceId) -> Associations(Vec<ProfileAssociation>) = S::ProfileAssociations(id.clone());
    profile(name: str) -> Profile(Profile) = S::Profile(name.to_owned());
    role_policy(role: RoleName, name: str) -> Policy(Option<String>) = S::RolePolicy(role.clone(), name.to_owned());
    role_sharers(role: RoleName) -> RoleSharers(RoleSharers) = S::RoleSharers(role.clone());
    membership(id: InstanceId) -> Membership(Option<Membership>) = S::Membership(id.clone());
    scaling_group(name: ScalingGroupName) -> ScalingGroup(ScalingGroup) = S::ScalingGroup(name.clone());
    classic_balancers(id: InstanceId) -> Classic(Vec<ClassicBalancer>) = S::ClassicBalancers(id.clone());
    target_groups() -> TargetGroups(Vec<TargetGroup>) = S::TargetGroups;
    target_health(group: Arn) -> TargetHealth(Vec<TargetHealth>) = S::TargetHealth(group.clone());
    target_group_settings(group: Arn) -> TargetGroupSettings(TargetGroupSettings) = S::TargetGroupSettings(group.clone());
    scheduled_events(id: InstanceId) -> Events(Vec<ScheduledEvent>) = S::ScheduledEvents(id.clone());
    killer_alarms(id: InstanceId) -> Alarms(Vec<String>) = S::KillerAlarms(id.clone());
    case_snapshots(case: CaseId) -> Snapshots(Vec<Snapshot>) = S::CaseSnapshots(case.clone());
    snapshot_sharing(id: SnapshotId) -> Sharing(Sharing) = S::SnapshotSharing(id.clone());
    locks(ids: [SnapshotId]) -> Locks(Vec<Lock>) = S::Locks(ids.to_vec());
    case_images(case: CaseId) -> Images(Vec<Image>) = S::CaseImages(case.clone());
    image_sharing(id: ImageId) -> Sharing(Sharing) = S::ImageSharing(id.clone());
    key(arn: Arn) -> Key(Key) = S::Key(arn.clone());
    block_count(id: SnapshotId) -> Count(u64) = S::BlockCount(id.clone());
    forensic_shared_snapshots(ids: [SnapshotId]) -> Snapshots(Vec<Snapshot>) = F::SharedSnapshots(ids.to_vec());
    forensic_shared_images(ids: [ImageId]) -> Images(Vec<Image>) = F::SharedImages(ids.to_vec());
    forensic_snapshots(case: CaseId) -> Snapshots(Vec<Snapshot>) = F::CaseSnapshots(case.clone());
    forensic_images(case: CaseId) -> Images(Vec<Image>) = F::CaseImages(case.clone());
    forensic_locks(ids: [SnapshotId]) -> Locks(Vec<Lock>) = F::Locks(ids.to_vec());
    forensic_volumes(case: CaseId) -> Volumes(Vec<Volume>) = F::CaseVolumes(case.clone());
    forensic_instances(case: CaseId) -> Instances(Vec<Instance>) = F::CaseInstances(case.clone());
    forensic_groups(case: CaseId) -> Groups(Vec<SecurityGroup>) = F::CaseGroups(case.clone());
    forensic_interfaces(id: InstanceId) -> Interfaces(Vec<Interface>) = F::Interfaces(id.clone());
    forensic_associations(id: InstanceId) -> Associations(Vec<ProfileAssociation>) = F::ProfileAssociations(id.clone());
    forensic_attribute(id: InstanceId, attribute: Attribute) -> Attribute(AttributeValue) = F::Attribute(id.clone(), *attribute);
    forensic_key(arn: Arn) -> Key(Key) = F::Key(arn.clone());
    enclave(subnet: SubnetId) -> Enclave(Enclave) = F::Enclave(subnet.clone());
}

impl Agenda<'_> {
    /// A reading of another kind than the question's can only come from a faulty adapter.
    pub(crate) fn mismatch<T>(&mut self, question: &str) -> Option<T> {
        self.hold(format!("the answer to `{question}` is of another kind: a bug in the adapter, please report it"));
        None
    }
}
