//! How storage is let go: volumes detached and deleted, snapshots unlocked and deleted, images
//! deregistered. The casebook has no word for any of it; others do it to the evidence.

use super::World;
use super::copies::KEY_NOT_ACCESSIBLE;
use super::errors::{missing, refused};
use super::storage::SnapshotRecord;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, ImageId, SnapshotId, VolumeId};
use casebook::scene::instance::InstanceState;
use casebook::scene::storage::{Attachment, SnapshotState};

/// What becomes of a copy under way when its source is deleted or not shared any more: AWS does not
/// say (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanCopy {
    /// It is finished.
    Finishes,
    /// It ends in an error.
    Fails,
}

/// What a copy under way hangs on.
#[derive(Clone, Debug, Default)]
pub struct CopyOf {
    /// The snapshot that it reads.
    pub source: Option<SnapshotId>,
    /// The keys that it reads and writes with.
    pub keys: Vec<Arn>,
}

/// What an orphan says: AWS has no words for it.
const SOURCE_GONE: &str = "The source snapshot is not accessible";

impl World {
    /// DetachVolume: not of the root volume while the instance runs
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html>).
    pub(crate) fn detach_volume(&mut self, caller: &AccountId, id: &VolumeId) -> Result<(), Fault> {
        let held = self.own_volume(caller, id)?.shown.attachments.clone();
        if held.is_empty() {
            return Err(refused("IncorrectState", format!("Volume '{id}' is in the 'available' state.")));
        }
        if let Some(root) = held.iter().find(|held| self.is_running_root(held)) {
            let message = format!("Unable to detach root volume '{id}' from instance '{}'", root.instance);
            return Err(refused("OperationNotPermitted", message));
        }
        let volume = &mut self.storage.volumes.get_mut(id).expect("looked up above").shown;
        volume.attachments.clear();
        volume.state = "available".into();
        Ok(())
    }

    fn is_running_root(&self, held: &Attachment) -> bool {
        let machine = self.compute.instances.get(&held.instance);
        machine.is_some_and(|m| m.shown.root_device == held.device && m.shown.state != InstanceState::Stopped)
    }

    /// DeleteVolume: of a volume that is attached to nothing; its snapshots stay
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-volume.html>).
    pub(crate) fn delete_volume(&mut self, caller: &AccountId, id: &VolumeId) -> Result<(), Fault> {
        if let Some(held) = self.own_volume(caller, id)?.shown.attachments.first() {
            return Err(refused("VolumeInUse", format!("Volume {id} is currently attached to {}", held.instance)));
        }
        self.storage.volumes.remove(id);
        Ok(())
    }

    /// DeleteSnapshot: a pending one too; not a locked one, not one that an image uses
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html>,
    /// <https://docs.aws.amazon.com/ebs/latest/userguide/lock-snapshot.html>).
    pub(crate) fn delete_snapshot(&mut self, caller: &AccountId, id: &SnapshotId) -> Result<(), Fault> {
        self.own_snapshot(caller, id)?;
        if self.locks(caller, std::slice::from_ref(id)).iter().any(casebook::scene::storage::Lock::holds) {
            return Err(refused("OperationNotPermitted", format!("Snapshot {id} is locked and cannot be deleted")));
        }
        let uses = |image: &&super::images::ImageRecord| {
            image.shown.disks.iter().any(|disk| disk.snapshot.as_ref() == Some(id))
        };
        if let Some(image) = self.storage.images.values().find(uses) {
            let message = format!("The snapshot {id} is currently in use by {}", image.shown.id);
            return Err(refused("InvalidSnapshot.InUse", message));
        }
        self.storage.snapshots.remove(id);
        self.orphan_copies(id);
        Ok(())
    }

    /// UnlockSnapshot: governance mode opens to whoever has the permission
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnlockSnapshot.html>).
    pub(crate) fn unlock_snapshot(&mut self, caller: &AccountId, id: &SnapshotId) -> Result<(), Fault> {
        self.own_snapshot(caller, id)?;
        let lock = &mut self.storage.snapshots.get_mut(id).expect("looked up above").lock;
        if lock.take().is_none() {
            return Err(refused("SnapshotLock.NotFound", format!("Snapshot {id} is not locked")));
        }
        Ok(())
    }

    /// DeregisterImage: the snapshots behind it stay
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html>).
    pub(crate) fn deregister_image(&mut self, caller: &AccountId, id: &ImageId) -> Result<(), Fault> {
        let own = self.storage.images.get(id).is_some_and(|image| image.shown.owner == *caller);
        if !own {
            return Err(missing("InvalidAMIID.NotFound", id.as_str()));
        }
        self.storage.images.remove(id);
        Ok(())
    }

    /// Copies of a snapshot that others read: it is gone, or not theirs to read any more.
    pub(crate) fn orphan_copies(&mut self, source: &SnapshotId) {
        if self.settings.orphan_copy == OrphanCopy::Fails {
            let readers: Vec<SnapshotId> = self.unreadable_copies(source);
            self.fail_copies(&readers, SOURCE_GONE);
        }
    }

    fn unreadable_copies(&self, source: &SnapshotId) -> Vec<SnapshotId> {
        let copies = self.storage.snapshots.values().filter(|held| held.copy.source.as_ref() == Some(source));
        let cut = copies.filter(|held| self.usable_snapshot(&held.shown.owner, source).is_err());
        cut.map(|held| held.shown.id.clone()).collect()
    }

    /// A key is of no use any more.
    pub(crate) fn break_copies(&mut self, needs: impl Fn(&CopyOf) -> bool) {
        let copies = self.storage.snapshots.values().filter(|held| needs(&held.copy));
        let broken: Vec<SnapshotId> = copies.map(|held| held.shown.id.clone()).collect();
        self.fail_copies(&broken, KEY_NOT_ACCESSIBLE);
    }

    /// Ends copies that are not finished, and the images that wait for them.
    fn fail_copies(&mut self, ids: &[SnapshotId], why: &'static str) {
        let now = self.now;
        let pending = |held: &&mut SnapshotRecord| held.state(now) == SnapshotState::Pending;
        let mut failed = Vec::new();
        for id in ids {
            if let Some(held) = self.storage.snapshots.get_mut(id).filter(pending) {
                held.failure = Some(why);
                held.done = now;
                failed.push(id.clone());
            }
        }
        for image in self.storage.images.values_mut() {
            if image.shown.disks.iter().any(|disk| disk.snapshot.as_ref().is_some_and(|id| failed.contains(id))) {
                image.failure = Some(why);
                image.done = now;
            }
        }
    }
}
