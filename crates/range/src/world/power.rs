//! How instances stop and restart, and what they lose by it.

use super::World;
use super::errors::refused;
use super::instances::{End, gone};
use super::time::Event;
use casebook::fault::Fault;
use casebook::id::{AccountId, InstanceId};
use casebook::scene::instance::{InstanceState, ShutdownBehavior};
use jiff::{SignedDuration, Timestamp};

/// What an instance had and has no more, and since when
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Its memory: at a restart, a stop, the end.
    pub memory: Option<Timestamp>,
    /// What was on its instance store, where its type has one: at a stop and the end, not at a
    /// restart
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-lifetime.html>).
    pub instance_store: Option<Timestamp>,
}

/// How long a guest takes to shut down.
const STOPPING: SignedDuration = SignedDuration::from_secs(8);

impl World {
    /// StopInstances: refused by stop protection, and of a Spot Instance of a one-time request
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html>).
    pub(crate) fn stop(&mut self, caller: &AccountId, id: &InstanceId) -> Result<(), Fault> {
        let machine = self.machine(caller, id)?;
        if machine.stop_protection {
            let message = format!("The instance '{id}' may not be stopped. Modify its 'disableApiStop' attribute.");
            return Err(refused("OperationNotPermitted", message));
        }
        if machine.shown.spot {
            return Err(refused("UnsupportedOperation", format!("the Spot Instance '{id}' cannot be stopped")));
        }
        if gone(machine.shown.state) {
            return Err(refused("IncorrectInstanceState", format!("the instance '{id}' is being terminated or gone")));
        }
        self.begin_stop(id);
        Ok(())
    }

    /// RebootInstances: no protection stands against it
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-reboot.html>).
    pub(crate) fn reboot(&mut self, caller: &AccountId, id: &InstanceId) -> Result<(), Fault> {
        let runs = self.machine(caller, id)?.shown.state == InstanceState::Running;
        if !runs {
            return Err(refused("IncorrectInstanceState", format!("the instance '{id}' is not running")));
        }
        self.end_flows_of(id, "the instance was restarted");
        let now = self.now;
        self.compute.instances.get_mut(id).expect("looked up above").lost.memory.get_or_insert(now);
        Ok(())
    }

    /// What every way to a stop begins with: the call, a shutdown from inside, a retirement.
    pub(crate) fn begin_stop(&mut self, id: &InstanceId) {
        let up = |state| matches!(state, InstanceState::Pending | InstanceState::Running);
        let Some(machine) = self.compute.instances.get_mut(id).filter(|m| up(m.shown.state)) else { return };
        machine.shown.state = InstanceState::Stopping;
        self.schedule(STOPPING, Event::Stopped(id.clone()));
    }

    /// A stopped instance loses memory and instance store, and the public addresses that AWS had
    /// lent it; Elastic IP addresses stay
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html>).
    pub(crate) fn instance_stopped(&mut self, id: &InstanceId) {
        self.settle();
        let stopping = |machine: &&mut super::instances::Machine| machine.shown.state == InstanceState::Stopping;
        let Some(machine) = self.compute.instances.get_mut(id).filter(stopping) else { return };
        machine.shown.state = InstanceState::Stopped;
        self.lose_what_is_volatile(id);
        for card in self.network.interfaces.values_mut().filter(|card| card.shown.instance.as_ref() == Some(id)) {
            for address in card.shown.addresses.iter_mut().filter(|address| address.allocation.is_none()) {
                address.public = None;
            }
        }
        self.settle();
    }

    pub(crate) fn lose_what_is_volatile(&mut self, id: &InstanceId) {
        let now = self.now;
        let Some(machine) = self.compute.instances.get_mut(id) else { return };
        let has_store = self.compute.types.get(&machine.shown.instance_type).is_some_and(|t| t.instance_store_gib > 0);
        machine.lost.memory.get_or_insert(now);
        if has_store {
            machine.lost.instance_store.get_or_insert(now);
        }
    }

    /// The operating system of an instance shuts down: what then happens is the shutdown
    /// behaviour's business, and no protection's
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>).
    pub fn shutdown_from_inside(&mut self, id: &InstanceId) {
        let running = |machine: &&super::instances::Machine| machine.shown.state == InstanceState::Running;
        match self.compute.instances.get(id).filter(running).map(|machine| machine.shutdown) {
            Some(ShutdownBehavior::Terminate) => self.begin_termination(id, End::FromInside),
            Some(ShutdownBehavior::Stop) => self.begin_stop(id),
            None => {}
        }
    }
}
