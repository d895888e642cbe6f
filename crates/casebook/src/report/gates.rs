//! The gates that were reached, what they showed, and who passed them.

use super::history::Line;
use crate::entry::{Approved, Asked, Entry, Person};
use crate::gate::Gate;
use crate::step::StepName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A gate, as it was shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRow {
    /// Which.
    pub gate: Gate,
    /// The step behind it; `None` when it was approved and never reached.
    pub step: Option<StepName>,
    /// When it was reached.
    pub asked: Option<Timestamp>,
    /// What passing it exposes or destroys: bystanders, windows, losses.
    pub exposure: Vec<String>,
    /// The digest of what was shown.
    pub digest: String,
    /// Who approved it.
    pub approvals: Vec<Approval>,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The entry.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Person,
    /// Whether it was given before the gate was reached.
    pub ahead: bool,
}

/// Every showing of a gate, then the approvals that belong to none.
pub(super) fn gates(lines: &[Line]) -> Vec<GateRow> {
    let mut rows: Vec<GateRow> = lines.iter().filter_map(row).collect();
    for line in lines {
        if let Entry::Approved(approved) = &line.entry {
            file(&mut rows, line, approved);
        }
    }
    rows
}

fn row(line: &Line) -> Option<GateRow> {
    let Entry::Asked(Asked { gate, step, exposure, digest }) = &line.entry else { return None };
    Some(GateRow {
        gate: *gate,
        step: Some(*step),
        asked: Some(line.at),
        exposure: exposure.clone(),
        digest: digest.clone(),
        approvals: Vec::new(),
    })
}

/// An approval counts for what was shown with the same digest; one that may be given ahead counts
/// for every showing of its gate.
fn file(rows: &mut Vec<GateRow>, line: &Line, approved: &Approved) {
    let counts = |row: &&mut GateRow| {
        row.gate == approved.gate && row.step.is_some() && (row.gate.ahead() || row.digest == approved.digest)
    };
    let mut matched = false;
    for row in rows.iter_mut().filter(|row| counts(row)) {
        matched = true;
        row.approvals.push(approval(line, approved, row.asked.is_none_or(|asked| line.at < asked)));
    }
    if !matched {
        rows.push(GateRow {
            gate: approved.gate,
            step: None,
            asked: None,
            exposure: Vec::new(),
            digest: approved.digest.clone(),
            approvals: vec![approval(line, approved, true)],
        });
    }
}

fn approval(line: &Line, approved: &Approved, ahead: bool) -> Approval {
    Approval { seq: line.seq, at: line.at, by: approved.by.clone(), ahead }
}
