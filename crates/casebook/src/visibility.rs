//! Which logs an account keeps in a region, and what would go unseen. What could not be asked is unknown, which
//! is never taken for off. Not for: reading logs.

use crate::fault::{Fault, FaultClass};
use crate::id::Region;
use jiff::Timestamp;
use serde::Serialize;

pub mod findings;
pub mod flows;
pub mod keeping;
pub mod names;
pub mod trails;

#[cfg(test)]
mod tests;

/// What was asked, or why it is not known.
pub type Known<T> = Result<T, Fault>;

/// What the log sources of a region are set to, as far as AWS has told.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The region.
    pub region: Region,
    /// The trails that record there.
    pub trails: Known<Vec<trails::Trail>>,
    /// The VPCs there, by their ids.
    pub vpcs: Known<Vec<flows::Vpc>>,
    /// The flow logs.
    pub flows: Known<Vec<flows::FlowLog>>,
    /// GuardDuty's detectors: one, or none.
    pub detectors: Known<Vec<findings::Detector>>,
    /// The VPCs whose queries the resolver logs.
    pub names: Known<Vec<names::QueryLog>>,
    /// The buckets that trails deliver to.
    pub buckets: Vec<keeping::Bucket>,
    /// The log groups that trails, flow logs and the resolver deliver to.
    pub groups: Vec<keeping::LogGroup>,
}

/// How a source stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It records what it can.
    On,
    /// It records, and passes over something that matters.
    Partly,
    /// It records nothing.
    Off,
    /// It could not be asked.
    Unknown,
}

/// One source, and what would go unseen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// The region.
    pub region: Region,
    /// The kind of log.
    pub source: &'static str,
    /// Which of its kind; empty when there is none.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// How it is set.
    pub detail: String,
    /// What nobody would see afterwards, in a sentence.
    pub unseen: String,
}

/// What the doctor does not look at, so that its silence is not taken for an answer.
pub const NOT_LOOKED_AT: &str = "CloudTrail Lake and Insights, Security Hub, Macie, logs of load balancers and buckets, flow \
     logs of single interfaces and transit gateways, and other regions than these";

/// The permissions that looking at all of this takes.
pub const ACTIONS: [&str; 13] = [
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "guardduty:GetDetector",
    "guardduty:ListDetectors",
    "logs:DescribeLogGroups",
    "route53resolver:ListResolverQueryLogConfigAssociations",
    "route53resolver:ListResolverQueryLogConfigs",
    "s3:GetLifecycleConfiguration",
    "s3:ListBucket",
];

/// Every source of a region, as it stands now.
pub fn sights(sources: &Sources, now: Timestamp) -> Vec<Sight> {
    let mut rows = trails::sights(sources, now);
    rows.extend(keeping::sights(sources));
    rows.extend(flows::sights(sources));
    rows.extend(findings::sights(sources));
    rows.extend(names::sights(sources));
    rows
}

/// A region in which nothing could be asked, and why.
pub fn unasked(region: &Region, why: &str) -> Sight {
    let (what, detail) = (String::new(), format!("not known: {why}"));
    let (region, unseen) = (region.clone(), "not known".to_owned());
    Sight { region, source: "the region", what, state: State::Unknown, detail, unseen }
}

impl Sources {
    fn sight(&self, source: &'static str, what: &str, state: State, detail: &str, unseen: &str) -> Sight {
        let (region, what) = (self.region.clone(), what.to_owned());
        Sight { region, source, what, state, detail: detail.to_owned(), unseen: unseen.to_owned() }
    }

    /// A source that could not be asked.
    fn unknown(&self, source: &'static str, what: &str, fault: &Fault, action: &str) -> Sight {
        self.sight(source, what, State::Unknown, &not_known(fault, action), "not known")
    }
}

/// Why something is not known, and what to do.
fn not_known(fault: &Fault, action: &str) -> String {
    match fault.class {
        FaultClass::Denied => format!("not known: denied ({fault}); allow {action}"),
        _ => format!("not known: {fault}"),
    }
}

/// Gaps as one sentence, or that there are none.
fn sentence(gaps: &[String]) -> String {
    if gaps.is_empty() { "nothing of its kind".to_owned() } else { gaps.join("; ") }
}
