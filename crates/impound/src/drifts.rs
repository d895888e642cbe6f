//! What a guard has found, as rows of the document and as lines for people: what differs, since when at
//! the latest, who did it, and whether it is mended.

use crate::text::{Text, text};
use casebook::case::{Case, DriftRecord};
use casebook::entry::{Drift, Traced};
use casebook::scene::trail::TrailChange;
use casebook::step::StepName;
use jiff::Timestamp;
use serde::Serialize;

/// A drift for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DriftRow {
    /// The number of its entry.
    pub entry: u64,
    /// Whose goal did not hold any more.
    pub step: StepName,
    /// What differed.
    pub what: String,
    /// When it was last known to be as it should; RFC 3339.
    pub right: Option<String>,
    /// When it was found; RFC 3339.
    pub found: String,
    /// When it was mended; `null` while it is not.
    pub mended: Option<String>,
    /// Who changed it, as CloudTrail has it.
    pub by: Vec<TrailChange>,
    /// Why nobody is named; empty where somebody is.
    pub unknown: String,
}

/// Every drift of a case, the first one first.
pub fn rows(case: &Case) -> Vec<DriftRow> {
    case.guard.drifts.iter().map(|(entry, record)| row(*entry, record)).collect()
}

fn row(entry: u64, record: &DriftRecord) -> DriftRow {
    let DriftRecord { drift, at, traced, mended } = record;
    let unknown = traced.as_ref().map_or_else(|| NOT_YET.to_owned(), |traced| traced.why.clone());
    DriftRow {
        entry,
        step: drift.step,
        what: drift.what.clone(),
        right: drift.right.map(|at| at.to_string()),
        found: at.to_string(),
        mended: mended.map(|at| at.to_string()),
        by: traced.as_ref().map(|traced| traced.changes.clone()).unwrap_or_default(),
        unknown,
    }
}

/// Why nobody is named yet.
const NOT_YET: &str = "not in CloudTrail yet";

/// A drift as it is found.
pub fn found(drift: &Drift, at: Timestamp) -> Text {
    let since =
        drift.right.map_or_else(Text::new, |right| text!("; right at {}, found at {}", clock(right), clock(at)));
    text!("{}: {}{}", drift.step, drift.what, since)
}

/// Who did it, or why that is not known.
pub fn who(traced: &Traced) -> Text {
    if traced.changes.is_empty() {
        return text!("{}", traced.why);
    }
    let by = |change: &TrailChange| {
        text!("{} by {} from {} at {}", change.event, change.by, change.address, clock(change.at))
    };
    let all: Vec<Text> = traced.changes.iter().map(by).collect();
    let mut line = Text::new();
    for (n, one) in all.into_iter().enumerate() {
        line.add(if n == 0 { one } else { text!("; {}", one) });
    }
    line
}

/// A drift with all that became of it, in two lines.
pub fn told(record: &DriftRecord) -> Text {
    let mended = match record.mended {
        Some(at) => text!("mended after {} s", format!("{:.1}", at.duration_since(record.at).as_secs_f64())),
        None => text!("NOT mended"),
    };
    let who = record.traced.as_ref().map_or_else(|| text!("{}", NOT_YET), who);
    text!("{}; {}\n    who: {}", found(&record.drift, record.at), mended, who)
}

/// `12:03:04`, of today or not: the ledger has the date.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}
