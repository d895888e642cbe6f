//! Interfaces, security groups, network ACLs, routes, subnets, VPCs and addresses.

use super::instance::Tags;
use crate::id::{AccountId, AclAssociationId, AclId, AllocationId, GroupId, InstanceId, InterfaceId, SubnetId, VpcId};
use serde::{Deserialize, Serialize};

/// A private IPv4 address of an interface and the public one that stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateAddress {
    /// The private address.
    pub private: String,
    /// The public address, if one is associated.
    pub public: Option<String>,
    /// The Elastic IP address it comes from; `None` for an auto-assigned one.
    pub allocation: Option<AllocationId>,
}

/// Idle timeouts of tracked connections, in seconds; `None` is AWS's default
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdleTimeouts {
    /// Established TCP, 60 to 432,000.
    pub tcp_established_seconds: Option<i32>,
    /// UDP with several packets, 60 to 180.
    pub udp_stream_seconds: Option<i32>,
    /// UDP with one request, 30 to 60.
    pub udp_seconds: Option<i32>,
}

/// An elastic network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its id.
    pub id: InterfaceId,
    /// Its VPC, which may differ from that of the instance's first interface.
    pub vpc: VpcId,
    /// Its subnet.
    pub subnet: SubnetId,
    /// Its owner: in a shared VPC another account than the VPC's.
    pub owner: AccountId,
    /// The instance it is attached to.
    pub instance: Option<InstanceId>,
    /// The position on the instance; `None` for branch interfaces.
    pub device_index: Option<i32>,
    /// `interface`, `trunk`, `branch`, `efa`, …
    pub kind: String,
    /// Its security groups.
    pub groups: Vec<GroupId>,
    /// Its private IPv4 addresses.
    pub addresses: Vec<PrivateAddress>,
    /// Its IPv6 addresses.
    pub ipv6: Vec<String>,
    /// Delegated prefixes, both families.
    pub prefixes: Vec<String>,
    /// `false` when it forwards traffic of others.
    pub source_dest_check: bool,
    /// Its idle timeouts.
    pub idle: IdleTimeouts,
    /// Its tags.
    pub tags: Tags,
}

/// Which way a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Into the interface.
    Ingress,
    /// Out of the interface.
    Egress,
}

/// Whom a rule lets through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// An IPv4 range.
    Ipv4(String),
    /// An IPv6 range.
    Ipv6(String),
    /// A managed prefix list.
    PrefixList(String),
    /// The members of a group.
    Group(GroupId),
}

/// One permission of one group, to one peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// Which way.
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: String,
    /// First port or ICMP type.
    pub from: Option<i32>,
    /// Last port or ICMP code.
    pub to: Option<i32>,
    /// Whom.
    pub peer: Peer,
}

/// A security group with its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id.
    pub id: GroupId,
    /// Its name: anyone may choose it.
    pub name: String,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its owner.
    pub owner: AccountId,
    /// Its rules, both directions.
    pub rules: Vec<Rule>,
    /// Its tags.
    pub tags: Tags,
}

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// Its id.
    pub id: AclId,
    /// Its VPC.
    pub vpc: VpcId,
    /// The subnets it guards.
    pub associations: Vec<AclAssociation>,
    /// Its entries by direction and number.
    pub entries: Vec<AclEntry>,
    /// Its tags.
    pub tags: Tags,
}

impl NetworkAcl {
    /// Whether nothing passes: every entry denies.
    pub fn denies_everything(&self) -> bool {
        self.entries.iter().all(|entry| !entry.allow)
    }
}

/// A subnet's tie to an ACL; replacing it gives a new id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AclAssociation {
    /// The association.
    pub id: AclAssociationId,
    /// The subnet.
    pub subnet: SubnetId,
}

/// An entry of a network ACL: the lowest number that matches decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclEntry {
    /// Which way.
    pub direction: Direction,
    /// 1 to 32,766; 32,767 is the final deny.
    pub number: i32,
    /// Whether it lets through.
    pub allow: bool,
    /// The protocol number, `-1` for all.
    pub protocol: String,
    /// The IPv4 or IPv6 range.
    pub range: String,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc: VpcId,
    /// The subnets it is explicitly tied to.
    pub subnets: Vec<SubnetId>,
    /// Whether it is the VPC's main table.
    pub main: bool,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The range or prefix list it is for.
    pub destination: String,
    /// What it leads to: `local`, or the id of a gateway, interface, connection, instance.
    pub target: String,
}

/// A VPC endpoint
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc: VpcId,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`, … in AWS's word.
    pub kind: String,
    /// The service, service network or resource that it leads to; empty when AWS does not say.
    pub service: String,
    /// `available`, `pending`, `deleted`, …: AWS writes it with a small or a capital letter.
    pub state: String,
}

impl Endpoint {
    /// Whether something can pass, now or soon.
    pub fn stands(&self) -> bool {
        const GONE: [&str; 5] = ["deleted", "deleting", "expired", "failed", "rejected"];
        !GONE.iter().any(|state| self.state.eq_ignore_ascii_case(state))
    }
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Its id.
    pub id: SubnetId,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its availability zone.
    pub zone: String,
    /// Its owner: in a shared VPC the other account.
    pub owner: AccountId,
    /// Its ranges, both families.
    pub ranges: Vec<String>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its id.
    pub id: VpcId,
    /// Its owner.
    pub owner: AccountId,
    /// Its IPv4 ranges.
    pub ipv4: Vec<String>,
    /// Its IPv6 ranges.
    pub ipv6: Vec<String>,
}

/// Someone else in a subnet or behind a group: what a change there would reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Neighbour {
    /// The interface.
    pub interface: InterfaceId,
    /// The instance behind it, if it is one.
    pub instance: Option<InstanceId>,
    /// What it says of itself: a balancer, a database, an endpoint.
    pub description: String,
}
