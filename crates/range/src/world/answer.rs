//! Questions and their answers: one line each; the knowledge is in the files beside this one.

use super::World;
use super::errors::missing;
use super::groups::names;
use super::interfaces::Card;
use super::storage::{SnapshotRecord, is_attached};
use casebook::fault::Fault;
use casebook::id::{AccountId, CaseId, GroupId, InstanceId, SnapshotId, VolumeId, VpcId};
use casebook::query::{ForensicQuery as F, Query, SourceQuery as S};
use casebook::reading::{Identity, Reading};
use casebook::scene::balancer::{ClassicBalancer, TargetGroup};
use casebook::scene::instance::{Instance, InstanceType, ScheduledEvent, Tags};
use casebook::scene::network::{Endpoint, Interface, NetworkAcl, RouteTable, SecurityGroup, Vpc};
use casebook::scene::storage::{Detached, Image, Sharing, Snapshot, SnapshotState};

/// The tag that says to which case something belongs.
const CASE_TAG: &str = "impound:case";
/// The tag of quarantine groups.
const QUARANTINE_TAG: &str = "impound:quarantine";

fn of_case(tags: &Tags, case: &CaseId) -> bool {
    tags.get(CASE_TAG).is_some_and(|value| value == case.as_str())
}

impl World {
    /// What AWS would answer now.
    pub fn answer(&self, query: &Query) -> Result<Reading, Fault> {
        let world = self.as_read_by(query);
        match query {
            Query::Source(query) => world.answer_source(query),
            Query::Forensic(query) => world.answer_forensic(query),
        }
    }

    fn answer_source(&self, query: &S) -> Result<Reading, Fault> {
        let me = &self.place.source;
        Ok(match query {
            S::Identity => Reading::Identity(self.identity_of(me, "Responder")),
            S::Instance(id) => Reading::Instance(Box::new(self.show(self.machine(me, id)?))),
            S::Attribute(id, attribute) => Reading::Attribute(self.attribute(me, id, *attribute)?),
            S::InstanceType(name) => Reading::InstanceType(self.instance_type(name)?),
            S::Interfaces(id) => Reading::Interfaces(self.interfaces(id)),
            S::Groups(ids) => Reading::Groups(self.groups_where(me, |group| ids.contains(&group.id))),
            S::GroupReferences(ids) => Reading::Groups(self.groups_naming(me, ids)),
            S::QuarantineGroups => Reading::Groups(self.groups_where(me, |g| g.tags.contains_key(QUARANTINE_TAG))),
            S::GroupMembers(ids) => Reading::Neighbours(self.neighbours(|card| in_any(card, ids))),
            S::SubnetMembers(id) => Reading::Neighbours(self.neighbours(|card| card.subnet == *id)),
            S::Acls(vpcs) => Reading::Acls(self.acls_in(vpcs)),
            S::Routes(vpcs) => Reading::Routes(self.tables(|table| vpcs.contains(&table.vpc))),
            S::Endpoints(vpcs) => Reading::Endpoints(self.endpoints(vpcs)),
            S::Subnets(ids) => {
                Reading::Subnets(ids.iter().filter_map(|id| self.network.subnets.get(id).cloned()).collect())
            }
            S::Vpcs(ids) => Reading::Vpcs(self.vpcs(ids)),
            S::Addresses(id) => Reading::Document(self.addresses(id)),
            S::AttachedVolumes(id) => Reading::Volumes(self.volumes_where(me, |volume| is_attached(volume, id))),
            S::Volumes(ids) => Reading::Volumes(self.volumes_where(me, |volume| ids.contains(&volume.id))),
            S::DetachedVolumes(id) => Reading::Detached(self.detached_volumes(me, id)),
            S::ProfileAssociations(id) => Reading::Associations(self.associations_of(me, id)),
            S::Profile(name) => Reading::Profile(self.profile(name)?),
            S::RolePolicies(role) => Reading::RolePolicies(self.role_policies(role)?),
            S::RolePolicy(role, name) => Reading::Policy(self.role_policy(role, name)?),
            S::RoleSharers(role) => Reading::RoleSharers(self.role_sharers(role)?),
            S::Membership(id) => Reading::Membership(self.membership(id)),
            S::ScalingGroups => Reading::ScalingGroups(self.first_scaling_groups()),
            S::ScalingGroup(name) => Reading::ScalingGroup(Box::new(self.scaling_group(name)?)),
            S::ClassicBalancers(id) => Reading::Classic(self.classic_with(id)),
            S::TargetGroups => Reading::TargetGroups(self.target_groups()),
            S::TargetHealth(arn) => Reading::TargetHealth(self.target_health(arn)?),
            S::TargetGroupSettings(arn) => Reading::TargetGroupSettings(self.target_group_settings(arn)?),
            S::ScheduledEvents(id) => Reading::Events(self.scheduled_events(id)),
            S::KillerAlarms(id) => Reading::Alarms(self.alarms_on(id)),
            S::SerialConsole => Reading::Flag(self.compute.serial_console),
            S::ConsoleOutput(id) => Reading::Document(self.console_output(id)),
            S::ConsoleScreenshot(id) => Reading::Document(Self::screenshot(id)),
            S::FlowLogs(ids) => Reading::Document(self.flow_logs(ids)),
            S::SsmRegistration(_) => Reading::Document(Self::ssm_registration()),
            S::SessionEvents(id) => Reading::Document(self.session_events(id)),
            S::ChangesOf(resource) => Reading::Changes(self.changes_of(resource)),
            S::CaseSnapshots(case) => Reading::Snapshots(self.case_snapshots(me, case)),
            S::PendingSnapshots(ids) => Reading::Snapshots(self.pending_snapshots(me, ids)),
            S::SnapshotSharing(id) => Reading::Sharing(self.own_snapshot(me, id)?.sharing.clone()),
            S::Locks(ids) => Reading::Locks(self.locks(me, ids)),
            S::CaseImages(case) => Reading::Images(self.case_images(me, case)),
            S::ImageSharing(id) => Reading::Sharing(self.own_image(me, id)?.sharing.clone()),
            S::Key(arn) => Reading::Key(self.key(me, arn)?),
            S::Quota(quota) => Reading::Allowance(self.allowance(me, *quota)),
            S::BlockCount(id) => Reading::Count(self.block_count(me, id)?),
            S::Blocks(id, from) => Reading::Blocks(self.blocks(me, id, *from)?),
        })
    }

    fn answer_forensic(&self, query: &F) -> Result<Reading, Fault> {
        let me = &self.place.forensic;
        Ok(match query {
            F::Identity => Reading::Identity(self.identity_of(me, "Forensic")),
            F::SharedSnapshots(ids) => Reading::Snapshots(self.seen_snapshots(me, ids)),
            F::SharedImages(ids) => Reading::Images(self.images_where(me, |image| {
                ids.contains(&image.shown.id) && (image.shown.owner == *me || admits(&image.sharing, me))
            })),
            F::CaseSnapshots(case) => Reading::Snapshots(self.case_snapshots(me, case)),
            F::CaseImages(case) => Reading::Images(self.case_images(me, case)),
            F::Locks(ids) => Reading::Locks(self.locks(me, ids)),
            F::CaseVolumes(case) => Reading::Volumes(self.volumes_where(me, |volume| of_case(&volume.tags, case))),
            F::CaseInstances(case) => Reading::Instances(self.case_instances(me, case)),
            F::CaseGroups(case) => Reading::Groups(self.groups_where(me, |group| of_case(&group.tags, case))),
            F::Interfaces(id) => Reading::Interfaces(self.interfaces(id)),
            F::ProfileAssociations(id) => Reading::Associations(self.associations_of(me, id)),
            F::Attribute(id, attribute) => Reading::Attribute(self.attribute(me, id, *attribute)?),
            F::Key(arn) => Reading::Key(self.key(me, arn)?),
            F::Enclave(subnet) => Reading::Enclave(Box::new(self.enclave(me, subnet)?)),
            F::Quota(quota) => Reading::Allowance(self.allowance(me, *quota)),
            F::BlockCount(id) => Reading::Count(self.block_count(me, id)?),
            F::Blocks(id, from) => Reading::Blocks(self.blocks(me, id, *from)?),
        })
    }

    fn identity_of(&self, account: &AccountId, role: &str) -> Identity {
        let partition = &self.place.partition;
        let arn = format!("arn:{partition}:sts::{account}:assumed-role/{role}/impound");
        Identity { account: account.clone(), arn: arn.into() }
    }

    fn instance_type(&self, name: &str) -> Result<InstanceType, Fault> {
        self.compute.types.get(name).cloned().ok_or_else(|| missing("InvalidInstanceType", name))
    }

    /// A branch is its trunk's, and the trunk's instance's.
    fn interfaces(&self, id: &InstanceId) -> Vec<Interface> {
        let of_target = |card: &Card| Interface { instance: Some(id.clone()), ..card.shown.clone() };
        self.cards_of(id).into_iter().map(of_target).collect()
    }

    fn groups_naming(&self, owner: &AccountId, ids: &[GroupId]) -> Vec<SecurityGroup> {
        self.groups_where(owner, |group| ids.iter().any(|id| names(group, id)))
    }

    fn acls_in(&self, vpcs: &[VpcId]) -> Vec<NetworkAcl> {
        let acls = self.network.acls.values().map(|acl| &acl.shown);
        acls.filter(|acl| vpcs.contains(&acl.vpc)).cloned().collect()
    }

    fn vpcs(&self, ids: &[VpcId]) -> Vec<Vpc> {
        ids.iter().filter_map(|id| self.network.vpcs.get(id)).map(|vpc| vpc.shown.clone()).collect()
    }

    fn endpoints(&self, vpcs: &[VpcId]) -> Vec<Endpoint> {
        let vpcs = vpcs.iter().filter_map(|id| self.network.vpcs.get(id));
        vpcs.flat_map(|vpc| vpc.endpoints.clone()).collect()
    }

    fn tables(&self, wanted: impl Fn(&RouteTable) -> bool) -> Vec<RouteTable> {
        self.network.routes.iter().filter(|table| wanted(table)).cloned().collect()
    }

    /// The range's CloudTrail is short enough to be read whole.
    fn detached_volumes(&self, owner: &AccountId, id: &InstanceId) -> Detached {
        let detached: Vec<VolumeId> = self.records.detached_from(id).collect();
        Detached { volumes: self.volumes_where(owner, |volume| detached.contains(&volume.id)), whole: true }
    }

    fn classic_with(&self, id: &InstanceId) -> Vec<ClassicBalancer> {
        let classic = self.balancers.classic.values().map(|balancer| &balancer.shown);
        classic.filter(|balancer| balancer.instances.contains(id)).cloned().collect()
    }

    fn target_groups(&self) -> Vec<TargetGroup> {
        self.balancers.target_groups.values().map(|group| group.shown.clone()).collect()
    }

    fn scheduled_events(&self, id: &InstanceId) -> Vec<ScheduledEvent> {
        let events = self.records.scheduled.iter().filter(|(instance, _)| instance == id);
        events.map(|(_, event)| event.clone()).collect()
    }

    fn alarms_on(&self, id: &InstanceId) -> Vec<String> {
        let alarms = self.records.alarms.iter().filter(|(instance, _)| instance == id);
        alarms.map(|(_, name)| name.clone()).collect()
    }

    fn case_snapshots(&self, owner: &AccountId, case: &CaseId) -> Vec<Snapshot> {
        self.snapshots_where(owner, |s| s.shown.owner == *owner && of_case(&s.shown.tags, case))
    }

    fn pending_snapshots(&self, owner: &AccountId, volumes: &[VolumeId]) -> Vec<Snapshot> {
        let pending = |s: &SnapshotRecord| s.state(self.now) == SnapshotState::Pending;
        self.snapshots_where(owner, |s| s.shown.owner == *owner && volumes.contains(&s.shown.volume) && pending(s))
    }

    fn seen_snapshots(&self, viewer: &AccountId, ids: &[SnapshotId]) -> Vec<Snapshot> {
        let seen = |s: &SnapshotRecord| s.shown.owner == *viewer || admits(&s.sharing, viewer);
        self.snapshots_where(viewer, |s| ids.contains(&s.shown.id) && seen(s))
    }

    fn case_images(&self, owner: &AccountId, case: &CaseId) -> Vec<Image> {
        self.images_where(owner, |image| image.shown.owner == *owner && of_case(&image.shown.tags, case))
    }

    fn case_instances(&self, owner: &AccountId, case: &CaseId) -> Vec<Instance> {
        let own = self.compute.instances.values().filter(|machine| machine.owner == *owner);
        own.filter(|machine| of_case(&machine.shown.tags, case)).map(|machine| self.show(machine)).collect()
    }
}

fn in_any(card: &Interface, groups: &[GroupId]) -> bool {
    card.groups.iter().any(|group| groups.contains(group))
}

fn admits(sharing: &Sharing, account: &AccountId) -> bool {
    sharing.public || sharing.accounts.contains(account)
}
