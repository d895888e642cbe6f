//! The forensic account's own copy of the image.

use super::Order;
use super::order::await_share;
use crate::agenda::Agenda;
use crate::custody::readings::{made_from, sent_before};
use crate::effect::{Effect, ForensicEffect};
use crate::query::ForensicQuery as F;
use crate::scene::storage::Image;
use crate::step::StepName;
use crate::steps::image::{Handover, handover};
use crate::tags;
use jiff::SignedDuration;

/// How often a pending image is looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(15);

/// Copies the image where there is one to copy. What was read back, as the tail of a sentence.
pub(super) fn copy(agenda: &mut Agenda<'_>, order: &Order<'_>) -> String {
    let image = match handover(agenda) {
        None => return String::new(),
        Some(Handover::By(image)) => image,
        Some(Handover::Without(why)) => {
            agenda.warn(format!("no image is copied: {why}"));
            return String::new();
        }
    };
    let Some(images) = agenda.forensic_images(&agenda.view.case.id) else { return String::new() };
    let ours = |i: &&Image| i.owner == *order.account && made_from(&i.tags, StepName::Copy, image.id.as_str());
    match images.iter().find(ours) {
        None => request(agenda, order, image),
        Some(copy) => return standing(agenda, order, image, copy),
    }
    String::new()
}

fn request(agenda: &mut Agenda<'_>, order: &Order<'_>, image: &Image) {
    let ids = [image.id.clone()];
    let Some(seen) = agenda.forensic_shared_images(&ids) else { return };
    if seen.iter().any(|seen| seen.id == image.id) {
        agenda.act(effect(agenda, order, image), F::CaseImages(agenda.view.case.id.clone()));
    } else {
        await_share(agenda, F::SharedImages(ids.to_vec()), image.id.as_str());
    }
}

fn standing(agenda: &mut Agenda<'_>, order: &Order<'_>, image: &Image, copy: &Image) -> String {
    match copy.state.as_str() {
        "available" => return format!(", the image {} as {}", image.id, copy.id),
        "pending" => {
            let query = F::CaseImages(agenda.view.case.id.clone());
            agenda.poll(query, LOOK, format!("the copy {} of the image to become available", copy.id));
        }
        state => agenda.hold(format!(
            "{}, the copy of the image {} under {}, is {state}: {}; check the policies of both keys, deregister it and resume the case",
            copy.id, image.id, order.key, copy.state_message
        )),
    }
    String::new()
}

fn effect(agenda: &Agenda<'_>, order: &Order<'_>, image: &Image) -> Effect {
    let case = agenda.view.case;
    let same = |effect: &Effect| {
        matches!(effect, Effect::Forensic(ForensicEffect::CopyImage { image: sent, key, .. })
            if *sent == image.id && key == order.key)
    };
    let fresh = || {
        let tags = tags::of(&case.id, StepName::Copy.as_str());
        let tags = tags::with(tags::with(tags, tags::SOURCE, image.id.as_str()), tags::LEDGER, order.head);
        // The snapshots behind the image get these tags too; the part tells them from our other copies.
        let tags = tags::with(tags, tags::PART, "image");
        let token = case.secret_name(&format!("image-copy/{}/{}", image.id, order.key));
        let (image, key) = (image.id.clone(), order.key.clone());
        ForensicEffect::CopyImage { image, key, name: format!("impound-{}", case.id), token, tags }.into()
    };
    sent_before(case, same).unwrap_or_else(fresh)
}
