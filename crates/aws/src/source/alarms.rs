//! Alarms that can stop, terminate, reboot or move the instance
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html>).

use crate::clients::Clients;
use crate::fault::need;
use crate::page::every_page;
use aws_sdk_cloudwatch::types::{AlarmType, Dimension, MetricAlarm};
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::reading::Reading;

/// The most alarms that one page holds.
const PAGE: i32 = 100;
/// The two spellings of an EC2 action in an alarm's ARNs, without and with a service-linked role
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
const SERVICES: [&str; 2] = ["automate", "swf"];

/// `Alarms` by name.
pub(super) async fn that_kill(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let mut names = Vec::new();
    for service in SERVICES {
        let prefix = format!("arn:{}:{service}:", c.partition());
        let call = c.cloudwatch.describe_alarms().alarm_types(AlarmType::MetricAlarm);
        let alarms = every_page!(call.action_prefix(prefix).max_records(PAGE), metric_alarms);
        let ours = alarms.into_iter().filter(|alarm| watches(alarm, id) && acts(alarm));
        let ours = ours.map(|alarm| need(alarm.alarm_name, "MetricAlarm.AlarmName"));
        names.extend(ours.collect::<Result<Vec<_>, _>>()?);
    }
    names.sort();
    names.dedup();
    Ok(Reading::Alarms(names))
}

/// Whether the alarm is on the instance, by its metric or by one in its expression.
fn watches(alarm: &MetricAlarm, id: &InstanceId) -> bool {
    let names = |dimensions: Option<&[Dimension]>| {
        let named = |d: &Dimension| d.name.as_deref() == Some("InstanceId") && d.value.as_deref() == Some(id.as_str());
        dimensions.unwrap_or_default().iter().any(named)
    };
    let queries = alarm.metrics.as_deref().unwrap_or_default();
    let stats = queries.iter().filter_map(|query| query.metric_stat.as_ref()?.metric.as_ref());
    names(alarm.dimensions.as_deref()) || stats.into_iter().any(|metric| names(metric.dimensions.as_deref()))
}

/// Whether one of its actions is an EC2 action: `…:ec2:stop`, `…/AWS_EC2.InstanceId.Stop/1.0`.
fn acts(alarm: &MetricAlarm) -> bool {
    let lists = [&alarm.alarm_actions, &alarm.ok_actions, &alarm.insufficient_data_actions];
    let mut actions = lists.into_iter().flatten().flatten().map(|action| action.to_lowercase());
    actions.any(|action| {
        let verbs = ["stop", "terminate", "recover", "reboot"];
        verbs
            .iter()
            .any(|verb| action.contains(&format!("ec2:{verb}")) || action.contains(&format!("instanceid.{verb}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(action: &str, instance: &str) -> MetricAlarm {
        let dimension = Dimension::builder().name("InstanceId").value(instance).build();
        MetricAlarm::builder().alarm_name("a").alarm_actions(action).dimensions(dimension).build()
    }

    #[test]
    fn only_ec2_actions_on_the_instance_count() {
        let id = InstanceId::from("i-1");
        let stop = alarm("arn:aws:automate:us-east-1:ec2:stop", "i-1");
        let old = alarm("arn:aws:swf:us-east-1:1:action/actions/AWS_EC2.InstanceId.Terminate/1.0", "i-1");
        assert!(acts(&stop) && watches(&stop, &id) && acts(&old));
        assert!(!watches(&alarm("arn:aws:automate:us-east-1:ec2:stop", "i-2"), &id));
        assert!(!acts(&alarm("arn:aws:automate:us-east-1:ssm:open", "i-1")));
    }
}
