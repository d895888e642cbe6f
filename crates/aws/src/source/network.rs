//! Network ACLs, routes, endpoints, subnets, VPCs.

use crate::both::FILTER_VALUES;
use crate::clients::Clients;
use crate::convert::network::{acl, endpoint, route_table, subnet, vpc};
use crate::convert::{all, filter, tagged};
use crate::fault::{fault, need};
use crate::mode::Mode;
use crate::page::every_page;
use aws_sdk_ec2::types::ResourceType;
use casebook::fault::Fault;
use casebook::id::{AclAssociationId, AclId, SubnetId, VpcId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;

/// `Acls` of these VPCs.
pub(super) async fn acls(c: &Clients, vpcs: &[VpcId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in vpcs.chunks(FILTER_VALUES) {
        found.extend(every_page!(c.ec2.describe_network_acls().filters(filter("vpc-id", some)), network_acls));
    }
    all(found, acl).map(Reading::Acls)
}

/// `Routes` of these VPCs.
pub(super) async fn routes(c: &Clients, vpcs: &[VpcId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in vpcs.chunks(FILTER_VALUES) {
        found.extend(every_page!(c.ec2.describe_route_tables().filters(filter("vpc-id", some)), route_tables));
    }
    all(found, route_table).map(Reading::Routes)
}

/// `Endpoints` of these VPCs, whatever their state.
pub(super) async fn endpoints(c: &Clients, vpcs: &[VpcId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in vpcs.chunks(FILTER_VALUES) {
        found.extend(every_page!(c.ec2.describe_vpc_endpoints().filters(filter("vpc-id", some)), vpc_endpoints));
    }
    all(found, endpoint).map(Reading::Endpoints)
}

/// `Subnets`.
pub(super) async fn subnets(c: &Clients, ids: &[SubnetId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        found.extend(every_page!(c.ec2.describe_subnets().filters(filter("subnet-id", some)), subnets));
    }
    all(found, subnet).map(Reading::Subnets)
}

/// `Vpcs`.
pub(super) async fn vpcs(c: &Clients, ids: &[VpcId]) -> Result<Reading, Fault> {
    let mut found = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        found.extend(every_page!(c.ec2.describe_vpcs().filters(filter("vpc-id", some)), vpcs));
    }
    all(found, vpc).map(Reading::Vpcs)
}

/// ec2:CreateNetworkAcl: until an entry is added it denies everything
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/create-network-acl.html>).
pub(super) async fn create_acl(c: &Clients, vpc: &VpcId, token: &str, tags: &Tags, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.create_network_acl().vpc_id(vpc.as_str()).client_token(token);
    let call = call.set_tag_specifications(tagged(ResourceType::NetworkAcl, tags).map(|tags| vec![tags]));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    let id = answer.network_acl.and_then(|acl| acl.network_acl_id);
    Ok(Made::one(need(id, "CreateNetworkAcl.NetworkAcl.NetworkAclId")?))
}

/// ec2:ReplaceNetworkAclAssociation, which gives the subnet's tie a new id.
pub(super) async fn replace_acl(c: &Clients, tie: &AclAssociationId, acl: &AclId, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.replace_network_acl_association().association_id(tie.as_str()).network_acl_id(acl.as_str());
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.new_association_id, "ReplaceNetworkAclAssociation.NewAssociationId")?))
}
