//! Auto Scaling groups: how members leave and come back, and how the group fills up.

use super::World;
use super::errors::refused;
use super::launch::{NewMachine, NewVolume};
use super::time::Event;
use casebook::effect::Capacity;
use casebook::fault::Fault;
use casebook::id::{AccountId, GroupId, ImageId, InstanceId, ScalingGroupName, SubnetId};
use casebook::reading::Made;
use casebook::scene::balancer::Registration;
use casebook::scene::instance::{InstanceState, Tags};
use casebook::scene::scaling::{Membership, ScalingGroup};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Auto Scaling groups of the account under investigation.
#[derive(Clone, Debug, Default)]
pub struct Scaling {
    /// By name.
    pub groups: BTreeMap<ScalingGroupName, ScalingRecord>,
}

/// An Auto Scaling group.
#[derive(Clone, Debug)]
pub struct ScalingRecord {
    /// As it shows itself; the members are filled in.
    pub shown: ScalingGroup,
    /// Its members.
    pub members: BTreeMap<InstanceId, Member>,
    /// What it launches.
    pub template: Template,
}

impl ScalingRecord {
    pub(crate) fn suspends(&self, process: &str) -> bool {
        self.shown.suspended.iter().any(|held| held == process)
    }
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// `InService`, `Detaching`, …
    pub lifecycle: String,
    /// What the group thinks of it.
    pub healthy: bool,
    /// Whether it is protected from scale-in.
    pub protected: bool,
    /// Until when failed balancer checks do not count.
    pub grace_until: Timestamp,
}

/// What a group launches.
#[derive(Clone, Debug)]
pub struct Template {
    /// The image.
    pub image: ImageId,
    /// The type.
    pub instance_type: String,
    /// Where.
    pub subnets: Vec<SubnetId>,
    /// In which groups.
    pub groups: Vec<GroupId>,
    /// GiB of its root volume.
    pub root_gib: i32,
    /// Health check grace period.
    pub grace: SignedDuration,
}

/// Until the group notices that it has too few members.
const NOTICING: SignedDuration = SignedDuration::from_secs(5);
/// Until a running instance serves.
const ENTERING: SignedDuration = SignedDuration::from_secs(15);
/// The tag that a member carries.
const MEMBER_TAG: &str = "aws:autoscaling:groupName";

/// Auto Scaling says `ValidationError` to whatever does not fit.
fn invalid(message: impl Into<String>) -> Fault {
    refused("ValidationError", message)
}

impl World {
    fn scaling_record(&mut self, name: &ScalingGroupName) -> Result<&mut ScalingRecord, Fault> {
        self.scaling.groups.get_mut(name).ok_or_else(|| invalid(format!("AutoScalingGroup name not found - {name}")))
    }

    /// DescribeAutoScalingGroups.
    pub(crate) fn scaling_group(&self, name: &ScalingGroupName) -> Result<ScalingGroup, Fault> {
        let group = self
            .scaling
            .groups
            .get(name)
            .ok_or_else(|| invalid(format!("AutoScalingGroup name not found - {name}")))?;
        Ok(ScalingGroup { members: group.members.keys().cloned().collect(), ..group.shown.clone() })
    }

    /// DescribeAutoScalingGroups without names: the first page.
    pub(crate) fn first_scaling_groups(&self) -> Vec<ScalingGroup> {
        let names = self.scaling.groups.keys().take(100);
        names.filter_map(|name| self.scaling_group(name).ok()).collect()
    }

    /// DescribeAutoScalingInstances.
    pub(crate) fn membership(&self, id: &InstanceId) -> Option<Membership> {
        let (group, member) = self.scaling.groups.values().find_map(|group| Some((group, group.members.get(id)?)))?;
        Some(Membership {
            group: group.shown.name.clone(),
            lifecycle: member.lifecycle.clone(),
            health: if member.healthy { "HEALTHY" } else { "UNHEALTHY" }.into(),
            protected: member.protected,
        })
    }

    /// SetInstanceProtection: guards against scale-in only
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>).
    pub(crate) fn protect_member(&mut self, name: &ScalingGroupName, id: &InstanceId, on: bool) -> Result<Made, Fault> {
        self.member_in(name, id, &["InService", "EnteringStandby", "Standby"])?.protected = on;
        Ok(Made::nothing())
    }

    fn member_in(&mut self, name: &ScalingGroupName, id: &InstanceId, states: &[&str]) -> Result<&mut Member, Fault> {
        let member = self.scaling_record(name)?.members.get_mut(id);
        let member =
            member.ok_or_else(|| invalid(format!("The instance {id} is not part of Auto Scaling group {name}.")))?;
        if !states.contains(&member.lifecycle.as_str()) {
            let message = format!("The instance {id} is not in {}.", states.join(" or "));
            return Err(invalid(message));
        }
        Ok(member)
    }

    /// DetachInstances: a desired capacity that would fall below the minimum is refused; the
    /// instance is taken off the group's balancers and leaves when they have drained
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html>).
    pub(crate) fn detach_member(
        &mut self,
        name: &ScalingGroupName,
        id: &InstanceId,
        capacity: Capacity,
    ) -> Result<Made, Fault> {
        self.member_in(name, id, &["InService", "Standby"])?;
        self.lower(name, capacity)?;
        self.leave(name, id, "Detaching");
        Ok(Made::nothing())
    }

    /// EnterStandby
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>).
    pub(crate) fn enter_standby(
        &mut self,
        name: &ScalingGroupName,
        id: &InstanceId,
        capacity: Capacity,
    ) -> Result<Made, Fault> {
        self.member_in(name, id, &["InService"])?;
        self.lower(name, capacity)?;
        self.leave(name, id, "EnteringStandby");
        Ok(Made::nothing())
    }

    fn lower(&mut self, name: &ScalingGroupName, capacity: Capacity) -> Result<(), Fault> {
        let group = &mut self.scaling_record(name)?.shown;
        if capacity == Capacity::Keep {
            self.schedule(NOTICING, Event::Staffing(name.clone()));
            return Ok(());
        }
        if group.desired <= group.min {
            let message = format!("desiredSize equals minSize ({}) of {name}: it cannot be lowered", group.min);
            return Err(invalid(message));
        }
        group.desired -= 1;
        Ok(())
    }

    fn leave(&mut self, name: &ScalingGroupName, id: &InstanceId, lifecycle: &str) {
        let member = self.member_in(name, id, &["InService", "Standby"]).expect("checked by the caller");
        member.lifecycle = lifecycle.into();
        let draining = self.take_off_balancers(name, id);
        self.schedule(draining, Event::MemberLeft(name.clone(), id.clone()));
    }

    /// Deregisters a member from the group's balancers; says how long they drain.
    fn take_off_balancers(&mut self, name: &ScalingGroupName, id: &InstanceId) -> SignedDuration {
        let shown = self.scaling.groups[name].shown.clone();
        let mut seconds = 2;
        for arn in &shown.target_groups {
            let _absent = self.deregister_targets(arn, &[by_id(id)]);
            let group = self.balancers.target_groups.get(arn);
            seconds = seconds.max(group.map_or(0, |group| i64::from(group.settings.draining_seconds)));
        }
        for balancer in &shown.classic_balancers {
            if let Some(held) = self.balancers.classic.get_mut(balancer) {
                held.shown.instances.retain(|instance| instance != id);
                held.misses.remove(id);
                seconds = seconds.max(held.shown.draining_seconds.unwrap_or(0).into());
            }
        }
        SignedDuration::from_secs(seconds)
    }

    pub(crate) fn member_left(&mut self, name: &ScalingGroupName, id: &InstanceId) {
        let Some(group) = self.scaling.groups.get_mut(name) else { return };
        let Some(member) = group.members.get_mut(id) else { return };
        if member.lifecycle == "EnteringStandby" {
            member.lifecycle = "Standby".into();
        } else if member.lifecycle == "Detaching" {
            group.members.remove(id);
            if let Some(machine) = self.compute.instances.get_mut(id) {
                machine.shown.tags.remove(MEMBER_TAG);
            }
        }
    }

    /// ExitStandby: the desired capacity rises by one, and the balancers get the member back. Its protection
    /// from scale-in, which detaching loses, stays
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>).
    pub(crate) fn exit_standby(&mut self, name: &ScalingGroupName, id: &InstanceId) -> Result<Made, Fault> {
        let protected = self.member_in(name, id, &["Standby"])?.protected;
        self.raise(name)?;
        self.enter(name, id);
        self.scaling_record(name)?.members.entry(id.clone()).and_modify(|member| member.protected = protected);
        Ok(Made::nothing())
    }

    /// AttachInstances: of a running instance that is in no group.
    pub(crate) fn attach_member(
        &mut self,
        owner: &AccountId,
        name: &ScalingGroupName,
        id: &InstanceId,
    ) -> Result<Made, Fault> {
        let state = self.machine(owner, id).map_err(|_| invalid(format!("Invalid Instance ID: {id}")))?.shown.state;
        if state != InstanceState::Running || self.membership(id).is_some() {
            return Err(invalid(format!("The instance {id} is not running or is in an Auto Scaling group already.")));
        }
        self.raise(name)?;
        self.enter(name, id);
        Ok(Made::nothing())
    }

    fn raise(&mut self, name: &ScalingGroupName) -> Result<(), Fault> {
        let group = &mut self.scaling_record(name)?.shown;
        if group.desired >= group.max {
            return Err(invalid(format!("the desired capacity of {name} would exceed its maximum of {}", group.max)));
        }
        group.desired += 1;
        Ok(())
    }

    fn enter(&mut self, name: &ScalingGroupName, id: &InstanceId) {
        let grace = self.scaling.groups[name].template.grace;
        let grace_until = self.after(ENTERING + grace);
        let member = Member { lifecycle: "Pending".into(), healthy: true, protected: false, grace_until };
        self.scaling.groups.get_mut(name).expect("looked up above").members.insert(id.clone(), member);
        if let Some(machine) = self.compute.instances.get_mut(id) {
            machine.shown.tags.insert(MEMBER_TAG.into(), name.to_string());
        }
        self.schedule(ENTERING, Event::MemberEntered(name.clone(), id.clone()));
    }

    pub(crate) fn member_entered(&mut self, name: &ScalingGroupName, id: &InstanceId) {
        let Some(group) = self.scaling.groups.get_mut(name) else { return };
        let registers = !group.suspends("AddToLoadBalancer");
        let Some(member) = group.members.get_mut(id).filter(|member| member.lifecycle == "Pending") else { return };
        member.lifecycle = "InService".into();
        let shown = group.shown.clone();
        for arn in shown.target_groups.iter().filter(|_| registers) {
            let _gone = self.register_targets(arn, &[by_id(id)]);
        }
        for balancer in shown.classic_balancers.iter().filter(|_| registers) {
            let _gone = self.register_classic(balancer, id);
        }
    }

    /// SuspendProcesses and ResumeProcesses, of the whole group
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>).
    pub(crate) fn suspend(&mut self, name: &ScalingGroupName, processes: &[String]) -> Result<Made, Fault> {
        let suspended = &mut self.scaling_record(name)?.shown.suspended;
        for process in processes {
            if !suspended.contains(process) {
                suspended.push(process.clone());
            }
        }
        Ok(Made::nothing())
    }

    pub(crate) fn resume(&mut self, name: &ScalingGroupName, processes: &[String]) -> Result<Made, Fault> {
        self.scaling_record(name)?.shown.suspended.retain(|held| !processes.contains(held));
        self.schedule(NOTICING, Event::Staffing(name.clone()));
        Ok(Made::nothing())
    }

    /// A member is gone for good.
    pub(crate) fn lose_member(&mut self, id: &InstanceId) {
        let holding = self.scaling.groups.values_mut().filter_map(|group| {
            group.members.remove(id)?;
            Some(group.shown.name.clone())
        });
        let names: Vec<ScalingGroupName> = holding.collect();
        for name in names {
            self.schedule(NOTICING, Event::Staffing(name));
        }
    }

    /// Launches what is missing.
    pub(crate) fn staff(&mut self, name: &ScalingGroupName) {
        let Some(group) = self.scaling.groups.get(name).filter(|group| !group.suspends("Launch")) else { return };
        let counted = |member: &&Member| matches!(member.lifecycle.as_str(), "InService" | "Pending");
        let have = i32::try_from(group.members.values().filter(counted).count()).expect("a group is small");
        for _ in have..group.shown.desired {
            self.launch_member(name);
        }
    }

    fn launch_member(&mut self, name: &ScalingGroupName) {
        let template = self.scaling.groups[name].template.clone();
        let Some(subnet) = template.subnets.first() else { return };
        let owner = self.place.source.clone();
        let id = self.launch(&NewMachine {
            owner: &owner,
            image: &template.image,
            instance_type: &template.instance_type,
            subnet,
            groups: &template.groups,
            tags: &Tags::new(),
        });
        let zone = self.compute.instances[&id].shown.zone.clone();
        let volume = self.add_volume(NewVolume {
            owner: &owner,
            size_gib: template.root_gib,
            zone: &zone,
            key: None,
            snapshot: None,
            content: Rc::from([]),
            product_codes: Vec::new(),
            tags: &Tags::new(),
        });
        self.attach_volume(&volume, &id, "/dev/xvda", true);
        self.enter(name, &id);
    }
}

fn by_id(id: &InstanceId) -> Registration {
    Registration { id: id.to_string(), port: None, zone: None }
}
