//! Snapshots of the account under investigation: making, watching, sharing.

use crate::both::FILTER_VALUES;
use crate::clients::Clients;
use crate::convert::storage::{snapshot, snapshot_sharing};
use crate::convert::{filter, tagged};
use crate::fault::{fault, need};
use crate::mode::Mode;
use crate::page::every_page;
use aws_sdk_ec2::types::{
    CreateVolumePermission as Permission, CreateVolumePermissionModifications as Change, InstanceSpecification,
    PermissionGroup, ResourceType, SnapshotAttributeName,
};
use casebook::fault::Fault;
use casebook::id::{AccountId, InstanceId, SnapshotId, VolumeId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;

/// `Snapshots` of our own that are being written, by volume.
pub(super) async fn pending(c: &Clients, volumes: &[VolumeId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in volumes.chunks(FILTER_VALUES) {
        let call = c.ec2.describe_snapshots().owner_ids("self").filters(filter("status", ["pending"]));
        found.extend(every_page!(call.filters(filter("volume-id", some)), snapshots));
    }
    crate::convert::all(found, snapshot).map(Reading::Snapshots)
}

/// `Sharing`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html>).
pub(super) async fn sharing(c: &Clients, id: &SnapshotId) -> Result<Reading, Fault> {
    let call = c.ec2.describe_snapshot_attribute().snapshot_id(id.as_str());
    let call = call.attribute(SnapshotAttributeName::CreateVolumePermission);
    let answer = call.send().await.map_err(fault)?;
    Ok(Reading::Sharing(snapshot_sharing(answer.create_volume_permissions.unwrap_or_default())))
}

/// ec2:CreateSnapshots: every volume at one point in time
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
pub(super) async fn all(c: &Clients, id: &InstanceId, text: &str, tags: &Tags, mode: Mode) -> Result<Made, Fault> {
    let which = InstanceSpecification::builder().instance_id(id.as_str()).exclude_boot_volume(false).build();
    let call = c.ec2.create_snapshots().instance_specification(which).description(text);
    let call = call.set_tag_specifications(tagged(ResourceType::Snapshot, tags).map(|tags| vec![tags]));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    let made = answer.snapshots.unwrap_or_default().into_iter();
    let ids = made.map(|snapshot| need(snapshot.snapshot_id, "CreateSnapshots.Snapshot.SnapshotId"));
    Ok(Made { ids: ids.collect::<Result<_, _>>()? })
}

/// ec2:CreateSnapshot of one volume.
pub(super) async fn one(c: &Clients, id: &VolumeId, text: &str, tags: &Tags, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.create_snapshot().volume_id(id.as_str()).description(text);
    let call = call.set_tag_specifications(tagged(ResourceType::Snapshot, tags).map(|tags| vec![tags]));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.snapshot_id, "CreateSnapshot.SnapshotId")?))
}

/// ec2:ModifySnapshotAttribute: one account more. There is no way to add everybody.
pub(super) async fn share(c: &Clients, id: &SnapshotId, with: &AccountId, mode: Mode) -> Result<Made, Fault> {
    modify(c, id, Change::builder().add(user(with)).build(), mode).await
}

/// ec2:ModifySnapshotAttribute: these accounts less, and everybody.
pub(super) async fn unshare(c: &Clients, id: &SnapshotId, from: &[AccountId], mode: Mode) -> Result<Made, Fault> {
    let everybody = Permission::builder().group(PermissionGroup::All).build();
    let remove = from.iter().map(user).chain([everybody]).collect();
    modify(c, id, Change::builder().set_remove(Some(remove)).build(), mode).await
}

fn user(account: &AccountId) -> Permission {
    Permission::builder().user_id(account.as_str()).build()
}

async fn modify(c: &Clients, id: &SnapshotId, change: Change, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.modify_snapshot_attribute().snapshot_id(id.as_str());
    let call = call.attribute(SnapshotAttributeName::CreateVolumePermission).create_volume_permission(change);
    call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}
