//! What the instances of a role do, in bounded memory.

use super::call::{Call, Way};
use super::refusals::Refusals;
use super::told::Told;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most kinds of call kept of a role; what is rarer than all of them is not learned any more.
const MOST_KINDS: usize = 4_096;
/// The most instances of which a kind's callers are told apart. A kind with more is any instance's habit.
pub(super) const MOST_CALLERS: usize = 256;
/// The most instances kept of a role; with more, those that have not called for longest are forgotten.
const MOST_INSTANCES: usize = 2_048;
/// The most networks kept of an instance.
const MOST_NETWORKS: usize = 64;
/// The most programs kept of an instance. Who calls names the program: made-up names must not fill the memory.
pub(super) const MOST_AGENTS: usize = 64;
/// The most regions kept of an instance and of a kind of call. AWS has fewer; a forged record names any.
pub(super) const MOST_REGIONS: usize = 64;
/// The most services kept that an instance reaches through endpoints, region by region.
pub(super) const MOST_ENDPOINTS: usize = 128;
/// The most endpoints kept that an instance calls through.
pub(super) const MOST_DOORS: usize = 128;

/// An instance takes as much memory as so many facts, before any is known: it may be the only one of its role.
const BY_ITSELF: usize = 48;
/// The same of a kind of call.
const KIND: usize = 6;

/// What the instances of a role do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Role {
    /// `ec2.amazonaws.com DescribeInstances`.
    pub kinds: BTreeMap<String, Kind>,
    pub instances: BTreeMap<String, Member>,
    /// Networks, endpoints, and kinds of call in a region.
    #[serde(default)]
    pub told: Told,
}

/// A kind of call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kind {
    pub calls: u64,
    /// Who makes it, while they are told apart.
    pub callers: BTreeSet<String>,
    /// Whether so many make it that they are not told apart any more.
    #[serde(default)]
    pub everybodys: bool,
    pub regions: BTreeSet<String>,
}

/// An instance of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub first: Timestamp,
    pub last: Timestamp,
    pub calls: u64,
    pub denied: u64,
    #[serde(default)]
    pub refusals: Refusals,
    /// Where its calls came from over the internet: `198.51.100.0/24`.
    pub networks: BTreeMap<String, u64>,
    /// What it reaches through endpoints, `s3.amazonaws.com us-east-1`, and how often it has.
    #[serde(default)]
    pub endpoints: BTreeMap<String, u64>,
    /// Through which endpoints: `vpce-… to s3.amazonaws.com us-east-1`, `endpoints of account 111111111111`.
    #[serde(default)]
    pub doors: BTreeSet<String>,
    /// Where it calls, and how often.
    #[serde(default)]
    pub regions: BTreeMap<String, u64>,
    /// `aws-cli`, `Boto3`, …
    pub agents: BTreeSet<String>,
}

impl Role {
    /// Whose call it was, and from where. A call from a place that raised an alert counts, and teaches nothing.
    /// Answers whether another instance was forgotten for it.
    pub fn met(&mut self, call: &Call) -> bool {
        let suspect = call.place_of_anybody().is_some_and(|place| self.told.suspects(&place));
        let full = self.instances.len() >= MOST_INSTANCES && !self.instances.contains_key(&call.instance);
        if full {
            self.forget_the_stalest();
        }
        let member = self.instances.entry(call.instance.clone()).or_insert_with(|| Member::new(call.at));
        member.count(call);
        if !suspect {
            member.learn(call);
        }
        full
    }

    /// How many facts are kept of its instances, of what they call, and of what was told of them.
    pub fn weight(&self) -> usize {
        let kinds: usize = self.kinds.values().map(Kind::weight).sum();
        self.told.weight() + kinds + self.instances.values().map(Member::weight).sum::<usize>()
    }

    /// Forgets an instance, and that it makes what it makes.
    pub fn forget(&mut self, instance: &str) {
        self.instances.remove(instance);
        for kind in self.kinds.values_mut() {
            kind.callers.remove(instance);
        }
    }

    /// An instance that has not called for longest is gone, most likely.
    fn forget_the_stalest(&mut self) {
        let stalest = self.instances.iter().min_by_key(|(_, member)| member.last).map(|(name, _)| name.clone());
        stalest.into_iter().for_each(|name| self.forget(&name));
    }

    /// What the call was. A region that raised an alert is not learned.
    pub fn learn(&mut self, call: &Call) {
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&call.kind) {
            return;
        }
        let kind = self.kinds.entry(call.kind.clone()).or_default();
        kind.calls += 1;
        if !kind.is_known_in(&call.region) && !self.told.suspects(&call.kind_there()) {
            kind.regions.insert(call.region.clone());
        }
        if !kind.is_known_to(&call.instance) {
            kind.callers.insert(call.instance.clone());
        }
        if kind.callers.len() >= MOST_CALLERS {
            (kind.everybodys, kind.callers) = (true, BTreeSet::new());
        }
    }

    /// Something about a call raised an alert.
    pub fn suspect(&mut self, what: &str, call: &Call) {
        self.told.note(what, &call.instance);
    }

    /// Whatever about a call raised an alert before is known from now on.
    pub fn trust(&mut self, call: &Call) {
        if let Some(place) = call.place() {
            self.told.trust(&place);
        }
        self.told.trust(&call.kind_there());
    }

    /// Whether an instance of the role calls from there, and nothing was told of it.
    pub fn calls_from(&self, place: &str) -> bool {
        !self.told.suspects(place) && self.instances.values().any(|peer| peer.calls_from(place))
    }
}

impl Kind {
    /// Whether an instance has made it, or so many others that it may be taken for everybody's habit.
    pub fn is_known_to(&self, instance: &str) -> bool {
        self.doing() >= MOST_CALLERS || self.callers.contains(instance)
    }

    /// How many make it, as far as they are told apart.
    pub fn doing(&self) -> usize {
        if self.everybodys { MOST_CALLERS } else { self.callers.len() }
    }

    /// How many facts are kept of it.
    pub fn weight(&self) -> usize {
        KIND + self.callers.len() + self.regions.len()
    }

    /// Whether it was made in a region, or in so many that one more says nothing.
    pub fn is_known_in(&self, region: &str) -> bool {
        self.regions.len() >= MOST_REGIONS || self.regions.contains(region)
    }
}

impl Member {
    fn new(at: Timestamp) -> Self {
        Self {
            first: at,
            last: at,
            calls: 0,
            denied: 0,
            refusals: Refusals::default(),
            networks: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            doors: BTreeSet::new(),
            regions: BTreeMap::new(),
            agents: BTreeSet::new(),
        }
    }

    /// How many facts are kept of it.
    pub fn weight(&self) -> usize {
        let ways = self.networks.len() + self.endpoints.len() + self.doors.len();
        BY_ITSELF + ways + self.regions.len() + self.agents.len()
    }

    /// That there was a call, and whether it was refused.
    fn count(&mut self, call: &Call) {
        if call.denied {
            let is_burst = self.burst(call.at).is_some();
            self.refusals.add(call.at, is_burst);
            self.denied += 1;
        }
        self.first = self.first.min(call.at);
        self.last = self.last.max(call.at);
        self.calls += 1;
    }

    /// Where it was made, by which way, and with what.
    fn learn(&mut self, call: &Call) {
        add(&mut self.regions, &call.region, MOST_REGIONS);
        if call.shows_a_network() {
            add(&mut self.networks, &call.network, MOST_NETWORKS);
        }
        if let Way::Endpoint(door) = &call.way {
            add(&mut self.endpoints, &call.service_there(), MOST_ENDPOINTS);
            if self.doors.len() < MOST_DOORS {
                self.doors.insert(door.place(call));
            }
        }
        if !self.knows_agent(&call.agent) {
            self.agents.insert(call.agent.clone());
        }
    }

    /// Whether it has called from a network, or through an endpoint.
    pub fn calls_from(&self, place: &str) -> bool {
        self.networks.contains_key(place) || self.doors.contains(place)
    }

    /// Whether something is known of from where it calls. Whose endpoints an older program has learned is not.
    pub fn knows_its_ways(&self) -> bool {
        !self.doors.is_empty() || (!self.networks.is_empty() && self.endpoints.is_empty())
    }

    /// Whether a program has called before, or so many others that one more says nothing.
    pub fn knows_agent(&self, agent: &str) -> bool {
        self.agents.len() >= MOST_AGENTS || self.agents.contains(agent)
    }

    /// Whether a tenth of its calls are made in a region.
    pub fn is_at_home_in(&self, region: &str) -> bool {
        self.regions.get(region).is_some_and(|calls| calls * 10 >= self.calls)
    }
}

/// One more, as long as there is room.
fn add(counts: &mut BTreeMap<String, u64>, name: &str, most: usize) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
    } else if counts.len() < most {
        counts.insert(name.to_owned(), 1);
    }
}
