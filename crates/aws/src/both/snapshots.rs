//! Snapshots: those of a case, locks, copies under a key.

use super::FILTER_VALUES;
use crate::clients::Clients;
use crate::convert::storage::{lock, snapshot};
use crate::convert::{all, tagged, texts};
use crate::fault::{fault, need};
use crate::mode::Mode;
use crate::page::every_page;
use crate::presign::copy_url;
use aws_sdk_ec2::types::{LockMode, ResourceType};
use casebook::fault::Fault;
use casebook::id::{Arn, CaseId, SnapshotId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;

/// `Snapshots`: our own, tagged with the case
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>).
pub(crate) async fn of_case(clients: &Clients, case: &CaseId) -> Result<Reading, Fault> {
    let call = clients.ec2.describe_snapshots().owner_ids("self").filters(super::of_case(case));
    all(every_page!(call, snapshots), snapshot).map(Reading::Snapshots)
}

/// `Locks`: of these snapshots; one that was never locked has none
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html>).
pub(crate) async fn locks(clients: &Clients, ids: &[SnapshotId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        let call = clients.ec2.describe_locked_snapshots().set_snapshot_ids(Some(texts(some)));
        found.extend(every_page!(call, snapshots));
    }
    all(found, lock).map(Reading::Locks)
}

/// ec2:LockSnapshot in governance mode: who has the permission can unlock, nobody can just delete
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html>).
pub(crate) async fn lock_for(clients: &Clients, id: &SnapshotId, days: u16, mode: Mode) -> Result<Made, Fault> {
    let call = clients.ec2.lock_snapshot().snapshot_id(id.as_str()).lock_mode(LockMode::Governance);
    let call = call.lock_duration(i32::from(days)).set_dry_run(mode.dry_run());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// A copy of a snapshot within the region, under a key of our choice.
pub(crate) struct SnapshotCopy<'a> {
    pub(crate) of: &'a SnapshotId,
    pub(crate) key: &'a Arn,
    pub(crate) description: &'a str,
    pub(crate) tags: &'a Tags,
}

/// ec2:CopySnapshot, always encrypted
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>).
pub(crate) async fn copy(clients: &Clients, copy: SnapshotCopy<'_>, mode: Mode) -> Result<Made, Fault> {
    let url = copy_url(clients, copy.of).await?;
    let call = clients.ec2.copy_snapshot().source_region(clients.region.as_str()).source_snapshot_id(copy.of.as_str());
    let call = call.destination_region(clients.region.as_str()).presigned_url(url);
    let call = call.encrypted(true).kms_key_id(copy.key.as_str()).description(copy.description);
    let call = call.set_tag_specifications(tagged(ResourceType::Snapshot, copy.tags).map(|tags| vec![tags]));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.snapshot_id, "CopySnapshot.SnapshotId")?))
}
