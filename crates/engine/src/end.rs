//! How a run ended.

use crate::minutes::closed_gate;
use casebook::case::Case;
use casebook::entry::CaseStatus;
use casebook::fault::Fault;
use casebook::next::{Next, StepReport};
use casebook::step::StepStatus;
use std::collections::BTreeMap;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// How the case stands.
    pub status: CaseStatus,
    /// Why, in a sentence.
    pub reason: String,
    /// Whether the operator stopped it.
    pub interrupted: bool,
    /// How many requests were sent of each `service:Action`.
    pub calls: BTreeMap<String, u64>,
    /// What kept it from starting: a fault that holds a step while nothing was changed in this case.
    pub refused: Option<Fault>,
    /// How many questions of the capture could not be answered.
    pub gaps: usize,
}

/// How a case stands when its plan has come to rest, and why. What a person must approve comes
/// before what failed: it is what the person can do at once; the sentence names both.
pub fn end_of(next: &Next, case: &Case) -> (CaseStatus, String) {
    let gated = tell(next, |report| closed_gate(next, report.step).is_some());
    let failed = tell(next, |report| matches!(report.status, StepStatus::Failed | StepStatus::Unknown));
    let stuck = tell(next, |report| report.status == StepStatus::Waiting);
    let whys: Vec<String> = gated.iter().chain(&failed).cloned().collect();
    if !gated.is_empty() {
        return (CaseStatus::Waiting, whys.join("; "));
    }
    if !failed.is_empty() {
        return (CaseStatus::Held, whys.join("; "));
    }
    if !stuck.is_empty() {
        return (CaseStatus::Held, stuck.join("; "));
    }
    (CaseStatus::Done, done(case))
}

fn tell(next: &Next, which: impl Fn(&&StepReport) -> bool) -> Vec<String> {
    next.steps.iter().filter(which).map(|report| format!("{}: {}", report.step, report.reason)).collect()
}

fn done(case: &Case) -> String {
    match case.releasing {
        Some(_) => "released".into(),
        None => format!("everything through the phase `{}` is done", case.through),
    }
}

/// A fault that holds a step while nothing was changed yet.
pub fn refusal(next: &Next, case: &Case) -> Option<Fault> {
    if case.has_changed_anything() {
        return None;
    }
    next.steps.iter().flat_map(|report| &report.holds).find_map(|hold| hold.fault.clone())
}
