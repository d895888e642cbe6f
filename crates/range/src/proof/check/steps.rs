//! A step that is done has done it.

use super::custody::{captured_volumes, named_as_lost, secured};
use super::{Checker, Sight};
use crate::World;
use crate::world::balancers::TargetState;
use casebook::id::{InstanceId, VolumeId};
use casebook::scene::instance::{InstanceState, ShutdownBehavior};
use casebook::scene::storage::SnapshotState;
use casebook::step::{StepName, StepStatus};
use casebook::tags;

/// "Done" is so.
pub const DONE_IS_SO: Checker = Checker {
    name: "done-is-so",
    law: "what a done step stands for holds in the world when a run ends, unless somebody undid it since it was read",
    look: done_is_so,
};

fn done_is_so(sight: &Sight<'_>) -> Option<String> {
    if !sight.run_ended() || sight.disturbed() || sight.history.releasing() {
        return None;
    }
    let undisturbed = |step: StepName| step == StepName::Isolate || !sight.disturbed_since(step);
    let running = sight.world.compute.instances.get(&sight.briefing.target.instance);
    let lives = running.is_some_and(|machine| machine.shown.state == InstanceState::Running);
    let done = StepName::ALL
        .into_iter()
        .filter(|step| sight.history.step(*step).is_some_and(|entry| entry.status == StepStatus::Done));
    done.filter(|step| undisturbed(*step))
        .filter_map(|step| Some((step, lacks(sight, step, lives)?)))
        .map(|(step, what)| format!("{step} is done, and {what}"))
        .next()
}

fn lacks(sight: &Sight<'_>, step: StepName, lives: bool) -> Option<String> {
    let (world, target) = (sight.world, &sight.briefing.target.instance);
    match step {
        StepName::Tag if lives => untagged(sight),
        StepName::Protect
            if lives && sight.history.step(StepName::Terminate).is_none_or(|e| e.status != StepStatus::Done) =>
        {
            unprotected(world, target)
        }
        StepName::Detach if lives => serving(world, target),
        StepName::Deregister if lives => registered(world, target),
        StepName::Isolate if lives => open(world, target),
        StepName::Snapshot => without_snapshot(sight),
        StepName::Copy => captured_volumes(sight)
            .into_iter()
            .find(|v| !secured(sight, v) && !named_as_lost(sight, v))
            .map(|v| format!("{v} has no whole, locked copy")),
        StepName::Terminate if lives => Some("it is running".into()),
        _ => None,
    }
}

/// A second responder may have written its own case over it.
fn untagged(sight: &Sight<'_>) -> Option<String> {
    let machine = sight.world.compute.instances.get(&sight.briefing.target.instance)?;
    (!machine.shown.tags.contains_key(tags::CASE)).then(|| "the instance carries no case's tag".into())
}

pub(super) fn unprotected(world: &World, target: &InstanceId) -> Option<String> {
    let machine = world.compute.instances.get(target)?;
    if !machine.termination_protection && !machine.shown.spot {
        return Some("it can be terminated".into());
    }
    if !machine.stop_protection && !machine.shown.spot {
        return Some("it can be stopped".into());
    }
    if machine.shutdown == ShutdownBehavior::Terminate && !machine.shown.spot {
        return Some("a shutdown from inside terminates it".into());
    }
    let shown = world.show(machine);
    let going = shown.block_devices.iter().find(|held| held.delete_on_termination)?;
    Some(format!("{} goes along when it is terminated", going.volume))
}

fn serving(world: &World, target: &InstanceId) -> Option<String> {
    let serves = world.scaling.groups.values().find(|group| {
        let member = group.members.get(target);
        member.is_some_and(|member| member.lifecycle == "InService")
            && !group.shown.suspended.iter().any(|p| p == "Terminate")
    })?;
    Some(format!("it is in service in {}", serves.shown.name))
}

/// By its id, or by an address of its own.
fn registered(world: &World, target: &InstanceId) -> Option<String> {
    let cards = world.cards_of(target);
    let addresses: Vec<&str> =
        cards.iter().flat_map(|card| &card.shown.addresses).map(|address| address.private.as_str()).collect();
    let is_it = |id: &str| id == target.as_str() || addresses.contains(&id);
    let groups = world.balancers.target_groups.values();
    let held = groups
        .filter(|group| group.targets.iter().any(|(to, held)| is_it(&to.id) && held.state != TargetState::Draining));
    let classic = world.balancers.classic.values().filter(|balancer| balancer.shown.instances.contains(target));
    let mut names = held.map(|group| &group.shown.name).chain(classic.map(|balancer| &balancer.shown.name));
    names.next().map(|name| format!("{name} still sends to it"))
}

fn open(world: &World, target: &InstanceId) -> Option<String> {
    let open = world.exposure(target).interfaces;
    open.first().map(|card| format!("{card} is in a group with rules"))
}

fn without_snapshot(sight: &Sight<'_>) -> Option<String> {
    let world = sight.world;
    let has = |volume: &VolumeId| {
        world
            .storage
            .snapshots
            .values()
            .any(|held| held.shown.volume == *volume && held.state(world.now()) != SnapshotState::Error)
    };
    captured_volumes(sight).into_iter().find(|volume| !has(volume)).map(|volume| format!("{volume} has no snapshot"))
}
