//! What went on while the response was at work, as the world knows it and no reading shows it: which
//! conversations lived until when, and whose sessions worked until when. It only looks.

use crate::World;
use crate::world::flows::{Flow, Path};
use crate::world::identity::Session;
use casebook::id::{InstanceId, InterfaceId};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Something that could be heard or used from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// What it is, for people.
    pub what: String,
    /// When it ended; `None` when it has not.
    pub until: Option<Timestamp>,
    /// Why it ended; empty for a session, which a deny or its own end stopped.
    pub why: String,
}

/// Watches the target's conversations and everybody's sessions from a moment on.
#[derive(Clone, Debug)]
pub struct Leaks {
    target: InstanceId,
    cards: BTreeSet<InterfaceId>,
    ended_before: BTreeSet<usize>,
    looked: Timestamp,
    /// By the session's place: when it was first found not to work.
    dead: BTreeMap<usize, Timestamp>,
    /// By the conversation's place: since when a network ACL lets nothing of it through.
    cut_off: BTreeMap<usize, Timestamp>,
    network: Network,
    openings: Vec<Opening>,
}

/// Why a conversation that the world keeps alive is over all the same: the ACL stops every packet, and
/// only lifting it would let them pass again.
const CUT_OFF: &str = "cut off by the network ACL";

/// How the target's network stood at the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// It has never been closed.
    Untouched,
    Closed,
    OpenAgain(Timestamp),
}

/// A time in which the target stood open again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Leaks {
    /// Begins to watch.
    pub fn of(world: &mut World, target: &InstanceId) -> Self {
        let ended = world.flows().iter().enumerate().filter(|(_, flow)| !flow.alive()).map(|(index, _)| index);
        let ended_before = ended.collect();
        let mut leaks = Self {
            target: target.clone(),
            cards: BTreeSet::new(),
            ended_before,
            looked: world.now(),
            dead: BTreeMap::new(),
            cut_off: BTreeMap::new(),
            network: Network::Untouched,
            openings: Vec::new(),
        };
        leaks.look(world);
        leaks
    }

    /// Looks again. Between two looks a session's end is placed at what ended it.
    pub fn look(&mut self, world: &World) {
        self.cards.extend(world.cards_of(&self.target).into_iter().map(|card| card.shown.id.clone()));
        let (from, now) = (self.looked, world.now());
        for (index, session) in world.identity.sessions.iter().enumerate() {
            if world.credentials_work(session) {
                self.dead.remove(&index);
            } else {
                self.dead.entry(index).or_insert_with(|| end_of(world, session, from, now));
            }
        }
        self.look_at_packets(world);
        self.look_at_network(world);
        self.looked = now;
    }

    /// A conversation is cut off from the first look on at which an ACL stops its packets, for as long as
    /// it does.
    fn look_at_packets(&mut self, world: &World) {
        for (index, flow) in world.network.flows.iter().enumerate().filter(|(_, flow)| flow.alive()) {
            if world.carries(&flow.plan) {
                self.cut_off.remove(&index);
            } else {
                self.cut_off.entry(index).or_insert(world.now());
            }
        }
    }

    /// An opening began with the first change of somebody else since the last look, and ends when it
    /// is found closed.
    fn look_at_network(&mut self, world: &World) {
        let now = world.now();
        let open = !world.exposure(&self.target).interfaces.is_empty();
        self.network = match (self.network, open) {
            (Network::Untouched, true) => Network::Untouched,
            (Network::Untouched | Network::Closed, false) => Network::Closed,
            (Network::Closed, true) => {
                let acts = world.records.trail.iter().map(|event| event.at);
                Network::OpenAgain(acts.filter(|at| *at > self.looked && *at <= now).min().unwrap_or(now))
            }
            (Network::OpenAgain(from), false) => {
                self.openings.push(Opening { from, until: now });
                Network::Closed
            }
            (Network::OpenAgain(from), true) => Network::OpenAgain(from),
        };
    }

    /// The times in which the target stood open again, the last one until now if it still does.
    pub fn openings(&self, now: Timestamp) -> Vec<Opening> {
        let still = match self.network {
            Network::OpenAgain(from) => Some(Opening { from, until: now }),
            Network::Untouched | Network::Closed => None,
        };
        self.openings.iter().copied().chain(still).collect()
    }

    /// The target's conversations with somebody outside its network, in the order of their beginning.
    pub fn conversations(&self, world: &mut World) -> Vec<Leak> {
        let flows = world.flows().iter().enumerate();
        let watched = flows.filter(|(index, flow)| {
            self.cards.contains(&flow.plan.interface)
                && flow.plan.path != Path::Local
                && !self.ended_before.contains(index)
        });
        let leak = |(index, flow): (usize, &Flow)| {
            let end = self.cut_off.get(&index).map(|at| (*at, CUT_OFF)).or(flow.ended);
            Leak {
                what: flow.plan.label.clone(),
                until: end.map(|(at, _)| at),
                why: end.map(|(_, why)| why.to_owned()).unwrap_or_default(),
            }
        };
        watched.map(leak).collect()
    }

    /// The sessions that were given to the target or obtained onward from it.
    pub fn sessions(&self, world: &World) -> Vec<Leak> {
        self.those(world, |instance| instance.is_none_or(|instance| *instance == self.target))
    }

    /// The sessions of others.
    pub fn bystanders(&self, world: &World) -> Vec<Leak> {
        self.those(world, |instance| instance.is_some_and(|instance| *instance != self.target))
    }

    fn those(&self, world: &World, whose: impl Fn(Option<&InstanceId>) -> bool) -> Vec<Leak> {
        let sessions = world.identity.sessions.iter().enumerate();
        let held = sessions.filter(|(_, session)| whose(session.instance.as_ref()));
        let leak = |(index, session): (usize, &Session)| Leak {
            what: session.label.clone(),
            until: self.dead.get(&index).copied(),
            why: String::new(),
        };
        held.map(leak).collect()
    }
}

/// When a session that worked at one look and not at the next one ended: a policy came into force, or
/// it expired.
fn end_of(world: &World, session: &Session, from: Timestamp, now: Timestamp) -> Timestamp {
    let policies = world.identity.roles.get(&session.role).map(|role| &role.inline);
    let began = policies.into_iter().flatten().map(|policy| policy.works_from);
    began.chain([session.expires]).filter(|at| *at > from && *at <= now).min().unwrap_or(now)
}
