//! Route 53 resolver query logs: which names are looked up, by whom.

use super::{Sight, Sources, State};

const SOURCE: &str = "resolver query logs";

/// That the queries of a VPC are logged
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverQueryLogConfigAssociation.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLog {
    /// The VPC.
    pub vpc: String,
    /// ACTIVE, CREATING, ACTION_NEEDED, DELETING or FAILED.
    pub status: String,
    /// The configuration that says where to.
    pub config: String,
}

pub(super) fn sights(sources: &Sources) -> Vec<Sight> {
    let action = "route53resolver:ListResolverQueryLogConfigAssociations";
    match (&sources.names, &sources.vpcs) {
        (Err(fault), _) => vec![sources.unknown(SOURCE, "", fault, action)],
        (Ok(_), Err(fault)) => vec![sources.unknown(SOURCE, "", fault, "ec2:DescribeVpcs")],
        (Ok(logs), Ok(vpcs)) => vpcs.iter().map(|vpc| sight(sources, &vpc.id, logs)).collect(),
    }
}

fn sight(sources: &Sources, vpc: &str, logs: &[QueryLog]) -> Sight {
    let unseen = "which names its instances look up: command and control, data carried out by DNS";
    let row = |state, detail: &str, unseen| sources.sight(SOURCE, vpc, state, detail, unseen);
    let of_vpc = |log: &&QueryLog| log.vpc == vpc;
    match logs.iter().filter(of_vpc).max_by_key(|log| log.status == "ACTIVE") {
        None => row(State::Off, "none", unseen),
        Some(log) if log.status == "ACTIVE" => {
            row(State::On, &log.config, "names asked of other resolvers than Amazon's")
        }
        Some(log) => row(State::Partly, &format!("{} is {}", log.config, log.status), unseen),
    }
}
