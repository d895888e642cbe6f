//! The log groups of CloudWatch that sources deliver to, and how long each keeps its events.

use crate::clients::Clients;
use crate::fault::fault;
use crate::page::{Walk, every_page};
use aws_sdk_cloudwatchlogs::config::{Builder, Region};
use casebook::visibility::Known;
use casebook::visibility::flows::FlowLog;
use casebook::visibility::keeping::{Kept, LogGroup};
use casebook::visibility::trails::Trail;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// Where a log group is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    region: String,
    /// `None` for the account that asks.
    account: Option<String>,
    name: String,
}

impl Place {
    /// From `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, with or without `:*` behind it; `None` for another ARN
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>).
    fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(7, ':').skip(2);
        let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
        let (kind, name) = (parts.next()?, parts.next()?);
        let name = name.strip_suffix(":*").unwrap_or(name).to_owned();
        let found = Self { region: region.to_owned(), account: Some(account.to_owned()), name };
        (service == "logs" && kind == "log-group").then_some(found)
    }
}

/// Every log group that one of these, or the resolver, delivers to.
pub(super) async fn all(c: &Clients, trails: &Known<Vec<Trail>>, flows: &Known<Vec<FlowLog>>) -> Vec<LogGroup> {
    let here = |name: &String| Place { region: c.region.to_string(), account: None, name: name.clone() };
    let trails = trails.iter().flatten().filter_map(|trail| Place::of_arn(trail.group.as_deref()?));
    let flows = flows.iter().flatten().filter_map(|log| log.group.as_ref()).map(here);
    let mut places: BTreeSet<Place> = trails.chain(flows).collect();
    let mut unread = Vec::new();
    match destinations(c).await {
        Ok(arns) => places.extend(arns.iter().filter_map(|arn| Place::of_arn(arn))),
        Err(fault) => {
            let (name, asks) =
                ("of the resolver's query logs".to_owned(), "route53resolver:ListResolverQueryLogConfigs");
            unread.push(LogGroup { name, kept: Err(fault), asks });
        }
    }
    let mut groups = join_all(places.into_iter().map(|place| group(c, place))).await;
    groups.extend(unread);
    groups
}

/// Where the resolver's queries of some VPC are delivered to
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ListResolverQueryLogConfigs.html>).
async fn destinations(c: &Clients) -> Known<Vec<String>> {
    let found = every_page!(c.resolver.list_resolver_query_log_configs(), resolver_query_log_configs);
    let used = found.into_iter().filter(|config| config.association_count > 0);
    Ok(used.filter_map(|config| config.destination_arn).collect())
}

async fn group(c: &Clients, place: Place) -> LogGroup {
    LogGroup { kept: kept(c, &place).await, name: place.name, asks: "logs:DescribeLogGroups" }
}

/// The names of groups are asked for by how they begin
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>).
async fn kept(c: &Clients, place: &Place) -> Known<Kept> {
    if let Some(account) = &place.account
        && account != c.own_account().await?.as_str()
    {
        return Ok(Kept::Elsewhere(account.clone()));
    }
    let there = || Builder::new().region(Region::new(place.region.clone()));
    let mut walk = Walk::new();
    let groups = loop {
        let asked = c.logs.describe_log_groups().log_group_name_prefix(&place.name).set_next_token(walk.token());
        let page = asked.customize().config_override(there()).send().await.map_err(fault)?;
        if !walk.turn(page.log_groups, page.next_token)? {
            break walk.into_items();
        }
    };
    let group = groups.into_iter().find(|group| group.log_group_name.as_ref() == Some(&place.name));
    Ok(group.map_or(Kept::Gone, |group| group.retention_in_days.map_or(Kept::Forever, Kept::Days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_group_says_where_it_is() {
        for arn in [
            "arn:aws:logs:eu-west-1:111111111111:log-group:a/b:*",
            "arn:aws-cn:logs:eu-west-1:111111111111:log-group:a/b",
        ] {
            let place = Place::of_arn(arn).expect("a group");
            assert_eq!((place.region.as_str(), place.name.as_str()), ("eu-west-1", "a/b"));
            assert_eq!(place.account.as_deref(), Some("111111111111"));
        }
        for other in ["", "arn:aws:s3:::logs/prefix", "arn:aws:firehose:us-east-1:111111111111:deliverystream/names"] {
            assert_eq!(Place::of_arn(other), None, "{other}");
        }
    }
}
