//! Target groups of application, network and gateway load balancers.

use crate::clients::Clients;
use crate::convert::{all, ids};
use crate::fault::{fault, malformed, need};
use crate::page::every_page;
use aws_sdk_elasticloadbalancingv2::types as elb;
use casebook::fault::Fault;
use casebook::id::Arn;
use casebook::reading::{Made, Reading, TargetGroupSettings};
use casebook::scene::balancer::{Registration, TargetGroup, TargetHealth};

/// The most target groups that one page holds.
const PAGE: i32 = 400;

/// `TargetGroups`, all of the region
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html>).
pub(super) async fn target_groups(c: &Clients) -> Result<Reading, Fault> {
    let call = c.balancing.describe_target_groups().page_size(PAGE);
    all(every_page!(call, target_groups, set_marker, next_marker), target_group).map(Reading::TargetGroups)
}

fn target_group(from: elb::TargetGroup) -> Result<TargetGroup, Fault> {
    Ok(TargetGroup {
        arn: need(from.target_group_arn, "TargetGroup.TargetGroupArn")?.into(),
        name: need(from.target_group_name, "TargetGroup.TargetGroupName")?,
        kind: need(from.target_type, "TargetGroup.TargetType")?.as_str().to_owned(),
        // A Lambda target group has none.
        protocol: from.protocol.map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
        port: from.port,
        vpc: from.vpc_id.map(Into::into),
        balancers: ids(from.load_balancer_arns.unwrap_or_default()),
    })
}

/// `TargetHealth` of everybody in the group: an unregistered target asked for by name would be
/// answered as `unused`
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html>).
pub(super) async fn health(c: &Clients, group: &Arn) -> Result<Reading, Fault> {
    let answer = c.balancing.describe_target_health().target_group_arn(group.as_str()).send().await.map_err(fault)?;
    all(answer.target_health_descriptions.unwrap_or_default(), target_health).map(Reading::TargetHealth)
}

fn target_health(from: elb::TargetHealthDescription) -> Result<TargetHealth, Fault> {
    let target = need(from.target, "TargetHealthDescription.Target")?;
    let state = from.target_health.and_then(|health| health.state);
    let id = need(target.id, "TargetDescription.Id")?;
    Ok(TargetHealth {
        registration: Registration { id, port: target.port, zone: target.availability_zone },
        state: need(state, "TargetHealth.State")?.as_str().to_owned(),
    })
}

/// `TargetGroupSettings`.
pub(super) async fn settings(c: &Clients, group: &Arn) -> Result<Reading, Fault> {
    let call = c.balancing.describe_target_group_attributes().target_group_arn(group.as_str());
    let answer = call.send().await.map_err(fault)?;
    settings_of(&answer.attributes.unwrap_or_default()).map(Reading::TargetGroupSettings)
}

/// A group without an attribute (Lambda) does not drain.
fn settings_of(attributes: &[elb::TargetGroupAttribute]) -> Result<TargetGroupSettings, Fault> {
    let value = |key: &str| attributes.iter().find(|a| a.key.as_deref() == Some(key)).and_then(|a| a.value.as_deref());
    let seconds = value("deregistration_delay.timeout_seconds").unwrap_or("0");
    Ok(TargetGroupSettings {
        draining_seconds: seconds.parse().map_err(|_| malformed("deregistration_delay.timeout_seconds"))?,
        closes_connections: value("deregistration_delay.connection_termination.enabled") == Some("true"),
    })
}

/// elasticloadbalancing:DeregisterTargets; of one that is not registered it succeeds too.
pub(super) async fn deregister(c: &Clients, group: &Arn, targets: &[Registration]) -> Result<Made, Fault> {
    let call = c.balancing.deregister_targets().target_group_arn(group.as_str());
    call.set_targets(Some(targets.iter().map(target).collect())).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// elasticloadbalancing:RegisterTargets.
pub(super) async fn register(c: &Clients, group: &Arn, targets: &[Registration]) -> Result<Made, Fault> {
    let call = c.balancing.register_targets().target_group_arn(group.as_str());
    call.set_targets(Some(targets.iter().map(target).collect())).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

fn target(from: &Registration) -> elb::TargetDescription {
    let target = elb::TargetDescription::builder().id(&from.id).set_port(from.port);
    target.set_availability_zone(from.zone.clone()).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_name() {
        let of = |key: &str, value: &str| elb::TargetGroupAttribute::builder().key(key).value(value).build();
        let delay = of("deregistration_delay.timeout_seconds", "300");
        let cut = of("deregistration_delay.connection_termination.enabled", "true");
        let read = settings_of(&[of("stickiness.enabled", "false"), delay, cut]).unwrap();
        assert_eq!(read, TargetGroupSettings { draining_seconds: 300, closes_connections: true });
        assert!(settings_of(&[of("deregistration_delay.timeout_seconds", "soon")]).is_err());
    }
}
