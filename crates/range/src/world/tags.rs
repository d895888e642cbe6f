//! Tags: anybody's, on anything.

use super::World;
use super::errors::{missing, refused};
use casebook::fault::Fault;
use casebook::id::{AccountId, AclId, GroupId, ImageId, InstanceId, InterfaceId, SnapshotId, VolumeId};
use casebook::reading::Made;
use casebook::scene::instance::Tags;

/// How many tags a resource holds; AWS's own are not counted
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
const MOST: usize = 50;

impl World {
    /// CreateTags: overwrites tags of the same key; all resources or none
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>).
    pub(crate) fn create_tags(&mut self, owner: &AccountId, resources: &[String], tags: &Tags) -> Result<Made, Fault> {
        if let Some(key) = tags.keys().find(|key| key.starts_with("aws:")) {
            return Err(refused("InvalidParameterValue", format!("Tag keys starting with 'aws:' are reserved: {key}")));
        }
        for resource in resources {
            let held = self.tags_of(owner, resource).ok_or_else(|| unknown(resource))?;
            let ours = held.keys().filter(|key| !key.starts_with("aws:")).count();
            let new = tags.keys().filter(|key| !held.contains_key(*key)).count();
            if ours + new > MOST {
                return Err(refused("TagLimitExceeded", format!("{resource} would have more than {MOST} tags")));
            }
        }
        for resource in resources {
            self.tags_of(owner, resource).expect("looked up above").extend(tags.clone());
        }
        Ok(Made::nothing())
    }

    /// DeleteTags: a key that is not there is no error
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>).
    pub(crate) fn delete_tags(&mut self, owner: &AccountId, resource: &str, keys: &[String]) -> Result<(), Fault> {
        if let Some(key) = keys.iter().find(|key| key.starts_with("aws:")) {
            return Err(refused("InvalidParameterValue", format!("Tag keys starting with 'aws:' are reserved: {key}")));
        }
        let held = self.tags_of(owner, resource).ok_or_else(|| unknown(resource))?;
        held.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    fn tags_of(&mut self, owner: &AccountId, id: &str) -> Option<&mut Tags> {
        let (network, storage) = (&mut self.network, &mut self.storage);
        let (whose, tags) = match id.split('-').next()? {
            "i" => self.compute.instances.get_mut(&InstanceId::from(id)).map(|r| (&r.owner, &mut r.shown.tags))?,
            "vol" => storage.volumes.get_mut(&VolumeId::from(id)).map(|r| (&r.owner, &mut r.shown.tags))?,
            "snap" => storage.snapshots.get_mut(&SnapshotId::from(id)).map(|r| (&r.shown.owner, &mut r.shown.tags))?,
            "ami" => storage.images.get_mut(&ImageId::from(id)).map(|r| (&r.shown.owner, &mut r.shown.tags))?,
            "eni" => network.interfaces.get_mut(&InterfaceId::from(id)).map(|r| (&r.shown.owner, &mut r.shown.tags))?,
            "sg" => network.groups.get_mut(&GroupId::from(id)).map(|r| (&r.shown.owner, &mut r.shown.tags))?,
            "acl" => {
                let acl = network.acls.get_mut(&AclId::from(id))?;
                let vpc = network.vpcs.get(&acl.shown.vpc)?;
                (&vpc.shown.owner, &mut acl.shown.tags)
            }
            _ => return None,
        };
        (whose == owner).then_some(tags)
    }
}

fn unknown(id: &str) -> Fault {
    let code = match id.split('-').next() {
        Some("i") => "InvalidInstanceID.NotFound",
        Some("vol") => "InvalidVolume.NotFound",
        Some("snap") => "InvalidSnapshot.NotFound",
        Some("ami") => "InvalidAMIID.NotFound",
        Some("eni") => "InvalidNetworkInterfaceID.NotFound",
        Some("sg") => "InvalidGroup.NotFound",
        Some("acl") => "InvalidNetworkAclID.NotFound",
        _ => "InvalidID",
    };
    missing(code, id)
}
