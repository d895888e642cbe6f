//! Network interfaces, and what is around them: subnets, VPCs, route tables, addresses.

use super::World;
use super::acls::AclRecord;
use super::errors::{missing, refused};
use super::flows::Flow;
use super::groups::GroupRecord;
use casebook::fault::Fault;
use casebook::id::{
    AccountId, AclAssociationId, AclId, AllocationId, GroupId, InstanceId, InterfaceId, SubnetId, VpcId,
};
use casebook::reading::Made;
use casebook::scene::instance::InstanceState;
use casebook::scene::network::{Endpoint, IdleTimeouts, Interface, Neighbour, RouteTable, Subnet, Vpc};
use std::collections::BTreeMap;

/// Everything on the network, of both accounts.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Interfaces.
    pub interfaces: BTreeMap<InterfaceId, Card>,
    /// Security groups.
    pub groups: BTreeMap<GroupId, GroupRecord>,
    /// Network ACLs.
    pub acls: BTreeMap<AclId, AclRecord>,
    /// ACL associations that were replaced: what by, and what that made.
    pub replaced_acls: BTreeMap<AclAssociationId, (AclId, AclAssociationId)>,
    /// The ACL that still works in a subnet, where a change takes its time.
    pub acls_in_force: BTreeMap<SubnetId, AclId>,
    /// Route tables.
    pub routes: Vec<RouteTable>,
    /// Subnets.
    pub subnets: BTreeMap<SubnetId, Subnet>,
    /// VPCs.
    pub vpcs: BTreeMap<VpcId, VpcRecord>,
    /// The next free host number of a subnet.
    pub hosts: BTreeMap<SubnetId, u32>,
    /// Elastic IP addresses, by allocation.
    pub addresses: BTreeMap<AllocationId, String>,
    /// Conversations of instances with others.
    pub flows: Vec<Flow>,
}

/// A VPC and what is fixed to it.
#[derive(Clone, Debug)]
pub struct VpcRecord {
    /// As it shows itself.
    pub shown: Vpc,
    /// Whether its resolver answers (`enableDnsSupport`).
    pub dns: bool,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// An interface.
#[derive(Clone, Debug)]
pub struct Card {
    /// As it shows itself.
    pub shown: Interface,
    /// What it says of itself.
    pub description: String,
    /// The trunk that carries it, for a branch interface.
    pub trunk: Option<InterfaceId>,
    /// Whether it goes when its instance is terminated.
    pub delete_on_termination: bool,
}

impl Card {
    fn neighbour(&self) -> Neighbour {
        Neighbour {
            interface: self.shown.id.clone(),
            instance: self.shown.instance.clone(),
            description: self.description.clone(),
        }
    }
}

/// What a network interface holds at most, unless the quota is raised
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups>).
const GROUPS_PER_INTERFACE: usize = 5;

impl World {
    /// Makes an instance forward the traffic of others, as its owner would: the source/destination check
    /// of its interfaces is off
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html#EIP_Disable_SrcDestCheck>).
    pub fn forward_traffic(&mut self, instance: &InstanceId) {
        let cards = self.network.interfaces.values_mut().map(|card| &mut card.shown);
        let own = cards.filter(|card| card.instance.as_ref() == Some(instance));
        own.for_each(|card| card.source_dest_check = false);
    }

    /// The interfaces of an instance, by position, branch interfaces last
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html>).
    pub fn cards_of(&self, instance: &InstanceId) -> Vec<&Card> {
        let mut attached: Vec<&Card> = self.attached(instance).collect();
        attached.sort_by_key(|card| card.shown.device_index);
        let branches = self.network.interfaces.values().filter(|card| {
            card.trunk.as_ref().is_some_and(|trunk| attached.iter().any(|other| other.shown.id == *trunk))
        });
        let branches: Vec<&Card> = branches.collect();
        attached.extend(branches);
        attached
    }

    fn attached(&self, instance: &InstanceId) -> impl Iterator<Item = &Card> {
        self.network
            .interfaces
            .values()
            .filter(move |card| card.shown.instance.as_ref() == Some(instance) && card.shown.device_index.is_some())
    }

    pub(crate) fn has_trunk(&self, instance: &InstanceId) -> bool {
        self.attached(instance).any(|card| card.shown.kind == "trunk")
    }

    pub(crate) fn neighbours(&self, chosen: impl Fn(&Interface) -> bool) -> Vec<Neighbour> {
        self.network.interfaces.values().filter(|card| chosen(&card.shown)).map(Card::neighbour).collect()
    }

    /// An interface of the caller's; a shared VPC's owner cannot touch a participant's
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html>).
    pub(crate) fn own_card(&mut self, id: &InterfaceId, caller: &AccountId) -> Result<&mut Card, Fault> {
        let missing = || missing("InvalidNetworkInterfaceID.NotFound", id.as_str());
        let card = self.network.interfaces.get_mut(id).ok_or_else(missing)?;
        if card.shown.owner != *caller {
            return Err(refused("AuthFailure", format!("You do not own the network interface {id}")));
        }
        Ok(card)
    }

    /// ModifyNetworkInterfaceAttribute `Groups`: at least one group, five at most, all of the
    /// interface's VPC
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html>).
    pub(crate) fn set_interface_groups(
        &mut self,
        caller: &AccountId,
        id: &InterfaceId,
        groups: &[GroupId],
    ) -> Result<Made, Fault> {
        let vpc = self.own_card(id, caller)?.shown.vpc.clone();
        if groups.is_empty() {
            return Err(refused("InvalidParameterValue", "at least one security group must be given"));
        }
        if groups.len() > GROUPS_PER_INTERFACE {
            let message = format!("the maximum number of security groups per interface is {GROUPS_PER_INTERFACE}");
            return Err(refused("SecurityGroupsPerInterfaceLimitExceeded", message));
        }
        for group in groups {
            self.group_for(group, &vpc)?;
        }
        self.own_card(id, caller)?.shown.groups = groups.to_vec();
        Ok(Made::nothing())
    }

    /// Whether an interface in a VPC can be in a group. No page has the code for a group of another
    /// VPC; this is what users report
    /// (<https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/3943>).
    pub(crate) fn group_for(&self, group: &GroupId, vpc: &VpcId) -> Result<(), Fault> {
        let record = self.network.groups.get(group).ok_or_else(|| missing("InvalidGroup.NotFound", group.as_str()))?;
        if record.visible_from > self.now {
            return Err(missing("InvalidGroup.NotFound", group.as_str()));
        }
        if record.shown.vpc != *vpc {
            let message = "You have specified two resources that belong to different networks.";
            return Err(refused("InvalidGroup.NotFound", message));
        }
        Ok(())
    }

    /// AttachNetworkInterface of a card that is attached to nothing, at the next position, on an
    /// instance of its zone; how many cards a type takes is not looked at
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachNetworkInterface.html>).
    pub(crate) fn attach_card(
        &mut self,
        caller: &AccountId,
        id: &InterfaceId,
        instance: &InstanceId,
    ) -> Result<(), Fault> {
        let state = self.machine(caller, instance)?.shown.state;
        if !matches!(state, InstanceState::Running | InstanceState::Stopped) {
            return Err(refused(
                "IncorrectInstanceState",
                format!("the instance '{instance}' is not running or stopped"),
            ));
        }
        let next = self.attached(instance).filter_map(|card| card.shown.device_index).max().map_or(0, |last| last + 1);
        let card = self.own_card(id, caller)?;
        if let Some(held) = &card.shown.instance {
            return Err(refused("InvalidNetworkInterface.InUse", format!("{id} is attached to {held}")));
        }
        card.shown.instance = Some(instance.clone());
        card.shown.device_index = Some(next);
        Ok(())
    }

    /// ModifyNetworkInterfaceAttribute `ConnectionTrackingSpecification`: instances on Nitro only,
    /// within the ranges of
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts>.
    pub(crate) fn set_idle_timeouts(
        &mut self,
        caller: &AccountId,
        id: &InterfaceId,
        idle: IdleTimeouts,
    ) -> Result<Made, Fault> {
        let instance = self.own_card(id, caller)?.shown.instance.clone();
        if instance.is_some_and(|instance| !self.is_nitro(&instance)) {
            let message = format!("the instance of {id} does not support connection tracking timeouts");
            return Err(refused("UnsupportedOperation", message));
        }
        let checked = [
            (idle.tcp_established_seconds, 60..=432_000, "TcpEstablishedTimeout"),
            (idle.udp_stream_seconds, 60..=180, "UdpStreamTimeout"),
            (idle.udp_seconds, 30..=60, "UdpTimeout"),
        ];
        for (seconds, range, name) in checked {
            if seconds.is_some_and(|seconds| !range.contains(&seconds)) {
                return Err(refused("InvalidParameterValue", format!("{name} must be within {range:?}")));
            }
        }
        self.own_card(id, caller)?.shown.idle = idle;
        Ok(Made::nothing())
    }
}
