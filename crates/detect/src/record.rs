//! What a log tells, one kind a file.

pub mod balancer;
pub mod digest;
pub mod flow;
pub mod hub;
pub mod lake;
pub mod resolver;
pub mod text;
pub mod trail;

use crate::count::Kinds;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// A record of any kind.
#[derive(Debug)]
pub enum Record<'a> {
    /// An API call (CloudTrail).
    Trail(trail::Event<'a>),
    /// What CloudTrail itself finds unusual; no call.
    Insight(trail::Event<'a>),
    /// What log files CloudTrail has delivered; no call.
    Digest(digest::Digest<'a>),
    /// Traffic of an interface (VPC flow logs).
    Flow(flow::Flow<'a>),
    /// A request to an application load balancer.
    Balancer(balancer::Request<'a>),
    /// A name that was looked up (Route 53 resolver).
    Query(resolver::Query<'a>),
    /// A GuardDuty finding, and how it stands in its file, with the envelope around it.
    Finding(Box<casebook::finding::Finding>, &'a [u8]),
    /// A Security Hub finding.
    Hub(hub::Finding<'a>),
}

impl Record<'_> {
    /// When it happened, of those that rules look at: traffic when it ended.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Trail(event) => event.at(),
            Self::Flow(flow) => flow.end(),
            Self::Balancer(request) => Some(request.at),
            Self::Query(query) => query.at(),
            Self::Insight(_) | Self::Digest(_) | Self::Finding(..) | Self::Hub(_) => None,
        }
    }

    /// SHA-256 of those as they stand in the file, in hex.
    pub fn digest(&self) -> String {
        let raw = match self {
            Self::Trail(event) => event.raw,
            Self::Flow(flow) => flow.raw().as_bytes(),
            Self::Balancer(request) => request.line.as_bytes(),
            Self::Query(query) => query.raw,
            Self::Insight(_) | Self::Digest(_) | Self::Finding(..) | Self::Hub(_) => &[],
        };
        hex::encode(Sha256::digest(raw))
    }

    /// The counter of its kind.
    pub(crate) fn counter<'k>(&self, kinds: &'k mut Kinds) -> &'k mut u64 {
        match self {
            Self::Trail(_) => &mut kinds.trail,
            Self::Insight(_) => &mut kinds.insight,
            Self::Digest(_) => &mut kinds.digest,
            Self::Flow(_) => &mut kinds.flow,
            Self::Balancer(_) => &mut kinds.balancer,
            Self::Query(_) => &mut kinds.query,
            Self::Finding(..) => &mut kinds.finding,
            Self::Hub(_) => &mut kinds.hub,
        }
    }
}
