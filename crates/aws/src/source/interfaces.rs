//! Interfaces: the instance's own with the branches of its trunks, neighbours, and changes.

use crate::both::{FILTER_VALUES, interfaces as any};
use crate::clients::Clients;
use crate::convert::interfaces::{interface, neighbour};
use crate::convert::{all, filter, texts};
use crate::fault::fault;
use crate::mode::Mode;
use crate::page::every_page;
use aws_sdk_ec2::types::{ConnectionTrackingSpecificationRequest as Tracking, Filter};
use casebook::fault::Fault;
use casebook::id::{GroupId, InstanceId, InterfaceId, SubnetId};
use casebook::reading::{Made, Reading};
use casebook::scene::network::{IdleTimeouts, Interface};

/// The most interfaces that one page holds.
const PAGE: i32 = 1000;

/// `Interfaces`: attached ones, then the branches behind trunks.
pub(super) async fn of_instance(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let mut found = any::of_instance(c, id).await?;
    let trunks: Vec<_> = found.iter().filter(|i| i.kind == "trunk").map(|i| i.id.to_string()).collect();
    if !trunks.is_empty() {
        found.extend(branches(c, id, &trunks).await?);
    }
    Ok(Reading::Interfaces(found))
}

/// Branch interfaces carry the traffic of pods and tasks with groups of their own, and are not
/// attached to the instance but to its trunk
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html>,
/// which can not be filtered by trunk).
async fn branches(c: &Clients, id: &InstanceId, trunks: &[String]) -> Result<Vec<Interface>, Fault> {
    let associations = every_page!(c.ec2.describe_trunk_interface_associations(), interface_associations);
    let ours =
        associations.into_iter().filter(|tie| tie.trunk_interface_id.as_ref().is_some_and(|t| trunks.contains(t)));
    let ids: Vec<_> = ours.filter_map(|tie| tie.branch_interface_id).collect();
    let mut found = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        let call = c.ec2.describe_network_interfaces().filters(filter("network-interface-id", some));
        found.extend(every_page!(call.include_managed_resources(true), network_interfaces));
    }
    let of_target = |branch| Interface { instance: Some(id.clone()), device_index: None, ..branch };
    Ok(all(found, interface)?.into_iter().map(of_target).collect())
}

/// `Neighbours`: every interface in one of these groups.
pub(super) async fn in_groups(c: &Clients, ids: &[GroupId]) -> Result<Reading, Fault> {
    neighbours(c, ids.chunks(FILTER_VALUES).map(|some| filter("group-id", some)).collect()).await
}

/// `Neighbours`: every interface in the subnet.
pub(super) async fn in_subnet(c: &Clients, id: &SubnetId) -> Result<Reading, Fault> {
    neighbours(c, vec![filter("subnet-id", [id])]).await
}

async fn neighbours(c: &Clients, filters: Vec<Filter>) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for by in filters {
        let call = c.ec2.describe_network_interfaces().filters(by).max_results(PAGE);
        found.extend(every_page!(call.include_managed_resources(true), network_interfaces));
    }
    all(found, neighbour).map(Reading::Neighbours)
}

/// ec2:ModifyNetworkInterfaceAttribute takes one attribute a call; the groups given replace all
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html>).
pub(super) async fn set_groups(c: &Clients, id: &InterfaceId, groups: &[GroupId], mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.modify_network_interface_attribute().network_interface_id(id.as_str());
    let call = call.set_groups(Some(texts(groups))).set_dry_run(mode.dry_run());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// `ConnectionTrackingSpecification`.
pub(super) async fn set_idle(c: &Clients, id: &InterfaceId, idle: IdleTimeouts, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.modify_network_interface_attribute().network_interface_id(id.as_str());
    let call = call.connection_tracking_specification(tracking(idle)).set_dry_run(mode.dry_run());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}

/// What is set is sent. The API can not clear a value: where none is set, AWS's defaults are sent
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
fn tracking(idle: IdleTimeouts) -> Tracking {
    let sent = if idle == IdleTimeouts::default() { DEFAULT_IDLE } else { idle };
    Tracking::builder()
        .set_tcp_established_timeout(sent.tcp_established_seconds)
        .set_udp_stream_timeout(sent.udp_stream_seconds)
        .set_udp_timeout(sent.udp_seconds)
        .build()
}

const DEFAULT_IDLE: IdleTimeouts =
    IdleTimeouts { tcp_established_seconds: Some(432_000), udp_stream_seconds: Some(180), udp_seconds: Some(30) };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_timeouts_are_sent_as_set_or_as_awss_defaults() {
        let short = tracking(IdleTimeouts { tcp_established_seconds: Some(60), ..IdleTimeouts::default() });
        assert_eq!((short.tcp_established_timeout, short.udp_timeout), (Some(60), None));
        let cleared = tracking(IdleTimeouts::default());
        assert_eq!((cleared.tcp_established_timeout, cleared.udp_timeout), (Some(432_000), Some(30)));
    }
}
