//! Machine images: made without reboot, copied, shared.

use super::World;
use super::copies::{add, withdraw};
use super::errors::{missing, refused};
use super::storage::{Origin, SnapshotRecord};
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, ImageId, InstanceId, SnapshotId};
use casebook::reading::Made;
use casebook::scene::instance::Tags;
use casebook::scene::storage::{Image, ImageDisk, Sharing};
use jiff::{SignedDuration, Timestamp};

/// An image.
#[derive(Clone, Debug)]
pub struct ImageRecord {
    /// As it shows itself; state and message are filled in.
    pub shown: Image,
    /// When it is usable.
    pub done: Timestamp,
    /// What it fails with.
    pub failure: Option<&'static str>,
    /// Who else may use it.
    pub sharing: Sharing,
    /// From when on calls know it.
    pub visible_from: Timestamp,
}

impl ImageRecord {
    fn available(&self, now: Timestamp) -> bool {
        now >= self.done && self.failure.is_none()
    }

    fn seen_by(&self, account: &AccountId, now: Timestamp) -> Image {
        let own = self.shown.owner == *account;
        let failed = self.failure.filter(|_| now >= self.done);
        let state = match failed {
            Some(_) => "failed",
            None if now < self.done => "pending",
            None => "available",
        };
        Image {
            state: state.into(),
            state_message: failed.unwrap_or_default().to_owned(),
            tags: if own { self.shown.tags.clone() } else { Tags::new() },
            ..self.shown.clone()
        }
    }
}

/// What CreateImage and CopyImage leave behind.
struct NewImage<'a> {
    owner: &'a AccountId,
    name: &'a str,
    copied_from: Option<ImageId>,
    disks: Vec<ImageDisk>,
    product_codes: Vec<String>,
    tags: &'a Tags,
}

impl World {
    /// Images of an account or shared with it.
    pub(crate) fn images_where(&self, viewer: &AccountId, wanted: impl Fn(&ImageRecord) -> bool) -> Vec<Image> {
        let known = self.storage.images.values().filter(|image| image.visible_from <= self.now);
        known.filter(|image| wanted(image)).map(|image| image.seen_by(viewer, self.now)).collect()
    }

    /// CreateImage with `NoReboot`: makes snapshots of its own, which the tags in the call reach
    /// too (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html>).
    pub(crate) fn create_image(
        &mut self,
        owner: &AccountId,
        instance: &InstanceId,
        name: &str,
        tags: &Tags,
    ) -> Result<Made, Fault> {
        self.check_name(owner, name)?;
        let shown = self.show(self.machine(owner, instance)?);
        let snapshots = self.snapshot_set(owner, instance, tags)?;
        let disks = snapshots.into_iter().map(|id| self.disk_of(id, &shown.block_devices)).collect();
        let product_codes = shown.product_codes;
        Ok(self.add_image(NewImage { owner, name, copied_from: None, disks, product_codes, tags }))
    }

    fn disk_of(&self, id: SnapshotId, devices: &[casebook::scene::instance::BlockDevice]) -> ImageDisk {
        let volume = &self.storage.snapshots[&id].shown.volume;
        let device = devices.iter().find(|device| device.volume == *volume);
        ImageDisk { device: device.map(|device| device.device.clone()).unwrap_or_default(), snapshot: Some(id) }
    }

    /// Names are unique within an account, 3 to 128 characters
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html>).
    fn check_name(&self, owner: &AccountId, name: &str) -> Result<(), Fault> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c);
        if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
            return Err(refused("InvalidAMIName.Malformed", format!("'{name}' is no name for an image")));
        }
        let taken = self.storage.images.values().find(|image| image.shown.owner == *owner && image.shown.name == name);
        taken.map_or(Ok(()), |image| {
            let message = format!("AMI name {name} is already in use by AMI {}", image.shown.id);
            Err(refused("InvalidAMIName.Duplicate", message))
        })
    }

    fn add_image(&mut self, new: NewImage<'_>) -> Made {
        let id = ImageId::new(self.fresh("ami"));
        let behind = new.disks.iter().filter_map(|disk| self.storage.snapshots.get(disk.snapshot.as_ref()?));
        let behind: Vec<&SnapshotRecord> = behind.collect();
        let failure = behind.iter().find_map(|snapshot| snapshot.failure);
        let last = behind.iter().map(|snapshot| snapshot.done).max().unwrap_or(self.now);
        let shown = Image {
            id: id.clone(),
            name: new.name.to_owned(),
            owner: new.owner.clone(),
            state: "pending".into(),
            state_message: String::new(),
            copied_from: new.copied_from,
            disks: new.disks,
            product_codes: new.product_codes,
            tags: new.tags.clone(),
        };
        let done = last.saturating_add(SignedDuration::from_secs(5)).expect("in range");
        let visible_from = self.after(self.settings.storage_lag);
        let record = ImageRecord { shown, done, failure, sharing: Sharing::default(), visible_from };
        self.storage.images.insert(id.clone(), record);
        Made::one(id.as_str())
    }

    pub(crate) fn own_image(&self, owner: &AccountId, id: &ImageId) -> Result<&ImageRecord, Fault> {
        let image = self.storage.images.get(id).filter(|image| image.shown.owner == *owner);
        let image = image.ok_or_else(|| missing("InvalidAMIID.NotFound", id.as_str()))?;
        if image.visible_from > self.now {
            return Err(missing("InvalidAMIID.NotFound", id.as_str()));
        }
        Ok(image)
    }

    /// An image of the caller's own or shared with it, ready for use.
    pub(crate) fn ready_image(&self, caller: &AccountId, id: &ImageId) -> Result<&ImageRecord, Fault> {
        let shared = self.storage.images.get(id).filter(|i| i.sharing.public || i.sharing.accounts.contains(caller));
        let image = shared.map_or_else(|| self.own_image(caller, id), Ok)?;
        if !image.available(self.now) {
            return Err(refused("InvalidAMIID.Unavailable", format!("the image {id} is not available")));
        }
        Ok(image)
    }

    /// CopyImage: needs permission for the snapshots behind the image as well; refuses an image
    /// with a Marketplace code that is shared from another account
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html>).
    pub(crate) fn copy_image(
        &mut self,
        caller: &AccountId,
        id: &ImageId,
        key: &Arn,
        name: &str,
        tags: &Tags,
    ) -> Result<Made, Fault> {
        let image = self.ready_image(caller, id)?.shown.clone();
        if image.owner != *caller && !image.product_codes.is_empty() {
            let message = format!("the image {id} has a product code and is shared from another account");
            return Err(refused("InvalidRequest", message));
        }
        let snapshots = image.disks.iter().filter_map(|disk| disk.snapshot.as_ref());
        if snapshots.clone().any(|snapshot| self.usable_snapshot(caller, snapshot).is_err()) {
            let message = format!("You do not have permission to access the storage of this ami: {id}");
            return Err(refused("InvalidRequest", message));
        }
        self.check_name(caller, name)?;
        let copy = |disk: &ImageDisk| ImageDisk {
            device: disk.device.clone(),
            snapshot: disk.snapshot.as_ref().map(|from| self.draft_copy(caller, from, key, Origin::ImageCopy, tags)),
        };
        let disks = image.disks.iter().map(copy).collect();
        let copied_from = Some(image.id);
        Ok(self.add_image(NewImage {
            owner: caller,
            name,
            copied_from,
            disks,
            product_codes: image.product_codes,
            tags,
        }))
    }

    /// ModifyImageAttribute: not of an image with a disk under the default key
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html>). Code and
    /// words are what users report (<https://github.com/DataDog/stratus-red-team/issues/109>).
    pub(crate) fn share_image(&mut self, owner: &AccountId, id: &ImageId, with: &AccountId) -> Result<Made, Fault> {
        let disks = &self.own_image(owner, id)?.shown.disks;
        let behind = disks.iter().filter_map(|disk| self.storage.snapshots.get(disk.snapshot.as_ref()?));
        if behind.into_iter().any(|snapshot| self.under_default_key(snapshot.shown.key.as_ref())) {
            let message = "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.";
            return Err(refused("InvalidParameter", message));
        }
        self.ready_image(owner, id)?;
        add(&mut self.storage.images.get_mut(id).expect("looked up above").sharing, with);
        Ok(Made::nothing())
    }

    pub(crate) fn unshare_image(&mut self, owner: &AccountId, id: &ImageId, from: &[AccountId]) -> Result<Made, Fault> {
        self.own_image(owner, id)?;
        withdraw(&mut self.storage.images.get_mut(id).expect("looked up above").sharing, from);
        Ok(Made::nothing())
    }
}
