//! The gates that a case has reached and that nobody has opened: what each exposes, and the
//! command that opens it.

use casebook::case::Case;
use casebook::gate::Gate;
use casebook::step::StepName;
use serde::Serialize;

/// A closed gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Which.
    pub gate: Gate,
    /// For which step.
    pub step: StepName,
    /// What passing it exposes or destroys.
    pub exposure: Vec<String>,
    /// Whether it only offers something more: nothing waits for it.
    pub offer: bool,
    /// What opens it.
    pub command: String,
}

/// The gates of a case that were reached and are closed.
pub fn waiting(case: &Case) -> Vec<Waiting> {
    let closed = case.asked.values().filter(|asked| !is_open(case, asked.gate, &asked.digest));
    let row = |asked: &casebook::entry::Asked| Waiting {
        gate: asked.gate,
        step: asked.step,
        exposure: asked.exposure.clone(),
        offer: asked.gate.is_offer(),
        command: command(case, asked.gate),
    };
    closed.map(row).collect()
}

/// The command that opens a gate and goes on.
pub fn command(case: &Case, gate: Gate) -> String {
    format!("impound approve {0} {gate} && impound resume {0}", case.id)
}

/// As the planner sees it: given for exactly this, or ahead.
fn is_open(case: &Case, gate: Gate, digest: &str) -> bool {
    case.approvals.get(&gate).is_some_and(|(approved, _)| approved.fits(digest))
}
