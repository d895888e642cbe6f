//! What happens by itself: a queue of things due, done in the order of their moments, so that one
//! long step and many short ones end in the same world.

use super::World;
use super::killers::Blow;
use casebook::id::{AclId, Arn, InstanceId, ProfileAssociationId, ScalingGroupName, SubnetId};
use casebook::scene::balancer::Registration;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Something due.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Running(InstanceId),
    Terminated(InstanceId),
    Forgotten(InstanceId),
    ProfileSettled(ProfileAssociationId),
    TargetDrained(Arn, Registration),
    MemberLeft(ScalingGroupName, InstanceId),
    MemberEntered(ScalingGroupName, InstanceId),
    Staffing(ScalingGroupName),
    HealthRound,
    Stopped(InstanceId),
    AclInForce(SubnetId, AclId),
    Blow(InstanceId, Blow),
    Automation(usize),
    Fetch(usize),
    Write(InstanceId, SignedDuration),
    Intruder(usize),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    due: BTreeMap<(Timestamp, u64), Event>,
    count: u64,
}

impl Queue {
    fn push(&mut self, at: Timestamp, event: Event) {
        self.count += 1;
        self.due.insert((at, self.count), event);
    }

    fn pop(&mut self, until: Timestamp) -> Option<(Timestamp, Event)> {
        let entry = self.due.first_entry()?;
        let at = entry.key().0;
        (at <= until).then(|| (at, entry.remove()))
    }
}

impl World {
    /// Lets time pass up to a moment; the past is not touched.
    pub fn advance(&mut self, to: Timestamp) {
        while let Some((at, event)) = self.queue.pop(to) {
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(to);
    }

    pub(crate) fn schedule(&mut self, delay: SignedDuration, event: Event) {
        let at = self.after(delay);
        self.queue.push(at, event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Running(id) => self.instance_runs(&id),
            Event::Terminated(id) => self.instance_is_gone(&id),
            Event::Forgotten(id) => self.forget_instance(&id),
            Event::ProfileSettled(id) => self.profile_settles(&id),
            Event::TargetDrained(group, target) => self.target_drained(&group, &target),
            Event::MemberLeft(group, id) => self.member_left(&group, &id),
            Event::MemberEntered(group, id) => self.member_entered(&group, &id),
            Event::Staffing(group) => self.staff(&group),
            Event::HealthRound => self.health_round(),
            Event::Stopped(id) => self.instance_stopped(&id),
            Event::AclInForce(subnet, acl) => self.acl_comes_into_force(&subnet, acl),
            Event::Blow(instance, blow) => self.strike(&instance, &blow),
            Event::Automation(index) => self.automation_comes(index),
            Event::Fetch(index) => self.fetcher_comes(index),
            Event::Write(instance, every) => self.guest_writes(&instance, every),
            Event::Intruder(index) => self.intruder_acts(index),
        }
    }
}
