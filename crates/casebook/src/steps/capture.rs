//! Capture: read a closed set of facts before anything changes.
//!
//! Before: nothing. After: every question of the set is answered in the ledger, or its gap is named
//! with the reason; what could not be read is never an absence.
//!
//! Two tiers. The first is everything that a change could destroy or that an undo needs, and it is
//! written before the first change. The second is read side by side with the first steps, with a
//! deadline after which what is still open is a named gap. Each step that needs a fact of the second
//! tier reads it itself before it acts.
//!
//! What can go wrong: the instance vanishes (what was read is kept), a permission is missing (a
//! gap), AWS throttles (repeated, then a gap). Only API calls are made: nothing runs on the
//! instance, so nothing there is changed.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::Case;
use crate::entry::StepEntry;
use crate::fault::Fault;
use crate::query::Query;
use crate::step::{StepName, StepStatus};
use jiff::SignedDuration;
use std::collections::BTreeSet;

mod set;

pub use set::{first_tier, second_tier};

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Capture,
    title: "read everything around the instance before any change",
    undo: "none: it changes nothing",
    plan,
    prepare: None,
    release: None,
    source_actions: set::ACTIONS,
    forensic_actions: &[],
};

/// How long the second tier may take.
const DEADLINE: SignedDuration = SignedDuration::from_mins(10);

/// All questions of the capture, as far as what is captured already lets them be known; none once
/// it is done, because its set is closed.
pub fn wanted(case: &Case) -> BTreeSet<Query> {
    if done(case).is_some() {
        return BTreeSet::new();
    }
    let mut wanted = first_tier(case);
    wanted.extend(second_tier(case));
    wanted
}

/// The entry that says so.
fn done(case: &Case) -> Option<&StepEntry> {
    let entry = &case.steps.get(&StepName::Capture)?.entry;
    (entry.status == StepStatus::Done).then_some(entry)
}

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    if let Some(entry) = done(case) {
        agenda.passable = true;
        agenda.warnings.clone_from(&entry.warnings);
        agenda.proof.clone_from(&entry.proof);
        return;
    }
    let first = open(case, first_tier(case));
    if !first.is_empty() {
        first.into_iter().for_each(|query| capture(agenda, query));
        return;
    }
    if let Some(fault) = unreadable(case) {
        agenda.hold_unread(&set::instance_query(case), fault);
        return;
    }
    agenda.passable = true;
    let second = open(case, second_tier(case));
    if agenda.view.now < case.opened + DEADLINE {
        second.into_iter().for_each(|query| capture(agenda, query));
    } else if !second.is_empty() {
        let left: Vec<_> = second.iter().map(Query::title).collect();
        agenda.warn(format!("not read within {} minutes: {}", DEADLINE.as_mins(), left.join(", ")));
    }
    conclude(agenda);
}

fn open(case: &Case, tier: BTreeSet<Query>) -> Vec<Query> {
    tier.into_iter().filter(|query| !case.baseline.has(query)).collect()
}

/// Asks until the answer, or the gap, is in the ledger.
fn capture(agenda: &mut Agenda<'_>, query: Query) {
    if agenda.read_or_gap(query).is_some() {
        // Answered, and about to be written.
        agenda.pending = true;
    }
}

/// Nothing can be done for an instance that can not be read.
fn unreadable(case: &Case) -> Option<&Fault> {
    let instance = set::instance_query(case);
    case.baseline.gaps().into_iter().find(|(query, _)| **query == instance).map(|(_, fault)| fault)
}

fn conclude(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let gaps = case.baseline.gaps();
    for (query, fault) in &gaps {
        agenda.warn(format!("not captured: {} ({fault})", query.title()));
    }
    let read = case.baseline.artefacts.len() - gaps.len();
    agenda.prove(format!("{read} questions answered and written, {} gaps named", gaps.len()));
}
