//! What stands in the account under investigation, a line each, to compare before and after.

use casebook::id::InstanceId;
use casebook::scene::instance::Tags;
use casebook::scene::network::IdleTimeouts;
use range::World;
use range::proof::Trial;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a case may change, by name. Tags of the case are no part of it: they stay as its
/// trace.
pub fn standing(trial: &Trial) -> BTreeMap<String, String> {
    let source = trial.range.target().account;
    trial.range.with_world(|world| {
        let mut lines = BTreeMap::new();
        network(world, &mut lines);
        members(world, &mut lines);
        for machine in world.compute.instances.values().filter(|machine| machine.owner == source) {
            let tags = own(&machine.shown.tags);
            let guards = (machine.termination_protection, machine.stop_protection, machine.shutdown);
            let profiles = world.identity.associations.values().filter(|tie| tie.instance == machine.shown.id);
            let profiles: Vec<_> = profiles.map(|tie| (&tie.profile, &tie.state)).collect();
            let state = machine.shown.state;
            lines.insert(
                format!("instance {}", machine.shown.id),
                format!("{state:?} {tags:?} {guards:?} {profiles:?}"),
            );
        }
        for volume in world.storage.volumes.values().filter(|volume| volume.owner == source) {
            let shown = &volume.shown;
            lines.insert(format!("volume {}", shown.id), format!("{} {:?}", shown.state, shown.attachments));
        }
        for role in world.identity.roles.values() {
            let inline: Vec<_> = role.inline.iter().map(|policy| &policy.shown).collect();
            lines.insert(format!("role {}", role.shown.name), format!("{inline:?} {:?}", role.attached));
        }
        lines
    })
}

fn network(world: &World, lines: &mut BTreeMap<String, String>) {
    for card in world.network.interfaces.values().map(|card| &card.shown) {
        let (groups, addresses) = (card.groups.iter().collect::<BTreeSet<_>>(), &card.addresses);
        let line = format!("{groups:?} {addresses:?} {:?} {:?} {:?}", card.ipv6, idle(&card.idle), own(&card.tags));
        lines.insert(format!("interface {}", card.id), line);
    }
    for group in world.network.groups.values().map(|group| &group.shown) {
        lines.insert(format!("group {}", kind(&group.name)), format!("{:?} {:?}", group.rules, own(&group.tags)));
    }
    for acl in world.network.acls.values().map(|acl| &acl.shown) {
        let ours = acl.tags.keys().any(|key| key.starts_with("impound:"));
        let name = if ours { "of a case".to_owned() } else { acl.id.to_string() };
        let subnets: BTreeSet<_> = acl.associations.iter().map(|tie| &tie.subnet).collect();
        lines.insert(format!("acl {name}"), format!("{subnets:?} {:?}", acl.entries));
    }
}

/// Groups and balancers, and who is in them.
fn members(world: &World, lines: &mut BTreeMap<String, String>) {
    for group in world.scaling.groups.values() {
        let shown = &group.shown;
        lines.insert(format!("scaling {}", shown.name), format!("{} {:?}", shown.desired, shown.suspended));
        for (id, member) in &group.members {
            let line = format!("{} {} {}", member.lifecycle, member.healthy, member.protected);
            lines.insert(format!("member {id}"), line);
        }
    }
    for balancer in world.balancers.classic.values().map(|balancer| &balancer.shown) {
        let instances: BTreeSet<&InstanceId> = balancer.instances.iter().collect();
        lines.insert(format!("classic {}", balancer.name), format!("{instances:?}"));
    }
    for group in world.balancers.target_groups.values() {
        for (registration, target) in &group.targets {
            let name = format!("target {} {} {:?}", group.shown.name, registration.id, registration.port);
            lines.insert(name, format!("{:?}", target.state));
        }
    }
}

/// Seconds for TCP, UDP streams and UDP. AWS has no call that clears one, so its default counts as none
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts>).
fn idle(idle: &IdleTimeouts) -> (i32, i32, i32) {
    let IdleTimeouts { tcp_established_seconds: tcp, udp_stream_seconds: stream, udp_seconds: udp } = *idle;
    (tcp.unwrap_or(432_000), stream.unwrap_or(180), udp.unwrap_or(30))
}

fn own(tags: &Tags) -> Tags {
    tags.iter()
        .filter(|(key, _)| !key.starts_with("impound:"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Names of groups that a case makes end in what nobody can guess.
fn kind(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((kind @ ("impound-quarantine" | "impound-window"), _)) => format!("{kind} of a case"),
        _ => name.to_owned(),
    }
}

/// What differs, by name.
pub fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}
