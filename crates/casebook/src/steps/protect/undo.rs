//! Every attribute back to the captured value, where it still stands as we left it.

use super::protection;
use crate::agenda::Agenda;
use crate::effect::{Effect, SourceEffect, Switch};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::release::we_did;
use crate::scene::instance::{Attribute, AttributeValue, Instance, ShutdownBehavior};

/// What the release of the protections wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    flag(agenda, Attribute::TerminationProtection);
    flag(agenda, Attribute::StopProtection);
    shutdown(agenda);
    disks(agenda);
    scale_in(agenda);
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove("every attribute is back at its captured value, or was not changed by this case");
    }
}

fn flag(agenda: &mut Agenda<'_>, attribute: Attribute) {
    let target = &agenda.view.case.target.instance;
    let query = S::Attribute(target.clone(), attribute);
    let ours: Effect = protection(target.clone(), attribute, Switch::On).into();
    let was_off = before(agenda, &query) == Some(&AttributeValue::Flag(false));
    if !we_did(agenda.view.case, &ours) || !was_off {
        return;
    }
    if agenda.attribute(target, &attribute) == Some(&AttributeValue::Flag(true)) {
        agenda.act(protection(target.clone(), attribute, Switch::Off), query);
    }
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
    let terminated = before(agenda, &query) == Some(&AttributeValue::Shutdown(ShutdownBehavior::Terminate));
    if !terminated || !we_did(agenda.view.case, &set(ShutdownBehavior::Stop).into()) {
        return;
    }
    let now = agenda.attribute(target, &Attribute::ShutdownBehavior);
    if now == Some(&AttributeValue::Shutdown(ShutdownBehavior::Stop)) {
        agenda.act(set(ShutdownBehavior::Terminate), query);
    }
}

fn disks(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(instance) = agenda.instance(target) else { return };
    for device in ours(agenda, instance) {
        let effect = SourceEffect::SetDeleteOnTermination { instance: target.clone(), device, to: Switch::On };
        agenda.act(effect, S::Instance(target.clone()));
    }
}

/// Disks that we made outlive the instance, that still do, and that did not before.
fn ours(agenda: &Agenda<'_>, instance: &Instance) -> Vec<String> {
    let case = agenda.view.case;
    let changed = |device: &str| {
        let effect = SourceEffect::SetDeleteOnTermination {
            instance: instance.id.clone(),
            device: device.to_owned(),
            to: Switch::Off,
        };
        we_did(case, &effect.into())
    };
    let disks = instance.block_devices.iter().filter(|disk| !disk.delete_on_termination && changed(&disk.device));
    disks.map(|disk| disk.device.clone()).collect()
}

/// Only for a member that was protected from scale-in by us and never left its group.
fn scale_in(agenda: &mut Agenda<'_>) {
    let target = &agenda.view.case.target.instance;
    let Some(Some(member)) = agenda.membership(target) else { return };
    let set = |to| SourceEffect::SetScaleInProtection { group: member.group.clone(), instance: target.clone(), to };
    if member.protected && we_did(agenda.view.case, &set(Switch::On).into()) {
        agenda.act(set(Switch::Off), S::Membership(target.clone()));
    }
}
