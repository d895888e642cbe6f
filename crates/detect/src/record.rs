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
    /// A GuardDuty finding.
    Finding(Box<casebook::finding::Finding>),
    /// A Security Hub finding.
    Hub(hub::Finding<'a>),
}

impl Record<'_> {
    /// The counter of its kind.
    pub(crate) fn counter<'k>(&self, kinds: &'k mut Kinds) -> &'k mut u64 {
        match self {
            Self::Trail(_) => &mut kinds.trail,
            Self::Insight(_) => &mut kinds.insight,
            Self::Digest(_) => &mut kinds.digest,
            Self::Flow(_) => &mut kinds.flow,
            Self::Balancer(_) => &mut kinds.balancer,
            Self::Query(_) => &mut kinds.query,
            Self::Finding(_) => &mut kinds.finding,
            Self::Hub(_) => &mut kinds.hub,
        }
    }
}
