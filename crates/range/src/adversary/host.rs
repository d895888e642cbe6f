//! Against the instance: its power, and the group whose health checks end it.

use super::{ATTACKER, Strategy};
use casebook::scene::instance::{InstanceState, ShutdownBehavior};

pub(super) const REJOIN_GROUP: Strategy = Strategy {
    name: "rejoin-group",
    summary: "attaches the instance again to its Auto Scaling group, whose health checks end what is isolated",
    act: |world, prey| {
        if let Some(group) = prey.scaling.as_ref().filter(|_| world.membership(&prey.instance).is_none()) {
            let _refused = world.administrator(ATTACKER).attach_to_group(group, &prey.instance);
        }
    },
};

pub(super) const POWER_OFF: Strategy = Strategy {
    name: "power-off",
    summary: "lets a shutdown be the end of the instance, restarts it, lifts its stop protection and stops it",
    act: |world, prey| {
        let machine = world.compute.instances.get(&prey.instance);
        if machine.is_some_and(|machine| machine.shown.state == InstanceState::Running) {
            let mut attacker = world.administrator(ATTACKER);
            let _refused = attacker.set_shutdown_behavior(&prey.instance, ShutdownBehavior::Terminate);
            let _refused = attacker.reboot(&prey.instance);
            let _refused = attacker.lift_stop_protection(&prey.instance);
            let _refused = attacker.stop(&prey.instance);
        }
    },
};
