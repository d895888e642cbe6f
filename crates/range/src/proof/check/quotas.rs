//! A responder does not make things worse by asking too much.

use super::{Checker, Sight};
use crate::Deed;
use casebook::effect::{Effect, ForensicEffect as F, SourceEffect as S};
use casebook::entry::Entry;
use casebook::scene::storage::SnapshotState;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Quotas are kept, and nobody is stormed with retries.
pub const RESTRAINED: Checker = Checker {
    name: "restrained",
    law: "never more copies under way than AWS lets run, and never the same change ten times in a minute of one run",
    look: restrained,
};

/// Copies of snapshots to one region that may run at once
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
const COPIES: usize = 20;
/// The same change so often within a minute is a storm.
const STORM: usize = 10;

fn restrained(sight: &Sight<'_>) -> Option<String> {
    let newest = sight.history.deeds.last().filter(|_| matches!(sight.news, super::News::Landed))?;
    let since = began(sight)?.max(newest.at.saturating_sub(SignedDuration::from_mins(1)).ok()?);
    let recent = sight.history.deeds.iter().rev().take_while(|deed| deed.at >= since);
    // What arrives twice at one moment was sent once.
    let same: BTreeSet<Timestamp> = recent.filter(|deed| deed.effect == newest.effect).map(|deed| deed.at).collect();
    let same = same.len();
    if same >= STORM {
        return Some(format!("{same} times within a minute: {}", newest.effect.title()));
    }
    let running = if is_copy(newest) { copies_running(sight) } else { 0 };
    (running > COPIES).then(|| format!("{running} copies are running"))
}

/// When the case was last taken up: a person who does that asks for another try.
fn began(sight: &Sight<'_>) -> Option<Timestamp> {
    let taken_up = |entry: &Entry| matches!(entry, Entry::Opened(_) | Entry::Resumed(_));
    sight.history.lines.iter().rev().find(|line| taken_up(&line.entry)).map(|line| line.at)
}

fn is_copy(deed: &Deed) -> bool {
    matches!(deed.effect, Effect::Forensic(F::CopySnapshot { .. }) | Effect::Source(S::Reencrypt { .. }))
}

fn copies_running(sight: &Sight<'_>) -> usize {
    let made = sight.history.deeds.iter().filter(|deed| is_copy(deed)).filter_map(|deed| deed.result.as_ref().ok());
    let ids = made.flat_map(|made| &made.ids).map(|id| casebook::id::SnapshotId::from(id.as_str()));
    let held = ids.filter_map(|id| sight.world.storage.snapshots.get(&id));
    held.filter(|held| held.state(sight.world.now()) == SnapshotState::Pending).count()
}
