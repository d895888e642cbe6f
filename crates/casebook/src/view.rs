//! What a planner may look at: what is written, what is observed, what is under way, and the time.

use crate::case::Case;
use crate::effect::Effect;
use crate::gate::Gate;
use crate::query::Query;
use crate::scene::Scene;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Calls that were sent and not answered yet.
#[derive(Clone, Debug, Default)]
pub struct Busy {
    /// Questions.
    pub queries: BTreeSet<Query>,
    /// Changes.
    pub effects: BTreeSet<Effect>,
}

/// Everything a planner may look at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What is written.
    pub case: &'a Case,
    /// What is observed.
    pub scene: &'a Scene,
    /// What is under way.
    pub busy: &'a Busy,
    /// The time.
    pub now: Timestamp,
    /// Whether the operator has asked the run to stop: nothing is begun, an open window is closed.
    pub stopping: bool,
}

impl View<'_> {
    /// Whether a gate was approved for what `digest` stands for.
    pub fn approved(&self, gate: Gate, digest: &str) -> bool {
        self.case.approvals.get(&gate).is_some_and(|(approved, _)| approved.fits(digest))
    }
}
