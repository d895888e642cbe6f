//! One volume from each copy.

use crate::agenda::Agenda;
use crate::custody::readings::{self, made_from, sent_before};
use crate::effect::{Effect, ForensicEffect};
use crate::id::{AccountId, Arn};
use crate::query::ForensicQuery as F;
use crate::scene::storage::{Snapshot, SnapshotState, Volume};
use crate::step::StepName;
use crate::tags;
use jiff::SignedDuration;

/// How often volumes are looked at that are being made.
const LOOK: SignedDuration = SignedDuration::from_secs(5);

/// Where the volumes are made.
pub(super) struct Place<'a> {
    /// The account that owns the copies.
    pub(super) account: &'a AccountId,
    /// The sealed subnet's zone.
    pub(super) zone: &'a str,
    /// The ledger's head when the copies were done.
    pub(super) head: &'a str,
}

/// Rebuilds every copy as a volume.
pub(super) fn rebuild(agenda: &mut Agenda<'_>, place: &Place<'_>) {
    let case = agenda.view.case;
    let copies = agenda.forensic_snapshots(&case.id);
    let volumes = agenda.forensic_volumes(&case.id);
    let (Some(copies), Some(volumes)) = (copies, volumes) else { return };
    let copies: Vec<_> = copies.iter().filter(|copy| is_copy(copy, place)).collect();
    let before = agenda.holds.len();
    for copy in &copies {
        one(agenda, place, copy, volumes);
    }
    if !agenda.moves() && agenda.holds.len() == before {
        agenda.prove(format!("{} volumes read back as available in {}", copies.len(), place.zone));
    }
}

/// The snapshots behind the copied image are not rebuilt on their own.
fn is_copy(snapshot: &Snapshot, place: &Place<'_>) -> bool {
    readings::is_copy(snapshot) && snapshot.owner == *place.account && snapshot.state == SnapshotState::Completed
}

fn one(agenda: &mut Agenda<'_>, place: &Place<'_>, copy: &Snapshot, volumes: &[Volume]) {
    let query = F::CaseVolumes(agenda.view.case.id.clone());
    let Some(key) = &copy.key else {
        agenda.hold(format!("the copy {} is not encrypted; see the step `copy`", copy.id));
        return;
    };
    match volumes.iter().find(|volume| made_from(&volume.tags, StepName::Rebuild, copy.id.as_str())) {
        None => agenda.act(effect(agenda, place, copy, key), query),
        Some(volume) => match volume.state.as_str() {
            "available" | "in-use" => as_asked(agenda, place, copy, volume),
            "creating" => agenda.poll(query, LOOK, format!("the volume {} to become available", volume.id)),
            state => agenda
                .hold(format!("the volume {} from {} is {state}; delete it and resume the case", volume.id, copy.id)),
        },
    }
}

fn as_asked(agenda: &mut Agenda<'_>, place: &Place<'_>, copy: &Snapshot, volume: &Volume) {
    if volume.zone == place.zone && volume.key == copy.key && volume.size_gib >= copy.size_gib {
        return;
    }
    let under = volume.key.as_ref().map_or("no key", |key| key.as_str());
    agenda.hold(format!(
        "the volume {} from {} was read back in {} under {under} with {} GiB, not as asked for in {} under the copy's key; delete it and resume the case",
        volume.id, copy.id, volume.zone, volume.size_gib, place.zone
    ));
}

fn effect(agenda: &Agenda<'_>, place: &Place<'_>, copy: &Snapshot, under: &Arn) -> Effect {
    let case = agenda.view.case;
    let same = |effect: &Effect| {
        matches!(effect, Effect::Forensic(ForensicEffect::CreateVolume { snapshot, zone, key, .. })
            if *snapshot == copy.id && zone == place.zone && key == under)
    };
    let fresh = || {
        let tags = tags::of(&case.id, StepName::Rebuild.as_str());
        let tags = tags::with(tags::with(tags, tags::SOURCE, copy.id.as_str()), tags::LEDGER, place.head);
        let token = case.secret_name(&format!("volume/{}/{}", copy.id, place.zone));
        let (snapshot, zone, key) = (copy.id.clone(), place.zone.to_owned(), under.clone());
        ForensicEffect::CreateVolume { snapshot, zone, key, token, tags }.into()
    };
    sent_before(case, same).unwrap_or_else(fresh)
}
