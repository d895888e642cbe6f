//! Against the end of stolen credentials, and against finding one's way.

use super::{ATTACKER, Strategy};
use crate::world::throttling::Throttling;
use casebook::id::RoleName;
use jiff::SignedDuration;

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

pub(super) const BLUNT_DENY: Strategy = Strategy {
    name: "blunt-deny",
    summary: "puts a policy that denies nothing in the place of every deny of a case",
    act: |world, _| {
        let denies = world.identity.roles.iter().flat_map(|(role, record)| {
            let sharp = record.inline.iter().map(|policy| &policy.shown).filter(|policy| policy.document != BLUNT);
            let ours = sharp.filter(|policy| policy.name.starts_with("impound-"));
            ours.map(|policy| (role.clone(), policy.name.clone()))
        });
        for (role, name) in denies.collect::<Vec<(RoleName, String)>>() {
            let _refused = world.administrator(ATTACKER).put_role_policy(&role, &name, BLUNT);
        }
    },
};

/// A deny of nothing that anybody calls.
const BLUNT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:DeleteVirtualMFADevice","Resource":"*"}]}"#;

pub(super) const DRAIN: Strategy = Strategy {
    name: "drain",
    summary: "floods the calls that a response needs, so that AWS throttles everybody's",
    act: |world, _| {
        world.settings.throttling = Throttling::Documented;
        for action in ["ec2:ModifyNetworkInterfaceAttribute", "ec2:ModifyInstanceAttribute", "ec2:CreateSnapshots"] {
            world.administrator(ATTACKER).flood(action, FLOOD, FLOODED);
        }
    },
};

pub(super) const TRADE_ONWARD: Strategy = Strategy {
    name: "trade-onward",
    summary: "makes a role that trusts the account, and trades the instance's credentials for that role's",
    act: |world, prey| {
        if world.steal_session(&prey.instance, TRADED) {
            let role = RoleName::from("build-cache");
            let _refused = world.administrator(ATTACKER).create_role(&role);
            let _refused = world.assume_onward(TRADED, &role, "the attacker, as another role");
        }
    },
};

/// Whose credentials are traded.
const TRADED: &str = "the attacker, to be traded";
/// Calls a second: the largest bucket is empty after a tenth of one.
const FLOOD: u32 = 1_000;
/// How long a flood lasts.
const FLOODED: SignedDuration = SignedDuration::from_secs(20);
