//! Security groups: reading by filters, and changing the ones that this program made.

use crate::clients::Clients;
use crate::convert::groups::{group, one_direction, permission};
use crate::convert::{all, tagged};
use crate::fault::{fault, need};
use crate::mode::Mode;
use crate::page::every_page;
use aws_sdk_ec2::types::{Filter, ResourceType};
use casebook::fault::Fault;
use casebook::id::{CaseId, GroupId, VpcId};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::Tags;
use casebook::scene::network::{Direction, Rule, SecurityGroup};

/// Every group that a filter finds
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>).
pub(crate) async fn found(clients: &Clients, by: Filter) -> Result<Vec<SecurityGroup>, Fault> {
    all(every_page!(clients.ec2.describe_security_groups().filters(by), security_groups), group)
}

/// `Groups`: those tagged with the case.
pub(crate) async fn of_case(clients: &Clients, case: &CaseId) -> Result<Reading, Fault> {
    found(clients, super::of_case(case)).await.map(Reading::Groups)
}

/// What a new group is called and where it is made.
pub(crate) struct NewGroup<'a> {
    pub(crate) vpc: &'a VpcId,
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) tags: &'a Tags,
}

/// ec2:CreateSecurityGroup. AWS adds rules that let everything out, both families where the VPC
/// has IPv6 (<https://docs.aws.amazon.com/vpc/latest/userguide/creating-security-groups.html>).
pub(crate) async fn create(clients: &Clients, new: NewGroup<'_>, mode: Mode) -> Result<Made, Fault> {
    let call = clients.ec2.create_security_group().vpc_id(new.vpc.as_str());
    let call = call.group_name(new.name).description(new.description);
    let call = call.set_tag_specifications(tagged(ResourceType::SecurityGroup, new.tags).map(|tags| vec![tags]));
    let answer = call.set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
    Ok(Made::one(need(answer.group_id, "CreateSecurityGroup.GroupId")?))
}

/// ec2:RevokeSecurityGroupEgress or -Ingress.
pub(crate) async fn revoke(clients: &Clients, group: &GroupId, rules: &[Rule], mode: Mode) -> Result<Made, Fault> {
    let permissions = Some(rules.iter().map(permission).collect());
    match one_direction(rules)? {
        Direction::Egress => {
            let call = clients.ec2.revoke_security_group_egress().group_id(group.as_str());
            call.set_ip_permissions(permissions).set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
        }
        Direction::Ingress => {
            let call = clients.ec2.revoke_security_group_ingress().group_id(group.as_str());
            call.set_ip_permissions(permissions).set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
        }
    }
    Ok(Made::nothing())
}
