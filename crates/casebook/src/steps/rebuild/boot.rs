//! The machine itself: offered behind the gate `boot-image`, started only where nothing can leave.

use super::{readback, sealed};
use crate::agenda::{Agenda, CONSISTENCY};
use crate::case::Last;
use crate::custody::readings::{made_by, recent};
use crate::effect::{Effect, ForensicEffect, Launch};
use crate::gate::Gate;
use crate::id::AccountId;
use crate::query::{ForensicQuery as F, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::enclave::Enclave;
use crate::scene::storage::Image;
use crate::step::StepName;
use crate::tags;

/// Offers to start the image, and does so when the gate is open.
pub(super) fn offer(agenda: &mut Agenda<'_>, account: &AccountId, enclave: &Enclave) {
    let case = agenda.view.case;
    let images = agenda.forensic_images(&case.id);
    let instances = agenda.forensic_instances(&case.id);
    let (Some(images), Some(instances)) = (images, instances) else { return };
    if let Some(instance) = instances.iter().find(|instance| made_by(&instance.tags, StepName::Rebuild)) {
        readback::check(agenda, account, enclave, instance);
        return;
    }
    let ours =
        |image: &&Image| image.owner == *account && made_by(&image.tags, StepName::Copy) && image.state == "available";
    let Some(image) = images.iter().find(ours) else {
        agenda.prove("no image was copied, so no instance is offered");
        return;
    };
    if is_sealed(agenda, enclave) && agenda.gate(Gate::BootImage, exposure(agenda, image, enclave)) {
        start(agenda, account, image, enclave);
    }
}

fn is_sealed(agenda: &mut Agenda<'_>, enclave: &Enclave) -> bool {
    let openings = enclave.openings();
    for opening in &openings {
        agenda.warn(format!("no instance is started: {opening}; close it and resume the case"));
    }
    openings.is_empty()
}

fn exposure(agenda: &Agenda<'_>, image: &Image, enclave: &Enclave) -> Vec<String> {
    vec![
        format!("starting {} runs whatever the attacker left on {}", image.id, agenda.view.case.target.instance),
        format!(
            "it runs as {} in {} ({}), which was proved sealed: local routes only, no endpoint, no resolver",
            kind(agenda).unwrap_or("its former type"),
            enclave.subnet.id,
            enclave.subnet.vpc
        ),
        "it gets no public address, no instance profile, no metadata service, no user data, and a group without rules; a shutdown stops it".into(),
        "running it changes its own disks, not the copies".into(),
    ]
}

/// The captured instance's type.
fn kind<'a>(agenda: &Agenda<'a>) -> Option<&'a str> {
    let case = agenda.view.case;
    match case.baseline.scene.last(&S::Instance(case.target.instance.clone()).into())? {
        Reading::Instance(instance) => Some(&instance.instance_type),
        _ => None,
    }
}

fn start(agenda: &mut Agenda<'_>, account: &AccountId, image: &Image, enclave: &Enclave) {
    let Some(kind) = kind(agenda) else {
        agenda.hold(
            "the type of the captured instance is not in the ledger, so its image can not be started; start it by hand",
        );
        return;
    };
    let Some(group) = sealed::group(agenda, account, &enclave.subnet.vpc) else { return };
    let launch = Launch {
        image: image.id.clone(),
        instance_type: kind.to_owned(),
        subnet: enclave.subnet.id.clone(),
        group,
        token: agenda.view.case.secret_name(&format!("instance/{}/{}", image.id, enclave.subnet.id)),
        tags: tags::with(tags::of(&agenda.view.case.id, StepName::Rebuild.as_str()), tags::SOURCE, image.id.as_str()),
    };
    // What was sealed a while ago may be open now.
    if is_gone(agenda, &launch) || !recent(agenda, F::Enclave(enclave.subnet.id.clone())) {
        return;
    }
    agenda.act(ForensicEffect::Launch(launch), F::CaseInstances(agenda.view.case.id.clone()));
}

/// An instance that was started and that AWS shows no more was terminated by an analyst; it is not
/// started again.
fn is_gone(agenda: &mut Agenda<'_>, launch: &Launch) -> bool {
    let effect: Effect = ForensicEffect::Launch(launch.clone()).into();
    let Some(attempt) = agenda.view.case.attempt(&effect) else { return false };
    let Last::Done(made) = &attempt.last else { return false };
    let gone = attempt.at + CONSISTENCY < agenda.view.now;
    if gone {
        agenda.warn(format!(
            "the rebuilt instance {} is gone: it was terminated in the forensic account",
            made.ids.join(", ")
        ));
    }
    gone
}
