//! Load balancers of both generations and what is registered with them.

use super::World;
use super::errors::{missing, refused};
use super::instances::gone;
use super::time::Event;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, GroupId, InstanceId};
use casebook::reading::{Made, TargetGroupSettings};
use casebook::scene::balancer::{ClassicBalancer, Registration, TargetGroup, TargetHealth};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Balancers of the account under investigation.
#[derive(Clone, Debug, Default)]
pub struct Balancers {
    /// Classic ones by name.
    pub classic: BTreeMap<String, ClassicRecord>,
    /// Target groups by ARN.
    pub target_groups: BTreeMap<Arn, TargetGroupRecord>,
    /// What application and network balancers send from.
    pub fronts: BTreeMap<Arn, Front>,
}

/// What a balancer's packets look like to a target.
#[derive(Clone, Debug, Default)]
pub struct Front {
    /// The balancer's groups.
    pub groups: Vec<GroupId>,
    /// One of its addresses.
    pub address: String,
}

/// A classic load balancer.
#[derive(Clone, Debug)]
pub struct ClassicRecord {
    /// As it shows itself.
    pub shown: ClassicBalancer,
    /// The port that it checks and sends to.
    pub port: i32,
    /// What it sends from.
    pub front: Front,
    /// Health checks failed in a row, by instance.
    pub misses: BTreeMap<InstanceId, u32>,
}

/// A target group.
#[derive(Clone, Debug)]
pub struct TargetGroupRecord {
    /// As it shows itself.
    pub shown: TargetGroup,
    /// How it lets go of targets.
    pub settings: TargetGroupSettings,
    /// Its targets.
    pub targets: BTreeMap<Registration, Target>,
}

/// A registered target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// How it is.
    pub state: TargetState,
    /// Health checks failed in a row.
    pub misses: u32,
}

/// How a target is
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// Being registered.
    Initial,
    /// Answers.
    Healthy,
    /// Does not answer.
    Unhealthy,
    /// Being deregistered: no new requests, old ones go on.
    Draining,
}

impl TargetState {
    fn word(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
        }
    }
}

impl TargetGroupRecord {
    /// A registration without a port means the group's own
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html>).
    fn with_port(&self, target: &Registration) -> Registration {
        Registration { port: target.port.or(self.shown.port), ..target.clone() }
    }
}

impl World {
    fn target_group(&self, arn: &Arn) -> Result<&TargetGroupRecord, Fault> {
        self.balancers.target_groups.get(arn).ok_or_else(|| missing("TargetGroupNotFound", arn.as_str()))
    }

    pub(crate) fn target_group_settings(&self, arn: &Arn) -> Result<TargetGroupSettings, Fault> {
        Ok(self.target_group(arn)?.settings.clone())
    }

    /// DescribeTargetHealth: a target of a group without a balancer is `unused`
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html>).
    pub(crate) fn target_health(&self, arn: &Arn) -> Result<Vec<TargetHealth>, Fault> {
        let group = self.target_group(arn)?;
        let unused = group.shown.balancers.is_empty();
        let health = |(registration, target): (&Registration, &Target)| TargetHealth {
            registration: registration.clone(),
            state: if unused { "unused" } else { target.state.word() }.into(),
        };
        Ok(group.targets.iter().map(health).collect())
    }

    /// DeregisterTargets: a target that is not registered is no error; one that is drains for the
    /// group's delay
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html>).
    pub(crate) fn deregister_targets(&mut self, arn: &Arn, targets: &[Registration]) -> Result<Made, Fault> {
        let group = self.target_group(arn)?;
        let delay = SignedDuration::from_secs(group.settings.draining_seconds.into());
        let leaving: Vec<Registration> = targets.iter().map(|target| group.with_port(target)).collect();
        for registration in leaving {
            let group = self.balancers.target_groups.get_mut(arn).expect("looked up above");
            let Some(target) = group.targets.get_mut(&registration) else { continue };
            if target.state != TargetState::Draining {
                target.state = TargetState::Draining;
                self.schedule(delay, Event::TargetDrained(arn.clone(), registration));
            }
        }
        Ok(Made::nothing())
    }

    pub(crate) fn target_drained(&mut self, arn: &Arn, registration: &Registration) {
        if let Some(group) = self.balancers.target_groups.get_mut(arn) {
            let draining = group.targets.get(registration).is_some_and(|t| t.state == TargetState::Draining);
            if draining {
                group.targets.remove(registration);
            }
        }
    }

    /// RegisterTargets
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html>).
    pub(crate) fn register_targets(&mut self, arn: &Arn, targets: &[Registration]) -> Result<Made, Fault> {
        let group = self.target_group(arn)?;
        let coming: Vec<Registration> = targets.iter().map(|target| group.with_port(target)).collect();
        if group.shown.kind == "instance" {
            coming.iter().try_for_each(|target| self.registrable(&InstanceId::from(target.id.as_str())))?;
        }
        let group = self.balancers.target_groups.get_mut(arn).expect("looked up above");
        for registration in coming {
            let target = group.targets.entry(registration).or_insert(Target { state: TargetState::Initial, misses: 0 });
            if target.state == TargetState::Draining {
                *target = Target { state: TargetState::Initial, misses: 0 };
            }
        }
        Ok(Made::nothing())
    }

    /// Who gets a group's new requests: the healthy targets, or, where none is healthy, all of them
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html>).
    pub fn receivers(&self, arn: &Arn) -> Vec<Registration> {
        let Some(group) = self.balancers.target_groups.get(arn) else { return Vec::new() };
        let staying = || group.targets.iter().filter(|(_, target)| target.state != TargetState::Draining);
        let open = !staying().any(|(_, target)| target.state == TargetState::Healthy);
        let chosen = staying().filter(|(_, target)| open || target.state == TargetState::Healthy);
        chosen.map(|(registration, _)| registration.clone()).collect()
    }

    fn registrable(&self, id: &InstanceId) -> Result<(), Fault> {
        let here = self.compute.instances.get(id).is_some_and(|machine| !gone(machine.shown.state));
        if here { Ok(()) } else { Err(refused("InvalidTarget", format!("the instance {id} cannot be registered"))) }
    }

    fn classic(&mut self, name: &str) -> Result<&mut ClassicRecord, Fault> {
        self.balancers.classic.get_mut(name).ok_or_else(|| missing("LoadBalancerNotFound", name))
    }

    /// DeregisterInstancesFromLoadBalancer: the instance leaves the list at once; what it was
    /// serving may go on for the draining time
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-conn-drain.html>).
    pub(crate) fn deregister_classic(&mut self, owner: &AccountId, name: &str, id: &InstanceId) -> Result<Made, Fault> {
        self.machine(owner, id).map_err(|_| refused("InvalidInstance", format!("the instance {id} is not valid")))?;
        let balancer = self.classic(name)?;
        balancer.shown.instances.retain(|held| held != id);
        balancer.misses.remove(id);
        Ok(Made::nothing())
    }

    /// RegisterInstancesWithLoadBalancer.
    pub(crate) fn register_classic(&mut self, name: &str, id: &InstanceId) -> Result<Made, Fault> {
        self.registrable(id).map_err(|_| refused("InvalidInstance", format!("the instance {id} is not valid")))?;
        let balancer = self.classic(name)?;
        if !balancer.shown.instances.contains(id) {
            balancer.shown.instances.push(id.clone());
        }
        Ok(Made::nothing())
    }

    /// Balancers forget an instance that is gone; addresses stay registered.
    pub(crate) fn forget_registrations(&mut self, id: &InstanceId) {
        for balancer in self.balancers.classic.values_mut() {
            balancer.shown.instances.retain(|held| held != id);
            balancer.misses.remove(id);
        }
        for group in self.balancers.target_groups.values_mut() {
            group.targets.retain(|registration, _| registration.id != id.as_str());
        }
    }
}
