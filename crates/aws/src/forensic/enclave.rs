//! Everything that decides whether traffic can leave the sealed subnet.

use crate::clients::Clients;
use crate::convert::network::{acl, route_table, subnet};
use crate::convert::{all, filter};
use crate::fault::{fault, need};
use crate::page::every_page;
use aws_sdk_ec2::types::{Filter, State, VpcAttributeName, VpcEndpoint};
use casebook::fault::Fault;
use casebook::id::{SubnetId, VpcId};
use casebook::reading::Reading;
use casebook::scene::enclave::Enclave;
use casebook::scene::network::{RouteTable, Subnet};

/// `Enclave`.
pub(super) async fn read(c: &Clients, id: &SubnetId) -> Result<Reading, Fault> {
    let subnet = described(c, id).await?;
    let by_subnet = filter("association.subnet-id", [id]);
    let acls = all(every_page!(c.ec2.describe_network_acls().filters(by_subnet), network_acls), acl)?;
    let enclave = Enclave {
        routes: routes(c, &subnet).await?,
        acl: acls.into_iter().next(),
        endpoints: endpoints(c, &subnet.vpc).await?,
        dns: dns(c, &subnet.vpc).await?,
        subnet,
    };
    Ok(Reading::Enclave(Box::new(enclave)))
}

async fn described(c: &Clients, id: &SubnetId) -> Result<Subnet, Fault> {
    let answer = c.ec2.describe_subnets().subnet_ids(id.as_str()).send().await.map_err(fault)?;
    subnet(need(answer.subnets.unwrap_or_default().into_iter().next(), "DescribeSubnets.Subnet")?)
}

/// The table tied to the subnet, else the VPC's main table
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>).
async fn routes(c: &Clients, subnet: &Subnet) -> Result<Option<RouteTable>, Fault> {
    let own = tables(c, vec![filter("association.subnet-id", [&subnet.id])]).await?;
    let found = match own.is_empty() {
        true => tables(c, vec![filter("vpc-id", [&subnet.vpc]), filter("association.main", ["true"])]).await?,
        false => own,
    };
    Ok(found.into_iter().next())
}

async fn tables(c: &Clients, filters: Vec<Filter>) -> Result<Vec<RouteTable>, Fault> {
    all(every_page!(c.ec2.describe_route_tables().set_filters(Some(filters.clone())), route_tables), route_table)
}

/// Endpoints that are there or may come, by id and service.
async fn endpoints(c: &Clients, vpc: &VpcId) -> Result<Vec<String>, Fault> {
    let found = every_page!(c.ec2.describe_vpc_endpoints().filters(filter("vpc-id", [vpc])), vpc_endpoints);
    found.into_iter().filter(|endpoint| !gone(endpoint)).map(named).collect()
}

fn gone(endpoint: &VpcEndpoint) -> bool {
    matches!(endpoint.state, Some(State::Deleted | State::Deleting | State::Expired | State::Failed | State::Rejected))
}

fn named(endpoint: VpcEndpoint) -> Result<String, Fault> {
    let id = need(endpoint.vpc_endpoint_id, "VpcEndpoint.VpcEndpointId")?;
    // An endpoint to a resource or a service network has no service name.
    let to = endpoint.service_name.or(endpoint.service_network_arn).or(endpoint.resource_configuration_arn);
    Ok(format!("{id} ({})", to.as_deref().unwrap_or("to what is not said")))
}

/// `enableDnsSupport`: whether the VPC's resolver answers
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>).
async fn dns(c: &Clients, vpc: &VpcId) -> Result<bool, Fault> {
    let call = c.ec2.describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(VpcAttributeName::EnableDnsSupport);
    let answer = call.send().await.map_err(fault)?;
    need(answer.enable_dns_support.and_then(|flag| flag.value), "enableDnsSupport")
}
