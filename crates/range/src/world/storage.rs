//! Volumes and the snapshots made of them; what is written on them, block by block.

use super::World;
use super::disposal::CopyOf;
use super::errors::{missing, refused};
use super::images::ImageRecord;
use super::keys::KeyRecord;
use casebook::fault::{Fault, FaultClass};
use casebook::id::{AccountId, Arn, ImageId, InstanceId, SnapshotId, VolumeId};
use casebook::reading::Made;
use casebook::scene::instance::{InstanceState, Tags};
use casebook::scene::storage::{BlockDigest, BlockRun, Sharing, Snapshot, SnapshotState, Volume};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

/// Volumes, snapshots, images and keys of both accounts.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// Volumes.
    pub volumes: BTreeMap<VolumeId, VolumeRecord>,
    /// Snapshots.
    pub snapshots: BTreeMap<SnapshotId, SnapshotRecord>,
    /// Images.
    pub images: BTreeMap<ImageId, ImageRecord>,
    /// Keys.
    pub keys: BTreeMap<Arn, KeyRecord>,
}

/// The blocks that were ever written, by rising index: a pattern stands for 512 KiB of one byte,
/// so pattern 0 is a block of zeros that is there all the same.
pub type Content = Rc<[(i32, u8)]>;

/// A volume.
#[derive(Clone, Debug)]
pub struct VolumeRecord {
    /// Whose it is.
    pub owner: AccountId,
    /// As it shows itself.
    pub shown: Volume,
    /// What is on it.
    pub content: Content,
}

/// How a snapshot came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a volume.
    Volume,
    /// By CopySnapshot.
    Copy,
    /// By CopyImage.
    ImageCopy,
}

/// A snapshot. How far it is depends on the time alone.
#[derive(Clone, Debug)]
pub struct SnapshotRecord {
    /// As it shows itself; state, progress and message are filled in.
    pub shown: Snapshot,
    /// How it came to be.
    pub origin: Origin,
    /// What is on it.
    pub content: Content,
    /// Marketplace codes, which go on from volume to snapshot to image.
    pub product_codes: Vec<String>,
    /// Who else may use it.
    pub sharing: Sharing,
    /// Its lock: days, and when it was asked for.
    pub lock: Option<(u16, Timestamp)>,
    /// When it was asked for.
    pub started: Timestamp,
    /// When it will be, or was, done.
    pub done: Timestamp,
    /// What it fails with.
    pub failure: Option<&'static str>,
    /// What it hangs on while it is copied; nothing for one that is made of a volume.
    pub copy: CopyOf,
    /// From when on calls know it.
    pub visible_from: Timestamp,
}

impl SnapshotRecord {
    /// How far it is.
    pub fn state(&self, now: Timestamp) -> SnapshotState {
        match self.failure {
            _ if now < self.done => SnapshotState::Pending,
            Some(_) => SnapshotState::Error,
            None => SnapshotState::Completed,
        }
    }

    fn progress(&self, now: Timestamp) -> u8 {
        let whole = self.done.duration_since(self.started).as_millis().max(1);
        let part = now.duration_since(self.started).as_millis().clamp(0, whole);
        u8::try_from(part * 100 / whole).expect("at most 100")
    }

    /// As an account sees it: tags are their owner's alone
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>).
    pub fn seen_by(&self, account: &AccountId, now: Timestamp) -> Snapshot {
        let state = self.state(now);
        let failed = if state == SnapshotState::Error { self.failure } else { None };
        let own = self.shown.owner == *account;
        Snapshot {
            state,
            state_message: failed.unwrap_or_default().to_owned(),
            progress_percent: if failed.is_some() { 0 } else { self.progress(now) },
            tags: if own { self.shown.tags.clone() } else { Tags::new() },
            ..self.shown.clone()
        }
    }
}

/// What a snapshot is made from.
pub(crate) struct Draft<'a> {
    pub(crate) owner: &'a AccountId,
    pub(crate) volume: VolumeId,
    pub(crate) size_gib: i32,
    pub(crate) key: Option<Arn>,
    pub(crate) origin: Origin,
    pub(crate) content: Content,
    pub(crate) product_codes: Vec<String>,
    pub(crate) failure: Option<&'static str>,
    pub(crate) copy: CopyOf,
    pub(crate) tags: &'a Tags,
}

/// How many snapshots of an account can be pending at a time.
const PENDING_SNAPSHOTS: usize = 100;
/// How many blocks one question reads.
const RUN: usize = 256;
/// The size of a block (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html>).
const BLOCK_BYTES: usize = 512 * 1024;

impl World {
    pub(crate) fn draft_snapshot(&mut self, draft: Draft<'_>) -> SnapshotId {
        let id = SnapshotId::new(self.fresh("snap"));
        let lasts = match (draft.origin, draft.failure) {
            (_, Some(_)) => SignedDuration::from_secs(10),
            (Origin::Volume, None) => SignedDuration::from_secs(20 + 2 * i64::from(draft.size_gib)),
            (_, None) => SignedDuration::from_secs(30 + 3 * i64::from(draft.size_gib)),
        };
        let shown = Snapshot {
            id: id.clone(),
            volume: draft.volume,
            owner: draft.owner.clone(),
            state: SnapshotState::Pending,
            state_message: String::new(),
            progress_percent: 0,
            started: self.aws_now().to_string(),
            size_gib: draft.size_gib,
            key: draft.key,
            tags: draft.tags.clone(),
        };
        let record = SnapshotRecord {
            shown,
            origin: draft.origin,
            content: draft.content,
            product_codes: draft.product_codes,
            sharing: Sharing::default(),
            lock: None,
            started: self.now,
            done: self.after(lasts),
            failure: draft.failure,
            copy: draft.copy,
            visible_from: self.after(self.settings.storage_lag),
        };
        self.storage.snapshots.insert(id.clone(), record);
        id
    }

    /// Five snapshots of a volume at a time, one of a throughput or cold disk
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
    fn check_pending(&self, volume: &Volume) -> Result<(), Fault> {
        let most = if matches!(volume.volume_type.as_str(), "st1" | "sc1") { 1 } else { 5 };
        let pending = self.storage.snapshots.values().filter(|snapshot| {
            snapshot.shown.volume == volume.id && snapshot.state(self.now) == SnapshotState::Pending
        });
        if pending.count() >= most {
            let message = format!("Maximum allowed in-progress snapshots for the volume {} exceeded", volume.id);
            return Err(refused("ConcurrentSnapshotLimitExceeded", message));
        }
        Ok(())
    }

    /// An account has so many pending snapshots of volumes at most
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
    /// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html>).
    fn check_account(&self, owner: &AccountId, more: usize) -> Result<(), Fault> {
        let own = self.storage.snapshots.values().filter(|s| s.origin == Origin::Volume && s.shown.owner == *owner);
        let pending = own.filter(|snapshot| snapshot.state(self.now) == SnapshotState::Pending).count();
        if pending + more > PENDING_SNAPSHOTS {
            let message = format!("{owner} has {pending} pending snapshots: {PENDING_SNAPSHOTS} are allowed");
            return Err(refused("PendingSnapshotLimitExceeded", message));
        }
        Ok(())
    }

    /// Snapshots of all volumes of an instance at one point in time, or none
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
    pub(crate) fn snapshot_set(
        &mut self,
        owner: &AccountId,
        instance: &InstanceId,
        tags: &Tags,
    ) -> Result<Vec<SnapshotId>, Fault> {
        if self.machine(owner, instance)?.shown.state == InstanceState::Terminated {
            return Err(refused("IncorrectInstanceState", format!("the instance '{instance}' is terminated")));
        }
        let volumes: Vec<Volume> = self.volumes_where(owner, |volume| is_attached(volume, instance));
        volumes.iter().try_for_each(|volume| self.check_pending(volume))?;
        self.check_account(owner, volumes.len())?;
        volumes.iter().map(|volume| self.snapshot_volume(owner, &volume.id, tags)).collect()
    }

    fn snapshot_volume(&mut self, owner: &AccountId, id: &VolumeId, tags: &Tags) -> Result<SnapshotId, Fault> {
        let volume = self.own_volume(owner, id)?;
        let draft = Draft {
            owner,
            volume: id.clone(),
            size_gib: volume.shown.size_gib,
            key: volume.shown.key.clone(),
            origin: Origin::Volume,
            content: Rc::clone(&volume.content),
            product_codes: volume.shown.product_codes.clone(),
            failure: None,
            copy: CopyOf::default(),
            tags,
        };
        Ok(self.draft_snapshot(draft))
    }

    /// CreateSnapshot
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html>).
    pub(crate) fn create_snapshot(&mut self, owner: &AccountId, id: &VolumeId, tags: &Tags) -> Result<Made, Fault> {
        let volume = self.own_volume(owner, id)?.shown.clone();
        self.check_pending(&volume)?;
        self.check_account(owner, 1)?;
        Ok(Made::one(self.snapshot_volume(owner, id, tags)?.as_str()))
    }

    pub(crate) fn own_volume(&self, owner: &AccountId, id: &VolumeId) -> Result<&VolumeRecord, Fault> {
        let volume = self.storage.volumes.get(id).filter(|volume| volume.owner == *owner);
        volume.ok_or_else(|| missing("InvalidVolume.NotFound", id.as_str()))
    }

    pub(crate) fn volumes_where(&self, owner: &AccountId, wanted: impl Fn(&Volume) -> bool) -> Vec<Volume> {
        let own = self.storage.volumes.values().filter(|volume| volume.owner == *owner);
        own.map(|volume| &volume.shown).filter(|volume| wanted(volume)).cloned().collect()
    }

    pub(crate) fn snapshots_where(
        &self,
        viewer: &AccountId,
        wanted: impl Fn(&SnapshotRecord) -> bool,
    ) -> Vec<Snapshot> {
        let known = self.storage.snapshots.values().filter(|snapshot| snapshot.visible_from <= self.now);
        known.filter(|snapshot| wanted(snapshot)).map(|snapshot| snapshot.seen_by(viewer, self.now)).collect()
    }

    /// A snapshot of the caller's own.
    pub(crate) fn own_snapshot(&self, owner: &AccountId, id: &SnapshotId) -> Result<&SnapshotRecord, Fault> {
        let snapshot = self.storage.snapshots.get(id).filter(|snapshot| snapshot.shown.owner == *owner);
        let snapshot = snapshot.ok_or_else(|| missing("InvalidSnapshot.NotFound", id.as_str()))?;
        if snapshot.visible_from > self.now {
            return Err(missing("InvalidSnapshot.NotFound", id.as_str()));
        }
        Ok(snapshot)
    }

    /// A snapshot that the caller may use: its own, or one shared with it.
    pub(crate) fn usable_snapshot(&self, caller: &AccountId, id: &SnapshotId) -> Result<&SnapshotRecord, Fault> {
        let shared = self.storage.snapshots.get(id).filter(|s| s.sharing.public || s.sharing.accounts.contains(caller));
        shared.map_or_else(|| self.own_snapshot(caller, id), Ok)
    }

    /// Volumes of an instance that is gone: deleted where the mapping says so, kept otherwise; of
    /// a volume on several instances the last one's mapping decides
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes-multi.html>).
    pub(crate) fn release_volumes(&mut self, instance: &InstanceId) {
        self.storage.volumes.retain(|_, volume| {
            let attachments = &mut volume.shown.attachments;
            let deletes = attachments.iter().any(|held| held.instance == *instance && held.delete_on_termination);
            let before = attachments.len();
            attachments.retain(|held| held.instance != *instance);
            if before > 0 && attachments.is_empty() && volume.shown.state == "in-use" {
                volume.shown.state = "available".into();
            }
            !(deletes && volume.shown.attachments.is_empty())
        });
    }

    /// The EBS direct APIs read completed snapshots only, and need the key
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-faq.html>).
    fn readable(&self, caller: &AccountId, id: &SnapshotId) -> Result<&SnapshotRecord, Fault> {
        let absent = || Fault::new(FaultClass::NotFound, "ResourceNotFoundException", format!("'{id}' does not exist"));
        let snapshot = self.usable_snapshot(caller, id).map_err(|_| absent())?;
        if snapshot.state(self.now) != SnapshotState::Completed {
            return Err(refused("ValidationException", format!("the snapshot {id} is not completed")));
        }
        if !self.key_works(caller, snapshot.shown.key.as_ref()) {
            return Err(refused("AccessDeniedException", format!("the key of the snapshot {id} may not be used")));
        }
        Ok(snapshot)
    }

    pub(crate) fn block_count(&self, caller: &AccountId, id: &SnapshotId) -> Result<u64, Fault> {
        Ok(self.readable(caller, id)?.content.len() as u64)
    }

    /// How many blocks a question from an index reads.
    pub(crate) fn listed_blocks(&self, id: &SnapshotId, from: i32) -> usize {
        let content = self.storage.snapshots.get(id).map(|snapshot| &snapshot.content);
        content.map_or(0, |content| content.iter().filter(|(index, _)| *index >= from).take(RUN).count())
    }

    pub(crate) fn blocks(&self, caller: &AccountId, id: &SnapshotId, from: i32) -> Result<BlockRun, Fault> {
        let content = &self.readable(caller, id)?.content;
        let rest = &content[content.partition_point(|(index, _)| *index < from)..];
        let run = &rest[..rest.len().min(RUN)];
        let written = run.iter().filter(|(_, pattern)| *pattern != 0);
        Ok(BlockRun {
            blocks: written.map(|(index, pattern)| BlockDigest { index: *index, sha256: digest(*pattern) }).collect(),
            read: run.len() as u64,
            next: rest.get(RUN).map(|(index, _)| *index),
        })
    }
}

pub(crate) fn is_attached(volume: &Volume, instance: &InstanceId) -> bool {
    volume.attachments.iter().any(|held| held.instance == *instance)
}

/// The SHA-256 of a block of one pattern, in hexadecimal; each is computed once in a process.
fn digest(pattern: u8) -> String {
    static DIGESTS: [OnceLock<String>; 256] = [const { OnceLock::new() }; 256];
    let compute = || hex::encode(Sha256::digest(vec![pattern; BLOCK_BYTES]));
    DIGESTS[usize::from(pattern)].get_or_init(compute).clone()
}
