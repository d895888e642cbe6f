//! Every attribute back to the captured value, where it still stands as we left it.

use super::protection;
use crate::agenda::Agenda;
use crate::effect::{Effect, SourceEffect, Switch};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::{stands, uncaptured, we_did};
use crate::scene::instance::{Attribute, AttributeValue, BlockDevice, Instance, ShutdownBehavior};

#[cfg(test)]
mod tests;

/// What the release of the protections wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    if !stands(agenda, "its protections went with it") {
        return;
    }
    flag(agenda, Attribute::TerminationProtection, "termination protection");
    flag(agenda, Attribute::StopProtection, "stop protection");
    shutdown(agenda);
    disks(agenda);
    scale_in(agenda);
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove("what was captured and stood as this case left it is back at its value");
    }
}

fn flag(agenda: &mut Agenda<'_>, attribute: Attribute, name: &str) {
    let target = &agenda.view.case.target.instance;
    let query = S::Attribute(target.clone(), attribute);
    let ours: Effect = protection(target.clone(), attribute, Switch::On).into();
    if !we_did(agenda.view.case, &ours) {
        return;
    }
    if let Some(why) = uncaptured(agenda.view.case, query.clone()) {
        agenda.warn(unknown(name, "on", &why));
        return;
    }
    let was_off = before(agenda, &query) == Some(&AttributeValue::Flag(false));
    if was_off && agenda.attribute(target, &attribute) == Some(&AttributeValue::Flag(true)) {
        agenda.act(protection(target.clone(), attribute, Switch::Off), query);
    }
}

/// What protects stays, when nobody knows how it was before.
fn unknown(what: &str, now: &str, why: &str) -> String {
    format!(
        "{what}: its value before could not be read at the capture ({why}); this case set it to `{now}` and leaves it so: set it by hand if it was another"
    )
}

fn before<'a>(agenda: &Agenda<'a>, query: &S) -> Option<&'a AttributeValue> {
    match agenda.view.case.baseline.scene.last(&query.clone().into())? {
        Reading::Attribute(value) => Some(value),
        _ => None,
    }
}

fn shutdown(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let query = S::Attribute(target.clone(), Attribute::ShutdownBehavior);
    let set = |to| SourceEffect::SetShutdownBehavior { instance: target.clone(), to };
    if !we_did(agenda.view.case, &set(ShutdownBehavior::Stop).into()) {
        return;
    }
    if let Some(why) = uncaptured(agenda.view.case, query.clone()) {
        agenda.warn(unknown("the shutdown behaviour", "stop", &why));
        return;
    }
    let terminated = before(agenda, &query) == Some(&AttributeValue::Shutdown(ShutdownBehavior::Terminate));
    let stops = AttributeValue::Shutdown(ShutdownBehavior::Stop);
    if terminated && agenda.attribute(target, &Attribute::ShutdownBehavior) == Some(&stops) {
        agenda.act(set(ShutdownBehavior::Terminate), query);
    }
}

fn disks(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(now) = agenda.instance(target) else { return };
    let kept: Vec<&BlockDevice> = now.block_devices.iter().filter(|disk| we_kept(agenda, disk)).collect();
    if kept.is_empty() {
        return;
    }
    let Some(Reading::Instance(before)) = agenda.view.case.baseline.scene.last(&S::Instance(target.clone()).into())
    else {
        let why = uncaptured(agenda.view.case, S::Instance(target.clone())).unwrap_or_default();
        kept.iter().for_each(|disk| agenda.warn(unknown(&delete_on_termination(disk), "no", &why)));
        return;
    };
    for disk in kept.into_iter().filter(|disk| went_along(before, disk)) {
        let (instance, device) = (target.clone(), disk.device.clone());
        let effect = SourceEffect::SetDeleteOnTermination { instance, device, to: Switch::On };
        agenda.act(effect, S::Instance(target.clone()));
    }
}

fn delete_on_termination(disk: &BlockDevice) -> String {
    format!("delete-on-termination of {} ({})", disk.device, disk.volume)
}

/// Whether a disk outlives the instance because of this case.
fn we_kept(agenda: &Agenda<'_>, disk: &BlockDevice) -> bool {
    let (instance, device) = (agenda.view.case.target.instance.clone(), disk.device.clone());
    let effect = SourceEffect::SetDeleteOnTermination { instance, device, to: Switch::Off };
    !disk.delete_on_termination && we_did(agenda.view.case, &effect.into())
}

/// Whether a disk was to be deleted with the instance when it was captured.
fn went_along(before: &Instance, disk: &BlockDevice) -> bool {
    before.block_devices.iter().any(|other| other.device == disk.device && other.delete_on_termination)
}

/// Only for a member that was not protected from scale-in before; the return to the group sets the
/// protection of one that was.
fn scale_in(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let before = agenda.view.case.baseline.scene.last(&S::Membership(target.clone()).into());
    if matches!(before, Some(Reading::Membership(Some(before))) if before.protected) {
        return;
    }
    let Some(Some(member)) = agenda.membership(target) else { return };
    let set = |to| SourceEffect::SetScaleInProtection { group: member.group.clone(), instance: target.clone(), to };
    if !member.protected || !we_did(agenda.view.case, &set(Switch::On).into()) {
        return;
    }
    match uncaptured(agenda.view.case, S::Membership(target.clone())) {
        Some(why) => agenda.warn(unknown("the protection from scale-in", "on", &why)),
        None => agenda.act(set(Switch::Off), S::Membership(target.clone())),
    }
}
