//! The evidence is there, and nothing goes before it is.

use super::{Checker, News, Sight};
use crate::world::storage::SnapshotRecord;
use crate::{Deed, World};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::entry::Entry;
use casebook::evidence::{Evidence, EvidenceKind, EvidenceState};
use casebook::gate::Gate;
use casebook::id::{SnapshotId, VolumeId};
use casebook::query::{Query, SourceQuery as Q};
use casebook::reading::Reading;
use casebook::scene::storage::SnapshotState;
use casebook::step::StepName;
use jiff::SignedDuration;

/// What is claimed of evidence is so.
pub const CLAIMS: Checker = Checker {
    name: "evidence-is-there",
    law: "evidence is as far as it is said to be: whole, locked, owned by the forensic account, equal to its source",
    look: claims,
};

fn claims(sight: &Sight<'_>) -> Option<String> {
    let News::Wrote(Entry::Evidence(item)) = sight.news else { return None };
    if item.kind != EvidenceKind::Snapshot || sight.disturbed() || shared_long_ago(sight, item) {
        return None;
    }
    let lacks = what_lacks(sight, item)?;
    Some(format!("{} is said to be {:?}, and {lacks}", item.id, item.state))
}

/// Shares are read when they are made and when they are needed, so that a withdrawn one shows late.
fn shared_long_ago(sight: &Sight<'_>, item: &Evidence) -> bool {
    item.state == EvidenceState::Shared && sight.world.disturbed_within(SignedDuration::from_mins(2))
}

fn what_lacks(sight: &Sight<'_>, item: &Evidence) -> Option<String> {
    let world = sight.world;
    let Some(held) = world.storage.snapshots.get(&SnapshotId::from(item.id.as_str())) else {
        return Some("it does not exist".into());
    };
    let whole = held.state(world.now()) == SnapshotState::Completed;
    if item.state >= EvidenceState::Completed && !whole {
        return Some("it is not whole".into());
    }
    if item.locked && held.lock.is_none() {
        return Some("no lock is on it".into());
    }
    if item.state >= EvidenceState::Copied && held.shown.owner != sight.briefing.forensic_account {
        return Some(format!("it is owned by {}", held.shown.owner));
    }
    let shared = held.sharing.accounts.contains(&sight.briefing.forensic_account);
    if item.state == EvidenceState::Shared && !shared {
        return Some("it is not shared with the forensic account".into());
    }
    (item.state == EvidenceState::Verified && !equals_its_source(world, held)).then(|| "its blocks differ".into())
}

/// Whether a copy holds what some volume's snapshot of the account under investigation holds.
fn equals_its_source(world: &World, copy: &SnapshotRecord) -> bool {
    let sources = world.storage.snapshots.values().filter(|held| held.shown.owner == world.place.source);
    sources.into_iter().any(|held| held.content == copy.content)
}

/// The original goes last.
pub const TERMINATE: Checker = Checker {
    name: "terminate-proved",
    law: "the original is terminated only when somebody approved and every volume has a whole, locked, equal copy in the forensic account",
    look: terminate,
};

fn terminate(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let Effect::Source(S::Terminate { instance, .. }) = &deed.effect else { return None };
    if !sight.history.approved_as_shown(Gate::Terminate, &deed.effect) {
        return Some(format!("{instance} was terminated and nobody approved what was shown"));
    }
    let bare = captured_volumes(sight).into_iter().find(|volume| !secured(sight, volume))?;
    Some(format!("{instance} was terminated and {bare} has no whole, locked, equal copy in the forensic account"))
}

/// The volumes that were attached when the case captured them.
pub(super) fn captured_volumes(sight: &Sight<'_>) -> Vec<VolumeId> {
    let readings = sight.history.lines.iter().filter_map(|line| match &line.entry {
        Entry::Captured(captured) if matches!(captured.query, Query::Source(Q::AttachedVolumes(_))) => {
            captured.reading.as_ref()
        }
        _ => None,
    });
    let volumes = readings.filter_map(|reading| match reading {
        Reading::Volumes(volumes) => Some(volumes),
        _ => None,
    });
    volumes.flatten().map(|volume| volume.id.clone()).collect()
}

/// Whether a warning or a failure says that a volume is lost.
pub(super) fn named_as_lost(sight: &Sight<'_>, volume: &VolumeId) -> bool {
    let told = [StepName::Snapshot, StepName::Copy].into_iter().filter_map(|step| sight.history.step(step));
    told.flat_map(|entry| entry.warnings.iter().chain([&entry.reason])).any(|line| line.contains(volume.as_str()))
}

/// Whether the forensic account owns a whole and locked copy of a snapshot of the volume.
pub(super) fn secured(sight: &Sight<'_>, volume: &VolumeId) -> bool {
    let (world, lock_days) = (sight.world, sight.history.opened().map_or(0, |opened| opened.settings.policy.lock_days));
    let snapshots = || world.storage.snapshots.values();
    let taken = snapshots().filter(|held| held.shown.owner == world.place.source && held.shown.volume == *volume);
    let contents: Vec<_> = taken.map(|held| &held.content).collect();
    let mut copies = snapshots().filter(|held| held.shown.owner == world.place.forensic);
    copies.any(|copy| {
        let whole = copy.state(world.now()) == SnapshotState::Completed;
        whole && (lock_days == 0 || copy.lock.is_some()) && contents.contains(&&copy.content)
    })
}

/// One point in time.
pub const ONE_MOMENT: Checker = Checker {
    name: "one-moment",
    law: "the volumes of a running instance are snapshotted together, of one moment, before any is snapshotted alone",
    look: one_moment,
};

fn one_moment(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let Effect::Source(S::CreateSnapshot { volume, .. }) = &deed.effect else { return None };
    let together =
        |deed: &Deed| matches!(deed.effect, Effect::Source(S::CreateSnapshots { .. })) && deed.result.is_ok();
    if sight.history.deeds.iter().any(together) {
        return None;
    }
    let target = &sight.briefing.target.instance;
    let held = sight.world.storage.volumes.get(volume)?;
    let attached = held.shown.attachments.iter().any(|at| at.instance == *target);
    let among = sight
        .world
        .storage
        .volumes
        .values()
        .filter(|held| held.shown.attachments.iter().any(|at| at.instance == *target));
    (attached && among.count() > 1)
        .then(|| format!("{volume} was snapshotted alone, and is attached to {target} among others"))
}

/// Protection stays.
pub const GUARDED: Checker = Checker {
    name: "guarded",
    law: "protection from termination and stop is lifted only for a release or an approved termination",
    look: guarded,
};

fn guarded(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let lifts = match &deed.effect {
        Effect::Source(S::SetTerminationProtection { to, .. } | S::SetStopProtection { to, .. }) => !to.is_on(),
        Effect::Source(S::SetDeleteOnTermination { to, .. }) => to.is_on(),
        _ => false,
    };
    let may = sight.history.releasing() || sight.history.approved_as_shown(Gate::Terminate, &deed.effect);
    (lifts && !may).then(|| format!("nobody asked for it: {}", deed.effect.title()))
}

#[cfg(test)]
mod tests {
    use super::TERMINATE;
    use crate::Deed;
    use crate::proof::check::{News, fed};
    use crate::world::exposure::Exposure;
    use casebook::effect::Effect;
    use casebook::entry::{Approved, Asked, Entry, Intent, Person};
    use casebook::gate::Gate;
    use casebook::reading::Made;
    use casebook::step::StepName;
    use serde_json::json;

    fn termination() -> Effect {
        let effect =
            json!({ "source": { "terminate": { "instance": "i-1", "proof": { "case": "web-7", "digest": "" } } } });
        serde_json::from_value(effect).expect("an effect as a ledger holds it")
    }

    fn asked(digest: &str) -> Entry {
        let (gate, step, exposure) = (Gate::Terminate, StepName::Terminate, Vec::new());
        Entry::Asked(Asked { gate, step, exposure, digest: digest.into() })
    }

    fn approved(digest: &str) -> Entry {
        Entry::Approved(Approved { gate: Gate::Terminate, digest: digest.into(), by: Person::default() })
    }

    /// What the checker says of a termination that was announced after these entries.
    fn terminates_after(entries: Vec<Entry>) -> Option<String> {
        let effect = termination();
        let intent = Entry::Intent(Intent { step: StepName::Terminate, effect: effect.clone() });
        let (trial, mut history) = fed::written(entries.into_iter().chain([intent]).collect());
        let (before, after) = (Exposure::default(), Exposure::default());
        let (by, at) = (trial.range.hand(), trial.now());
        history.deeds.push(Deed { by, at, effect, result: Ok(Made::nothing()), before, after });
        fed::look(&TERMINATE, &trial, &history, News::Landed)
    }

    #[test]
    fn an_approval_of_something_else_is_none() {
        assert_eq!(terminates_after(vec![asked("all"), approved("all")]), None);
        for entries in [
            vec![asked("all")],
            vec![asked("two of three"), approved("two of three"), asked("all")],
            vec![asked("all"), approved("")],
        ] {
            let said = terminates_after(entries).expect("a breach");
            assert!(said.contains("nobody approved what was shown"), "{said}");
        }
    }
}
