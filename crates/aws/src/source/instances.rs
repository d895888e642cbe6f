//! The instance itself, its type, its scheduled events.

use crate::clients::Clients;
use crate::convert::all;
use crate::convert::instances::{event, instance, instance_type};
use crate::fault::fault;
use crate::page::every_page;
use aws_sdk_ec2::types::InstanceType;
use casebook::fault::{Fault, FaultClass};
use casebook::id::InstanceId;
use casebook::reading::Reading;

/// `Instance`. Instances that a service manages are hidden unless asked for
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>,
/// `IncludeManagedResources`).
pub(super) async fn one(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let call = c.ec2.describe_instances().instance_ids(id.as_str()).include_managed_resources(true);
    let reservations = every_page!(call, reservations);
    let found = reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).next();
    let found =
        found.ok_or_else(|| not_found("InvalidInstanceID.NotFound", format!("the instance {id} does not exist")))?;
    Ok(Reading::Instance(Box::new(instance(found)?)))
}

/// `InstanceType`.
pub(super) async fn kind(c: &Clients, name: &str) -> Result<Reading, Fault> {
    let answer =
        c.ec2.describe_instance_types().instance_types(InstanceType::from(name)).send().await.map_err(fault)?;
    let found = answer.instance_types.unwrap_or_default().into_iter().next();
    let found = found.ok_or_else(|| not_found("InvalidInstanceType", format!("no instance type {name} here")))?;
    instance_type(found).map(Reading::InstanceType)
}

/// `Events`, of an instance in any state
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html>).
pub(super) async fn events(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let call = c.ec2.describe_instance_status().instance_ids(id.as_str()).include_all_instances(true);
    let statuses = every_page!(call.include_managed_resources(true), instance_statuses);
    let events = statuses.into_iter().flat_map(|status| status.events.unwrap_or_default()).collect();
    Ok(Reading::Events(all(events, event)?.into_iter().flatten().collect()))
}

fn not_found(code: &str, message: String) -> Fault {
    Fault::new(FaultClass::NotFound, code, message)
}
