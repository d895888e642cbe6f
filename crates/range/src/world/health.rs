//! The health loop: balancers call their targets, Auto Scaling believes them, and what isolation
//! made unreachable is terminated, whatever protects it from the API
//! (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html>).

use super::World;
use super::balancers::{Front, TargetState};
use super::flows::{FlowPlan, Path};
use super::instances::End;
use super::scaling::ScalingRecord;
use super::time::Event;
use casebook::id::{Arn, InstanceId, InterfaceId, ScalingGroupName};
use casebook::scene::balancer::Registration;
use casebook::scene::instance::InstanceState;
use casebook::scene::network::Direction;
use jiff::SignedDuration;

/// Between two health checks, as balancers begin with
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>).
pub const HEALTH_INTERVAL: SignedDuration = SignedDuration::from_secs(30);
/// Failed checks until a target counts as unhealthy.
const UNHEALTHY_AFTER: u32 = 2;

impl World {
    /// Starts the loop; a world without balancers needs none.
    pub fn start_health_checks(&mut self) {
        self.schedule(HEALTH_INTERVAL, Event::HealthRound);
    }

    pub(crate) fn health_round(&mut self) {
        self.check_targets();
        self.check_classic();
        let groups: Vec<ScalingGroupName> = self.scaling.groups.keys().cloned().collect();
        groups.iter().for_each(|name| self.check_members(name));
        self.schedule(HEALTH_INTERVAL, Event::HealthRound);
    }

    fn check_targets(&mut self) {
        for (arn, registration, answers) in self.called_targets() {
            let group = self.balancers.target_groups.get_mut(&arn).expect("listed above");
            let target = group.targets.get_mut(&registration).expect("listed above");
            target.misses = if answers { 0 } else { target.misses + 1 };
            if answers {
                target.state = TargetState::Healthy;
            } else if target.misses >= UNHEALTHY_AFTER {
                target.state = TargetState::Unhealthy;
            }
        }
    }

    /// Every target behind a balancer that is not leaving, and whether it answers.
    fn called_targets(&self) -> Vec<(Arn, Registration, bool)> {
        let mut called = Vec::new();
        for (arn, group) in self.balancers.target_groups.iter().filter(|(_, group)| !group.targets.is_empty()) {
            let Some(front) = group.shown.balancers.iter().find_map(|arn| self.balancers.fronts.get(arn)) else {
                continue;
            };
            let targets = group.targets.iter().filter(|(_, target)| target.state != TargetState::Draining);
            called.extend(targets.map(|(to, _)| (arn.clone(), to.clone(), self.target_answers(front, to))));
        }
        called
    }

    fn check_classic(&mut self) {
        for (name, id, answers) in self.called_instances() {
            let misses = self.balancers.classic.get_mut(&name).expect("listed above").misses.entry(id).or_default();
            *misses = if answers { 0 } else { *misses + 1 };
        }
    }

    fn called_instances(&self) -> Vec<(String, InstanceId, bool)> {
        let mut called = Vec::new();
        for (name, balancer) in &self.balancers.classic {
            let answers = |id: &InstanceId| self.answers(&balancer.front, self.first_interface(id), balancer.port);
            called.extend(balancer.shown.instances.iter().map(|id| (name.clone(), id.clone(), answers(id))));
        }
        called
    }

    fn target_answers(&self, front: &Front, to: &Registration) -> bool {
        let interface = match to.id.strip_prefix("i-") {
            Some(_) => self.first_interface(&InstanceId::from(to.id.as_str())),
            None => self.interface_with(&to.id),
        };
        self.answers(front, interface, to.port.unwrap_or(80))
    }

    fn first_interface(&self, id: &InstanceId) -> Option<InterfaceId> {
        let cards = self.network.interfaces.values().map(|card| &card.shown);
        let mut first = cards.filter(|card| card.instance.as_ref() == Some(id) && card.device_index == Some(0));
        first.next().map(|card| card.id.clone())
    }

    fn interface_with(&self, address: &str) -> Option<InterfaceId> {
        let cards = self.network.interfaces.values().map(|card| &card.shown);
        let mut with = cards.filter(|card| card.addresses.iter().any(|held| held.private == address));
        with.next().map(|card| card.id.clone())
    }

    /// Whether a health check gets through: the service itself is always there.
    fn answers(&self, front: &Front, interface: Option<InterfaceId>, port: i32) -> bool {
        interface.is_some_and(|interface| {
            self.admits(&FlowPlan {
                label: String::new(),
                interface,
                direction: Direction::Ingress,
                protocol: "tcp".into(),
                port,
                peer: front.address.clone(),
                peer_groups: front.groups.clone(),
                path: Path::Local,
                beacon_seconds: None,
            })
        })
    }

    /// Only members in service are checked: not in Standby, and not in Detaching, unless the world
    /// has it so.
    fn check_members(&mut self, name: &ScalingGroupName) {
        let group = &self.scaling.groups[name];
        let serving =
            group.members.iter().filter(|(_, member)| self.settings.detaching_reach.includes(&member.lifecycle));
        let bad: Vec<InstanceId> = serving.filter(|(id, _)| self.is_bad(group, id)).map(|(id, _)| id.clone()).collect();
        let (marks, replaces) =
            (!group.suspends("HealthCheck"), !group.suspends("ReplaceUnhealthy") && !group.suspends("Terminate"));
        if marks {
            self.mark_unhealthy(name, &bad);
        }
        if replaces {
            self.replace_unhealthy(name);
        }
    }

    fn is_bad(&self, group: &ScalingRecord, id: &InstanceId) -> bool {
        let settled = group.members.get(id).is_some_and(|member| member.grace_until <= self.now);
        !self.is_running(id) || (settled && group.shown.checks_balancers() && self.balancers_complain(group, id))
    }

    fn is_running(&self, id: &InstanceId) -> bool {
        self.compute.instances.get(id).is_some_and(|machine| machine.shown.state == InstanceState::Running)
    }

    fn balancers_complain(&self, group: &ScalingRecord, id: &InstanceId) -> bool {
        let mut targets = group.shown.target_groups.iter().filter_map(|arn| self.balancers.target_groups.get(arn));
        let mut classic = group.shown.classic_balancers.iter().filter_map(|name| self.balancers.classic.get(name));
        targets.any(|held| {
            held.targets.iter().any(|(to, target)| to.id == id.as_str() && target.state == TargetState::Unhealthy)
        }) || classic.any(|held| held.misses.get(id).is_some_and(|misses| *misses >= UNHEALTHY_AFTER))
    }

    fn mark_unhealthy(&mut self, name: &ScalingGroupName, bad: &[InstanceId]) {
        let members = &mut self.scaling.groups.get_mut(name).expect("listed above").members;
        for (_, member) in members.iter_mut().filter(|(id, _)| bad.contains(id)) {
            member.healthy = false;
        }
    }

    /// Neither termination protection nor scale-in protection stops this
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>).
    fn replace_unhealthy(&mut self, name: &ScalingGroupName) {
        let reach = self.settings.detaching_reach;
        let members = &mut self.scaling.groups.get_mut(name).expect("listed above").members;
        let sick = members.iter_mut().filter(|(_, member)| !member.healthy && reach.includes(&member.lifecycle));
        let sick: Vec<InstanceId> = sick
            .map(|(id, member)| {
                member.lifecycle = "Terminating".into();
                id.clone()
            })
            .collect();
        for id in &sick {
            let end = if self.is_running(id) { End::Unanswering } else { End::Halted };
            self.begin_termination(id, end);
        }
    }
}
