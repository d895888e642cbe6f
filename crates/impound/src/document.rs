//! The JSON document `impound.case/1`: fields are only ever added to it.

use crate::drifts::{self, DriftRow};
use crate::dry_run::PlannedCall;
use crate::gates::{Waiting, waiting};
use crate::history::History;
use crate::verification::Check;
use casebook::case::Case;
use casebook::entry::CaseStatus;
use casebook::evidence::Evidence;
use casebook::id::CaseId;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::target::Target;
use casebook::verdict::Verdict;
use serde::Serialize;

/// A case for programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// `impound.case/1`.
    pub schema: &'static str,
    /// Its name; `null` when nothing was opened.
    pub case: Option<CaseId>,
    /// How it stands.
    pub status: CaseStatus,
    /// Why, in a sentence.
    pub reason: String,
    /// What it is about; `null` when that is not known.
    pub target: Option<TargetRow>,
    /// The last phase asked for.
    pub through: Option<Phase>,
    /// What is proved about containment; `null` when nothing was opened.
    pub verdict: Option<Verdict>,
    /// How the steps stand.
    pub steps: Vec<StepRow>,
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// What could not be read.
    pub gaps: Vec<GapRow>,
    /// Gates that were reached and are not open.
    pub gates: Vec<Waiting>,
    /// What a guard has found undone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drifts: Vec<DriftRow>,
    /// The history.
    pub ledger: LedgerRow,
    /// What a dry run would change; `null` when it was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Vec<PlannedCall>>,
    /// What `impound verify` looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

/// What a case is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetRow {
    /// The account under investigation.
    pub account: String,
    /// The region.
    pub region: String,
    /// The instance.
    pub instance: String,
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// RFC 3339; `null` before it began.
    pub started: Option<String>,
    /// RFC 3339; `null` before it was done or skipped.
    pub finished: Option<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapRow {
    /// What was asked.
    pub what: String,
    /// Why there is no answer.
    pub why: String,
}

/// The history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// How many entries it has.
    pub entries: u64,
    /// Hash of the last one, hexadecimal; empty when there is none.
    pub head: String,
}

impl Document {
    /// A case as its ledger tells it.
    pub fn of(history: &History) -> Self {
        let case = &history.case;
        let (status, reason) = standing(history);
        Self {
            schema: SCHEMA,
            case: Some(case.id.clone()),
            status,
            reason,
            target: Some(TargetRow::of(&case.target)),
            through: Some(case.through),
            verdict: Some(case.verdict.clone()),
            steps: steps(case),
            evidence: case.evidence.values().cloned().collect(),
            gaps: gaps(case),
            gates: waiting(case),
            drifts: drifts::rows(case),
            ledger: LedgerRow { entries: history.entries.len() as u64, head: history.head.clone() },
            plan: None,
            checks: Vec::new(),
        }
    }

    /// Nothing was opened.
    pub fn without_case(status: CaseStatus, reason: &str, target: Option<TargetRow>) -> Self {
        Self {
            schema: SCHEMA,
            case: None,
            status,
            reason: reason.to_owned(),
            target,
            through: None,
            verdict: None,
            steps: Vec::new(),
            evidence: Vec::new(),
            gaps: Vec::new(),
            gates: Vec::new(),
            drifts: Vec::new(),
            ledger: LedgerRow::default(),
            plan: None,
            checks: Vec::new(),
        }
    }

    /// Of this case little is known.
    #[must_use]
    pub fn named(self, case: &CaseId) -> Self {
        Self { case: Some(case.clone()), ..self }
    }

    /// As JSON in one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("the document has string keys and no floats")
    }
}

const SCHEMA: &str = "impound.case/1";

impl TargetRow {
    /// Of a target.
    pub fn of(target: &Target) -> Self {
        Self {
            account: target.account.to_string(),
            region: target.region.to_string(),
            instance: target.instance.to_string(),
        }
    }
}

/// How a case stands and why. A run that did not write its end was interrupted.
pub fn standing(history: &History) -> (CaseStatus, String) {
    use casebook::entry::Entry;
    match history.entries.last().map(|last| &last.entry) {
        Some(Entry::Ended(ended)) => (ended.status, ended.reason.clone()),
        _ => {
            let ended = history.case.ended.unwrap_or(CaseStatus::Held);
            let why = match history.case.ended {
                None => "the last run has not come to its end: it is under way or was interrupted".to_owned(),
                Some(_) => "something was recorded after the last run: `impound resume` takes it up".to_owned(),
            };
            (ended, why)
        }
    }
}

/// Every step asked for, in the runbook's order, reached or not.
pub fn steps(case: &Case) -> Vec<StepRow> {
    case.runbook.steps_through(case.through).iter().map(|row| step(case, row.step)).collect()
}

fn step(case: &Case, name: StepName) -> StepRow {
    let Some(record) = case.steps.get(&name) else {
        return StepRow {
            step: name,
            status: StepStatus::Waiting,
            reason: "not reached yet".to_owned(),
            warnings: Vec::new(),
            proof: Vec::new(),
            started: None,
            finished: None,
        };
    };
    StepRow {
        step: name,
        status: record.entry.status,
        reason: record.entry.reason.clone(),
        warnings: record.entry.warnings.clone(),
        proof: record.entry.proof.clone(),
        started: Some(record.started.to_string()),
        finished: record.finished.map(|at| at.to_string()),
    }
}

/// What the capture could not read.
pub fn gaps(case: &Case) -> Vec<GapRow> {
    let row = |(query, fault): (&casebook::query::Query, &casebook::fault::Fault)| GapRow {
        what: query.title(),
        why: fault.to_string(),
    };
    case.baseline.gaps().into_iter().map(row).collect()
}
