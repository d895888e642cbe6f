//! Security groups of the account under investigation.

use crate::both::FILTER_VALUES;
use crate::both::groups::found;
use crate::clients::Clients;
use crate::convert::filter;
use crate::convert::groups::{one_direction, permission};
use crate::fault::fault;
use crate::mode::Mode;
use casebook::fault::Fault;
use casebook::id::GroupId;
use casebook::reading::{Made, Reading};
use casebook::scene::network::{Direction, Rule, SecurityGroup};
use casebook::tags;

/// `Groups`, by a filter, so that one that is gone does not fail the rest.
pub(super) async fn by_id(c: &Clients, ids: &[GroupId]) -> Result<Reading, Fault> {
    by(c, &["group-id"], ids).await
}

/// `Groups` with a rule that names one of these, either direction.
pub(super) async fn that_name(c: &Clients, ids: &[GroupId]) -> Result<Reading, Fault> {
    by(c, &["ip-permission.group-id", "egress.ip-permission.group-id"], ids).await
}

/// `Groups` tagged as quarantine, whoever tagged them.
pub(super) async fn quarantine(c: &Clients) -> Result<Reading, Fault> {
    found(c, filter("tag-key", [tags::QUARANTINE])).await.map(Reading::Groups)
}

async fn by(c: &Clients, names: &[&str], ids: &[GroupId]) -> Result<Reading, Fault> {
    let mut groups: Vec<SecurityGroup> = Vec::new();
    for name in names {
        for some in ids.chunks(FILTER_VALUES) {
            groups.extend(found(c, filter(name, some)).await?);
        }
    }
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups.dedup_by(|a, b| a.id == b.id);
    Ok(Reading::Groups(groups))
}

/// ec2:AuthorizeSecurityGroupEgress or -Ingress.
pub(super) async fn authorize(c: &Clients, group: &GroupId, rules: &[Rule], mode: Mode) -> Result<Made, Fault> {
    let permissions = Some(rules.iter().map(permission).collect());
    match one_direction(rules)? {
        Direction::Egress => {
            let call = c.ec2.authorize_security_group_egress().group_id(group.as_str());
            call.set_ip_permissions(permissions).set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
        }
        Direction::Ingress => {
            let call = c.ec2.authorize_security_group_ingress().group_id(group.as_str());
            call.set_ip_permissions(permissions).set_dry_run(mode.dry_run()).send().await.map_err(fault)?;
        }
    }
    Ok(Made::nothing())
}

/// ec2:DeleteSecurityGroup.
pub(super) async fn delete(c: &Clients, group: &GroupId, mode: Mode) -> Result<Made, Fault> {
    let call = c.ec2.delete_security_group().group_id(group.as_str()).set_dry_run(mode.dry_run());
    call.send().await.map_err(fault)?;
    Ok(Made::nothing())
}
