//! What a guard is there for.

use super::{Checker, Sight};
use crate::proof::History;
use crate::world::organisation::OrganisationPolicy;
use casebook::entry::Entry;
use casebook::step::{StepName, StepStatus};
use jiff::{SignedDuration, Timestamp};

/// Nothing stays undone under a guard.
pub const KEPT: Checker = Checker {
    name: "kept",
    law: "under a guard isolation that somebody undoes is mended within a period, or the guard ends and says so; with the organisation's policy in force nobody undoes it",
    look: kept,
};

/// Calls, their repetitions, and what AWS takes to show a change everywhere.
const MENDING: SignedDuration = SignedDuration::from_secs(60);

fn kept(sight: &Sight<'_>) -> Option<String> {
    let (since, every) = sight.history.guarding()?;
    let ended = sight.history.lines.last().is_some_and(|line| matches!(line.entry, Entry::Ended(_)));
    if ended || !isolated_before(sight.history, since) {
        return None;
    }
    let exposed = sight.world.exposure(&sight.briefing.target.instance).interfaces;
    let card = exposed.first()?;
    if sight.world.settings.organisation == OrganisationPolicy::InForce {
        return Some(format!("{card} is open under the organisation's policy"));
    }
    let period = every + MENDING;
    let at_rest = !sight.world.disturbed_within(period) && sight.world.now().duration_since(since) > period;
    at_rest.then(|| format!("{card} has been open for longer than a period of {} s", every.as_secs()))
}

/// Whether isolation was done when the guard began.
fn isolated_before(history: &History, since: Timestamp) -> bool {
    let isolate = history.lines.iter().rev().filter(|line| line.at < since).find_map(|line| match &line.entry {
        Entry::Step(entry) if entry.step == StepName::Isolate => Some(entry.status),
        _ => None,
    });
    isolate == Some(StepStatus::Done)
}
