//! What a security group's rule lets through, and which flows it makes tracked.

use casebook::id::GroupId;
use casebook::scene::network::{Direction, Peer, Rule};
use std::net::IpAddr;

/// The first packet of a flow, as a rule sees it.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    /// Into the interface or out of it.
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp`.
    pub protocol: &'a str,
    /// The port that is called.
    pub port: i32,
    /// The other side's address.
    pub peer: &'a str,
    /// The groups that the other side is in.
    pub peer_groups: &'a [GroupId],
}

/// Whether an address lies in a range; a bare address is a range of one. The ranges that most rules name are known
/// without reading them.
pub fn contains(range: &str, address: &str) -> bool {
    match range {
        "0.0.0.0/0" => !address.contains(':'),
        "::/0" => address.contains(':'),
        _ => lies_in(range, address),
    }
}

fn lies_in(range: &str, address: &str) -> bool {
    let (base, length) = range.split_once('/').unwrap_or((range, "128"));
    let (Ok(base), Ok(address), Ok(length)) = (base.parse(), address.parse(), length.parse::<u32>()) else {
        return false;
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            same_prefix(base.to_bits().into(), address.to_bits().into(), 32, length)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => same_prefix(base.to_bits(), address.to_bits(), 128, length),
        _ => false,
    }
}

fn same_prefix(base: u128, address: u128, width: u32, length: u32) -> bool {
    let free = width - length.min(width);
    (base ^ address).checked_shr(free).unwrap_or(0) == 0
}

/// Whether a rule lets a packet through
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
pub fn permits(rule: &Rule, packet: &Packet<'_>) -> bool {
    rule.direction == packet.direction
        && (rule.protocol == "-1" || rule.protocol == packet.protocol)
        && covers(rule, packet.port)
        && reaches(&rule.peer, packet)
}

fn covers(rule: &Rule, port: i32) -> bool {
    rule.protocol == "-1"
        || rule.from.is_none_or(|from| from == -1 || from <= port) && rule.to.is_none_or(|to| to == -1 || port <= to)
}

fn reaches(peer: &Peer, packet: &Packet<'_>) -> bool {
    match peer {
        Peer::Ipv4(range) | Peer::Ipv6(range) => contains(range, packet.peer),
        Peer::Group(group) => packet.peer_groups.contains(group),
        Peer::PrefixList(_) => false,
    }
}

/// Whether a flow that begins with this packet is tracked: it is not when a rule lets it through
/// from everywhere and a rule of the other direction lets every answer out to everywhere on all
/// ports; ICMP always is
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#untracked-connections>).
pub fn tracked(rules: &[&Rule], packet: &Packet<'_>) -> bool {
    let opens = |rule: &&&Rule| permits(rule, packet) && is_everywhere(&rule.peer);
    let answers = |rule: &&&Rule| {
        rule.direction != packet.direction
            && is_everywhere(&rule.peer)
            && reaches(&rule.peer, packet)
            && (rule.protocol == "-1" || rule.protocol == packet.protocol && has_all_ports(rule))
    };
    packet.protocol == "icmp" || rules.iter().find(opens).is_none() || rules.iter().find(answers).is_none()
}

fn has_all_ports(rule: &Rule) -> bool {
    rule.from.is_none_or(|from| from <= 0) && rule.to.is_none_or(|to| to == -1 || to == 65535)
}

fn is_everywhere(peer: &Peer) -> bool {
    matches!(peer, Peer::Ipv4(range) if range == "0.0.0.0/0") || matches!(peer, Peer::Ipv6(range) if range == "::/0")
}
