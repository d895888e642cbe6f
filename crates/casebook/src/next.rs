//! The planner: from what is written and what is observed to what to do next. It looks at nothing
//! else, so a crash, a retry, a second responder and an attacker who undoes a change are all the
//! same to it: observe again, and do what is missing.

use crate::agenda::{Agenda, Hold, Reached, Wake};
use crate::effect::Effect;
use crate::entry::Entry;
use crate::evidence::Evidence;
use crate::id::SnapshotId;
use crate::query::{Query, Side};
use crate::runbook::RunbookStep;
use crate::step::{StepName, StepStatus};
use crate::steps::{self, StepCard, isolate};
use crate::verdict::Verdict;
use crate::view::View;
use crate::{custody, grade, release};
use std::collections::BTreeSet;

pub(crate) mod closing;
mod gone;
mod guard;
mod stopping;
pub(crate) mod watch;

/// What to do next, and how everything stands.
#[derive(Clone, Debug, Default)]
pub struct Next {
    /// Questions to ask, side by side.
    pub observe: BTreeSet<Query>,
    /// Changes to make, side by side: none depends on another.
    pub perform: Vec<(StepName, Effect)>,
    /// When to look again, soonest first.
    pub wakes: Vec<Wake>,
    /// How every step stands.
    pub steps: Vec<StepReport>,
    /// Gates that were reached.
    pub gates: Vec<(StepName, Reached)>,
    /// What is proved about containment.
    pub verdict: Verdict,
    /// The items of evidence.
    pub evidence: Vec<Evidence>,
    /// Snapshots of which all blocks were read and no manifest is written yet.
    pub seal: Vec<(Side, SnapshotId)>,
    /// What the watch over a guarded case has found, to be written.
    pub notes: Vec<Entry>,
    /// What a guard looks at again.
    consulted: BTreeSet<Query>,
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// Which.
    pub step: StepName,
    /// How.
    pub status: StepStatus,
    /// Whether it moves by itself: calls are under way, or it looks again later.
    pub moving: bool,
    /// Whether steps after it may go on.
    pub passable: bool,
    /// Why it stands so.
    pub reason: String,
    /// What it waits for at this moment, for the live display.
    pub waiting_for: String,
    /// What a responder should know.
    pub warnings: Vec<String>,
    /// What was read back.
    pub proof: Vec<String>,
    /// Why it can not go on.
    pub holds: Vec<Hold>,
    yields: Option<StepName>,
}

/// Decides what to do next.
pub fn next(view: View<'_>) -> Next {
    let mut next = Next::default();
    if view.stopping {
        stopping::plan(view, &mut next);
    } else if view.case.releasing.is_some() {
        release::plan(view, &mut next);
    } else {
        respond(view, &mut next);
        match view.case.guard.every {
            Some(every) => guard::keep(view, every, &mut next),
            None => watch::again(view, &mut next),
        }
    }
    next.wakes.sort();
    next.perform.sort_by_key(|(step, _)| urgency(*step));
    next.verdict = grade::verdict(view);
    next.evidence = custody::items(view);
    next.seal = custody::unsealed(view.case);
    next
}

/// What cuts the attacker off goes first when there is not room for all.
fn urgency(step: StepName) -> u8 {
    match step {
        StepName::Isolate => 0,
        StepName::Detach => 1,
        StepName::Revoke | StepName::Snapshot => 2,
        _ => 3,
    }
}

fn respond(view: View<'_>, next: &mut Next) {
    for row in rows(view) {
        let report = report(view, next, row);
        next.steps.push(report);
    }
}

fn report(view: View<'_>, next: &mut Next, row: &RunbookStep) -> StepReport {
    let card = steps::card(row.step);
    if closing::rests(view, row.step) {
        return StepReport::resting(row.step, view);
    }
    if let Some(why) = gone::why(view, row.step) {
        let mut report = StepReport::bereft(row.step, why, view);
        report.passable = before(view, next, row).is_none();
        next.observe.extend(gone::unread(view, row.step));
        return report;
    }
    match blocker(view, next, row) {
        Some(before) => prepare(view, card, before, next),
        None => run(view, card, next),
    }
}

/// The runbook's steps, predecessors first; stolen credentials in use put the role ahead.
fn rows(view: View<'_>) -> Vec<&RunbookStep> {
    let mut rows = view.case.runbook.steps_through(view.case.through);
    if view.case.revoke_first {
        rows.sort_by_key(|row| match row.step {
            StepName::Capture => 0,
            StepName::Revoke => 1,
            _ => 2,
        });
    }
    rows
}

/// The first step that must be passed before this one. Order is a preference: a step that a law
/// makes wait for this one does not block it.
fn blocker(view: View<'_>, next: &Next, row: &RunbookStep) -> Option<StepName> {
    let status = view.case.step_status(row.step);
    if matches!(status, Some(StepStatus::Done | StepStatus::Skipped | StepStatus::Failed)) {
        // Order is for the first time: what was done once is kept up whatever the others do.
        return None;
    }
    if view.case.guard.every.is_some() && view.case.guard.kept.contains(&row.step) {
        // So is what a guard is mending at this moment.
        return None;
    }
    if row.step == StepName::Isolate && isolate::window_left_open(view.case) {
        // An open window is closed before anything else.
        return None;
    }
    before(view, next, row)
}

/// The first step before this one that was not passed.
fn before(view: View<'_>, next: &Next, row: &RunbookStep) -> Option<StepName> {
    let mut before = row.after.clone();
    if view.case.revoke_first {
        sessions_first(row.step, &mut before);
    }
    before.into_iter().find(|step| {
        let report = next.steps.iter().find(|report| report.step == *step);
        report.is_some_and(|report| !passes(view, next, report) && report.yields != Some(row.step))
    })
}

/// Whether others may go on after a step. One that lets another go first is not waited for when that
/// one stands at a gate or has failed.
fn passes(view: View<'_>, next: &Next, report: &StepReport) -> bool {
    report.passable || report.yields.is_some_and(|first| !report.moving && stands(view, next, first))
}

fn stands(view: View<'_>, next: &Next, step: StepName) -> bool {
    if let Some(report) = next.steps.iter().find(|report| report.step == step) {
        return !report.moving && matches!(report.status, StepStatus::Waiting | StepStatus::Failed);
    }
    let mut asked = view.case.asked.values().filter(|asked| asked.step == step && !asked.gate.is_offer());
    view.case.step_status(step) == Some(StepStatus::Failed)
        || asked.any(|asked| !view.approved(asked.gate, &asked.digest))
}

/// Stolen credentials in use: the role goes first, the network second.
fn sessions_first(step: StepName, before: &mut Vec<StepName>) {
    match step {
        StepName::Revoke => *before = vec![StepName::Capture],
        StepName::Isolate => before.push(StepName::Revoke),
        _ => {}
    }
}

/// A step that must wait may still make ready what changes nothing for others.
fn prepare(view: View<'_>, card: &StepCard, before: StepName, next: &mut Next) -> StepReport {
    let captured = next.steps.iter().any(|report| report.step == StepName::Capture && report.passable);
    let mut agenda = Agenda::new(view);
    if let Some(prepare) = card.prepare.filter(|_| captured) {
        prepare(&mut agenda);
    }
    let mut report = StepReport::of(card.name, &agenda, view);
    report.status = StepStatus::Waiting;
    report.passable = false;
    report.reason = format!("after {before}");
    report.holds.clear();
    take(card.name, agenda, next);
    report
}

fn run(view: View<'_>, card: &StepCard, next: &mut Next) -> StepReport {
    let mut agenda = Agenda::new(view);
    (card.plan)(&mut agenda);
    let mut report = StepReport::of(card.name, &agenda, view);
    if report.status == StepStatus::Done && view.case.step_status(card.name) != Some(StepStatus::Done) {
        watch::old(view, card.name, &agenda.consulted).into_iter().for_each(|query| agenda.ask(query));
        report = StepReport::of(card.name, &agenda, view);
    }
    take(card.name, agenda, next);
    report
}

/// Moves what a step wants into the plan.
pub(crate) fn take(step: StepName, agenda: Agenda<'_>, next: &mut Next) {
    next.observe.extend(agenda.observe);
    if agenda.view.case.guard.every.is_some() {
        next.consulted.extend(agenda.consulted);
    }
    for effect in agenda.perform {
        if !next.perform.iter().any(|(_, planned)| *planned == effect) {
            next.perform.push((step, effect));
        }
    }
    next.wakes.extend(agenda.wakes);
    next.gates.extend(agenda.gates.into_iter().map(|gate| (step, gate)));
}

impl StepReport {
    /// How a step stands whose agenda was just made.
    pub(crate) fn of(step: StepName, agenda: &Agenda<'_>, view: View<'_>) -> Self {
        let (status, reason) = standing(agenda);
        let mut report = Self {
            step,
            status,
            moving: agenda.moves(),
            passable: agenda.passable || lets_pass(step, status, agenda),
            reason,
            waiting_for: agenda.wakes.iter().min().map(|wake| wake.why.clone()).unwrap_or_default(),
            warnings: agenda.warnings.clone(),
            proof: agenda.proof.clone(),
            holds: agenda.holds.clone(),
            yields: agenda.yields.as_ref().map(|(step, _)| *step),
        };
        report.keep_while_rereading(agenda, view);
        report
    }

    /// A step whose work is over: it stands as it stood last.
    fn resting(step: StepName, view: View<'_>) -> Self {
        let mut report = Self::of(step, &Agenda::new(view), view);
        if let Some(record) = view.case.steps.get(&step) {
            report.status = record.entry.status;
            report.reason.clone_from(&record.entry.reason);
            report.warnings.clone_from(&record.entry.warnings);
            report.proof.clone_from(&record.entry.proof);
        }
        if step == StepName::Revoke && !matches!(report.status, StepStatus::Done | StepStatus::Skipped) {
            let why = "no session that was given out before the original ended can be valid any more";
            (report.status, report.reason) = (StepStatus::Skipped, why.into());
        }
        report
    }

    /// A step whose instance is gone: it stands as it was written, or has nothing to work on. That the
    /// instance could be ended is what `protect` failed at.
    fn bereft(step: StepName, why: String, view: View<'_>) -> Self {
        let mut report = Self::resting(step, view);
        if step == StepName::Protect {
            (report.status, report.reason) = (StepStatus::Failed, why);
        } else if !gone::was_over(view, step) {
            (report.status, report.reason) = (StepStatus::Skipped, why);
        }
        report
    }

    /// A step that was done stays done while its facts are only being read again.
    fn keep_while_rereading(&mut self, agenda: &Agenda<'_>, view: View<'_>) {
        let rereads = agenda.perform.is_empty() && agenda.holds.is_empty() && agenda.wakes.is_empty();
        let Some(record) = view.case.steps.get(&self.step) else { return };
        if self.moving && rereads && record.entry.status == StepStatus::Done {
            self.status = StepStatus::Done;
            self.passable = true;
            self.reason.clone_from(&record.entry.reason);
            self.warnings.clone_from(&record.entry.warnings);
            self.proof.clone_from(&record.entry.proof);
        }
    }
}

/// Whether others may go on. A step that failed stops nobody, but nothing is changed around an
/// instance that could not be captured.
fn lets_pass(step: StepName, status: StepStatus, agenda: &Agenda<'_>) -> bool {
    match status {
        StepStatus::Done | StepStatus::Skipped => true,
        StepStatus::Failed | StepStatus::Unknown => step != StepName::Capture,
        StepStatus::Waiting => !agenda.moves() && agenda.yields.is_none(),
    }
}

fn standing(agenda: &Agenda<'_>) -> (StepStatus, String) {
    if agenda.moves() {
        return (StepStatus::Waiting, "under way".into());
    }
    if let Some((_, why)) = &agenda.yields {
        return (StepStatus::Waiting, why.clone());
    }
    if !agenda.holds.is_empty() {
        let whys: Vec<_> = agenda.holds.iter().map(|hold| hold.why.as_str()).collect();
        return (StepStatus::Failed, whys.join("; "));
    }
    if let Some(closed) = agenda.gates.iter().find(|gate| !gate.approved && !gate.gate.is_offer()) {
        return (StepStatus::Waiting, format!("at the gate `{}`: {}", closed.gate, closed.exposure.join("; ")));
    }
    match &agenda.skipped {
        Some(why) => (StepStatus::Skipped, why.clone()),
        None => (StepStatus::Done, agenda.proof.first().cloned().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
