//! Security groups.

use super::World;
use super::errors::{missing, refused};
use casebook::fault::Fault;
use casebook::id::{AccountId, GroupId, VpcId};
use casebook::reading::Made;
use casebook::scene::instance::Tags;
use casebook::scene::network::{Direction, Peer, Rule, SecurityGroup};
use jiff::Timestamp;

/// A security group.
#[derive(Clone, Debug)]
pub struct GroupRecord {
    /// As it shows itself.
    pub shown: SecurityGroup,
    /// From when on calls know it.
    pub visible_from: Timestamp,
}

/// What CreateSecurityGroup takes.
pub(crate) struct NewGroup<'a> {
    pub(crate) vpc: &'a VpcId,
    pub(crate) name: &'a str,
    pub(crate) tags: &'a Tags,
}

impl World {
    /// The groups of an account that calls know now, chosen by `wanted`.
    pub(crate) fn groups_where(
        &self,
        owner: &AccountId,
        wanted: impl Fn(&SecurityGroup) -> bool,
    ) -> Vec<SecurityGroup> {
        let seen = self.network.groups.values().filter(|group| group.visible_from <= self.now);
        seen.map(|group| &group.shown).filter(|group| group.owner == *owner && wanted(group)).cloned().collect()
    }

    /// All rules of an interface's groups.
    pub(crate) fn rules_of<'a>(&'a self, groups: &[GroupId]) -> Vec<&'a Rule> {
        groups.iter().filter_map(|id| self.network.groups.get(id)).flat_map(|group| &group.shown.rules).collect()
    }

    /// CreateSecurityGroup: names are unique within a VPC; a new group lets everything out, over
    /// IPv6 too when the VPC has an IPv6 range
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-custom-security-groups.html>).
    pub(crate) fn create_group(&mut self, caller: &AccountId, new: &NewGroup<'_>) -> Result<Made, Fault> {
        let NewGroup { vpc, name, tags } = *new;
        let unknown = || missing("InvalidVpcID.NotFound", vpc.as_str());
        let has_ipv6 = !self.network.vpcs.get(vpc).ok_or_else(unknown)?.shown.ipv6.is_empty();
        if name.is_empty() || name.len() > 255 || name.starts_with("sg-") {
            return Err(refused("InvalidParameterValue", format!("'{name}' is no name for a security group")));
        }
        let same = |group: &SecurityGroup| group.vpc == *vpc && group.name.eq_ignore_ascii_case(name);
        if self.network.groups.values().any(|group| same(&group.shown)) {
            let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
            return Err(refused("InvalidGroup.Duplicate", message));
        }
        let own = self.network.groups.values().filter(|group| group.shown.owner == *caller);
        if own.count() >= self.settings.groups_allowed {
            let message = format!("the maximum number of security groups is {}", self.settings.groups_allowed);
            return Err(refused("SecurityGroupLimitExceeded", message));
        }
        let id = GroupId::new(self.fresh("sg"));
        let shown = SecurityGroup {
            id: id.clone(),
            name: name.to_owned(),
            vpc: vpc.clone(),
            owner: caller.clone(),
            rules: default_egress(has_ipv6),
            tags: tags.clone(),
        };
        let visible_from = self.after(self.settings.group_lag);
        self.network.groups.insert(id.clone(), GroupRecord { shown, visible_from });
        Ok(Made::one(id.as_str()))
    }

    fn own_group(&mut self, id: &GroupId, caller: &AccountId) -> Result<&mut SecurityGroup, Fault> {
        let now = self.now;
        let unknown = || missing("InvalidGroup.NotFound", id.as_str());
        let group = self.network.groups.get_mut(id).ok_or_else(unknown)?;
        if group.visible_from > now {
            return Err(missing("InvalidGroup.NotFound", id.as_str()));
        }
        if group.shown.owner != *caller {
            return Err(refused("UnauthorizedOperation", format!("You do not own the security group {id}")));
        }
        Ok(&mut group.shown)
    }

    /// RevokeSecurityGroupEgress or -Ingress: with one rule that is not there nothing is revoked
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html>).
    pub(crate) fn revoke_rules(&mut self, caller: &AccountId, id: &GroupId, rules: &[Rule]) -> Result<Made, Fault> {
        one_direction(rules)?;
        let group = self.own_group(id, caller)?;
        if rules.iter().any(|rule| !group.rules.contains(rule)) {
            let message = format!("a given rule does not exist in the security group {id}");
            return Err(missing_rule(message));
        }
        group.rules.retain(|rule| !rules.contains(rule));
        Ok(Made::nothing())
    }

    /// AuthorizeSecurityGroupEgress or -Ingress
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html>).
    pub(crate) fn authorize_rules(&mut self, caller: &AccountId, id: &GroupId, rules: &[Rule]) -> Result<Made, Fault> {
        one_direction(rules)?;
        let group = self.own_group(id, caller)?;
        if rules.iter().any(|rule| group.rules.contains(rule)) {
            let message = format!("a given rule exists already in the security group {id}");
            return Err(refused("InvalidPermission.Duplicate", message));
        }
        group.rules.extend_from_slice(rules);
        Ok(Made::nothing())
    }

    /// DeleteSecurityGroup: refused while an interface is in it or a rule names it
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html>).
    pub(crate) fn delete_group(&mut self, caller: &AccountId, id: &GroupId) -> Result<Made, Fault> {
        self.own_group(id, caller)?;
        let in_use = self.network.interfaces.values().any(|card| card.shown.groups.contains(id));
        let others = self.network.groups.values().filter(|group| group.shown.id != *id);
        if in_use || others.into_iter().any(|group| names(&group.shown, id)) {
            return Err(refused("DependencyViolation", format!("resource {id} has a dependent object")));
        }
        self.network.groups.remove(id);
        Ok(Made::nothing())
    }
}

/// Whether a rule of the group names another group.
pub(crate) fn names(group: &SecurityGroup, other: &GroupId) -> bool {
    group.rules.iter().any(|rule| matches!(&rule.peer, Peer::Group(peer) if peer == other))
}

fn missing_rule(message: String) -> Fault {
    Fault::new(casebook::fault::FaultClass::NotFound, "InvalidPermission.NotFound", message)
}

/// The two directions are two calls on the wire.
fn one_direction(rules: &[Rule]) -> Result<(), Fault> {
    let ingress = rules.iter().filter(|rule| rule.direction == Direction::Ingress).count();
    if rules.is_empty() || (ingress != 0 && ingress != rules.len()) {
        return Err(refused("MissingParameter", "rules of exactly one direction must be given"));
    }
    Ok(())
}

/// What a new group lets out.
fn default_egress(ipv6: bool) -> Vec<Rule> {
    let rule = |peer| Rule { direction: Direction::Egress, protocol: "-1".into(), from: None, to: None, peer };
    let mut rules = vec![rule(Peer::Ipv4("0.0.0.0/0".into()))];
    if ipv6 {
        rules.push(rule(Peer::Ipv6("::/0".into())));
    }
    rules
}
