//! How the steps stand, and how they stood before: a later look at a step that was done may find
//! that nothing is left to do, which does not unmake what was read back the first time.

use super::history::Line;
use crate::case::Case;
use crate::entry::{Entry, StepEntry};
use crate::step::{StepName, StepStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// Which.
    pub step: StepName,
    /// How.
    pub status: StepStatus,
    /// Why.
    pub reason: String,
    /// What a responder should know.
    pub warnings: Vec<String>,
    /// What was read back.
    pub proof: Vec<String>,
    /// When the step was first heard of.
    pub started: Timestamp,
    /// When its first change was sent; `None` when it sent none.
    pub first_change: Option<Timestamp>,
    /// When it was first done or skipped, if it is still; a failure in between starts anew.
    pub first_ended: Option<Timestamp>,
    /// When it was last found done or skipped.
    pub finished: Option<Timestamp>,
    /// How it stood before, where that said something else.
    pub earlier: Vec<StepTurn>,
}

/// How a step stood once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTurn {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// How.
    pub status: StepStatus,
    /// Why.
    pub reason: String,
    /// What a responder should have known.
    pub warnings: Vec<String>,
    /// What was read back.
    pub proof: Vec<String>,
}

impl StepRow {
    /// Its status; but a step that was done, and of which a later look found nothing left, is done.
    pub fn achieved(&self) -> StepStatus {
        let was_done = self.earlier.iter().any(|turn| turn.status == StepStatus::Done);
        if self.status == StepStatus::Skipped && was_done { StepStatus::Done } else { self.status }
    }
}

/// The steps in the runbook's order, then those that are not in it.
pub(super) fn rows(case: &Case, lines: &[Line]) -> Vec<StepRow> {
    let ordered = case.runbook.steps_through(case.through);
    let listed = ordered.iter().map(|row| row.step);
    let others = case.steps.keys().copied().filter(|step| ordered.iter().all(|row| row.step != *step));
    listed.chain(others).filter_map(|step| row(case, step, lines)).collect()
}

fn row(case: &Case, step: StepName, lines: &[Line]) -> Option<StepRow> {
    let record = case.steps.get(&step)?;
    let first = lines.iter().find(|line| matches!(&line.entry, Entry::Intent(intent) if intent.step == step));
    let turns = turns(lines, step);
    Some(StepRow {
        step,
        status: record.entry.status,
        reason: record.entry.reason.clone(),
        warnings: record.entry.warnings.clone(),
        proof: record.entry.proof.clone(),
        started: record.started,
        first_change: first.map(|line| line.at),
        first_ended: record.finished.and(first_ended(&turns)),
        finished: record.finished,
        earlier: earlier(turns, &record.entry),
    })
}

/// Every entry of a step that says more than that it waits.
fn turns(lines: &[Line], step: StepName) -> Vec<StepTurn> {
    let said = lines.iter().filter_map(|line| match &line.entry {
        Entry::Step(entry) if entry.step == step && entry.status != StepStatus::Waiting => Some(turn(line, entry)),
        _ => None,
    });
    said.collect()
}

fn turn(line: &Line, entry: &StepEntry) -> StepTurn {
    StepTurn {
        seq: line.seq,
        at: line.at,
        status: entry.status,
        reason: entry.reason.clone(),
        warnings: entry.warnings.clone(),
        proof: entry.proof.clone(),
    }
}

/// The first end after which nothing failed.
fn first_ended(turns: &[StepTurn]) -> Option<Timestamp> {
    let ended = |turn: &&StepTurn| matches!(turn.status, StepStatus::Done | StepStatus::Skipped);
    turns.iter().rev().take_while(ended).last().map(|turn| turn.at)
}

/// The turns that said something else than the one after them and the last.
fn earlier(turns: Vec<StepTurn>, last: &StepEntry) -> Vec<StepTurn> {
    let mut kept: Vec<StepTurn> = Vec::new();
    for turn in turns {
        let known = kept.iter().any(|other| says(other) == says(&turn));
        if !known && says(&turn) != (last.status, &last.reason, &last.proof) {
            kept.push(turn);
        }
    }
    kept
}

fn says(turn: &StepTurn) -> (StepStatus, &String, &Vec<String>) {
    (turn.status, &turn.reason, &turn.proof)
}
