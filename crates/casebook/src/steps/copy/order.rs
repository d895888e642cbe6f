//! One copy for each original: ordered, awaited, read back, locked.

use super::{Order, copies_of, sources_of};
use crate::agenda::Agenda;
use crate::custody::handover::{COPIES_AT_ONCE, Carrier, best, carrier, may_retry, progress};
use crate::custody::readings::{is_copy, made_from, sent_before};
use crate::effect::{Effect, ForensicEffect};
use crate::id::SnapshotId;
use crate::query::ForensicQuery as F;
use crate::scene::storage::{Snapshot, SnapshotState};
use crate::step::StepName;
use crate::tags;
use jiff::SignedDuration;

/// How often pending copies are looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(15);
/// How often a share is looked for that is not visible yet.
const GLANCE: SignedDuration = SignedDuration::from_secs(5);
/// How long a share may take to become visible.
pub(super) const VISIBLE: SignedDuration = SignedDuration::from_mins(5);

/// An original and its completed copy.
pub(super) struct Pair<'a> {
    pub(super) original: &'a Snapshot,
    pub(super) copy: &'a Snapshot,
}

/// The completed copies; what is missing is set going.
pub(super) fn copies<'a>(
    agenda: &mut Agenda<'_>,
    order: &Order<'_>,
    snapshots: &'a [Snapshot],
    originals: &[&'a Snapshot],
    copies: &'a [Snapshot],
) -> Vec<Pair<'a>> {
    let (mut pairs, mut pending, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for original in originals {
        let ours =
            |s: &&Snapshot| s.owner == *order.account && made_from(&s.tags, StepName::Copy, original.id.as_str());
        match best(copies.iter().filter(ours)) {
            Some(copy) if copy.state == SnapshotState::Completed => pairs.push(Pair { original, copy }),
            Some(copy) if copy.state == SnapshotState::Pending => pending.push(copy),
            failed => open.push((*original, failed)),
        }
    }
    pairs.retain(|pair| as_ordered(agenda, order, pair));
    request(agenda, order, snapshots, &open, copies);
    if !pending.is_empty() {
        agenda.poll(copies_of(agenda), LOOK, format!("copies to complete: {}", progress(&pending)));
    }
    let done = pairs.iter().map(|pair| pair.copy);
    lock(agenda, done.chain(pending.iter().copied()).map(|copy| copy.id.clone()).collect());
    pairs
}

fn as_ordered(agenda: &mut Agenda<'_>, order: &Order<'_>, Pair { original, copy }: &Pair<'_>) -> bool {
    let under = copy.key.as_ref().map_or("no key", |key| key.as_str());
    let right = under == order.key.as_str() && copy.size_gib == original.size_gib;
    if !right {
        agenda.hold(format!(
            "the copy {} of {} was read back under {under} with {} GiB, asked for was {} with {} GiB; find out what made it, tag it off the case and resume",
            copy.id, original.id, copy.size_gib, order.key, original.size_gib
        ));
    }
    right
}

/// Asks for the missing copies, no more than the region takes at a time.
fn request(
    agenda: &mut Agenda<'_>,
    order: &Order<'_>,
    snapshots: &[Snapshot],
    open: &[(&Snapshot, Option<&Snapshot>)],
    copies: &[Snapshot],
) {
    let carriers: Vec<_> =
        open.iter().filter_map(|(o, failed)| Some((*o, by(agenda, snapshots, o)?, *failed))).collect();
    let Some(seen) = visible(agenda, carriers.iter().map(|(_, carrier, _)| carrier.id.clone()).collect()) else {
        return;
    };
    let running = copies.iter().filter(|s| is_copy(s) && s.state == SnapshotState::Pending).count();
    let free = COPIES_AT_ONCE.saturating_sub(running);
    for (original, carrier, failed) in carriers.into_iter().filter(|(_, c, _)| seen.contains(&c.id)).take(free) {
        let effect = effect(agenda, order, original, carrier);
        match failed.filter(|_| !may_retry(agenda, &effect)) {
            None => agenda.act(effect, copies_of(agenda)),
            Some(failed) => agenda.hold(format!(
                "{}, the copy of {} under {}, failed: {}; let the policies of that key and of the source's key allow the forensic role, and resume the case",
                failed.id, carrier.id, order.key, failed.state_message
            )),
        }
    }
}

/// The snapshot that was shared for an original.
fn by<'a>(agenda: &mut Agenda<'_>, snapshots: &'a [Snapshot], original: &'a Snapshot) -> Option<&'a Snapshot> {
    match carrier(agenda, snapshots, original)? {
        Carrier::Ready(snapshot) => return Some(snapshot),
        Carrier::Pending(snapshot) => {
            agenda.poll(sources_of(agenda), LOOK, format!("{} to complete", snapshot.id));
        }
        Carrier::Spoiled(_) | Carrier::Barred(_) => {
            agenda.hold(format!("{} is not shared; see the step `share` and resume the case", original.id));
        }
    }
    None
}

/// Which of the shared snapshots the forensic account sees; waits for the others, not forever.
fn visible(agenda: &mut Agenda<'_>, ids: Vec<SnapshotId>) -> Option<Vec<SnapshotId>> {
    if ids.is_empty() {
        return None;
    }
    let seen: Vec<_> = agenda.forensic_shared_snapshots(&ids)?.iter().map(|s| s.id.clone()).collect();
    let unseen: Vec<_> = ids.iter().filter(|id| !seen.contains(id)).map(ToString::to_string).collect();
    if !unseen.is_empty() {
        await_share(agenda, F::SharedSnapshots(ids), &unseen.join(", "));
    }
    Some(seen)
}

/// Looks again for what was shared, until that has taken too long.
pub(super) fn await_share(agenda: &mut Agenda<'_>, query: F, what: &str) {
    let case = agenda.view.case;
    let shared = case.steps.get(&StepName::Share).and_then(|record| record.finished).unwrap_or(case.opened);
    if agenda.view.now < shared.max(case.resumed) + VISIBLE {
        agenda.poll(query, GLANCE, format!("{what} to become visible in the forensic account"));
    } else {
        agenda.hold(format!("the forensic account does not see {what} though it was shared; check the sharing and the organisation's policies, and resume the case"));
    }
}

fn effect(agenda: &Agenda<'_>, order: &Order<'_>, original: &Snapshot, carrier: &Snapshot) -> Effect {
    let case = agenda.view.case;
    let same = |effect: &Effect| {
        matches!(effect, Effect::Forensic(ForensicEffect::CopySnapshot { snapshot, key, .. })
            if *snapshot == carrier.id && key == order.key)
    };
    let fresh = || {
        let tags = tags::of(&case.id, StepName::Copy.as_str());
        let tags = tags::with(tags::with(tags, tags::SOURCE, original.id.as_str()), tags::LEDGER, order.head);
        let description = format!("impound case {}: {} of account {}", case.id, original.id, case.target.account);
        let (snapshot, key) = (carrier.id.clone(), order.key.clone());
        ForensicEffect::CopySnapshot { snapshot, key, description, tags }.into()
    };
    sent_before(case, same).unwrap_or_else(fresh)
}

/// A lock works on pending copies too
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/lock-snapshot.html>).
fn lock(agenda: &mut Agenda<'_>, mut ids: Vec<SnapshotId>) {
    let days = agenda.view.case.settings.policy.lock_days;
    if days == 0 {
        agenda.warn("the copies are not locked because policy.lock_days is 0: they do not count as secured, and `terminate` stays shut");
        return;
    }
    ids.sort();
    if ids.is_empty() {
        return;
    }
    let Some(locks) = agenda.forensic_locks(&ids) else { return };
    for id in ids.iter().filter(|id| !locks.iter().any(|lock| lock.snapshot == **id && lock.holds())) {
        agenda.act(ForensicEffect::LockSnapshot { snapshot: id.clone(), days }, F::Locks(ids.clone()));
    }
}
