//! An administrator's hands on evidence: snapshots, shares, volumes, keys.

use super::{Administrator, Call};
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, ImageId, SnapshotId, VolumeId};

impl Administrator<'_> {
    /// DeleteSnapshot.
    ///
    /// # Errors
    /// AWS's own: a lock or an image keeps it.
    pub fn delete_snapshot(&mut self, snapshot: &SnapshotId) -> Result<(), Fault> {
        let call = Call::new("ec2:DeleteSnapshot", &[snapshot.as_str()]);
        self.call(call, |world, me| world.delete_snapshot(me, snapshot))
    }

    /// UnlockSnapshot: a lock in governance mode opens to whoever may unlock.
    ///
    /// # Errors
    /// AWS's own.
    pub fn unlock_snapshot(&mut self, snapshot: &SnapshotId) -> Result<(), Fault> {
        let call = Call::new("ec2:UnlockSnapshot", &[snapshot.as_str()]);
        self.call(call, |world, me| world.unlock_snapshot(me, snapshot))
    }

    /// DeregisterImage: the snapshots behind it stay.
    ///
    /// # Errors
    /// AWS's own.
    pub fn deregister_image(&mut self, image: &ImageId) -> Result<(), Fault> {
        let call = Call::new("ec2:DeregisterImage", &[image.as_str()]);
        self.call(call, |world, me| world.deregister_image(me, image))
    }

    /// ModifySnapshotAttribute: takes a share away from the forensic account.
    ///
    /// # Errors
    /// AWS's own.
    pub fn unshare_snapshot(&mut self, snapshot: &SnapshotId) -> Result<(), Fault> {
        let from = self.world.place.forensic.clone();
        let call = Call::new("ec2:ModifySnapshotAttribute", &[snapshot.as_str()]);
        self.call(call, |world, me| world.unshare_snapshot(me, snapshot, &[from]).map(drop))
    }

    /// ModifyImageAttribute: takes a share away from the forensic account.
    ///
    /// # Errors
    /// AWS's own.
    pub fn unshare_image(&mut self, image: &ImageId) -> Result<(), Fault> {
        let from = self.world.place.forensic.clone();
        let call = Call::new("ec2:ModifyImageAttribute", &[image.as_str()]);
        self.call(call, |world, me| world.unshare_image(me, image, &[from]).map(drop))
    }

    /// ModifySnapshotAttribute: shares evidence with an account of the attacker's.
    ///
    /// # Errors
    /// AWS's own.
    pub fn share_snapshot(&mut self, snapshot: &SnapshotId, with: &AccountId) -> Result<(), Fault> {
        let call = Call::new("ec2:ModifySnapshotAttribute", &[snapshot.as_str()]);
        self.call(call, |world, me| world.share_snapshot(me, snapshot, with).map(drop))
    }

    /// kms:DisableKey.
    ///
    /// # Errors
    /// KMS's own.
    pub fn disable_key(&mut self, key: &Arn) -> Result<(), Fault> {
        let call = Call::new("kms:DisableKey", &[key.as_str()]);
        self.call(call, |world, me| world.disable_key(me, key))
    }

    /// DetachVolume, so that a set of snapshots misses it. CloudTrail names the instance too.
    ///
    /// # Errors
    /// AWS's own: not of the root volume of a running instance.
    pub fn detach_volume(&mut self, volume: &VolumeId) -> Result<(), Fault> {
        let held = self.world.storage.volumes.get(volume).map(|volume| volume.shown.attachments.clone());
        let instances: Vec<String> = held.into_iter().flatten().map(|held| held.instance.to_string()).collect();
        let mut resources = vec![volume.as_str()];
        resources.extend(instances.iter().map(String::as_str));
        self.call(Call::new("ec2:DetachVolume", &resources), |world, me| world.detach_volume(me, volume))
    }

    /// DeleteVolume: snapshots that were accepted before stay.
    ///
    /// # Errors
    /// AWS's own: not while it is attached.
    pub fn delete_volume(&mut self, volume: &VolumeId) -> Result<(), Fault> {
        let call = Call::new("ec2:DeleteVolume", &[volume.as_str()]);
        self.call(call, |world, me| world.delete_volume(me, volume))
    }
}
