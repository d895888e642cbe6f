//! What each role and each instance normally calls, and what is out of the ordinary for it.
//!
//! Learned from logs, and going on to learn. A call of a kind that an instance has never made counts by
//! how rare the kind is among the instances of its role, and by how much the call matters. From the first
//! hour there is the prior: what nearly every instance calls. How sure a finding is grows with what was
//! learned, and is said.
//!
//! Only calls of instances are looked at: sessions named after one. [`Baseline::learn`] trusts what it is
//! shown; [`Baseline::judge`] does not learn the networks, endpoints and regions that it tells of.

use crate::holdings::Holdings;
use crate::record::trail::Event;
use bounds::Bounds;
use hours::Hours;
use jiff::Timestamp;
use role::{Member, Role};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

mod bounds;
mod call;
mod door;
mod hours;
mod prior;
mod refusals;
mod role;
mod store;
#[cfg(test)]
mod tests;
mod told;
mod unusual;

pub use call::Call;
pub use prior::{Weight, weight};
pub use store::{StoreError, read, write};
pub use unusual::{Unusual, What};

/// What was learned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Baseline {
    roles: BTreeMap<String, Role>,
    /// For how long it has learned.
    #[serde(default)]
    hours: Hours,
    #[serde(skip)]
    bounds: Bounds,
    /// Nothing but where credentials are used from is looked at.
    #[serde(skip)]
    places_only: bool,
}

impl Baseline {
    /// One for logs of which nothing was learned before: it tells nothing but credentials of an instance that are
    /// used from two networks in these logs, and no higher than [`Level::Medium`](crate::rules::Level::Medium).
    pub fn of_places() -> Self {
        Self { places_only: true, ..Self::default() }
    }

    /// Learns from a call; others than those of instances teach nothing. What was told of before is known from now on.
    pub fn learn(&mut self, event: &Event<'_>) {
        if let Some(call) = Call::of(event, &Holdings::new()) {
            self.learn_call(&call);
        }
    }

    /// Learns from an instance's call.
    pub fn learn_call(&mut self, call: &Call) {
        self.hours.add(call.at);
        let role = self.roles.entry(call.role.clone()).or_default();
        role.trust(call);
        self.bounds.meet(role, call);
        self.bounds.learn(role, call);
        self.bounds.keep(&mut self.roles);
    }

    /// What is out of the ordinary about a call, judged by what was learned before it; then learns it.
    pub fn judge(&mut self, call: &Call) -> Vec<Unusual> {
        let role = self.roles.entry(call.role.clone()).or_default();
        let unusual =
            if self.places_only { unusual::of_place(role, call) } else { unusual::of(role, call, &self.hours) };
        self.hours.add(call.at);
        unusual.iter().filter_map(|found| found.suspect.as_deref()).for_each(|what| role.suspect(what, call));
        self.bounds.told(unusual.len());
        self.bounds.meet(role, call);
        if !self.places_only {
            self.bounds.learn(role, call);
        }
        self.bounds.keep(&mut self.roles);
        unusual
    }

    /// An older program has written down no hours, but when it met each instance.
    fn since_older_programs(mut self) -> Self {
        if self.hours == Hours::default() {
            let members = self.roles.values().flat_map(|role| role.instances.values());
            members.for_each(|member| self.hours.between(member.first, member.last));
        }
        self
    }

    /// How many instances were forgotten, because there are more than are remembered at once.
    pub fn forgotten(&self) -> u64 {
        self.bounds.forgotten()
    }

    /// The roles that were learned, with how many kinds of call, instances and calls.
    pub fn roles(&self) -> impl Iterator<Item = (&str, usize, usize, u64)> {
        self.roles.iter().map(|(name, role)| {
            let calls = role.instances.values().map(|member| member.calls).sum();
            (name.as_str(), role.kinds.len(), role.instances.len(), calls)
        })
    }

    /// The instances of a role by their ids, with what is usual for each.
    pub fn instances(&self, role: &str) -> impl Iterator<Item = Habits<'_>> {
        self.roles.get(role).into_iter().flat_map(|role| &role.instances).map(|(instance, member)| {
            let Member { first, last, calls, denied, networks, endpoints, regions, agents, .. } = member;
            let (first, last, calls, denied) = (*first, *last, *calls, *denied);
            Habits { instance, first, last, calls, denied, networks, endpoints, regions, agents }
        })
    }

    /// The kinds of call of a role, the most frequent first, with how many calls and callers.
    pub fn kinds(&self, role: &str) -> Vec<(&str, u64, usize)> {
        let kinds = self.roles.get(role).map(|role| &role.kinds);
        let mut told: Vec<(&str, u64, usize)> =
            kinds.into_iter().flatten().map(|(name, kind)| (name.as_str(), kind.calls, kind.doing())).collect();
        told.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
        told
    }
}

/// What is usual for an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Habits<'b> {
    /// Its id.
    pub instance: &'b str,
    /// Its first call.
    pub first: Timestamp,
    /// Its last call.
    pub last: Timestamp,
    /// How many calls it has made.
    pub calls: u64,
    /// How many of them were refused.
    pub denied: u64,
    /// From which networks it calls over the internet (`198.51.100.0/24`), with how often.
    pub networks: &'b BTreeMap<String, u64>,
    /// What it reaches through endpoints of its VPC (`s3.amazonaws.com us-east-1`), with how often.
    pub endpoints: &'b BTreeMap<String, u64>,
    /// Where it calls, with how often.
    pub regions: &'b BTreeMap<String, u64>,
    /// With which programs (`aws-cli`, `Boto3`).
    pub agents: &'b BTreeSet<String>,
}

/// Two are equal that have learned the same.
impl PartialEq for Baseline {
    fn eq(&self, other: &Self) -> bool {
        (&self.roles, &self.hours) == (&other.roles, &other.hours)
    }
}

impl Eq for Baseline {}
