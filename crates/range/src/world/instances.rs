//! Instances: what protects them, what terminating does to everything that hangs on them.

use super::World;
use super::errors::{missing, refused};
use super::power::Lost;
use super::time::Event;
use casebook::fault::Fault;
use casebook::id::{AccountId, InstanceId};
use casebook::reading::Made;
use casebook::scene::instance::{
    Attribute, AttributeValue, BlockDevice, Instance, InstanceState, InstanceType, ShutdownBehavior,
};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Instances of both accounts and the types they have.
#[derive(Clone, Debug, Default)]
pub struct Compute {
    /// Instances, terminated ones for an hour.
    pub instances: BTreeMap<InstanceId, Machine>,
    /// Instance types, by name.
    pub types: BTreeMap<String, InstanceType>,
    /// Whether the serial console is allowed in the account.
    pub serial_console: bool,
}

/// An instance.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Whose it is.
    pub owner: AccountId,
    /// As it shows itself, without what hangs on it: interfaces, volumes, profile are filled in.
    pub shown: Instance,
    /// `disableApiTermination`.
    pub termination_protection: bool,
    /// `disableApiStop`.
    pub stop_protection: bool,
    /// What a shutdown from inside does.
    pub shutdown: ShutdownBehavior,
    /// User data, base64.
    pub user_data: Option<String>,
    /// What it had and has no more.
    pub lost: Lost,
    /// What ended it, once something has; no call shows it.
    pub end: Option<End>,
}

/// What ends an instance
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody asked for it.
    Asked,
    /// It ran, and its Auto Scaling group believed balancers that it did not answer.
    Unanswering,
    /// It did not run any more, and its Auto Scaling group noticed.
    Halted,
    /// Its Auto Scaling group wanted fewer, or was deleted.
    Unwanted,
    /// AWS took it back, or its hardware.
    Reclaimed,
    /// Its guest shut down.
    FromInside,
}

/// How long starting takes.
pub(crate) const STARTING: SignedDuration = SignedDuration::from_secs(8);
/// How long terminating takes with `SkipOsShutdown`.
const TERMINATING: SignedDuration = SignedDuration::from_secs(4);
/// How long a terminated instance stays visible
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html>).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

impl World {
    /// Puts a tag on an instance, as its owner had it before anything happened.
    pub fn label(&mut self, instance: &InstanceId, key: &str, value: &str) {
        if let Some(machine) = self.compute.instances.get_mut(instance) {
            machine.shown.tags.insert(key.to_owned(), value.to_owned());
        }
    }

    /// An instance of an account.
    pub(crate) fn machine(&self, owner: &AccountId, id: &InstanceId) -> Result<&Machine, Fault> {
        let machine = self.compute.instances.get(id).filter(|machine| machine.owner == *owner);
        machine.ok_or_else(|| missing("InvalidInstanceID.NotFound", id.as_str()))
    }

    fn machine_mut(&mut self, owner: &AccountId, id: &InstanceId) -> Result<&mut Machine, Fault> {
        let machine = self.compute.instances.get_mut(id).filter(|machine| machine.owner == *owner);
        machine.ok_or_else(|| missing("InvalidInstanceID.NotFound", id.as_str()))
    }

    /// An instance with what hangs on it.
    pub(crate) fn show(&self, machine: &Machine) -> Instance {
        let cards = self.cards_of(&machine.shown.id);
        let first = cards.first().map(|card| &card.shown);
        let address = first.and_then(|card| card.addresses.first());
        Instance {
            vpc: first.map(|card| card.vpc.clone()),
            subnet: first.map(|card| card.subnet.clone()),
            private_ip: address.map(|address| address.private.clone()),
            public_ip: address.and_then(|address| address.public.clone()),
            block_devices: self.devices_of(&machine.shown.id),
            interfaces: cards.iter().filter(|c| c.trunk.is_none()).map(|card| card.shown.id.clone()).collect(),
            profile: self.association_of(&machine.shown.id).map(|association| association.profile.clone()),
            ..machine.shown.clone()
        }
    }

    fn devices_of(&self, id: &InstanceId) -> Vec<BlockDevice> {
        let mut devices: Vec<BlockDevice> = self
            .storage
            .volumes
            .values()
            .flat_map(|volume| volume.shown.attachments.iter().map(|attachment| (&volume.shown.id, attachment)))
            .filter(|(_, attachment)| attachment.instance == *id)
            .map(|(volume, attachment)| BlockDevice {
                device: attachment.device.clone(),
                volume: volume.clone(),
                delete_on_termination: attachment.delete_on_termination,
            })
            .collect();
        devices.sort_by(|a, b| a.device.cmp(&b.device));
        devices
    }

    /// Whether an instance's type is on Nitro.
    pub(crate) fn is_nitro(&self, id: &InstanceId) -> bool {
        let machine = self.compute.instances.get(id);
        machine.and_then(|m| self.compute.types.get(&m.shown.instance_type)).is_some_and(|kind| kind.nitro)
    }

    /// DescribeInstanceAttribute
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html>).
    pub(crate) fn attribute(
        &self,
        owner: &AccountId,
        id: &InstanceId,
        attribute: Attribute,
    ) -> Result<AttributeValue, Fault> {
        let machine = self.machine(owner, id)?;
        Ok(match attribute {
            Attribute::TerminationProtection => AttributeValue::Flag(machine.termination_protection),
            Attribute::StopProtection => AttributeValue::Flag(machine.stop_protection),
            Attribute::ShutdownBehavior => AttributeValue::Shutdown(machine.shutdown),
            Attribute::UserData => AttributeValue::UserData(machine.user_data.clone()),
        })
    }

    /// ModifyInstanceAttribute of an instance that is not gone and that no service manages
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>).
    pub(crate) fn modifiable(&mut self, owner: &AccountId, id: &InstanceId) -> Result<&mut Machine, Fault> {
        let machine = self.machine_mut(owner, id)?;
        if gone(machine.shown.state) {
            return Err(refused("IncorrectInstanceState", format!("the instance '{id}' is being terminated or gone")));
        }
        if let Some(operator) = &machine.shown.operator {
            let message = format!("the instance '{id}' is managed by {operator}");
            return Err(refused("OperationNotPermitted", message));
        }
        Ok(machine)
    }

    /// `DisableApiTermination`: not for Spot Instances
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html>).
    pub(crate) fn protect_termination(&mut self, owner: &AccountId, id: &InstanceId, on: bool) -> Result<Made, Fault> {
        let machine = self.modifiable(owner, id)?;
        refuse_spot(machine, "disableApiTermination")?;
        machine.termination_protection = on;
        Ok(Made::nothing())
    }

    /// `DisableApiStop`: not for Spot Instances
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html>).
    pub(crate) fn protect_stop(&mut self, owner: &AccountId, id: &InstanceId, on: bool) -> Result<Made, Fault> {
        let machine = self.modifiable(owner, id)?;
        refuse_spot(machine, "disableApiStop")?;
        machine.stop_protection = on;
        Ok(Made::nothing())
    }

    /// `InstanceInitiatedShutdownBehavior`.
    pub(crate) fn set_shutdown(
        &mut self,
        owner: &AccountId,
        id: &InstanceId,
        to: ShutdownBehavior,
    ) -> Result<Made, Fault> {
        self.modifiable(owner, id)?.shutdown = to;
        Ok(Made::nothing())
    }

    /// `BlockDeviceMappings` of one device.
    pub(crate) fn set_deletion(
        &mut self,
        owner: &AccountId,
        id: &InstanceId,
        device: &str,
        on: bool,
    ) -> Result<Made, Fault> {
        self.modifiable(owner, id)?;
        let attachments = self.storage.volumes.values_mut().flat_map(|volume| volume.shown.attachments.iter_mut());
        let mut here = attachments.filter(|held| held.instance == *id && held.device == device);
        let unknown =
            || refused("InvalidInstanceAttributeValue", format!("no volume is attached to '{id}' at {device}"));
        here.next().ok_or_else(unknown)?.delete_on_termination = on;
        Ok(Made::nothing())
    }

    /// TerminateInstances: refused by termination protection and by stop protection, which both
    /// guard this call alone; repeated, it does nothing further
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html>).
    pub(crate) fn terminate(&mut self, owner: &AccountId, id: &InstanceId) -> Result<Made, Fault> {
        let machine = self.machine(owner, id)?;
        let guards =
            [(machine.termination_protection, "disableApiTermination"), (machine.stop_protection, "disableApiStop")];
        for (on, attribute) in guards {
            if on && !gone(machine.shown.state) {
                let message = format!("The instance '{id}' may not be terminated. Modify its '{attribute}' attribute.");
                return Err(refused("OperationNotPermitted", message));
            }
        }
        self.begin_termination(id, End::Asked);
        Ok(Made::nothing())
    }

    /// What every way to the end begins with: the call, Auto Scaling, a shutdown from inside.
    pub(crate) fn begin_termination(&mut self, id: &InstanceId, end: End) {
        let Some(machine) = self.compute.instances.get_mut(id) else { return };
        if !gone(machine.shown.state) {
            machine.end = Some(end);
            machine.shown.state = InstanceState::ShuttingDown;
            self.schedule(TERMINATING, Event::Terminated(id.clone()));
        }
    }

    pub(crate) fn instance_runs(&mut self, id: &InstanceId) {
        let pending = |machine: &&mut Machine| machine.shown.state == InstanceState::Pending;
        if let Some(machine) = self.compute.instances.get_mut(id).filter(pending) {
            machine.shown.state = InstanceState::Running;
        }
    }

    /// Volumes, interfaces, profile and registrations of a terminated instance
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-termination-works.html>).
    pub(crate) fn instance_is_gone(&mut self, id: &InstanceId) {
        self.settle();
        if let Some(machine) = self.compute.instances.get_mut(id) {
            machine.shown.state = InstanceState::Terminated;
        }
        self.lose_what_is_volatile(id);
        self.settle();
        self.release_volumes(id);
        self.release_interfaces(id);
        self.identity.associations.retain(|_, association| association.instance != *id);
        self.forget_registrations(id);
        self.lose_member(id);
        self.schedule(REMEMBERED, Event::Forgotten(id.clone()));
    }

    fn release_interfaces(&mut self, id: &InstanceId) {
        let goes = |card: &super::interfaces::Card| card.delete_on_termination;
        self.network.interfaces.retain(|_, card| card.shown.instance.as_ref() != Some(id) || !goes(card));
        for card in self.network.interfaces.values_mut().filter(|card| card.shown.instance.as_ref() == Some(id)) {
            card.shown.instance = None;
            card.shown.device_index = None;
        }
    }

    pub(crate) fn forget_instance(&mut self, id: &InstanceId) {
        self.compute.instances.remove(id);
    }
}

/// Whether an instance is at its end or close to it.
pub(crate) fn gone(state: InstanceState) -> bool {
    matches!(state, InstanceState::ShuttingDown | InstanceState::Terminated)
}

fn refuse_spot(machine: &Machine, attribute: &str) -> Result<(), Fault> {
    if machine.shown.spot {
        let message = format!("{attribute} cannot be set on the Spot Instance '{}'", machine.shown.id);
        return Err(refused("UnsupportedOperation", message));
    }
    Ok(())
}
