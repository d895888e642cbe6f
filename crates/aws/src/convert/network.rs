//! Network ACLs, route tables, endpoints, subnets and VPCs.

use super::{ids, tags};
use crate::fault::{malformed, need};
use aws_sdk_ec2::types as ec2;
use casebook::fault::Fault;
use casebook::scene::network::{
    AclAssociation, AclEntry, Direction, Endpoint, NetworkAcl, Route, RouteTable, Subnet, Vpc,
};

/// An ACL of DescribeNetworkAcls
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html>).
pub(crate) fn acl(from: ec2::NetworkAcl) -> Result<NetworkAcl, Fault> {
    Ok(NetworkAcl {
        id: need(from.network_acl_id, "NetworkAcl.NetworkAclId")?.into(),
        vpc: need(from.vpc_id, "NetworkAcl.VpcId")?.into(),
        associations: super::all(from.associations.unwrap_or_default(), acl_association)?,
        entries: super::all(from.entries.unwrap_or_default(), acl_entry)?,
        tags: tags(from.tags),
    })
}

fn acl_association(from: ec2::NetworkAclAssociation) -> Result<AclAssociation, Fault> {
    Ok(AclAssociation {
        id: need(from.network_acl_association_id, "NetworkAclAssociation.NetworkAclAssociationId")?.into(),
        subnet: need(from.subnet_id, "NetworkAclAssociation.SubnetId")?.into(),
    })
}

fn acl_entry(from: ec2::NetworkAclEntry) -> Result<AclEntry, Fault> {
    let egress = need(from.egress, "NetworkAclEntry.Egress")?;
    Ok(AclEntry {
        direction: if egress { Direction::Egress } else { Direction::Ingress },
        number: need(from.rule_number, "NetworkAclEntry.RuleNumber")?,
        allow: allows(from.rule_action)?,
        protocol: need(from.protocol, "NetworkAclEntry.Protocol")?,
        range: need(from.cidr_block.or(from.ipv6_cidr_block), "NetworkAclEntry.CidrBlock")?,
    })
}

fn allows(action: Option<ec2::RuleAction>) -> Result<bool, Fault> {
    match need(action, "NetworkAclEntry.RuleAction")? {
        ec2::RuleAction::Allow => Ok(true),
        ec2::RuleAction::Deny => Ok(false),
        other => Err(malformed(&format!("NetworkAclEntry.RuleAction ({other} is unknown)"))),
    }
}

/// A table of DescribeRouteTables
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>).
pub(crate) fn route_table(from: ec2::RouteTable) -> Result<RouteTable, Fault> {
    let ties = from.associations.unwrap_or_default();
    Ok(RouteTable {
        id: need(from.route_table_id, "RouteTable.RouteTableId")?,
        vpc: need(from.vpc_id, "RouteTable.VpcId")?.into(),
        main: ties.iter().any(|tie| tie.main == Some(true)),
        subnets: ids(ties.into_iter().filter_map(|tie| tie.subnet_id)),
        routes: super::all(from.routes.unwrap_or_default(), route)?,
    })
}

fn route(from: ec2::Route) -> Result<Route, Fault> {
    let range = from.destination_cidr_block.clone().or_else(|| from.destination_ipv6_cidr_block.clone());
    let destination = range.or_else(|| from.destination_prefix_list_id.clone());
    let target = target(from);
    Ok(Route { destination: need(destination, "Route.DestinationCidrBlock")?, target })
}

/// What a route leads to. A kind of target that this SDK does not know is called `unknown`, which
/// no check takes for `local`.
fn target(from: ec2::Route) -> String {
    let known = from
        .network_interface_id
        .or(from.gateway_id)
        .or(from.nat_gateway_id)
        .or(from.transit_gateway_id)
        .or(from.vpc_peering_connection_id)
        .or(from.egress_only_internet_gateway_id)
        .or(from.carrier_gateway_id)
        .or(from.local_gateway_id)
        .or(from.core_network_arn)
        .or(from.odb_network_arn)
        .or(from.instance_id);
    known.unwrap_or_else(|| "unknown".to_owned())
}

/// An endpoint of DescribeVpcEndpoints
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>). One that leads
/// to a resource or a service network has no service name.
pub(crate) fn endpoint(from: ec2::VpcEndpoint) -> Result<Endpoint, Fault> {
    let service = from.service_name.or(from.service_network_arn).or(from.resource_configuration_arn);
    Ok(Endpoint {
        id: need(from.vpc_endpoint_id, "VpcEndpoint.VpcEndpointId")?,
        vpc: need(from.vpc_id, "VpcEndpoint.VpcId")?.into(),
        kind: need(from.vpc_endpoint_type, "VpcEndpoint.VpcEndpointType")?.as_str().to_owned(),
        service: service.unwrap_or_default(),
        state: need(from.state, "VpcEndpoint.State")?.as_str().to_owned(),
    })
}

/// A subnet of DescribeSubnets.
pub(crate) fn subnet(from: ec2::Subnet) -> Result<Subnet, Fault> {
    let v6 = from.ipv6_cidr_block_association_set.unwrap_or_default();
    let v6 = v6.into_iter().filter_map(|association| association.ipv6_cidr_block);
    Ok(Subnet {
        id: need(from.subnet_id, "Subnet.SubnetId")?.into(),
        vpc: need(from.vpc_id, "Subnet.VpcId")?.into(),
        zone: need(from.availability_zone, "Subnet.AvailabilityZone")?,
        owner: need(from.owner_id, "Subnet.OwnerId")?.into(),
        ranges: from.cidr_block.into_iter().chain(v6).collect(),
    })
}

/// A VPC of DescribeVpcs, with all its ranges.
pub(crate) fn vpc(from: ec2::Vpc) -> Result<Vpc, Fault> {
    let v4 = from.cidr_block_association_set.unwrap_or_default();
    let mut ipv4: Vec<_> = v4.into_iter().filter_map(|association| association.cidr_block).collect();
    ipv4.extend(from.cidr_block.filter(|range| !ipv4.contains(range)));
    let v6 = from.ipv6_cidr_block_association_set.unwrap_or_default();
    Ok(Vpc {
        id: need(from.vpc_id, "Vpc.VpcId")?.into(),
        owner: need(from.owner_id, "Vpc.OwnerId")?.into(),
        ipv4,
        ipv6: v6.into_iter().filter_map(|association| association.ipv6_cidr_block).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_to_something_new_is_never_local() {
        let route = ec2::Route::builder().destination_cidr_block("10.0.0.0/8").build();
        assert_eq!(self::route(route).unwrap().target, "unknown");
        let local = ec2::Route::builder().destination_ipv6_cidr_block("fd00::/8").gateway_id("local").build();
        assert_eq!(self::route(local).unwrap().target, "local");
    }

    #[test]
    fn an_endpoint_keeps_awss_own_words_for_kind_and_state() {
        let asked = ec2::VpcEndpoint::builder().vpc_endpoint_id("vpce-1").vpc_id("vpc-1").state("available".into());
        let shown = endpoint(asked.clone().vpc_endpoint_type("Portal".into()).service_network_arn("arn:sn").build());
        let shown = shown.unwrap();
        assert_eq!(
            (shown.kind.as_str(), shown.service.as_str(), shown.state.as_str()),
            ("Portal", "arn:sn", "available")
        );
        assert!(endpoint(asked.build()).unwrap_err().message.contains("VpcEndpoint.VpcEndpointType"));
    }

    #[test]
    fn an_acl_entry_with_an_unknown_action_is_not_taken_for_a_denial() {
        let entry = ec2::NetworkAclEntry::builder().egress(true).rule_number(100).protocol("-1");
        let entry = entry.cidr_block("0.0.0.0/0").rule_action("maybe".into()).build();
        assert!(acl_entry(entry).unwrap_err().message.contains("maybe"));
    }
}
