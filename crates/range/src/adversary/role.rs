//! Against the end of stolen credentials, and against finding one's way.

use super::{ATTACKER, Strategy};
use casebook::id::RoleName;

pub(super) const RESTORE_PROFILE: Strategy = Strategy {
    name: "restore-profile",
    summary: "associates the instance's profile again",
    act: |world, prey| {
        if let Some(profile) = &prey.profile {
            let _refused = world.administrator(ATTACKER).associate_profile(&prey.instance, profile);
        }
    },
};

pub(super) const STRIP_DENY: Strategy = Strategy {
    name: "strip-deny",
    summary: "takes the deny off every role",
    act: |world, _| {
        let denies = world.identity.roles.iter().flat_map(|(role, record)| {
            let names = record.inline.iter().map(|policy| policy.shown.name.clone());
            names.filter(|name| name.starts_with("impound-")).map(|name| (role.clone(), name))
        });
        for (role, name) in denies.collect::<Vec<(RoleName, String)>>() {
            let _refused = world.administrator(ATTACKER).delete_role_policy(&role, &name);
        }
    },
};

pub(super) const KEEP_FETCHING: Strategy = Strategy {
    name: "keep-fetching",
    summary: "fetches new credentials from the metadata service and races the deny",
    act: |world, prey| {
        world.steal_session(&prey.instance, "the attacker, once more");
    },
};

pub(super) const STRIP_TAGS: Strategy = Strategy {
    name: "strip-tags",
    summary: "takes the case's tags off the instance and off the snapshots",
    act: |world, prey| {
        let own = world.storage.snapshots.values().filter(|held| held.shown.owner == world.place.source);
        let snapshots = own.map(|held| (held.shown.id.to_string(), held.shown.tags.clone()));
        let machine = world.compute.instances.get(&prey.instance);
        let instance = machine.map(|machine| (prey.instance.to_string(), machine.shown.tags.clone()));
        for (id, tags) in snapshots.chain(instance).collect::<Vec<_>>() {
            let keys: Vec<String> = tags.keys().filter(|key| key.starts_with("impound:")).cloned().collect();
            if !keys.is_empty() {
                let _refused = world.administrator(ATTACKER).strip_tags(&id, &keys);
            }
        }
    },
};

pub(super) const DRAIN: Strategy = Strategy {
    name: "drain",
    summary: "empties the token buckets of the calls that a response needs",
    act: |world, _| {
        for action in ["ec2:ModifyNetworkInterfaceAttribute", "ec2:ModifyInstanceAttribute", "ec2:CreateSnapshots"] {
            world.drain(action, 1_000);
        }
    },
};
