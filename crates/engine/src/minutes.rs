//! The minutes of a run: how steps, gates, evidence and verdict stand, written when they stand
//! otherwise than written before, and only then.

use casebook::agenda::Reached;
use casebook::case::Case;
use casebook::entry::{Asked, Entry, StepEntry};
use casebook::gate::Gate;
use casebook::next::{Next, StepReport};
use casebook::step::{StepName, StepStatus};
use casebook::verdict::Verdict;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How a step that moves is written.
const UNDER_WAY: &str = "under way";

/// What a plan says that is not written yet. What only waits for other steps is left for
/// [`at_the_end`].
pub fn so_far(next: &Next, case: &Case) -> Vec<Entry> {
    let told = next.steps.iter().filter(|report| !only_queues(report, next));
    let mut entries = next.notes.clone();
    entries.extend(steps(told, case));
    entries.extend(asked(next, case));
    entries.extend(evidence(next, case));
    entries.extend(verdict(next, case).filter(|verdict| *verdict != case.verdict).map(Entry::Verdict));
    entries
}

/// What is worse only because it is being read again is not written; a network that is open is.
fn verdict(next: &Next, case: &Case) -> Option<Verdict> {
    match next.verdict.network.cmp(&case.verdict.network) {
        Ordering::Less if is_unsettled(next) => Some(Verdict { network: next.verdict.network, ..case.verdict.clone() }),
        Ordering::Equal if is_unsettled(next) => None,
        _ => Some(next.verdict.clone()),
    }
}

/// All that a plan says and is not written yet.
pub fn at_the_end(next: &Next, case: &Case) -> Vec<Entry> {
    let mut entries = steps(next.steps.iter(), case);
    entries.extend(asked(next, case));
    entries.extend(evidence(next, case));
    if next.verdict != case.verdict {
        entries.push(Entry::Verdict(next.verdict.clone()));
    }
    entries
}

/// Whether a step waits for nothing but other steps.
fn only_queues(report: &StepReport, next: &Next) -> bool {
    report.status == StepStatus::Waiting && !report.moving && closed_gate(next, report.step).is_none()
}

/// The gate, no mere offer, at which a step stands.
pub fn closed_gate(next: &Next, step: StepName) -> Option<&Reached> {
    let mine = next.gates.iter().filter(|(at, _)| *at == step).map(|(_, reached)| reached);
    mine.into_iter().find(|reached| !reached.approved && !reached.gate.is_offer())
}

/// Whether what the verdict is made of is being read again.
fn is_unsettled(next: &Next) -> bool {
    let grades = [StepName::Capture, StepName::Isolate, StepName::Revoke];
    next.steps.iter().any(|report| report.moving && grades.contains(&report.step))
}

fn steps<'a>(reports: impl Iterator<Item = &'a StepReport>, case: &Case) -> Vec<Entry> {
    let news = |report: &&StepReport| case.steps.get(&report.step).is_none_or(|record| !tells(&record.entry, report));
    reports.filter(news).map(|report| Entry::Step(step_entry(report))).collect()
}

/// Whether an entry says what [`step_entry`] would.
fn tells(entry: &StepEntry, report: &StepReport) -> bool {
    if is_under_way(report) {
        return entry.status == report.status
            && entry.reason == UNDER_WAY
            && entry.warnings.is_empty()
            && entry.proof.is_empty();
    }
    let said = (&entry.status, &entry.reason, &entry.warnings, &entry.proof);
    said == (&report.status, &report.reason, &report.warnings, &report.proof)
}

fn is_under_way(report: &StepReport) -> bool {
    report.moving && report.status == StepStatus::Waiting
}

/// A step that moves is written as under way, once: its details change with every answer.
fn step_entry(report: &StepReport) -> StepEntry {
    let moves = is_under_way(report);
    let told = |sentences: &[String]| if moves { Vec::new() } else { sentences.to_vec() };
    StepEntry {
        step: report.step,
        status: report.status,
        reason: if moves { UNDER_WAY.into() } else { report.reason.clone() },
        warnings: told(&report.warnings),
        proof: told(&report.proof),
    }
}

/// One entry a gate: the ledger asks once, also when several steps stand at it.
fn asked(next: &Next, case: &Case) -> Vec<Entry> {
    let mut gates: BTreeMap<Gate, (StepName, &Reached)> = BTreeMap::new();
    for (step, reached) in &next.gates {
        let asks = case.asked.get(&reached.gate).is_some_and(|asked| asked.step == *step);
        if asks || !gates.contains_key(&reached.gate) {
            gates.insert(reached.gate, (*step, reached));
        }
    }
    let news = |reached: &Reached| case.asked.get(&reached.gate).is_none_or(|asked| asked.digest != reached.digest);
    gates.into_values().filter(|(_, reached)| news(reached)).map(|(step, reached)| ask(step, reached)).collect()
}

fn ask(step: StepName, reached: &Reached) -> Entry {
    let Reached { gate, exposure, digest, .. } = reached.clone();
    Entry::Asked(Asked { gate, step, exposure, digest })
}

fn evidence(next: &Next, case: &Case) -> Vec<Entry> {
    let news = next.evidence.iter().filter(|item| case.evidence.get(&item.id) != Some(item));
    news.cloned().map(Entry::Evidence).collect()
}
