//! A release gives back what was taken, as it was.

use super::{Checker, Sight};
use crate::World;
use crate::world::balancers::TargetState;
use casebook::entry::{CaseStatus, Entry};
use casebook::id::{InstanceId, VolumeId};
use casebook::scene::instance::InstanceState;
use std::collections::BTreeMap;

/// Where balancers send to the target.
const REGISTRATIONS: &str = "target groups";

/// As captured.
pub const AS_CAPTURED: Checker = Checker {
    name: "as-captured",
    law: "after a release that is done, everything that the case changed on a living instance is as it was captured",
    look: as_captured,
};

fn as_captured(sight: &Sight<'_>) -> Option<String> {
    let ended = match sight.news {
        super::News::Wrote(Entry::Ended(ended)) => ended.status,
        _ => return None,
    };
    if ended != CaseStatus::Done || !sight.history.releasing() || sight.disturbed() {
        return None;
    }
    let machine = sight.world.compute.instances.get(&sight.briefing.target.instance)?;
    if machine.shown.state != InstanceState::Running {
        return None;
    }
    let now = belongings(sight.world, &sight.briefing.target.instance);
    // What was unplugged since has nothing to give back; what was not captured is named, not restored.
    let gaps = sight.history.has_gaps();
    let here = sight.history.before.iter().filter_map(|(what, before)| Some((what, before, now.get(what)?)));
    let mut differs = here.filter(|(what, before, now)| before != now && !(gaps && *what == REGISTRATIONS));
    differs.next().map(|(what, before, now)| format!("{what} was {before} and is {now}"))
}

/// What of an instance a response changes and a release gives back, a line each. What takes its
/// own time, such as draining, is not among it; nor is the idle timeout, which AWS shows as a value
/// once a default was set.
pub(in crate::proof) fn belongings(world: &World, target: &InstanceId) -> BTreeMap<String, String> {
    let mut held = BTreeMap::new();
    let Some(machine) = world.compute.instances.get(target) else { return held };
    held.insert("termination protection".into(), machine.termination_protection.to_string());
    held.insert("stop protection".into(), machine.stop_protection.to_string());
    held.insert("shutdown behaviour".into(), format!("{:?}", machine.shutdown));
    for device in world.show(machine).block_devices {
        held.insert(deletion(&device.volume), device.delete_on_termination.to_string());
    }
    for card in world.cards_of(target) {
        held.insert(format!("groups of {}", card.shown.id), format!("{:?}", card.shown.groups));
        let acl = world.acl_of(&card.shown.subnet).map(|acl| acl.id.to_string());
        held.insert(format!("ACL of {}", card.shown.subnet), acl.unwrap_or_default());
    }
    let groups = world.scaling.groups.values().filter(|group| group.members.contains_key(target));
    held.insert("membership".into(), groups.map(|group| group.shown.name.to_string()).collect::<Vec<_>>().join(", "));
    let registered = world.balancers.target_groups.values().filter(|group| {
        group.targets.iter().any(|(to, held)| to.id == target.as_str() && held.state != TargetState::Draining)
    });
    held.insert(REGISTRATIONS.into(), registered.map(|group| group.shown.name.clone()).collect::<Vec<_>>().join(", "));
    let profile = world.identity.associations.values().find(|tie| tie.instance == *target);
    held.insert("profile".into(), profile.map_or_else(|| "none".into(), |tie| tie.profile.to_string()));
    for role in world.identity.roles.values() {
        let names: Vec<_> = role.inline.iter().map(|policy| policy.shown.name.as_str()).collect();
        held.insert(format!("inline policies of {}", role.shown.name), names.join(", "));
    }
    held
}

/// What `belongings` call a volume's end with its instance.
pub(super) fn deletion(volume: &VolumeId) -> String {
    format!("deletion of {volume} with it")
}
