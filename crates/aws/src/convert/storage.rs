//! Volumes, snapshots, locks, shares.

use super::{optional_time, tags, time};
use crate::fault::need;
use aws_sdk_ec2::types as ec2;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn};
use casebook::scene::storage::{Attachment, Lock, Sharing, Snapshot, SnapshotState, Volume};

/// A volume of DescribeVolumes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html>).
pub(crate) fn volume(from: ec2::Volume) -> Result<Volume, Fault> {
    Ok(Volume {
        id: need(from.volume_id, "Volume.VolumeId")?.into(),
        size_gib: need(from.size, "Volume.Size")?,
        state: need(from.state, "Volume.State")?.as_str().to_owned(),
        volume_type: from.volume_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        zone: need(from.availability_zone, "Volume.AvailabilityZone")?,
        key: key(from.encrypted, from.kms_key_id, "Volume.KmsKeyId")?,
        attachments: attachments(from.attachments)?,
        // DescribeVolumes has none, and nothing here is planned on a volume's codes: attaching copies
        // them to the instance, where they are read
        // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html>).
        product_codes: Vec::new(),
        snapshot: from.snapshot_id.filter(|id| !id.is_empty()).map(Into::into),
        tags: tags(from.tags),
    })
}

/// The key, which every encrypted thing has.
fn key(encrypted: Option<bool>, key: Option<String>, field: &str) -> Result<Option<Arn>, Fault> {
    match encrypted {
        Some(true) => need(key, field).map(|arn| Some(Arn::new(arn))),
        _ => Ok(None),
    }
}

/// Attachments to instances; a volume attached to something else (a Fargate task) has none.
fn attachments(from: Option<Vec<ec2::VolumeAttachment>>) -> Result<Vec<Attachment>, Fault> {
    let to_instances = from.unwrap_or_default().into_iter().filter(|tie| tie.instance_id.is_some());
    to_instances.map(attachment).collect()
}

fn attachment(from: ec2::VolumeAttachment) -> Result<Attachment, Fault> {
    Ok(Attachment {
        instance: need(from.instance_id, "VolumeAttachment.InstanceId")?.into(),
        device: need(from.device, "VolumeAttachment.Device")?,
        delete_on_termination: need(from.delete_on_termination, "VolumeAttachment.DeleteOnTermination")?,
    })
}

/// A snapshot of DescribeSnapshots
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html>).
pub(crate) fn snapshot(from: ec2::Snapshot) -> Result<Snapshot, Fault> {
    let started = need(from.start_time.as_ref(), "Snapshot.StartTime")?;
    Ok(Snapshot {
        id: need(from.snapshot_id, "Snapshot.SnapshotId")?.into(),
        volume: need(from.volume_id, "Snapshot.VolumeId")?.into(),
        owner: need(from.owner_id, "Snapshot.OwnerId")?.into(),
        state: snapshot_state(need(from.state, "Snapshot.State")?, from.storage_tier),
        state_message: from.state_message.unwrap_or_default(),
        progress_percent: percent(from.progress.as_deref().unwrap_or_default()),
        started: time(started, "Snapshot.StartTime")?,
        size_gib: need(from.volume_size, "Snapshot.VolumeSize")?,
        key: key(from.encrypted, from.kms_key_id, "Snapshot.KmsKeyId")?,
        tags: tags(from.tags),
    })
}

fn snapshot_state(state: ec2::SnapshotState, tier: Option<ec2::StorageTier>) -> SnapshotState {
    match (state, tier) {
        (_, Some(ec2::StorageTier::Archive)) => SnapshotState::Elsewhere,
        (ec2::SnapshotState::Pending, _) => SnapshotState::Pending,
        (ec2::SnapshotState::Completed, _) => SnapshotState::Completed,
        (ec2::SnapshotState::Error, _) => SnapshotState::Error,
        _ => SnapshotState::Elsewhere,
    }
}

/// `45%`; empty while nothing is known.
fn percent(text: &str) -> u8 {
    text.trim_end_matches('%').parse::<u8>().map_or(0, |percent| percent.min(100))
}

/// A lock of DescribeLockedSnapshots.
pub(crate) fn lock(from: ec2::LockedSnapshotsInfo) -> Result<Lock, Fault> {
    Ok(Lock {
        snapshot: need(from.snapshot_id, "LockedSnapshotsInfo.SnapshotId")?.into(),
        state: need(from.lock_state, "LockedSnapshotsInfo.LockState")?.as_str().to_owned(),
        days: from.lock_duration,
        until: optional_time(from.lock_expires_on.as_ref(), "LockedSnapshotsInfo.LockExpiresOn")?,
    })
}

/// Who may restore a snapshot.
pub(crate) fn snapshot_sharing(from: Vec<ec2::CreateVolumePermission>) -> Sharing {
    let public = from.iter().any(|permission| permission.group == Some(ec2::PermissionGroup::All));
    let accounts = from.into_iter().filter_map(|permission| permission.user_id).map(AccountId::new).collect();
    Sharing { accounts, public }
}

/// Who may launch an image. Organizations and their units stand among the accounts by their ARN,
/// so that a share with them is seen and can be withdrawn.
pub(crate) fn image_sharing(from: Vec<ec2::LaunchPermission>) -> Sharing {
    let public = from.iter().any(|permission| permission.group == Some(ec2::PermissionGroup::All));
    let whom = |p: ec2::LaunchPermission| p.user_id.or(p.organization_arn).or(p.organizational_unit_arn);
    Sharing { accounts: from.into_iter().filter_map(whom).map(AccountId::new).collect(), public }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_the_future_and_archives_are_elsewhere() {
        use ec2::SnapshotState as S;
        assert_eq!(snapshot_state(S::Completed, None), SnapshotState::Completed);
        assert_eq!(snapshot_state(S::Completed, Some(ec2::StorageTier::Archive)), SnapshotState::Elsewhere);
        assert_eq!(snapshot_state("frozen".into(), None), SnapshotState::Elsewhere);
    }

    #[test]
    fn progress_is_read_where_there_is_some() {
        assert_eq!([percent("45%"), percent("100%"), percent(""), percent("999%")], [45, 100, 0, 0]);
    }

    #[test]
    fn encryption_without_a_key_is_malformed() {
        assert!(key(Some(true), None, "Volume.KmsKeyId").is_err());
        assert_eq!(key(Some(false), None, "Volume.KmsKeyId"), Ok(None));
    }

    #[test]
    fn a_share_with_everybody_and_with_an_organization_is_seen() {
        let all = ec2::CreateVolumePermission::builder().group(ec2::PermissionGroup::All).build();
        assert!(snapshot_sharing(vec![all]).public);
        let arn = "arn:aws:organizations::111111111111:organization/o-123";
        let organization = ec2::LaunchPermission::builder().organization_arn(arn).build();
        assert_eq!(image_sharing(vec![organization]).accounts, [AccountId::from(arn)]);
    }
}
