//! Security groups and their rules. AWS packs several peers into one permission; here each peer
//! is a rule of its own.

use super::tags;
use crate::fault::{malformed, need};
use aws_sdk_ec2::types as ec2;
use casebook::fault::{Fault, FaultClass};
use casebook::scene::network::{Direction, Peer, Rule, SecurityGroup};

/// A group of DescribeSecurityGroups
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>).
pub(crate) fn group(from: ec2::SecurityGroup) -> Result<SecurityGroup, Fault> {
    let mut rules = rules(Direction::Ingress, from.ip_permissions)?;
    rules.extend(self::rules(Direction::Egress, from.ip_permissions_egress)?);
    Ok(SecurityGroup {
        id: need(from.group_id, "SecurityGroup.GroupId")?.into(),
        name: need(from.group_name, "SecurityGroup.GroupName")?,
        vpc: need(from.vpc_id, "SecurityGroup.VpcId")?.into(),
        owner: need(from.owner_id, "SecurityGroup.OwnerId")?.into(),
        rules,
        tags: tags(from.tags),
    })
}

fn rules(direction: Direction, from: Option<Vec<ec2::IpPermission>>) -> Result<Vec<Rule>, Fault> {
    let each = from.unwrap_or_default().into_iter().map(|permission| split(direction, permission));
    Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
}

fn split(direction: Direction, from: ec2::IpPermission) -> Result<Vec<Rule>, Fault> {
    let protocol = need(from.ip_protocol.clone(), "IpPermission.IpProtocol")?;
    let (from_port, to_port) = (from.from_port, from.to_port);
    let rule = |peer| Rule { direction, protocol: protocol.clone(), from: from_port, to: to_port, peer };
    Ok(known_peers(from)?.into_iter().map(rule).collect())
}

/// A rule always has a peer. One without any that is known here has one of a kind that AWS has added
/// since: left out, the group would read as if it let nothing through.
fn known_peers(from: ec2::IpPermission) -> Result<Vec<Peer>, Fault> {
    let peers = peers(from)?;
    if peers.is_empty() {
        return Err(malformed("IpPermission peer (an address range, a prefix list or a group)"));
    }
    Ok(peers)
}

fn peers(from: ec2::IpPermission) -> Result<Vec<Peer>, Fault> {
    let v4 = from.ip_ranges.unwrap_or_default().into_iter();
    let v6 = from.ipv6_ranges.unwrap_or_default().into_iter();
    let lists = from.prefix_list_ids.unwrap_or_default().into_iter();
    let groups = from.user_id_group_pairs.unwrap_or_default().into_iter();
    v4.map(|range| need(range.cidr_ip, "IpRange.CidrIp").map(Peer::Ipv4))
        .chain(v6.map(|range| need(range.cidr_ipv6, "Ipv6Range.CidrIpv6").map(Peer::Ipv6)))
        .chain(lists.map(|list| need(list.prefix_list_id, "PrefixListId.PrefixListId").map(Peer::PrefixList)))
        .chain(groups.map(|pair| need(pair.group_id, "UserIdGroupPair.GroupId").map(|id| Peer::Group(id.into()))))
        .collect()
}

/// The one direction of all rules: authorizing and revoking is one call a direction.
///
/// # Errors
/// When there are no rules, or rules of both directions.
pub(crate) fn one_direction(rules: &[Rule]) -> Result<Direction, Fault> {
    let invalid = |why| Fault::new(FaultClass::Invalid, "MixedRules", why);
    let first = rules.first().ok_or_else(|| invalid("an effect on rules names no rule"))?.direction;
    if rules.iter().any(|rule| rule.direction != first) {
        return Err(invalid("an effect on rules has rules of both directions, but one call takes one"));
    }
    Ok(first)
}

/// A rule as a permission of its own.
pub(crate) fn permission(rule: &Rule) -> ec2::IpPermission {
    let permission = ec2::IpPermission::builder().ip_protocol(&rule.protocol);
    let permission = permission.set_from_port(rule.from).set_to_port(rule.to);
    match &rule.peer {
        Peer::Ipv4(range) => permission.ip_ranges(ec2::IpRange::builder().cidr_ip(range).build()),
        Peer::Ipv6(range) => permission.ipv6_ranges(ec2::Ipv6Range::builder().cidr_ipv6(range).build()),
        Peer::PrefixList(id) => permission.prefix_list_ids(ec2::PrefixListId::builder().prefix_list_id(id).build()),
        Peer::Group(id) => {
            permission.user_id_group_pairs(ec2::UserIdGroupPair::builder().group_id(id.as_str()).build())
        }
    }
    .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(direction: Direction, peer: Peer) -> Rule {
        Rule { direction, protocol: "tcp".into(), from: Some(22), to: Some(22), peer }
    }

    #[test]
    fn every_peer_survives_the_way_there_and_back() {
        let peers = [
            Peer::Ipv4("10.0.0.0/8".into()),
            Peer::Ipv6("::/0".into()),
            Peer::PrefixList("pl-1".into()),
            Peer::Group("sg-2".into()),
        ];
        for peer in peers {
            let rule = rule(Direction::Egress, peer);
            assert_eq!(split(Direction::Egress, permission(&rule)), Ok(vec![rule]));
        }
    }

    #[test]
    fn a_permission_with_two_peers_is_two_rules() {
        let mut both = permission(&rule(Direction::Ingress, Peer::Ipv4("0.0.0.0/0".into())));
        let range = ec2::Ipv6Range::builder().cidr_ipv6("::/0").build();
        both.ipv6_ranges = Some(vec![range]);
        assert_eq!(split(Direction::Ingress, both).unwrap().len(), 2);
    }

    #[test]
    fn a_permission_without_a_known_peer_is_malformed_and_not_an_empty_group() {
        let bare = ec2::IpPermission::builder().ip_protocol("-1").build();
        let shown = ec2::SecurityGroup::builder().group_id("sg-1").group_name("g").vpc_id("vpc-1").owner_id("1");
        let shown = [shown.clone().ip_permissions(bare.clone()), shown.ip_permissions_egress(bare)];
        for group_shown in shown {
            let fault = group(group_shown.build()).unwrap_err();
            assert_eq!(fault.code, "MalformedAnswer");
            assert!(fault.message.contains("IpPermission peer"), "{fault}");
        }
    }

    #[test]
    fn one_call_takes_one_direction() {
        let of = |direction| rule(direction, Peer::Ipv4("0.0.0.0/0".into()));
        assert_eq!(one_direction(&[of(Direction::Egress)]), Ok(Direction::Egress));
        assert!(one_direction(&[of(Direction::Egress), of(Direction::Ingress)]).is_err());
        assert!(one_direction(&[]).is_err());
    }
}
