//! The evidence outlives what the response does: property P-4 of the field manual.

use super::custody::{captured_volumes, secured};
use super::{Checker, Sight};
use crate::world::instances::{End, Machine};
use crate::{Deed, World};
use casebook::entry::Entry;
use casebook::id::{InstanceId, VolumeId};
use casebook::step::{StepName, StepStatus};

/// Nothing is lost by us.
pub const NOTHING_LOST: Checker = Checker {
    name: "nothing-lost",
    law: "no response is why the original ends, and no volume that it protected goes along, before the evidence is secured",
    look: nothing_lost,
};

fn nothing_lost(sight: &Sight<'_>) -> Option<String> {
    let target = &sight.briefing.target.instance;
    let machine = sight.world.compute.instances.get(target)?;
    ended_by_us(sight, target, machine).or_else(|| volume_gone(sight, target, machine))
}

/// An instance that we cut off and that its group ends because it does not answer, when nobody else had a hand in it.
/// Whether a group may end a member that is leaving it is not documented. Where it may, one registration that AWS does
/// not let us take off is enough; then the step has said that it failed, and the disks outlive the instance.
fn ended_by_us(sight: &Sight<'_>, target: &InstanceId, machine: &Machine) -> Option<String> {
    if machine.end != Some(End::Unanswering) || !sight.history.deeds.iter().any(cuts) {
        return None;
    }
    if sight.disturbed_after(sight.history.lines.first()?.at) || says_it_is_still_registered(sight) {
        return None;
    }
    let bare = captured_volumes(sight).into_iter().find(|volume| !secured(sight, volume))?;
    Some(format!("{target} was cut off, its Auto Scaling group ended it, and {bare} is not secured"))
}

fn says_it_is_still_registered(sight: &Sight<'_>) -> bool {
    let failed = |entry: &Entry| matches!(entry, Entry::Step(entry) if entry.step == StepName::Deregister && entry.status == StepStatus::Failed);
    sight.history.lines.iter().any(|line| failed(&line.entry))
}

fn cuts(deed: &Deed) -> bool {
    deed.before.exceeds(&deed.after)
}

/// A volume that goes with the instance though it was read back as protected, and nobody undid that.
fn volume_gone(sight: &Sight<'_>, target: &InstanceId, machine: &Machine) -> Option<String> {
    if machine.end.is_none() || sight.history.releasing() {
        return None;
    }
    let protects = |entry: &Entry| matches!(entry, Entry::Step(entry) if entry.step == StepName::Protect && entry.status == StepStatus::Done);
    let protected = sight.history.lines.iter().find(|line| protects(&line.entry))?.at;
    if sight.disturbed_after(protected) {
        return None;
    }
    let mut volumes = captured_volumes(sight).into_iter();
    let lost = volumes.find(|volume| goes(sight.world, volume, target) && !secured(sight, volume))?;
    Some(format!("{target} was protected and has ended, and {lost}, which is not secured, goes with it"))
}

/// Whether a volume is gone, or goes as soon as the instance is.
fn goes(world: &World, volume: &VolumeId, target: &InstanceId) -> bool {
    world.storage.volumes.get(volume).is_none_or(|held| match held.shown.attachments.as_slice() {
        [only] => only.instance == *target && only.delete_on_termination,
        _ => false,
    })
}
