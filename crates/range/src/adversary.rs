//! The adversary: somebody with an administrator's rights in the account under investigation who
//! works against the response. Each strategy is one habit, repeated at its own pace; several at once
//! make an attacker. Everything is a call like any other: AWS's rules and the organisation's policy
//! decide, and CloudTrail has it.

use crate::World;
use crate::world::Event;
use casebook::id::{GroupId, InstanceId, InterfaceId, ScalingGroupName};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::fmt;

mod evidence;
mod host;
mod network;
mod role;

/// How CloudTrail knows the attacker.
pub const ATTACKER: &str = "build-agent";

/// A habit of an attacker.
pub struct Strategy {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    act: fn(&mut World, &Prey),
}

impl fmt::Debug for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What an attacker is after, as it was when the attacker came.
#[derive(Clone, Debug)]
pub struct Prey {
    instance: InstanceId,
    groups: BTreeMap<InterfaceId, Vec<GroupId>>,
    profile: Option<casebook::id::Arn>,
    scaling: Option<ScalingGroupName>,
}

/// An attacker at large.
#[derive(Clone, Debug)]
pub(crate) struct Intruder {
    strategy: &'static Strategy,
    prey: Prey,
    every: SignedDuration,
    /// How often it has acted.
    pub(crate) acts: u32,
}

/// How often one habit is repeated before its attacker gives up: a world without an organisation's
/// policy would otherwise never come to rest.
const PERSISTENCE: u32 = 12;

/// All of them; new ones come last, so that the seeds of older storms mean what they meant.
pub const ALL: &[Strategy] = &[
    network::REVERT_GROUPS,
    network::NEW_INTERFACE,
    network::SQUAT,
    network::OPEN_QUARANTINE,
    network::REGISTER_AGAIN,
    role::RESTORE_PROFILE,
    role::STRIP_DENY,
    role::KEEP_FETCHING,
    role::STRIP_TAGS,
    role::DRAIN,
    evidence::DELETE_SNAPSHOTS,
    evidence::UNSHARE,
    evidence::LEAK,
    evidence::DISABLE_KEYS,
    evidence::DETACH_VOLUME,
    evidence::TERMINATE,
    evidence::UNLOCK_AND_DELETE,
    role::BLUNT_DENY,
    host::REJOIN_GROUP,
    host::POWER_OFF,
    role::TRADE_ONWARD,
];

impl Strategy {
    /// The strategy of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|strategy| strategy.name == name)
    }
}

impl World {
    /// Lets an attacker loose on an instance: the first act comes after a while, the next ones every
    /// so often.
    pub fn set_loose(
        &mut self,
        strategy: &'static Strategy,
        prey: &InstanceId,
        first: SignedDuration,
        every: SignedDuration,
    ) {
        let groups = self.cards_of(prey).into_iter().map(|card| (card.shown.id.clone(), card.shown.groups.clone()));
        let profile = self.identity.associations.values().find(|held| held.instance == *prey);
        let prey = Prey {
            instance: prey.clone(),
            groups: groups.collect(),
            profile: profile.map(|held| held.profile.clone()),
            scaling: self.membership(prey).map(|member| member.group),
        };
        let every = every.max(SignedDuration::from_secs(1));
        self.intruders.push(Intruder { strategy, prey, every, acts: 0 });
        self.schedule(first, Event::Intruder(self.intruders.len() - 1));
    }

    /// The attackers leave, and do not come back.
    pub fn drive_out(&mut self) {
        self.intruders.clear();
    }

    pub(crate) fn intruder_acts(&mut self, index: usize) {
        let Some(intruder) = self.intruders.get_mut(index).filter(|held| held.acts < PERSISTENCE) else { return };
        intruder.acts += 1;
        let (strategy, every, prey) = (intruder.strategy, intruder.every, intruder.prey.clone());
        (strategy.act)(self, &prey);
        self.schedule(every, Event::Intruder(index));
    }
}
