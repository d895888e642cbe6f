//! The account under investigation: which question and which change becomes which calls.

use crate::both::groups::NewGroup;
use crate::both::images::ImageCopy;
use crate::both::snapshots::SnapshotCopy;
use crate::both::{attributes, blocks, keys, profiles, quotas};
use crate::both::{groups as any_groups, images as any_images, snapshots as any_snapshots, tagging};
use crate::clients::Clients;
use crate::mode::Mode;
use casebook::effect::SourceEffect as E;
use casebook::fault::Fault;
use casebook::query::SourceQuery as Q;
use casebook::reading::{Made, Reading};

use addresses::Place;

mod addresses;
mod alarms;
mod balancers;
mod classic;
mod console;
mod groups;
mod images;
mod instances;
mod interfaces;
mod logs;
mod network;
mod profile;
mod protection;
mod roles;
mod scaling;
mod snapshots;
mod trail;
mod volumes;

/// The answer to a question.
pub(crate) async fn observe(c: &Clients, query: &Q) -> Result<Reading, Fault> {
    match query {
        Q::Identity => c.identity().await.map(Reading::Identity),
        Q::Instance(id) => instances::one(c, id).await,
        Q::Attribute(id, attribute) => attributes::read(c, id, *attribute).await,
        Q::InstanceType(name) => instances::kind(c, name).await,
        Q::Interfaces(id) => interfaces::of_instance(c, id).await,
        Q::Groups(ids) => groups::by_id(c, ids).await,
        Q::GroupReferences(ids) => groups::that_name(c, ids).await,
        Q::QuarantineGroups => groups::quarantine(c).await,
        Q::GroupMembers(ids) => interfaces::in_groups(c, ids).await,
        Q::SubnetMembers(id) => interfaces::in_subnet(c, id).await,
        Q::Acls(ids) => network::acls(c, ids).await,
        Q::Routes(ids) => network::routes(c, ids).await,
        Q::Endpoints(ids) => network::endpoints(c, ids).await,
        Q::Subnets(ids) => network::subnets(c, ids).await,
        Q::Vpcs(ids) => network::vpcs(c, ids).await,
        Q::Addresses(id) => addresses::of_instance(c, id).await,
        Q::AttachedVolumes(id) => volumes::attached(c, id).await,
        Q::Volumes(ids) => volumes::by_id(c, ids).await,
        Q::DetachedVolumes(id) => volumes::detached(c, id).await,
        Q::ProfileAssociations(id) => profiles::of_instance(c, id).await,
        Q::Profile(name) => profile::read(c, name).await,
        Q::RolePolicies(role) => roles::policies(c, role).await,
        Q::RolePolicy(role, name) => roles::policy(c, role, name).await,
        Q::RoleSharers(role) => roles::sharers(c, role).await,
        Q::Membership(id) => scaling::membership(c, id).await,
        Q::ScalingGroups => scaling::first_groups(c).await,
        Q::ScalingGroup(name) => scaling::group(c, name).await,
        Q::ClassicBalancers(id) => classic::that_hold(c, id).await,
        Q::TargetGroups => balancers::target_groups(c).await,
        Q::TargetHealth(arn) => balancers::health(c, arn).await,
        Q::TargetGroupSettings(arn) => balancers::settings(c, arn).await,
        Q::ScheduledEvents(id) => instances::events(c, id).await,
        Q::KillerAlarms(id) => alarms::that_kill(c, id).await,
        Q::SerialConsole => console::serial(c).await,
        Q::ConsoleOutput(id) => console::output(c, id).await,
        Q::ConsoleScreenshot(id) => console::screenshot(c, id).await,
        Q::FlowLogs(ids) => logs::flow(c, ids).await,
        Q::SsmRegistration(id) => logs::registration(c, id).await,
        Q::SessionEvents(id) => trail::session(c, id).await,
        Q::ChangesOf(resource) => trail::changes(c, resource).await,
        Q::CaseSnapshots(case) => any_snapshots::of_case(c, case).await,
        Q::PendingSnapshots(ids) => snapshots::pending(c, ids).await,
        Q::SnapshotSharing(id) => snapshots::sharing(c, id).await,
        Q::Locks(ids) => any_snapshots::locks(c, ids).await,
        Q::CaseImages(case) => any_images::of_case(c, case).await,
        Q::ImageSharing(id) => images::sharing(c, id).await,
        Q::Key(arn) => keys::read(c, arn).await,
        Q::Quota(quota) => quotas::read(c, *quota).await,
        Q::BlockCount(id) => blocks::count(c, id).await,
        Q::Blocks(id, from) => blocks::run(c, id, *from).await,
    }
}

/// Makes a change, or rehearses it.
pub(crate) async fn change(c: &Clients, effect: &E, mode: Mode) -> Result<Made, Fault> {
    match effect {
        E::Tag { resources, tags } => tagging::write(c, resources, tags, mode).await,
        E::SetTerminationProtection { instance, to } => protection::termination(c, instance, *to, mode).await,
        E::SetStopProtection { instance, to } => protection::stop(c, instance, *to, mode).await,
        E::SetShutdownBehavior { instance, to } => protection::shutdown(c, instance, *to, mode).await,
        E::SetDeleteOnTermination { instance, device, to } => protection::disk(c, instance, device, *to, mode).await,
        E::SetScaleInProtection { group, instance, to } => real(mode, scaling::protect(c, group, instance, *to)).await,
        E::CreateGroup { vpc, name, description, tags } => {
            any_groups::create(c, NewGroup { vpc, name, description, tags }, mode).await
        }
        E::RevokeRules { group, rules } => any_groups::revoke(c, group, rules, mode).await,
        E::AuthorizeRules { group, rules } => groups::authorize(c, group, rules, mode).await,
        E::DeleteGroup { group } => groups::delete(c, group, mode).await,
        E::SetInterfaceGroups { interface, groups } => interfaces::set_groups(c, interface, groups, mode).await,
        E::SetIdleTimeouts { interface, idle } => interfaces::set_idle(c, interface, *idle, mode).await,
        E::CreateAcl { vpc, token, tags } => network::create_acl(c, vpc, token, tags, mode).await,
        E::ReplaceAcl { association, acl } => network::replace_acl(c, association, acl, mode).await,
        E::DisassociateAddress { interface, allocation, private, .. } => {
            addresses::disassociate(c, Place { interface, allocation, private }, mode).await
        }
        E::AssociateAddress { interface, allocation, private } => {
            addresses::associate(c, Place { interface, allocation, private }, mode).await
        }
        E::DetachFromGroup { group, instance, capacity } => {
            real(mode, scaling::detach(c, group, instance, *capacity)).await
        }
        E::EnterStandby { group, instance, capacity } => real(mode, scaling::rest(c, group, instance, *capacity)).await,
        E::ExitStandby { group, instance } => real(mode, scaling::wake(c, group, instance)).await,
        E::AttachToGroup { group, instance } => real(mode, scaling::attach(c, group, instance)).await,
        E::SuspendProcesses { group, processes } => real(mode, scaling::suspend(c, group, processes)).await,
        E::ResumeProcesses { group, processes } => real(mode, scaling::resume(c, group, processes)).await,
        E::DeregisterClassic { balancer, instance } => real(mode, classic::deregister(c, balancer, instance)).await,
        E::RegisterClassic { balancer, instance } => real(mode, classic::register(c, balancer, instance)).await,
        E::DeregisterTargets { group, targets } => real(mode, balancers::deregister(c, group, targets)).await,
        E::RegisterTargets { group, targets } => real(mode, balancers::register(c, group, targets)).await,
        E::ReplaceProfile { association, profile } => real(mode, profile::replace(c, association, profile)).await,
        E::DisassociateProfile { association } => real(mode, profile::disassociate(c, association)).await,
        E::AssociateProfile { instance, profile } => real(mode, profile::associate(c, instance, profile)).await,
        E::PutRolePolicy { role, name, document } => real(mode, roles::put(c, role, name, document)).await,
        E::DeleteRolePolicy { role, name } => real(mode, roles::delete(c, role, name)).await,
        E::CreateSnapshots { instance, description, tags } => {
            snapshots::all(c, instance, description, tags, mode).await
        }
        E::CreateSnapshot { volume, description, tags } => snapshots::one(c, volume, description, tags, mode).await,
        E::LockSnapshot { snapshot, days } => any_snapshots::lock_for(c, snapshot, *days, mode).await,
        E::CreateImage { instance, name, tags } => images::create(c, instance, name, tags, mode).await,
        E::Reencrypt { snapshot, key, description, tags } => {
            any_snapshots::copy(c, SnapshotCopy { of: snapshot, key, description, tags }, mode).await
        }
        E::ReencryptImage { image, key, name, token, tags } => {
            any_images::copy(c, ImageCopy { of: image, key, name, token, tags }, mode).await
        }
        E::ShareSnapshot { snapshot, with } => snapshots::share(c, snapshot, with, mode).await,
        E::UnshareSnapshot { snapshot, from } => snapshots::unshare(c, snapshot, from, mode).await,
        E::ShareImage { image, with } => images::share(c, image, with, mode).await,
        E::UnshareImage { image, from } => images::unshare(c, image, from, mode).await,
        E::Terminate { instance, proof: _ } => protection::terminate(c, instance, mode).await,
    }
}

/// A call without `DryRun`: a rehearsal does not reach it.
async fn real(mode: Mode, call: impl Future<Output = Result<Made, Fault>>) -> Result<Made, Fault> {
    mode.only_for_real()?;
    call.await
}
