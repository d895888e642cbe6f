//! Against the evidence.

use super::{ATTACKER, Strategy};
use casebook::id::{AccountId, Arn, SnapshotId, VolumeId};

pub(super) const DELETE_SNAPSHOTS: Strategy = Strategy {
    name: "delete-snapshots",
    summary: "deletes every snapshot of the account that no lock keeps",
    act: |world, _| {
        for id in own_snapshots(world) {
            let _refused = world.administrator(ATTACKER).delete_snapshot(&id);
        }
    },
};

pub(super) const UNLOCK_AND_DELETE: Strategy = Strategy {
    name: "unlock-and-delete",
    summary: "lifts the locks of governance mode, then deletes the snapshots",
    act: |world, _| {
        for id in own_snapshots(world) {
            if world.storage.snapshots.get(&id).is_some_and(|held| held.lock.is_some()) {
                let _refused = world.administrator(ATTACKER).unlock_snapshot(&id);
            }
            let _refused = world.administrator(ATTACKER).delete_snapshot(&id);
        }
    },
};

pub(super) const UNSHARE: Strategy = Strategy {
    name: "unshare",
    summary: "withdraws every share of a snapshot or an image",
    act: |world, _| {
        for id in own_snapshots(world) {
            if world.storage.snapshots.get(&id).is_some_and(|held| !held.sharing.accounts.is_empty()) {
                let _refused = world.administrator(ATTACKER).unshare_snapshot(&id);
            }
        }
        let shared = world
            .storage
            .images
            .iter()
            .filter(|(_, image)| image.shown.owner == world.place.source && !image.sharing.accounts.is_empty());
        for id in shared.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            let _refused = world.administrator(ATTACKER).unshare_image(&id);
        }
    },
};

pub(super) const LEAK: Strategy = Strategy {
    name: "leak",
    summary: "shares the snapshots with an account of the attacker's",
    act: |world, _| {
        let stranger = AccountId::from("999999999999");
        for id in own_snapshots(world) {
            if world.storage.snapshots.get(&id).is_some_and(|held| !held.sharing.accounts.contains(&stranger)) {
                let _refused = world.administrator(ATTACKER).share_snapshot(&id, &stranger);
            }
        }
    },
};

pub(super) const DISABLE_KEYS: Strategy = Strategy {
    name: "disable-keys",
    summary: "disables every key of the account",
    act: |world, _| {
        let keys =
            world.storage.keys.values().filter(|key| {
                key.shown.enabled && !key.shown.aws_managed && key.shown.arn.account() == world.place.source
            });
        for key in keys.map(|key| key.shown.arn.clone()).collect::<Vec<Arn>>() {
            let _refused = world.administrator(ATTACKER).disable_key(&key);
        }
    },
};

pub(super) const DETACH_VOLUME: Strategy = Strategy {
    name: "detach-volume",
    summary: "detaches the data volumes before they are snapshotted",
    act: |world, prey| {
        let held = world.storage.volumes.values().filter(|volume| {
            let mut at = volume.shown.attachments.iter();
            at.any(|held| held.instance == prey.instance && held.device != "/dev/xvda")
        });
        for volume in held.map(|volume| volume.shown.id.clone()).collect::<Vec<VolumeId>>() {
            let _refused = world.administrator(ATTACKER).detach_volume(&volume);
        }
    },
};

pub(super) const TERMINATE: Strategy = Strategy {
    name: "terminate",
    summary: "lifts the protections and terminates the instance",
    act: |world, prey| {
        let mut attacker = world.administrator(ATTACKER);
        let _refused = attacker.lift_termination_protection(&prey.instance);
        let _refused = attacker.lift_stop_protection(&prey.instance);
        let _refused = attacker.terminate(&prey.instance);
    },
};

fn own_snapshots(world: &crate::World) -> Vec<SnapshotId> {
    let own = world.storage.snapshots.values().filter(|held| held.shown.owner == world.place.source);
    own.map(|held| held.shown.id.clone()).collect()
}
