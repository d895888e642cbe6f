//! An administrator's hands on the network: groups put back, doors opened, cards plugged in.

use super::{Administrator, Call};
use crate::world::errors::missing;
use crate::world::groups::NewGroup;
use casebook::fault::Fault;
use casebook::id::{Arn, GroupId, InstanceId, InterfaceId, SubnetId, VpcId};
use casebook::scene::balancer::Registration;
use casebook::scene::instance::Tags;
use casebook::scene::network::{Direction, IdleTimeouts, Rule};

impl Administrator<'_> {
    /// ModifyNetworkInterfaceAttribute `Groups`
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html>).
    ///
    /// # Errors
    /// AWS's own.
    pub fn set_interface_groups(&mut self, interface: &InterfaceId, groups: &[GroupId]) -> Result<(), Fault> {
        let call = Call::new("ec2:ModifyNetworkInterfaceAttribute", &[interface.as_str()]);
        self.call(call, |world, me| world.set_interface_groups(me, interface, groups).map(drop))
    }

    /// ModifyNetworkInterfaceAttribute `ConnectionTrackingSpecification`: dormant channels live
    /// longer again.
    ///
    /// # Errors
    /// AWS's own.
    pub fn set_idle_timeouts(&mut self, interface: &InterfaceId, idle: IdleTimeouts) -> Result<(), Fault> {
        let call = Call::new("ec2:ModifyNetworkInterfaceAttribute", &[interface.as_str()]);
        self.call(call, |world, me| world.set_idle_timeouts(me, interface, idle).map(drop))
    }

    /// CreateNetworkInterface in an instance's first subnet, then AttachNetworkInterface: a way out
    /// beside the cards that are isolated. Returns the new card, attached.
    ///
    /// # Errors
    /// AWS's own; the card is made even when it may not be attached.
    pub fn attach_interface(&mut self, instance: &InstanceId, groups: &[GroupId]) -> Result<InterfaceId, Fault> {
        let subnet = self.subnet_of(instance)?;
        let card = self.create_interface(&subnet, groups)?;
        let call = Call::new("ec2:AttachNetworkInterface", &[card.as_str(), instance.as_str()]);
        self.call(call, |world, me| world.attach_card(me, &card, instance))?;
        Ok(card)
    }

    fn subnet_of(&self, instance: &InstanceId) -> Result<SubnetId, Fault> {
        let first = self.world.cards_of(instance).first().map(|card| card.shown.subnet.clone());
        first.ok_or_else(|| missing("InvalidInstanceID.NotFound", instance.as_str()))
    }

    fn create_interface(&mut self, subnet: &SubnetId, groups: &[GroupId]) -> Result<InterfaceId, Fault> {
        let call = Call::new("ec2:CreateNetworkInterface", &[subnet.as_str()]);
        self.call(call, |world, me| {
            let vpc = world.network.subnets.get(subnet).map(|subnet| subnet.vpc.clone());
            let vpc = vpc.ok_or_else(|| missing("InvalidSubnetID.NotFound", subnet.as_str()))?;
            groups.iter().try_for_each(|group| world.group_for(group, &vpc))?;
            Ok(world.add_card(me, subnet, groups))
        })
    }

    /// CreateSecurityGroup and its rules: a group that looks like ours and is open.
    ///
    /// # Errors
    /// AWS's own; with a policy in force, our tags are not for others to write.
    pub fn create_group(&mut self, vpc: &VpcId, name: &str, tags: &Tags, rules: &[Rule]) -> Result<GroupId, Fault> {
        let call = Call::new("ec2:CreateSecurityGroup", &[vpc.as_str()]).tagging(tags.keys());
        let made = self.call(call, |world, me| world.create_group(me, &NewGroup { vpc, name, tags }))?;
        let group = GroupId::new(made.ids.into_iter().next().unwrap_or_default());
        self.open_group(&group, rules)?;
        Ok(group)
    }

    /// AuthorizeSecurityGroupIngress and -Egress: a door in a group, ours or not. Rules that stand
    /// already are left out.
    ///
    /// # Errors
    /// AWS's own.
    pub fn open_group(&mut self, group: &GroupId, rules: &[Rule]) -> Result<(), Fault> {
        let actions = [
            (Direction::Ingress, "ec2:AuthorizeSecurityGroupIngress"),
            (Direction::Egress, "ec2:AuthorizeSecurityGroupEgress"),
        ];
        for (direction, action) in actions {
            let standing =
                self.world.network.groups.get(group).map(|held| held.shown.rules.clone()).unwrap_or_default();
            let new: Vec<Rule> =
                rules.iter().filter(|rule| rule.direction == direction && !standing.contains(rule)).cloned().collect();
            if !new.is_empty() {
                let call = Call::new(action, &[group.as_str()]);
                self.call(call, |world, me| world.authorize_rules(me, group, &new).map(drop))?;
            }
        }
        Ok(())
    }

    /// RegisterTargets: traffic comes back.
    ///
    /// # Errors
    /// AWS's own.
    pub fn register_target(&mut self, group: &Arn, target: &Registration) -> Result<(), Fault> {
        let call = Call::new("elasticloadbalancing:RegisterTargets", &[group.as_str(), &target.id]);
        self.call(call, |world, _| world.register_targets(group, std::slice::from_ref(target)).map(drop))
    }

    /// RegisterInstancesWithLoadBalancer.
    ///
    /// # Errors
    /// AWS's own.
    pub fn register_classic(&mut self, balancer: &str, instance: &InstanceId) -> Result<(), Fault> {
        let call = Call::new("elasticloadbalancing:RegisterInstancesWithLoadBalancer", &[balancer, instance.as_str()]);
        self.call(call, |world, _| world.register_classic(balancer, instance).map(drop))
    }
}
