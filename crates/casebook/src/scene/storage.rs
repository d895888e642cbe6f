//! Volumes, snapshots and images.

use super::instance::Tags;
use crate::id::{AccountId, Arn, ImageId, InstanceId, SnapshotId, VolumeId};
use serde::{Deserialize, Serialize};

/// An attachment of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// To which instance.
    pub instance: InstanceId,
    /// As which device.
    pub device: String,
    /// Whether terminating that instance deletes the volume.
    pub delete_on_termination: bool,
}

/// An EBS volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// Its size in GiB.
    pub size_gib: i32,
    /// `creating`, `available`, `in-use`, `deleting`, `error`.
    pub state: String,
    /// `gp3`, `io2`, `st1`, …
    pub volume_type: String,
    /// Its availability zone.
    pub zone: String,
    /// The key it is encrypted under; `None` when it is not.
    pub key: Option<Arn>,
    /// Where it is attached: several with Multi-Attach.
    pub attachments: Vec<Attachment>,
    /// Marketplace product codes. AWS does not list them with a volume, so nothing is planned on them:
    /// those of attached volumes stand at the instance
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html>).
    pub product_codes: Vec<String>,
    /// The snapshot it was made from.
    pub snapshot: Option<SnapshotId>,
    /// Its tags.
    pub tags: Tags,
}

/// The volumes that were detached from an instance, as far as CloudTrail's events were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detached {
    /// Those that still exist.
    pub volumes: Vec<Volume>,
    /// Whether all events of CloudTrail's 90 days were read. Where not, older ones may name more
    /// volumes.
    pub whole: bool,
}

/// How far a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotState {
    /// Being written; its point in time is fixed.
    Pending,
    /// Whole.
    Completed,
    /// Failed; the state message says why.
    Error,
    /// In the archive tier, in the recycle bin or being restored.
    Elsewhere,
}

/// An EBS snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id.
    pub id: SnapshotId,
    /// The volume it shows; arbitrary (`vol-ffffffff`) on copies.
    pub volume: VolumeId,
    /// Its owner.
    pub owner: AccountId,
    /// How far it is.
    pub state: SnapshotState,
    /// Why it failed, if it did.
    pub state_message: String,
    /// 0 to 100.
    pub progress_percent: u8,
    /// When its point in time was fixed, RFC 3339.
    pub started: String,
    /// Its volume's size in GiB.
    pub size_gib: i32,
    /// The key it is encrypted under; `None` when it is not.
    pub key: Option<Arn>,
    /// Its tags; another account sees none.
    pub tags: Tags,
}

/// Who beside the owner may restore a snapshot or launch an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharing {
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// Whether everybody may. Impound can read this, and has no way to ask for it.
    pub public: bool,
}

/// A lock on a snapshot
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockedSnapshotsInfo.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// `governance`, `compliance`, `compliance-cooloff` or `expired`.
    pub state: String,
    /// How long it holds, in days.
    pub days: Option<i32>,
    /// Until when, RFC 3339.
    pub until: Option<String>,
}

impl Lock {
    /// Whether the snapshot can not simply be deleted now.
    pub fn holds(&self) -> bool {
        self.state != "expired"
    }
}

/// A disk of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDisk {
    /// As which device.
    pub device: String,
    /// The snapshot behind it; `None` for instance store.
    pub snapshot: Option<SnapshotId>,
}

/// A machine image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: AccountId,
    /// `pending`, `available`, `failed`, …
    pub state: String,
    /// Why it failed, if it did.
    pub state_message: String,
    /// The image it was copied from, where AWS says so.
    pub copied_from: Option<ImageId>,
    /// Its disks.
    pub disks: Vec<ImageDisk>,
    /// Marketplace product codes.
    pub product_codes: Vec<String>,
    /// Its tags; another account sees none.
    pub tags: Tags,
}

/// A KMS key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its ARN.
    pub arn: Arn,
    /// Whether it can be used now.
    pub enabled: bool,
    /// Whether AWS manages it (`aws/ebs`): what it encrypts cannot be shared.
    pub aws_managed: bool,
    /// Its state in AWS's words.
    pub state: String,
}

/// A run of blocks of a snapshot, read through the EBS direct APIs
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRun {
    /// Index and SHA-256 of every block in the run that is not all zeros, by rising index.
    pub blocks: Vec<BlockDigest>,
    /// How many blocks were read, zeros included.
    pub read: u64,
    /// The index from which the next run starts; `None` at the end.
    pub next: Option<i32>,
}

/// A block of 512 KiB and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDigest {
    /// Its index in the volume.
    pub index: i32,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}
