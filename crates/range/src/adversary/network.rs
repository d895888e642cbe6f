//! Against isolation.

use super::{ATTACKER, Prey, Strategy};
use crate::World;
use casebook::id::{GroupId, VpcId};
use casebook::scene::balancer::Registration;
use casebook::scene::instance::Tags;
use casebook::scene::network::{Direction, Peer, Rule};
use casebook::tags;

pub(super) const REVERT_GROUPS: Strategy = Strategy {
    name: "revert-groups",
    summary: "puts every interface back into the groups it was in",
    act: |world, prey| {
        for (interface, groups) in &prey.groups {
            let differs = world.network.interfaces.get(interface).is_some_and(|card| card.shown.groups != *groups);
            if differs {
                let _refused = world.administrator(ATTACKER).set_interface_groups(interface, groups);
            }
        }
    },
};

pub(super) const NEW_INTERFACE: Strategy = Strategy {
    name: "new-interface",
    summary: "attaches another interface in the groups of the first one",
    act: |world, prey| {
        let open = prey.groups.values().find(|groups| !groups.is_empty()).cloned().unwrap_or_default();
        let _refused = world.administrator(ATTACKER).attach_interface(&prey.instance, &open);
    },
};

pub(super) const SQUAT: Strategy = Strategy {
    name: "squat",
    summary: "makes open groups with the name and the tag of a quarantine group",
    act: |world, prey| {
        let Some(vpc) = vpc(world, prey) else { return };
        let name = format!("impound-quarantine-{}", world.number() % 1000);
        let tags = Tags::from([(tags::QUARANTINE.to_owned(), "true".to_owned())]);
        let _refused = world.administrator(ATTACKER).create_group(&vpc, &name, &tags, &[everything()]);
    },
};

pub(super) const OPEN_QUARANTINE: Strategy = Strategy {
    name: "open-quarantine",
    summary: "adds a rule that lets everything out to the group that the interfaces are in",
    act: |world, prey| {
        let held = world.cards_of(&prey.instance).into_iter().flat_map(|card| card.shown.groups.clone());
        let closed: Vec<GroupId> =
            held.filter(|id| world.network.groups.get(id).is_some_and(|group| group.shown.rules.is_empty())).collect();
        for group in closed {
            let _refused = world.administrator(ATTACKER).open_group(&group, &[everything()]);
        }
    },
};

pub(super) const REGISTER_AGAIN: Strategy = Strategy {
    name: "register-again",
    summary: "registers the instance at every target group and at every classic balancer",
    act: |world, prey| {
        let target = Registration { id: prey.instance.to_string(), port: Some(80), zone: None };
        let groups = world.balancers.target_groups.iter().filter(|(_, group)| {
            group.shown.kind == "instance" && !group.shown.balancers.is_empty() && !group.targets.contains_key(&target)
        });
        for group in groups.map(|(arn, _)| arn.clone()).collect::<Vec<_>>() {
            let _refused = world.administrator(ATTACKER).register_target(&group, &target);
        }
        for balancer in world.balancers.classic.keys().cloned().collect::<Vec<_>>() {
            let _refused = world.administrator(ATTACKER).register_classic(&balancer, &prey.instance);
        }
    },
};

fn vpc(world: &World, prey: &Prey) -> Option<VpcId> {
    world.cards_of(&prey.instance).first().map(|card| card.shown.vpc.clone())
}

fn everything() -> Rule {
    let peer = Peer::Ipv4("0.0.0.0/0".into());
    Rule { direction: Direction::Egress, protocol: "-1".into(), from: None, to: None, peer }
}
