//! Classic load balancers.

use crate::clients::Clients;
use crate::convert::ids;
use crate::fault::{fault, need};
use crate::page::every_page;
use aws_sdk_elasticloadbalancing::types::{Instance, LoadBalancerDescription};
use casebook::fault::Fault;
use casebook::id::InstanceId;
use casebook::reading::{Made, Reading};
use casebook::scene::balancer::ClassicBalancer;

/// The most balancers that one page holds.
const PAGE: i32 = 400;

/// `Classic`: there is no filter by instance, so every balancer is read
/// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html>).
pub(super) async fn that_hold(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let call = c.classic.describe_load_balancers().page_size(PAGE);
    let found = every_page!(call, load_balancer_descriptions, set_marker, next_marker);
    let mut holding = Vec::new();
    for balancer in found.into_iter().filter(|balancer| holds(balancer, id)) {
        holding.push(with_draining(c, balancer).await?);
    }
    Ok(Reading::Classic(holding))
}

fn holds(balancer: &LoadBalancerDescription, id: &InstanceId) -> bool {
    let instances = balancer.instances.as_deref().unwrap_or_default();
    instances.iter().any(|instance| instance.instance_id.as_deref() == Some(id.as_str()))
}

async fn with_draining(c: &Clients, from: LoadBalancerDescription) -> Result<ClassicBalancer, Fault> {
    let name = need(from.load_balancer_name, "LoadBalancerDescription.LoadBalancerName")?;
    let instances = from.instances.unwrap_or_default().into_iter();
    Ok(ClassicBalancer {
        draining_seconds: draining(c, &name).await?,
        name,
        instances: ids(instances.filter_map(|instance| instance.instance_id)),
    })
}

/// Seconds of draining; `None` when it is off
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-conn-drain.html>).
async fn draining(c: &Clients, name: &str) -> Result<Option<i32>, Fault> {
    let answer = c.classic.describe_load_balancer_attributes().load_balancer_name(name).send().await.map_err(fault)?;
    let settings = answer.load_balancer_attributes.and_then(|attributes| attributes.connection_draining);
    Ok(settings.filter(|draining| draining.enabled).and_then(|draining| draining.timeout))
}

/// elasticloadbalancing:DeregisterInstancesFromLoadBalancer.
pub(super) async fn deregister(c: &Clients, balancer: &str, instance: &InstanceId) -> Result<Made, Fault> {
    let call = c.classic.deregister_instances_from_load_balancer().load_balancer_name(balancer);
    call.instances(named(instance)).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// elasticloadbalancing:RegisterInstancesWithLoadBalancer.
pub(super) async fn register(c: &Clients, balancer: &str, instance: &InstanceId) -> Result<Made, Fault> {
    let call = c.classic.register_instances_with_load_balancer().load_balancer_name(balancer);
    call.instances(named(instance)).send().await.map_err(fault)?;
    Ok(Made::nothing())
}

fn named(instance: &InstanceId) -> Instance {
    Instance::builder().instance_id(instance.as_str()).build()
}
