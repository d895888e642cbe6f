//! Evidence reaches the forensic account and nobody else, and each account is changed by its own
//! half alone.

use super::{Checker, Sight};
use casebook::effect::{Effect, ForensicEffect as F, SourceEffect as S};
use casebook::query::Side;

/// Nobody but the forensic account is shared with.
pub const NOBODY_ELSE: Checker = Checker {
    name: "shared-with-nobody-else",
    law: "snapshots and images are shared with the forensic account alone, and never with everybody",
    look: nobody_else,
};

fn nobody_else(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let forensic = &sight.briefing.forensic_account;
    let (what, with) = match &deed.effect {
        Effect::Source(S::ShareSnapshot { snapshot, with }) => (snapshot.as_str(), with),
        Effect::Source(S::ShareImage { image, with }) => (image.as_str(), with),
        _ => return None,
    };
    (with != forensic).then(|| format!("{what} was shared with {with}"))
}

/// Each half in its own account.
pub const SEPARATE: Checker = Checker {
    name: "two-accounts",
    law: "what is made in the forensic account belongs to it, and nothing of the other half touches it",
    look: separate,
};

fn separate(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let place = &sight.world.place;
    let owner = match deed.effect.side() {
        Side::Source => &place.source,
        Side::Forensic => &place.forensic,
    };
    let made = deed.result.as_ref().ok()?;
    let held = sight.world.storage.snapshots.iter().filter(|(id, _)| made.ids.iter().any(|made| made == id.as_str()));
    let foreign = held.into_iter().find(|(_, snapshot)| snapshot.shown.owner != *owner);
    if let Some((id, snapshot)) = foreign {
        return Some(format!("{id} was made for {owner} and belongs to {}", snapshot.shown.owner));
    }
    let Effect::Forensic(F::LockSnapshot { snapshot, .. }) = &deed.effect else { return None };
    let owner = &sight.world.storage.snapshots.get(snapshot)?.shown.owner;
    (*owner != place.forensic).then(|| format!("{snapshot} of {owner} was locked from the forensic account"))
}

#[cfg(test)]
mod tests {
    use super::SEPARATE;
    use crate::Deed;
    use crate::proof::check::{News, fed};
    use crate::world::exposure::Exposure;
    use casebook::effect::{Effect, ForensicEffect as F, SourceEffect as S};
    use casebook::id::SnapshotId;
    use casebook::reading::Made;

    /// What the checker says of a change that made, or locked, a snapshot of the attacked account.
    fn said_of(effect: impl Fn(SnapshotId) -> Effect) -> Option<String> {
        let (trial, mut history) = fed::written(Vec::new());
        trial.drive();
        let made = trial.history().deeds.iter().find_map(|deed| match &deed.effect {
            Effect::Source(S::CreateSnapshots { .. }) => deed.result.clone().ok()?.ids.pop(),
            _ => None,
        });
        let id = made.expect("a snapshot was made");
        let (before, after) = (Exposure::default(), Exposure::default());
        let result = Ok(Made::one(id.clone()));
        let effect = effect(SnapshotId::new(id));
        history.deeds.push(Deed { by: trial.range.hand(), at: trial.now(), effect, result, before, after });
        fed::look(&SEPARATE, &trial, &history, News::Landed)
    }

    #[test]
    fn a_copy_in_the_wrong_account_is_seen() {
        let copy = |snapshot| F::CopySnapshot {
            snapshot,
            key: "arn:aws:kms:us-east-1:222222222222:key/1".into(),
            description: String::new(),
            tags: casebook::scene::instance::Tags::new(),
        };
        assert!(said_of(|snapshot| copy(snapshot).into()).is_some());
        assert!(said_of(|snapshot| F::LockSnapshot { snapshot, days: 1 }.into()).is_some());
        assert_eq!(said_of(|snapshot| S::LockSnapshot { snapshot, days: 1 }.into()), None);
    }
}
