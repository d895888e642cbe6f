//! A runbook: which steps, in which partial order, as data that a team can read and change.

use crate::settings::{Policy, RevokeScope, ScalingPolicy, TrackedConnections};
use crate::step::{Phase, StepName};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

mod check;

pub use check::Breach;

/// A runbook. Its order is a preference; the laws outrank it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Runbook {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// Settings that it changes.
    #[serde(default)]
    pub policy: PolicyChange,
    /// Its steps.
    #[serde(rename = "step")]
    pub steps: Vec<RunbookStep>,
}

/// A step of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunbookStep {
    /// Which.
    pub step: StepName,
    /// After which others.
    #[serde(default)]
    pub after: Vec<StepName>,
    /// Why here, for those who read it.
    #[serde(default)]
    pub why: String,
}

/// What a runbook says otherwise than the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyChange {
    /// What becomes of an Auto Scaling group's member.
    pub asg: Option<ScalingPolicy>,
    /// What to do about tracked connections.
    pub tracked_connections: Option<TrackedConnections>,
    /// Whose sessions a deny reaches.
    pub revoke: Option<RevokeScope>,
}

/// The runbooks that come with the program, as text.
const TEXTS: [&str; 2] = [include_str!("runbooks/standard.toml"), include_str!("runbooks/classic.toml")];

/// The same, read once.
static SHIPPED: LazyLock<Vec<Runbook>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|text| Runbook::parse(text).ok()).collect());

impl Runbook {
    /// The names of the runbooks that come with the program.
    pub const NAMES: [&str; 2] = ["standard", "classic"];

    /// The runbooks that come with the program.
    pub fn shipped() -> &'static [Self] {
        &SHIPPED
    }

    /// A shipped runbook by name.
    pub fn named(name: &str) -> Option<Self> {
        Self::shipped().iter().find(|runbook| runbook.name == name).cloned()
    }

    /// Reads a runbook from TOML and checks it against the laws.
    ///
    /// # Errors
    /// One line: where the text is wrong, or which law an order or omission breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let runbook = Self::read(text)?;
        match runbook.breaches().into_iter().next() {
            None => Ok(runbook),
            Some(breach) => Err(breach.to_string()),
        }
    }

    /// Reads a runbook from TOML without checking it.
    ///
    /// # Errors
    /// One line: where the text is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| crate::settings::describe(text, &error))
    }

    /// Its steps up to a phase, predecessors first.
    pub fn steps_through(&self, through: Phase) -> Vec<&RunbookStep> {
        let mut left: Vec<_> = self.steps.iter().filter(|step| step.step.phase() <= through).collect();
        let mut ordered: Vec<&RunbookStep> = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let waits = |step: &RunbookStep| left.iter().any(|other| step.after.contains(&other.step));
            let next = left.iter().position(|step| !waits(step)).unwrap_or(0);
            ordered.push(left.remove(next));
        }
        ordered
    }

    /// Whether it has a step.
    pub fn has(&self, step: StepName) -> bool {
        self.steps.iter().any(|row| row.step == step)
    }

    /// The configuration's policy with this runbook's changes.
    pub fn policy(&self, base: &Policy) -> Policy {
        let mut policy = base.clone();
        policy.asg = self.policy.asg.unwrap_or(policy.asg);
        policy.tracked_connections = self.policy.tracked_connections.unwrap_or(policy.tracked_connections);
        policy.revoke = self.policy.revoke.unwrap_or(policy.revoke);
        policy
    }
}
