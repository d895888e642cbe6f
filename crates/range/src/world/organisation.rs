//! A policy of the organisation above the account (a service control policy), attached before
//! anything happens: while it is in force, what carries the tags of a case is for the responder
//! alone. Services that act by their service-linked roles, Auto Scaling among them, are not bound
//! (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>).

use super::World;
use super::attack::Call;
use casebook::id::{GroupId, ImageId, InstanceId, InterfaceId, SnapshotId, VolumeId};
use casebook::scene::instance::Tags;

/// Whether the organisation protects what carries the tags of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrganisationPolicy {
    /// It does not: administrators may do everything.
    #[default]
    None,
    /// It does, from the moment that something carries the tags.
    InForce,
}

/// The tags that it goes by begin so (`aws:ResourceTag`, `aws:TagKeys`).
const TAGS: &str = "impound:";
/// What nobody but the responder may do at all, because these calls show no tag of what they
/// concern
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).
const FROZEN: [&str; 4] =
    ["iam:DeleteRolePolicy", "iam:PutRolePolicy", "kms:DisableKey", "autoscaling:AttachInstances"];

fn marked(tags: &Tags) -> bool {
    tags.keys().any(|key| key.starts_with(TAGS))
}

impl World {
    /// Whether the organisation denies a call of somebody who is not the responder. Load balancing
    /// knows target groups and not the tags of targets, so registering cannot be denied this way.
    pub(super) fn forbids(&self, call: &Call) -> bool {
        self.settings.organisation == OrganisationPolicy::InForce
            && (FROZEN.contains(&call.action)
                || call.tag_keys.iter().any(|key| key.starts_with(TAGS))
                || call.action.starts_with("ec2:") && call.resources.iter().any(|id| self.covered(id)))
    }

    /// Whether the policy would cover a resource: it carries the tags itself, or hangs on an
    /// instance that does.
    pub fn covered(&self, id: &str) -> bool {
        let (network, storage) = (&self.network, &self.storage);
        match id.split('-').next() {
            Some("i") => self.marked_instance(&InstanceId::from(id)),
            Some("eni") => network.interfaces.get(&InterfaceId::from(id)).is_some_and(|card| {
                marked(&card.shown.tags) || card.shown.instance.as_ref().is_some_and(|id| self.marked_instance(id))
            }),
            Some("vol") => storage.volumes.get(&VolumeId::from(id)).is_some_and(|volume| {
                let mut holders = volume.shown.attachments.iter().map(|held| &held.instance);
                marked(&volume.shown.tags) || holders.any(|id| self.marked_instance(id))
            }),
            Some("sg") => network.groups.get(&GroupId::from(id)).is_some_and(|group| marked(&group.shown.tags)),
            Some("snap") => storage.snapshots.get(&SnapshotId::from(id)).is_some_and(|held| marked(&held.shown.tags)),
            Some("ami") => storage.images.get(&ImageId::from(id)).is_some_and(|held| marked(&held.shown.tags)),
            _ => false,
        }
    }

    fn marked_instance(&self, id: &InstanceId) -> bool {
        self.compute.instances.get(id).is_some_and(|machine| marked(&machine.shown.tags))
    }
}
