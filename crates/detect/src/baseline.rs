//! What each role and each instance normally calls, and what is out of the ordinary for it.
//!
//! Learned from logs, and going on to learn. A call of a kind that an instance has never made counts by
//! how rare the kind is among the instances of its role, and by how much the call matters. From the first
//! hour there is the prior: what nearly every instance calls. How sure a finding is grows with what was
//! learned, and is said.
//!
//! Only calls of instances are looked at: sessions named after one.

use crate::record::trail::Event;
use crate::suspect::session_of;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

mod prior;
mod store;
#[cfg(test)]
mod tests;
mod unusual;

pub use prior::{Weight, weight};
pub use store::{StoreError, read, write};
pub use unusual::{Unusual, What};

/// The most kinds of call kept of a role; what is rarer than all of them is not learned any more.
const MOST_KINDS: usize = 4_096;
/// The most instances of which a kind's callers are told apart. A kind with more is any instance's habit.
const MOST_CALLERS: usize = 256;
/// The most instances kept of a role; with more, those that have not called for longest are forgotten.
const MOST_INSTANCES: usize = 2_048;
/// The most networks kept of an instance.
const MOST_NETWORKS: usize = 64;
/// The most programs kept of an instance. Who calls names the program: made-up names must not fill the memory.
const MOST_AGENTS: usize = 64;

/// What was learned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    roles: BTreeMap<String, Role>,
    /// Nothing but where credentials are used from is looked at.
    #[serde(skip)]
    places_only: bool,
}

/// What the instances of a role do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Role {
    /// `ec2.amazonaws.com DescribeInstances`.
    kinds: BTreeMap<String, Kind>,
    instances: BTreeMap<String, Member>,
}

/// A kind of call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kind {
    calls: u64,
    callers: BTreeSet<String>,
    regions: BTreeSet<String>,
}

/// An instance of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Member {
    first: Timestamp,
    last: Timestamp,
    calls: u64,
    denied: u64,
    /// Where its calls came from over the internet: `198.51.100.0/24`.
    networks: BTreeMap<String, u64>,
    /// `aws-cli`, `Boto3`, …
    agents: BTreeSet<String>,
}

/// A call of an instance, as far as the baseline looks at it.
#[derive(Clone, Debug)]
pub struct Call {
    role: String,
    instance: String,
    at: Timestamp,
    kind: String,
    region: String,
    network: String,
    /// Whether it came over the internet: neither through an endpoint of the VPC nor by a service.
    public: bool,
    agent: String,
    denied: bool,
}

impl Baseline {
    /// One for logs of which nothing was learned before: it tells nothing but credentials of an instance that are
    /// used from two networks in these logs, and no higher than [`Level::Medium`].
    pub fn of_places() -> Self {
        Self { places_only: true, ..Self::default() }
    }

    /// Learns from a call; others than those of instances teach nothing.
    pub fn learn(&mut self, event: &Event<'_>) {
        if let Some(call) = Call::of(event) {
            let role = self.roles.entry(call.role.clone()).or_default();
            role.met(&call);
            role.learn(&call);
        }
    }

    /// What is out of the ordinary about a call, judged by what was learned before it; then learns it.
    pub fn judge(&mut self, call: &Call) -> Vec<Unusual> {
        let role = self.roles.entry(call.role.clone()).or_default();
        let unusual = if self.places_only { unusual::of_place(role, call) } else { unusual::of(role, call) };
        role.met(call);
        if !self.places_only {
            role.learn(call);
        }
        unusual
    }

    /// The roles that were learned, with how many kinds of call, instances and calls.
    pub fn roles(&self) -> impl Iterator<Item = (&str, usize, usize, u64)> {
        self.roles.iter().map(|(name, role)| {
            let calls = role.instances.values().map(|member| member.calls).sum();
            (name.as_str(), role.kinds.len(), role.instances.len(), calls)
        })
    }

    /// The kinds of call of a role, the most frequent first, with how many calls and callers.
    pub fn kinds(&self, role: &str) -> Vec<(&str, u64, usize)> {
        let kinds = self.roles.get(role).map(|role| &role.kinds);
        let mut told: Vec<(&str, u64, usize)> =
            kinds.into_iter().flatten().map(|(name, kind)| (name.as_str(), kind.calls, kind.callers.len())).collect();
        told.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
        told
    }
}

impl Role {
    /// Whose call it was, and from where.
    fn met(&mut self, call: &Call) {
        let fresh = Member {
            first: call.at,
            last: call.at,
            calls: 0,
            denied: 0,
            networks: BTreeMap::new(),
            agents: BTreeSet::new(),
        };
        if self.instances.len() >= MOST_INSTANCES && !self.instances.contains_key(&call.instance) {
            self.forget_the_stalest();
        }
        let member = self.instances.entry(call.instance.clone()).or_insert(fresh);
        member.first = member.first.min(call.at);
        member.last = member.last.max(call.at);
        member.calls += 1;
        member.denied += u64::from(call.denied);
        let room = member.networks.len() < MOST_NETWORKS || member.networks.contains_key(&call.network);
        if call.public && room {
            *member.networks.entry(call.network.clone()).or_default() += 1;
        }
        if !member.knows_agent(&call.agent) {
            member.agents.insert(call.agent.clone());
        }
    }

    /// An instance that has not called for longest is gone, most likely.
    fn forget_the_stalest(&mut self) {
        let stalest = self.instances.iter().min_by_key(|(_, member)| member.last).map(|(name, _)| name.clone());
        stalest.into_iter().for_each(|name| drop(self.instances.remove(&name)));
    }

    /// What the call was.
    fn learn(&mut self, call: &Call) {
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&call.kind) {
            return;
        }
        let kind = self.kinds.entry(call.kind.clone()).or_default();
        kind.calls += 1;
        kind.regions.insert(call.region.clone());
        if kind.callers.len() < MOST_CALLERS {
            kind.callers.insert(call.instance.clone());
        }
    }
}

impl Kind {
    /// Whether an instance has made it, or so many others that it may be taken for everybody's habit.
    fn is_known_to(&self, instance: &str) -> bool {
        self.callers.len() >= MOST_CALLERS || self.callers.contains(instance)
    }
}

impl Member {
    /// Whether a program has called before, or so many others that one more says nothing.
    fn knows_agent(&self, agent: &str) -> bool {
        self.agents.len() >= MOST_AGENTS || self.agents.contains(agent)
    }
}

impl Call {
    /// The call of an instance's session; `None` for any other.
    pub fn of(event: &Event<'_>) -> Option<Self> {
        let arn = event.who.arn.as_str();
        let instance = session_of(event)?;
        Some(Self {
            role: role_of(arn)?.into(),
            instance: instance.into(),
            at: event.at()?,
            kind: format!("{} {}", event.source.as_str(), event.name.as_str()),
            region: event.region.as_str().into(),
            network: network(event.address.as_str()),
            public: is_public(event),
            agent: family(event.agent.as_str()).into(),
            denied: is_denial(event.error_code.as_str()),
        })
    }
}

/// `arn:aws:sts::111111111111:assumed-role/web/i-…`: account and role together, names repeat.
fn role_of(arn: &str) -> Option<&str> {
    let end = arn.rfind('/')?;
    let begin = arn.find("::")? + 2;
    arn.get(begin..end).filter(|role| role.contains(":assumed-role/"))
}

/// The network of an address: /24 of IPv4, /64 of IPv6; a service's name stands for itself.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

/// CloudTrail names the endpoint of a call that came through one
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
fn is_public(event: &Event<'_>) -> bool {
    let named = || memchr::memmem::find(event.raw, b"\"vpcEndpointId\"").is_some();
    event.address.as_str().parse::<IpAddr>().is_ok() && !(named() && event.value()["vpcEndpointId"].is_string())
}

/// The program's name, without its version.
fn family(agent: &str) -> &str {
    let name = agent.trim_start_matches('[').split(['/', ' ', ']']).next().unwrap_or_default();
    if name.is_empty() { "unnamed" } else { name }
}

/// The codes with which AWS refuses for want of permission
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
fn is_denial(code: &str) -> bool {
    matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "Client.UnauthorizedOperation"
            | "AuthFailure"
    )
}
