//! A release gives back what was taken, as it was.

use super::{Checker, Sight};
use crate::World;
use crate::world::balancers::TargetState;
use casebook::entry::{CaseStatus, Entry};
use casebook::id::{InstanceId, VolumeId};
use casebook::scene::instance::InstanceState;
use casebook::tags;
use std::collections::{BTreeMap, BTreeSet};

/// What the capture must have read for the release to give it back; what it could not read is named.
const READ_FIRST: [&str; 4] = ["registrations", "classic balancers", "Elastic IP addresses", "scale-in protection"];

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
    if machine.shown.tags.get(tags::STATUS).is_some_and(|status| status == tags::QUARANTINED) {
        return Some(format!("it is tagged {}={} still", tags::STATUS, tags::QUARANTINED));
    }
    let now = belongings(sight.world, &sight.briefing.target.instance);
    // What was unplugged since has nothing to give back; what was not captured is named, not restored.
    let named = |what: &str| sight.history.has_gaps() && READ_FIRST.iter().any(|first| what.starts_with(first));
    let here = sight.history.before.iter().filter_map(|(what, before)| Some((what, before, now.get(what)?)));
    // Somebody may have changed it before the capture read it, or after.
    let captured = |what: &String, now: &String| sight.history.captured.get(what) == Some(now);
    let mut differs = here.filter(|(what, before, now)| before != now && !captured(what, now) && !named(what));
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
    held.extend(of_interfaces(world, target));
    held.extend(of_groups(world, target));
    let classic = world.balancers.classic.values().map(|balancer| &balancer.shown);
    let classic = classic.filter(|balancer| balancer.instances.contains(target)).map(|balancer| &balancer.name);
    held.insert("classic balancers".into(), list(classic));
    held.insert("registrations".into(), registrations(world, target.as_str()));
    let profile = world.identity.associations.values().find(|tie| tie.instance == *target);
    held.insert("profile".into(), profile.map_or_else(|| "none".into(), |tie| tie.profile.to_string()));
    for role in world.identity.roles.values() {
        let names = role.inline.iter().map(|policy| &policy.shown.name);
        held.insert(format!("inline policies of {}", role.shown.name), list(names));
    }
    held
}

/// The interfaces' groups, addresses and registrations, and their subnets' ACLs.
fn of_interfaces(world: &World, target: &InstanceId) -> BTreeMap<String, String> {
    let mut held = BTreeMap::new();
    for card in world.cards_of(target).into_iter().map(|card| &card.shown) {
        held.insert(format!("groups of {}", card.id), format!("{:?}", card.groups));
        let acl = world.acl_of(&card.subnet).map(|acl| acl.id.to_string());
        held.insert(format!("ACL of {}", card.subnet), acl.unwrap_or_default());
        let elastic =
            card.addresses.iter().filter_map(|at| Some(format!("{} on {}", at.allocation.as_ref()?, at.private)));
        held.insert(format!("Elastic IP addresses of {}", card.id), list(elastic));
        for address in &card.addresses {
            held.insert(format!("registrations of {}", address.private), registrations(world, &address.private));
        }
    }
    held
}

/// Where balancers send to an id or an address.
fn registrations(world: &World, to: &str) -> String {
    let groups = world.balancers.target_groups.values();
    let here = groups.flat_map(|group| group.targets.iter().map(move |(at, held)| (&group.shown.name, at, held)));
    let here = here.filter(|(_, at, held)| at.id == to && held.state != TargetState::Draining);
    list(here.map(|(group, at, _)| format!("{group}:{}", at.port.unwrap_or_default())))
}

/// The Auto Scaling group's hold on the instance, and what is suspended of any group.
fn of_groups(world: &World, target: &InstanceId) -> BTreeMap<String, String> {
    let mut held = BTreeMap::new();
    let groups = || world.scaling.groups.values();
    let member = groups().find_map(|group| Some((&group.shown.name, group.members.get(target)?)));
    let standing = member.map(|(name, member)| match member.lifecycle.as_str() {
        "Standby" => format!("{name}, in standby"),
        _ => name.to_string(),
    });
    held.insert("membership".into(), standing.unwrap_or_else(|| "none".into()));
    if let Some((_, member)) = member {
        held.insert("scale-in protection".into(), member.protected.to_string());
    }
    for group in groups() {
        held.insert(format!("suspended processes of {}", group.shown.name), list(group.shown.suspended.iter()));
    }
    held
}

fn list(things: impl Iterator<Item = impl ToString>) -> String {
    things.map(|thing| thing.to_string()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}

/// What `belongings` call a volume's end with its instance.
pub(super) fn deletion(volume: &VolumeId) -> String {
    format!("deletion of {volume} with it")
}
