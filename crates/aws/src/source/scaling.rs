//! Auto Scaling. Its API has no dry run.

use crate::clients::Clients;
use crate::convert::{all, ids};
use crate::fault::{fault, need};
use crate::page::every_page;
use aws_sdk_autoscaling::types::{AutoScalingGroup, AutoScalingInstanceDetails, TrafficSourceIdentifier};
use casebook::effect::{Capacity, Switch};
use casebook::fault::{Fault, FaultClass};
use casebook::id::{Arn, InstanceId, ScalingGroupName};
use casebook::reading::{Made, Reading};
use casebook::scene::scaling::{Membership, ScalingGroup};

/// `Membership`: `None` for an instance in no group
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingInstances.html>).
pub(super) async fn membership(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let call = c.autoscaling.describe_auto_scaling_instances().instance_ids(id.as_str());
    let found = every_page!(call, auto_scaling_instances).into_iter().next();
    found.map(member).transpose().map(Reading::Membership)
}

fn member(from: AutoScalingInstanceDetails) -> Result<Membership, Fault> {
    Ok(Membership {
        group: need(from.auto_scaling_group_name, "AutoScalingInstanceDetails.AutoScalingGroupName")?.into(),
        lifecycle: need(from.lifecycle_state, "AutoScalingInstanceDetails.LifecycleState")?,
        health: need(from.health_status, "AutoScalingInstanceDetails.HealthStatus")?,
        protected: need(from.protected_from_scale_in, "AutoScalingInstanceDetails.ProtectedFromScaleIn")?,
    })
}

/// `ScalingGroup`
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>).
pub(super) async fn group(c: &Clients, name: &ScalingGroupName) -> Result<Reading, Fault> {
    let call = c.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(name.as_str());
    let found = every_page!(call, auto_scaling_groups).into_iter().next();
    let gone =
        || Fault::new(FaultClass::NotFound, "NoSuchGroup", format!("the Auto Scaling group {name} does not exist"));
    scaling_group(found.ok_or_else(gone)?).map(|group| Reading::ScalingGroup(Box::new(group)))
}

/// The most groups that one page holds
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>).
const GROUPS_PAGE: i32 = 100;

/// `ScalingGroups`: one page.
pub(super) async fn first_groups(c: &Clients) -> Result<Reading, Fault> {
    let page = c.autoscaling.describe_auto_scaling_groups().max_records(GROUPS_PAGE).send().await.map_err(fault)?;
    all(page.auto_scaling_groups.unwrap_or_default(), scaling_group).map(Reading::ScalingGroups)
}

fn scaling_group(from: AutoScalingGroup) -> Result<ScalingGroup, Fault> {
    let sources = from.traffic_sources.unwrap_or_default();
    let members = from.instances.unwrap_or_default().into_iter();
    let suspended = from.suspended_processes.unwrap_or_default().into_iter();
    Ok(ScalingGroup {
        name: need(from.auto_scaling_group_name, "AutoScalingGroup.AutoScalingGroupName")?.into(),
        min: need(from.min_size, "AutoScalingGroup.MinSize")?,
        max: need(from.max_size, "AutoScalingGroup.MaxSize")?,
        desired: need(from.desired_capacity, "AutoScalingGroup.DesiredCapacity")?,
        health_check: need(from.health_check_type, "AutoScalingGroup.HealthCheckType")?,
        target_groups: ids::<Arn>(with_sources(from.target_group_arns, &sources, "elbv2")),
        classic_balancers: with_sources(from.load_balancer_names, &sources, "elb"),
        suspended: suspended.filter_map(|process| process.process_name).collect(),
        members: ids(members.filter_map(|instance| instance.instance_id)),
        max_lifetime_seconds: from.max_instance_lifetime.filter(|seconds| *seconds > 0),
    })
}

/// A balancer attached as a traffic source may stand only among those
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TrafficSourceIdentifier.html>).
fn with_sources(named: Option<Vec<String>>, sources: &[TrafficSourceIdentifier], kind: &str) -> Vec<String> {
    let mut all = named.unwrap_or_default();
    let of_kind = sources.iter().filter(|source| source.r#type.as_deref() == Some(kind));
    all.extend(of_kind.filter_map(|source| source.identifier.clone()));
    all.sort();
    all.dedup();
    all
}

/// autoscaling:SetInstanceProtection.
pub(super) async fn protect(
    c: &Clients,
    group: &ScalingGroupName,
    instance: &InstanceId,
    to: Switch,
) -> Result<Made, Fault> {
    let call = c.autoscaling.set_instance_protection().auto_scaling_group_name(group.as_str());
    let call = call.instance_ids(instance.as_str()).protected_from_scale_in(to.is_on());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// autoscaling:DetachInstances.
pub(super) async fn detach(
    c: &Clients,
    group: &ScalingGroupName,
    instance: &InstanceId,
    capacity: Capacity,
) -> Result<Made, Fault> {
    let call = c.autoscaling.detach_instances().auto_scaling_group_name(group.as_str());
    let call = call.instance_ids(instance.as_str()).should_decrement_desired_capacity(falls(capacity));
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// autoscaling:EnterStandby.
pub(super) async fn rest(
    c: &Clients,
    group: &ScalingGroupName,
    instance: &InstanceId,
    capacity: Capacity,
) -> Result<Made, Fault> {
    let call = c.autoscaling.enter_standby().auto_scaling_group_name(group.as_str());
    let call = call.instance_ids(instance.as_str()).should_decrement_desired_capacity(falls(capacity));
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

fn falls(capacity: Capacity) -> bool {
    capacity == Capacity::Decrement
}

/// autoscaling:ExitStandby.
pub(super) async fn wake(c: &Clients, group: &ScalingGroupName, instance: &InstanceId) -> Result<Made, Fault> {
    let call = c.autoscaling.exit_standby().auto_scaling_group_name(group.as_str());
    call.instance_ids(instance.as_str()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// autoscaling:AttachInstances.
pub(super) async fn attach(c: &Clients, group: &ScalingGroupName, instance: &InstanceId) -> Result<Made, Fault> {
    let call = c.autoscaling.attach_instances().auto_scaling_group_name(group.as_str());
    call.instance_ids(instance.as_str()).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// autoscaling:SuspendProcesses. Without a list AWS would suspend all of them.
pub(super) async fn suspend(c: &Clients, group: &ScalingGroupName, processes: &[String]) -> Result<Made, Fault> {
    let call = c.autoscaling.suspend_processes().auto_scaling_group_name(group.as_str());
    call.set_scaling_processes(Some(named(processes)?)).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// autoscaling:ResumeProcesses. Without a list AWS would resume all of them.
pub(super) async fn resume(c: &Clients, group: &ScalingGroupName, processes: &[String]) -> Result<Made, Fault> {
    let call = c.autoscaling.resume_processes().auto_scaling_group_name(group.as_str());
    call.set_scaling_processes(Some(named(processes)?)).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

fn named(processes: &[String]) -> Result<Vec<String>, Fault> {
    let none = || Fault::new(FaultClass::Invalid, "NoProcesses", "an effect on scaling processes names no process");
    if processes.is_empty() { Err(none()) } else { Ok(processes.to_vec()) }
}
