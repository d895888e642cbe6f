//! What ends or changes an instance without meaning harm: AWS's own hands, the guest's, alarms.
//! Each is scheduled here and happens as the world's time passes; automations of the account that
//! come back again and again are in [`automations`].

pub mod automations;

use super::World;
use super::instances::{End, gone};
use super::time::Event;
use casebook::id::InstanceId;
use casebook::scene::instance::ScheduledEvent;
use casebook::scene::storage::Volume;
use jiff::{SignedDuration, Timestamp};

/// How long before it is taken back a Spot Instance is told, at best
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html>).
pub const SPOT_NOTICE: SignedDuration = SignedDuration::from_secs(120);

/// What AWS has planned for an instance
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instances-status-check_sched.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// Its hardware is retired: it stops, or ends when its root volume is instance store.
    Retirement,
    /// It is stopped.
    Stop,
    /// It is restarted.
    Reboot,
}

impl Maintenance {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Retirement => "instance-retirement",
            Self::Stop => "instance-stop",
            Self::Reboot => "instance-reboot",
        }
    }
}

/// What an alarm does to an instance
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmAction {
    /// Stops it.
    Stop,
    /// Terminates it, as long as termination protection does not keep it.
    Terminate,
    /// Restarts it.
    Reboot,
}

/// Something that will happen to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    SpotReclaim,
    Maintenance(Maintenance),
    GuestShutdown,
    Alarm(AlarmAction),
    ScaleIn,
}

impl World {
    /// AWS wants a Spot Instance back: it is taken `notice` later ([`SPOT_NOTICE`] at best, none at
    /// worst), whatever is set on it. No call of the API shows the notice. Of an instance that is
    /// not Spot nothing happens
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html>).
    pub fn interrupt_spot(&mut self, instance: &InstanceId, notice: SignedDuration) {
        if self.compute.instances.get(instance).is_some_and(|machine| machine.shown.spot) {
            self.strike_after(notice, instance, Blow::SpotReclaim);
        }
    }

    /// AWS plans maintenance at a moment, and says so in the instance's scheduled events.
    pub fn plan_maintenance(&mut self, instance: &InstanceId, kind: Maintenance, not_before: Timestamp) {
        let description = format!("The instance is scheduled for {}", kind.code());
        let event = ScheduledEvent { code: kind.code().into(), not_before: Some(not_before.to_string()), description };
        self.records.scheduled.push((instance.clone(), event));
        self.strike_after(not_before.duration_since(self.now()), instance, Blow::Maintenance(kind));
    }

    /// Somebody in the guest shuts it down after a while.
    pub fn plan_shutdown(&mut self, instance: &InstanceId, after: SignedDuration) {
        self.strike_after(after, instance, Blow::GuestShutdown);
    }

    /// An alarm of a name watches an instance, and acts after a while. DescribeAlarms lists it.
    pub fn plan_alarm(&mut self, instance: &InstanceId, name: &str, action: AlarmAction, after: SignedDuration) {
        let entry = (instance.clone(), name.to_owned());
        if !self.records.alarms.contains(&entry) {
            self.records.alarms.push(entry);
        }
        self.strike_after(after, instance, Blow::Alarm(action));
    }

    /// After a while the Auto Scaling group that an instance is in then needs one member fewer: this one, or another.
    pub fn plan_scale_in(&mut self, instance: &InstanceId, after: SignedDuration) {
        self.strike_after(after, instance, Blow::ScaleIn);
    }

    fn strike_after(&mut self, delay: SignedDuration, instance: &InstanceId, blow: Blow) {
        self.schedule(delay.max(SignedDuration::ZERO), Event::Blow(instance.clone(), blow));
    }

    pub(crate) fn strike(&mut self, instance: &InstanceId, blow: &Blow) {
        if self.compute.instances.get(instance).is_some_and(|machine| !gone(machine.shown.state)) {
            self.records.blows.push(*blow);
        }
        match blow {
            Blow::SpotReclaim => self.begin_termination(instance, End::Reclaimed),
            Blow::Maintenance(kind) => self.maintain(instance, *kind),
            Blow::GuestShutdown => self.shutdown_from_inside(instance),
            Blow::Alarm(action) => self.act_on_alarm(instance, *action),
            Blow::ScaleIn => drop(self.membership(instance).and_then(|member| self.scale_in(&member.group))),
        }
    }

    /// No protection stands against AWS's own maintenance
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html>).
    fn maintain(&mut self, instance: &InstanceId, kind: Maintenance) {
        self.records.scheduled.retain(|(id, event)| id != instance || event.code != kind.code());
        let owner = self.compute.instances.get(instance).map(|machine| machine.owner.clone());
        match kind {
            Maintenance::Retirement if !self.has_root_volume(instance) => {
                self.begin_termination(instance, End::Reclaimed)
            }
            Maintenance::Retirement | Maintenance::Stop => self.begin_stop(instance),
            Maintenance::Reboot => drop(owner.map(|owner| self.reboot(&owner, instance))),
        }
    }

    fn has_root_volume(&self, id: &InstanceId) -> bool {
        let Some(machine) = self.compute.instances.get(id) else { return false };
        let root = |volume: &Volume| {
            volume.attachments.iter().any(|held| held.instance == *id && held.device == machine.shown.root_device)
        };
        self.storage.volumes.values().any(|volume| root(&volume.shown))
    }

    /// CloudWatch uses the API under a role of its own: protections hold, and no organisation
    /// policy does
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-service-linked-roles.html>).
    fn act_on_alarm(&mut self, instance: &InstanceId, action: AlarmAction) {
        let Some(machine) = self.compute.instances.get(instance).filter(|m| !gone(m.shown.state)) else { return };
        let owner = machine.owner.clone();
        self.settle();
        let _refused = match action {
            AlarmAction::Stop => self.stop(&owner, instance),
            AlarmAction::Terminate => self.terminate(&owner, instance).map(drop),
            AlarmAction::Reboot => self.reboot(&owner, instance),
        };
        self.settle();
    }
}
