//! What an account may have of a kind, and what it has.

use super::{Settings, World};
use casebook::id::AccountId;
use casebook::scene::instance::InstanceState;
use casebook::scene::quota::{Allowance, Quota};

/// What a new account may have, but for groups, which the settings say
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-quotas.html>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html>).
fn limit(quota: Quota, settings: &Settings) -> u64 {
    match quota {
        Quota::Groups => settings.groups_allowed as u64,
        Quota::Snapshots => 100_000,
        Quota::Images => 50_000,
        Quota::Disks => 50 * 1_024,
        Quota::Cpus => 5,
    }
}

/// Every machine of the range has as many.
const CPUS: u64 = 2;

impl World {
    /// How much of a quota an account has and uses.
    pub(super) fn allowance(&self, owner: &AccountId, quota: Quota) -> Allowance {
        let used = match quota {
            Quota::Groups => self.groups_where(owner, |_| true).len() as u64,
            Quota::Snapshots => self.snapshots_where(owner, |snapshot| snapshot.shown.owner == *owner).len() as u64,
            Quota::Images => self.images_where(owner, |image| image.shown.owner == *owner).len() as u64,
            Quota::Disks => {
                let volumes = self.volumes_where(owner, |volume| volume.volume_type == "gp2");
                volumes.iter().map(|volume| u64::from(volume.size_gib.unsigned_abs())).sum()
            }
            Quota::Cpus => self.running(owner) * CPUS,
        };
        Allowance { limit: limit(quota, &self.settings), used }
    }

    fn running(&self, owner: &AccountId) -> u64 {
        let own = self.compute.instances.values().filter(|machine| machine.owner == *owner);
        let states = own.map(|machine| self.show(machine).state);
        states.filter(|state| matches!(state, InstanceState::Pending | InstanceState::Running)).count() as u64
    }
}
