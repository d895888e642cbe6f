//! The incident report: what a case's ledger says, in plain sentences, for the person who leads
//! the response and for counsel. [`build`] folds the ledger into a [`Report`]; [`markdown`],
//! [`html`] and [`json`] render it, all from the same page of sections.
//!
//! Not for: checking the ledger's hash chain or the cloud (that is `impound verify`), or showing
//! what was captured: readings, user data and policy documents stay in their artefacts.
//!
//! Everything that comes from AWS may have been written by the attacker (tags, names, messages), so
//! text reaches a rendering only through its escape function.

mod assemble;
mod captured;
mod changes;
mod clock;
mod custody;
mod gates;
mod history;
mod html;
mod lineage;
mod markdown;
mod model;
mod page;
mod steps;
mod svg;
mod text;
mod timeline;
mod words;

pub use assemble::build;
pub use captured::{ArtefactRow, Gap};
pub use changes::{Change, ChangeOutcome, Release, Undo};
pub use clock::Clock;
pub use gates::{Approval, GateRow};
pub use history::{History, Line, ReportError};
pub use html::{Part, document, html};
pub use lineage::{Item, MadeBy, StateChange};
pub use markdown::markdown;
pub use model::{Acting, FurtherFinding, LedgerHead, Report, Run, Subject};
pub use steps::{StepRow, StepTurn};
pub use svg::place;
pub use text::clean;
pub use timeline::{Moment, Stretch, Timeline};
pub use words::headline;

/// The report as one JSON document, schema `impound.report/1`. The fields that it shares with the
/// command line's `impound.case/1` have the same names and shapes.
pub fn json(report: &Report) -> serde_json::Value {
    serde_json::to_value(report).expect("a report has only text keys and no floating-point numbers")
}
