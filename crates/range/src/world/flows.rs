//! Conversations, and what cuts them: connection tracking as AWS describes it
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
//! A group change cuts only what is not tracked; a tracked flow lives on until it has been idle for
//! the interface's timeout.

use super::rules::{Packet, permits, tracked};
use super::{TimeoutReach, World};
use casebook::id::{GroupId, InstanceId, InterfaceId};
use casebook::scene::instance::InstanceState;
use casebook::scene::network::{Direction, IdleTimeouts};
use jiff::{SignedDuration, Timestamp};

/// What a flow goes through on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// An internet gateway, with a public address.
    Internet,
    /// Within the VPC or a peered one.
    Local,
    /// A NAT gateway.
    NatGateway,
    /// An egress-only internet gateway.
    EgressOnlyGateway,
    /// A network load balancer.
    NetworkBalancer,
    /// A transit gateway.
    TransitGateway,
    /// An interface endpoint.
    Endpoint,
    /// Amazon's resolver, the metadata service or the time service: no group and no ACL sees it
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>).
    AmazonService,
}

impl Path {
    /// Whether flows on this path are tracked whatever the rules are
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#automatic-tracking>).
    pub fn always_tracked(self) -> bool {
        !matches!(self, Self::Internet | Self::Local | Self::AmazonService)
    }
}

/// Whether a group change cuts a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// It lives until it is idle.
    Tracked,
    /// It is cut as soon as no rule lets it through.
    Untracked,
}

/// What a flow is.
#[derive(Clone, Debug)]
pub struct FlowPlan {
    /// What it is, for people.
    pub label: String,
    /// The interface that it goes through.
    pub interface: InterfaceId,
    /// Who began it: `Egress` when the instance did.
    pub direction: Direction,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The port that was called.
    pub port: i32,
    /// The other side's address.
    pub peer: String,
    /// The groups that the other side is in.
    pub peer_groups: Vec<GroupId>,
    /// Its way.
    pub path: Path,
    /// Seconds between two packets; `None` when it is dormant.
    pub beacon_seconds: Option<i64>,
}

impl FlowPlan {
    fn packet(&self) -> Packet<'_> {
        Packet {
            direction: self.direction,
            protocol: &self.protocol,
            port: self.port,
            peer: &self.peer,
            peer_groups: &self.peer_groups,
        }
    }
}

/// A conversation of an instance with somebody.
#[derive(Clone, Debug)]
pub struct Flow {
    /// What it is.
    pub plan: FlowPlan,
    /// When it began.
    pub started: Timestamp,
    /// Whether it is tracked at the moment.
    pub tracking: Tracking,
    /// When its last packet passed.
    pub last_packet: Timestamp,
    /// When and why it ended.
    pub ended: Option<(Timestamp, &'static str)>,
    idle: IdleTimeouts,
    settled: Timestamp,
}

impl Flow {
    /// Whether the two sides can still talk.
    pub fn alive(&self) -> bool {
        self.ended.is_none()
    }

    fn end(&mut self, at: Timestamp, why: &'static str) {
        self.ended = Some((at, why));
    }

    /// The packets in (from, to]: the first and the last of them.
    fn packets(&self, from: Timestamp, to: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let beacon = self.plan.beacon_seconds?.max(1);
        let since = |moment: Timestamp| moment.duration_since(self.started).as_secs().div_euclid(beacon);
        let at = |n: i64| self.started.saturating_add(SignedDuration::from_secs(n * beacon)).expect("in range");
        let (first, last) = (since(from) + 1, since(to));
        (first <= last && last > 0).then(|| (at(first.max(1)), at(last)))
    }

    /// How long it may be idle: five days for TCP, three minutes for UDP, unless the interface
    /// says otherwise.
    fn timeout(&self) -> SignedDuration {
        let seconds = match self.plan.protocol.as_str() {
            "tcp" => self.idle.tcp_established_seconds.unwrap_or(432_000),
            _ => self.idle.udp_stream_seconds.unwrap_or(180),
        };
        SignedDuration::from_secs(seconds.into())
    }

    /// Lives through a time in which nothing around it changed.
    fn live_until(&mut self, now: Timestamp, around: Around) {
        let from = std::mem::replace(&mut self.settled, now);
        let packets = if around.passes { self.packets(from, now) } else { None };
        match (self.tracking, packets) {
            (Tracking::Untracked, None) => {}
            (Tracking::Untracked, Some((_, last))) => {
                self.last_packet = last;
                self.tracking = around.tracking;
            }
            (Tracking::Tracked, packets) => self.live_tracked(from, packets.unwrap_or((now, self.last_packet)), around),
        }
    }

    fn live_tracked(&mut self, from: Timestamp, (first, last): (Timestamp, Timestamp), around: Around) {
        const IDLE: &str = "idle for longer than the interface's timeout";
        let timeout = self.timeout();
        let idle_at = |since: Timestamp| since.saturating_add(timeout).expect("in range");
        if first > idle_at(self.last_packet) {
            return self.end(idle_at(self.last_packet).max(from), IDLE);
        }
        let beacon = SignedDuration::from_secs(self.plan.beacon_seconds.unwrap_or(0));
        if first < last && beacon > timeout && around.tracking == Tracking::Tracked {
            return self.end(idle_at(first), IDLE);
        }
        if last > self.last_packet {
            self.last_packet = last;
            self.tracking = around.tracking;
        }
    }
}

/// What surrounds a flow while nothing changes.
#[derive(Clone, Copy)]
struct Around {
    passes: bool,
    tracking: Tracking,
}

impl World {
    /// Begins a conversation, if its first packet gets through; says whether it did.
    pub fn open_flow(&mut self, plan: FlowPlan) -> bool {
        if !self.admits(&plan) {
            return false;
        }
        let around = self.around(&plan);
        let now = self.now;
        let idle = self.idle_of(&plan);
        self.network.flows.push(Flow {
            plan,
            started: now,
            tracking: around.tracking,
            last_packet: now,
            ended: None,
            idle,
            settled: now,
        });
        true
    }

    /// Whether a new conversation would get through now: rules, ACL, a running instance.
    pub fn admits(&self, plan: &FlowPlan) -> bool {
        let Some(card) = self.network.interfaces.get(&plan.interface) else { return false };
        let rules = self.rules_of(&card.shown.groups);
        let allowed = plan.path == Path::AmazonService || rules.iter().any(|rule| permits(rule, &plan.packet()));
        allowed && self.carries(plan) && self.runs(plan)
    }

    /// The conversations, ended ones too, as they stand now.
    pub fn flows(&mut self) -> &[Flow] {
        self.settle();
        &self.network.flows
    }

    /// Brings all conversations up to now. To be called before and after anything around them
    /// changes; calling it more often changes nothing.
    pub fn settle(&mut self) {
        let mut flows = std::mem::take(&mut self.network.flows);
        for flow in flows.iter_mut().filter(|flow| flow.alive()) {
            self.settle_one(flow);
        }
        self.network.flows = flows;
    }

    /// The guest lost its side of every conversation: nothing answers for it any more.
    pub(crate) fn end_flows_of(&mut self, instance: &InstanceId, why: &'static str) {
        self.settle();
        let cards: Vec<InterfaceId> = self.cards_of(instance).into_iter().map(|card| card.shown.id.clone()).collect();
        let (now, flows) = (self.now, &mut self.network.flows);
        for flow in flows.iter_mut().filter(|flow| flow.alive() && cards.contains(&flow.plan.interface)) {
            flow.end(now, why);
        }
    }

    fn settle_one(&self, flow: &mut Flow) {
        let around = self.around(&flow.plan);
        if self.settings.timeout_reach == TimeoutReach::ExistingFlows {
            flow.idle = self.idle_of(&flow.plan);
        }
        flow.live_until(self.now, around);
        if flow.alive() {
            self.cut(flow);
        }
    }

    /// What a change around a flow cuts at once.
    fn cut(&self, flow: &mut Flow) {
        if !self.runs(&flow.plan) {
            flow.end(self.now, "the instance or the interface is gone");
        } else if !self.routed(&flow.plan) {
            flow.end(self.now, "the public address is gone");
        } else if flow.tracking == Tracking::Untracked
            && flow.plan.path != Path::AmazonService
            && !self.ruled_in(&flow.plan)
        {
            flow.end(self.now, "no rule allows it and it is not tracked");
        }
    }

    fn around(&self, plan: &FlowPlan) -> Around {
        Around { passes: self.carries(plan), tracking: self.tracking_of(plan) }
    }

    fn tracking_of(&self, plan: &FlowPlan) -> Tracking {
        let rules = self.network.interfaces.get(&plan.interface).map(|card| self.rules_of(&card.shown.groups));
        let by_rule = rules.is_some_and(|rules| tracked(&rules, &plan.packet()));
        let tracked = plan.path.always_tracked() || (by_rule && plan.path != Path::AmazonService);
        if tracked { Tracking::Tracked } else { Tracking::Untracked }
    }

    fn idle_of(&self, plan: &FlowPlan) -> IdleTimeouts {
        self.network.interfaces.get(&plan.interface).map(|card| card.shown.idle).unwrap_or_default()
    }

    fn ruled_in(&self, plan: &FlowPlan) -> bool {
        let card = self.network.interfaces.get(&plan.interface);
        card.is_some_and(|card| self.rules_of(&card.shown.groups).iter().any(|rule| permits(rule, &plan.packet())))
    }

    /// Whether the subnet's ACL lets its packets pass, there and back.
    pub(crate) fn carries(&self, plan: &FlowPlan) -> bool {
        let card = self.network.interfaces.get(&plan.interface);
        plan.path == Path::AmazonService
            || card.is_some_and(|card| self.acl_passes(&card.shown.subnet, &plan.protocol, &plan.peer))
    }

    fn runs(&self, plan: &FlowPlan) -> bool {
        let instance = self.network.interfaces.get(&plan.interface).and_then(|card| card.shown.instance.as_ref());
        instance.and_then(|id| self.compute.instances.get(id)).is_some_and(|m| m.shown.state == InstanceState::Running)
    }

    /// A flow through an internet gateway hangs on its public address of the peer's family.
    fn routed(&self, plan: &FlowPlan) -> bool {
        let card = self.network.interfaces.get(&plan.interface).map(|card| &card.shown);
        let reachable = card.is_some_and(|shown| match plan.peer.contains(':') {
            true => !shown.ipv6.is_empty(),
            false => shown.addresses.iter().any(|address| address.public.is_some()),
        });
        plan.path != Path::Internet || reachable
    }
}
