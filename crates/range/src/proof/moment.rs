//! What came together when a process died: the step that had sent the last change in this run, a fault that a change of
//! this step had met before in this run, and the point of the call at which it died. A storm counts them, to tell what it
//! has tried and what it never has.

use super::history::Line;
use super::trial::{Crash, Trial};
use casebook::entry::Entry;
use casebook::fault::FaultClass;
use casebook::step::StepName;
use std::collections::BTreeSet;
use std::fmt;

/// A step, a fault, and the point of a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Whose change was the last one.
    pub step: StepName,
    /// What one of its changes had met in this run; `None` for none at all.
    pub fault: Option<FaultClass>,
    /// Where in a call the process died.
    pub point: &'static str,
}

/// The points of a call at which a process can die.
pub(super) const POINTS: [&str; 4] = ["not sent", "sent and lost", "answered and not written", "written and not heard"];

impl Moment {
    /// Every one that there can be: the capture changes nothing.
    pub fn all() -> BTreeSet<Self> {
        let steps = StepName::ALL.into_iter().filter(|step| *step != StepName::Capture);
        let faults = || FaultClass::ALL.into_iter().map(Some).chain([None]);
        let pairs = steps.flat_map(|step| faults().map(move |fault| (step, fault)));
        pairs.flat_map(|(step, fault)| POINTS.map(|point| Self { step, fault, point })).collect()
    }

    /// Those that a crash has just met, in a run that began behind the entry `since`.
    pub(crate) fn met(trial: &Trial, crash: Crash, since: u64) -> BTreeSet<Self> {
        let (history, point) = (trial.history(), point(crash));
        let run = &history.lines[history.lines.partition_point(|line| line.seq <= since)..];
        let last = run.iter().rev().find_map(|line| match &line.entry {
            Entry::Intent(intent) => Some(intent.step),
            _ => None,
        });
        let Some(step) = last else { return BTreeSet::new() };
        let faults = faults_of(step, run);
        let met = |fault| Self { step, fault, point };
        if faults.is_empty() { [met(None)].into() } else { faults.into_iter().map(|fault| met(Some(fault))).collect() }
    }
}

/// The classes of fault that changes of a step have met in a run.
fn faults_of(step: StepName, run: &[Line]) -> BTreeSet<FaultClass> {
    let mut mine = BTreeSet::new();
    let mut faults = BTreeSet::new();
    for line in run {
        match &line.entry {
            Entry::Intent(intent) if intent.step == step => {
                mine.insert(line.seq);
            }
            Entry::Outcome(outcome) if mine.contains(&outcome.intent) => {
                faults.extend(outcome.fault.as_ref().map(|fault| fault.class));
            }
            _ => {}
        }
    }
    faults
}

fn point(crash: Crash) -> &'static str {
    match crash {
        Crash::Unsent(_) => POINTS[0],
        Crash::Unheard(_) => POINTS[1],
        Crash::Unwritten(_) => POINTS[2],
        Crash::Written(_) => POINTS[3],
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Some(fault) => write!(f, "{} after {fault:?}, {}", self.step, self.point),
            None => write!(f, "{} without a fault, {}", self.step, self.point),
        }
    }
}
