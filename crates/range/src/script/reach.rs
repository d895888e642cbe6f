//! What can happen in a world and with a responder: which gates can be reached, what a killer or an
//! attacker would find.

use super::{Asset, Responder};
use crate::adversary::Strategy;
use crate::scenario::Scenario;
use crate::world::World;
use casebook::gate::Gate;
use casebook::id::InstanceId;
use casebook::settings::{RevokeScope, TrackedConnections};
use casebook::step::Phase;
use casebook::tags;
use std::collections::BTreeSet;

/// Whether an attacker's habit finds anything to act on in a world.
///
/// # Errors
/// What the world lacks.
pub fn finds_prey(strategy: &Strategy, scenario: Scenario) -> Result<(), String> {
    Facts::of(scenario).strategy(strategy.name)
}

/// The target's surroundings, as far as scripts can contradict them.
pub(super) struct Facts {
    pub(super) world: &'static str,
    pub(super) spot: bool,
    profile: bool,
    member: bool,
    balanced: bool,
    data_volumes: bool,
    customer_keys: bool,
    shared_role: bool,
    tags: BTreeSet<String>,
}

impl Facts {
    /// Looks at the world as it begins. Nothing that scripts ask about depends on the seed.
    pub(super) fn of(scenario: Scenario) -> Self {
        let (world, briefing) = scenario.build(1);
        let target = &briefing.target.instance;
        let machine = &world.compute.instances[target].shown;
        let disks = world.storage.volumes.values().flat_map(|volume| &volume.shown.attachments);
        let targets = world.balancers.target_groups.values().map(|group| &group.targets);
        Self {
            world: scenario.name,
            spot: machine.spot,
            profile: world.association_of(target).is_some(),
            member: world.membership(target).is_some(),
            balanced: targets.flat_map(|targets| targets.keys()).any(|held| held.id == target.as_str()),
            data_volumes: disks.filter(|held| held.instance == *target).count() > 1,
            customer_keys: world
                .storage
                .keys
                .values()
                .any(|key| !key.shown.aws_managed && key.shown.arn.account() == briefing.source_account),
            shared_role: shares_its_role(&world, target),
            tags: machine.tags.keys().cloned().collect(),
        }
    }

    /// Whether something would ever carry a tag: the target from the beginning, or by the response.
    pub(super) fn tag(&self, key: &str) -> Result<(), String> {
        const WRITTEN: [&str; 3] = [tags::CASE, tags::STEP, tags::STATUS];
        if WRITTEN.contains(&key) || self.tags.contains(key) {
            return Ok(());
        }
        let own = self.tags.iter().map(String::as_str);
        Err(format!(
            "`{key}`: no instance ever carries that tag in the world `{}`, so that the janitor would find nothing; \
             there is: {}",
            self.world,
            own.chain(WRITTEN).collect::<Vec<_>>().join(", ")
        ))
    }

    /// Whether an attacker's habit finds anything to act on.
    pub(super) fn strategy(&self, name: &str) -> Result<(), String> {
        let lacks = match name {
            "restore-profile" | "strip-deny" | "blunt-deny" | "keep-fetching" | "trade-onward" if !self.profile => {
                "its instance has no role"
            }
            "rejoin-group" if !self.member => "its instance is in no Auto Scaling group",
            "register-again" if !self.balanced => "its instance is behind no balancer",
            "detach-volume" if !self.data_volumes => "its instance has a root volume only",
            "disable-keys" if !self.customer_keys => "its account has no key of its own",
            _ => return Ok(()),
        };
        Err(format!("`{name}` has nothing to act on in the world `{}`: {lacks}", self.world))
    }

    /// Whether a run of this responder can come to a gate.
    pub(super) fn gate(&self, gate: Gate, asset: Asset, responder: &Responder) -> Result<(), String> {
        let why = match gate {
            Gate::Terminate if responder.through < Phase::Eradicate => through(Phase::Eradicate, responder),
            Gate::BootImage if responder.through < Phase::Custody => through(Phase::Custody, responder),
            Gate::OpenWindow if responder.tracked_connections == TrackedConnections::Report => {
                "it is offered with tracked_connections = \"convert\" only".to_owned()
            }
            Gate::ProtectedAsset if asset == Asset::Ordinary => {
                "the instance is no protected asset; one has asset = \"protected\"".to_owned()
            }
            Gate::SharedRole if responder.revoke == RevokeScope::Instance => {
                "with revoke = \"instance\" nobody else is cut off; it is reached with revoke = \"role\"".to_owned()
            }
            Gate::SharedRole if !self.shared_role => format!("nobody shares the role in the world `{}`", self.world),
            Gate::Router => "no world has an instance that routes for others".to_owned(),
            Gate::AsgSuspend => "no world has a group at its minimum size".to_owned(),
            _ => return Ok(()),
        };
        Err(format!("the gate `{gate}` is never reached: {why}"))
    }
}

fn through(needed: Phase, responder: &Responder) -> String {
    format!("the case goes through `{}`, and it stands in `{needed}`", responder.through)
}

fn shares_its_role(world: &World, target: &InstanceId) -> bool {
    let Some(held) = world.association_of(target) else { return false };
    world.identity.associations.values().any(|other| other.profile == held.profile && other.instance != *target)
}
