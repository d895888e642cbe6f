//! Which logs an account keeps in a region: the settings of every source, each known or not on its own.

use crate::clients::Clients;
use crate::fault::{fault, in_other_region, need};
use crate::page::every_page;
use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType};
use aws_sdk_ec2::types::FlowLog as Ec2FlowLog;
use aws_sdk_guardduty::types::{DetectorStatus, FeatureStatus};
use aws_sdk_s3::config::Region as S3Region;
use aws_sdk_s3::types::ExpirationStatus;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use casebook::fault::Fault;
use casebook::visibility::findings::{Detector, Settings};
use casebook::visibility::flows::{FlowLog, Vpc};
use casebook::visibility::keeping::Bucket;
use casebook::visibility::names::QueryLog;
use casebook::visibility::trails::{Selection, Status, Trail};
use casebook::visibility::{Known, Sources};
use futures_util::future::join_all;
use futures_util::join;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

mod log_groups;

/// Asks for every source; none keeps another one from being asked.
pub(crate) async fn sources(c: &Clients) -> Sources {
    let (trails, vpcs, flows, detectors, names) =
        join!(Box::pin(trails(c)), Box::pin(vpcs(c)), Box::pin(flows(c)), Box::pin(detectors(c)), Box::pin(names(c)));
    let places: BTreeSet<(String, String)> =
        trails.iter().flatten().map(|trail| (trail.bucket.clone(), trail.home.clone())).collect();
    let buckets = join_all(places.iter().map(|(name, region)| bucket(c, name, region))).await;
    let groups = log_groups::all(c, &trails, &flows).await;
    Sources { region: c.region.clone(), trails, vpcs, flows, detectors, names, buckets, groups }
}

/// The trails that record here, those of other regions and of the organisation too
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html>).
async fn trails(c: &Clients) -> Known<Vec<Trail>> {
    let answer = c.cloudtrail.describe_trails().include_shadow_trails(true).send().await.map_err(fault)?;
    let found = answer.trail_list.unwrap_or_default();
    join_all(found.into_iter().map(|trail| one_trail(c, trail))).await.into_iter().collect()
}

async fn one_trail(c: &Clients, trail: aws_sdk_cloudtrail::types::Trail) -> Known<Trail> {
    let arn = need(trail.trail_arn, "Trail.TrailARN")?;
    let (status, selection) = join!(status(c, &arn), selection(c, &arn));
    Ok(Trail {
        name: need(trail.name, "Trail.Name")?,
        home: trail.home_region.unwrap_or_else(|| c.region.to_string()),
        all_regions: trail.is_multi_region_trail.unwrap_or_default(),
        organization: trail.is_organization_trail.unwrap_or_default(),
        validated: trail.log_file_validation_enabled.unwrap_or_default(),
        global: trail.include_global_service_events.unwrap_or_default(),
        bucket: need(trail.s3_bucket_name, "Trail.S3BucketName")?,
        group: trail.cloud_watch_logs_log_group_arn,
        status,
        selection,
    })
}

async fn status(c: &Clients, arn: &str) -> Known<Status> {
    let answer = c.cloudtrail.get_trail_status().name(arn).send().await.map_err(fault)?;
    Ok(Status {
        logging: need(answer.is_logging, "GetTrailStatus.IsLogging")?,
        delivered: answer.latest_delivery_time.as_ref().and_then(moment),
        error: answer.latest_delivery_error.filter(|error| !error.is_empty()),
    })
}

fn moment(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}

async fn selection(c: &Clients, arn: &str) -> Known<Selection> {
    let answer = c.cloudtrail.get_event_selectors().trail_name(arn).send().await.map_err(fault)?;
    let mut selection = Selection::default();
    answer.event_selectors.iter().flatten().for_each(|selector| basic(&mut selection, selector));
    answer.advanced_event_selectors.iter().flatten().for_each(|selector| advanced(&mut selection, selector));
    Ok(selection)
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html>: management events unless
/// it says otherwise, and reads and writes alike.
fn basic(selection: &mut Selection, selector: &EventSelector) {
    if selector.include_management_events != Some(false) {
        let kind = selector.read_write_type.as_ref();
        selection.reads |= kind != Some(&ReadWriteType::WriteOnly);
        selection.writes |= kind != Some(&ReadWriteType::ReadOnly);
        selection.without.extend(selector.exclude_management_event_sources.clone().unwrap_or_default());
    }
    let kinds = selector.data_resources.iter().flatten().filter_map(|resource| resource.r#type.clone());
    selection.data.extend(kinds);
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html>
fn advanced(selection: &mut Selection, selector: &AdvancedEventSelector) {
    let field = |name: &str| selector.field_selectors.iter().find(|selector| selector.field == name);
    let equals = |name: &str| field(name).and_then(|selector| selector.equals.clone()).unwrap_or_default();
    if !equals("eventCategory").iter().any(|category| category == "Management") {
        selection.data.extend(equals("resources.type"));
        return;
    }
    let read_only = equals("readOnly");
    selection.reads |= read_only.is_empty() || read_only.iter().any(|value| value == "true");
    selection.writes |= read_only.is_empty() || read_only.iter().any(|value| value == "false");
    let narrowing =
        selector.field_selectors.iter().filter(|selector| !["eventCategory", "readOnly"].contains(&&*selector.field));
    selection.without.extend(narrowing.flat_map(left_out));
}

/// What a condition leaves out.
fn left_out(selector: &AdvancedFieldSelector) -> Vec<String> {
    match &selector.not_equals {
        Some(values) => values.clone(),
        None => vec![format!("whatever another {} than the chosen has", selector.field)],
    }
}

async fn vpcs(c: &Clients) -> Known<Vec<Vpc>> {
    let vpcs = every_page!(c.ec2.describe_vpcs(), vpcs);
    let mut subnets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for subnet in every_page!(c.ec2.describe_subnets(), subnets) {
        let (vpc, id) = (need(subnet.vpc_id, "Subnet.VpcId")?, need(subnet.subnet_id, "Subnet.SubnetId")?);
        subnets.entry(vpc).or_default().push(id);
    }
    let ids = vpcs.into_iter().map(|vpc| need(vpc.vpc_id, "Vpc.VpcId"));
    ids.map(|id| id.map(|id| Vpc { subnets: subnets.remove(&id).unwrap_or_default(), id })).collect()
}

async fn flows(c: &Clients) -> Known<Vec<FlowLog>> {
    let found = every_page!(c.ec2.describe_flow_logs(), flow_logs);
    found.into_iter().map(flow_log).collect()
}

/// The default format has no name of its own
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>).
fn flow_log(log: Ec2FlowLog) -> Result<FlowLog, Fault> {
    Ok(FlowLog {
        id: need(log.flow_log_id, "FlowLog.FlowLogId")?,
        on: need(log.resource_id, "FlowLog.ResourceId")?,
        traffic: log.traffic_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        format: log.log_format.unwrap_or_default(),
        interval: log.max_aggregation_interval,
        group: log.log_group_name,
        error: log.deliver_logs_error_message.filter(|error| !error.is_empty()),
    })
}

async fn detectors(c: &Clients) -> Known<Vec<Detector>> {
    let ids = every_page!(c.guardduty.list_detectors(), detector_ids);
    let each = ids.into_iter().map(async |id| Detector { settings: settings(c, &id).await, id });
    Ok(join_all(each).await)
}

async fn settings(c: &Clients, id: &str) -> Known<Settings> {
    let answer = c.guardduty.get_detector().detector_id(id).send().await.map_err(fault)?;
    let features = answer.features.unwrap_or_default().into_iter();
    let on = features.filter(|feature| feature.status == Some(FeatureStatus::Enabled));
    Ok(Settings {
        enabled: need(answer.status, "GetDetector.Status")? == DetectorStatus::Enabled,
        features: on.filter_map(|feature| Some(feature.name?.as_str().to_owned())).collect(),
        frequency: answer.finding_publishing_frequency.map(|every| every.as_str().to_owned()).unwrap_or_default(),
    })
}

async fn names(c: &Clients) -> Known<Vec<QueryLog>> {
    let asked = c.resolver.list_resolver_query_log_config_associations();
    let found = every_page!(asked, resolver_query_log_config_associations);
    let of = |log: aws_sdk_route53resolver::types::ResolverQueryLogConfigAssociation| {
        Ok(QueryLog {
            vpc: need(log.resource_id, "ResolverQueryLogConfigAssociation.ResourceId")?,
            status: log.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            config: log.resolver_query_log_config_id.unwrap_or_default(),
        })
    };
    found.into_iter().map(of).collect()
}

/// A trail's bucket, asked for in the trail's region, where it mostly is.
async fn bucket(c: &Clients, name: &str, region: &str) -> Bucket {
    let there = || aws_sdk_s3::config::Builder::new().region(S3Region::new(region.to_owned()));
    let asked = c.s3.get_bucket_lifecycle_configuration().bucket(name).customize().config_override(there());
    let days = match asked.send().await {
        Ok(answer) => Ok(shortest(answer.rules.unwrap_or_default())),
        Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => Ok(None),
        Err(error) => Err(in_other_region(&error).unwrap_or_else(|| fault(error))),
    };
    let asked = c.s3.list_objects_v2().bucket(name).max_keys(1).customize().config_override(there());
    let listed = asked.send().await.map(drop).map_err(|error| in_other_region(&error).unwrap_or_else(|| fault(error)));
    Bucket { name: name.to_owned(), days, listed }
}

/// After how many days the first rule that is on deletes.
fn shortest(rules: Vec<aws_sdk_s3::types::LifecycleRule>) -> Option<i32> {
    let on = rules.into_iter().filter(|rule| rule.status == ExpirationStatus::Enabled);
    on.filter_map(|rule| rule.expiration?.days).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(field: &str, equals: &[&str], not: &[&str]) -> AdvancedFieldSelector {
        let texts = |values: &[&str]| (!values.is_empty()).then(|| values.iter().map(ToString::to_string).collect());
        let built = AdvancedFieldSelector::builder().field(field).set_equals(texts(equals));
        built.set_not_equals(texts(not)).build().unwrap()
    }

    fn selected(conditions: Vec<AdvancedFieldSelector>) -> Selection {
        let mut selection = Selection::default();
        advanced(
            &mut selection,
            &AdvancedEventSelector::builder().set_field_selectors(Some(conditions)).build().unwrap(),
        );
        selection
    }

    #[test]
    fn selectors_of_both_kinds_say_which_management_calls_are_recorded() {
        let mut reads = Selection::default();
        basic(&mut reads, &EventSelector::builder().read_write_type(ReadWriteType::ReadOnly).build());
        assert!(reads.reads && !reads.writes);
        let management = || condition("eventCategory", &["Management"], &[]);
        let writes = selected(vec![management(), condition("readOnly", &["false"], &[])]);
        assert!(writes.writes && !writes.reads && writes.without.is_empty());
        let some = selected(vec![management(), condition("eventSource", &[], &["kms.amazonaws.com"])]);
        assert!(some.writes && some.reads);
        assert_eq!(some.without, ["kms.amazonaws.com"]);
        let data = selected(vec![
            condition("eventCategory", &["Data"], &[]),
            condition("resources.type", &["AWS::S3::Object"], &[]),
        ]);
        assert_eq!((data.reads, data.writes, data.data), (false, false, vec!["AWS::S3::Object".to_owned()]));
    }
}
