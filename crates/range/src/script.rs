//! Scripts of drills: text that says which world, what goes wrong in it, who works against the
//! response, what a person approves, and how it must end. A script only arranges; what follows from
//! it is the world's and the responder's doing.
//!
//! Not for: the response itself, which knows nothing of scripts.

use crate::adversary::Strategy;
use crate::scenario::Scenario;
use crate::world::killers::{AlarmAction, Maintenance};
use crate::world::organisation::OrganisationPolicy;
use casebook::entry::CaseStatus;
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::settings::{Policy, RevokeScope, ScalingPolicy, TrackedConnections};
use casebook::step::Phase;
use jiff::SignedDuration;
use std::fmt;

mod calls;
mod check;
mod form;
pub mod leaks;
mod reach;
mod shipped;
mod staging;

pub use reach::finds_prey;
pub use staging::{JANITOR, PIPELINE, is_gone};

/// A drill as it is written.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// What it is about, in a line.
    pub title: String,
    /// What was seen and what to watch, for the responder.
    pub story: String,
    /// What a responder takes home.
    pub lesson: String,
    /// The world it plays in.
    pub world: Scenario,
    /// Whether the instance carries the tag of a protected asset from the beginning.
    pub asset: Asset,
    /// Whether the organisation protects what carries the tags of a case.
    pub organisation: OrganisationPolicy,
    /// What the responder has configured.
    pub responder: Responder,
    /// Calls that are struck.
    pub faults: Vec<FaultLine>,
    /// Permissions that are missing.
    pub denials: Vec<Denial>,
    /// What ends or changes the instance without meaning harm.
    pub killers: Vec<Killer>,
    /// Who works against the response.
    pub adversary: Vec<Attack>,
    /// What a person decides.
    pub approvals: Vec<Approval>,
    /// After how many changes, counted from its start, each process in turn dies.
    pub crashes: Vec<usize>,
    /// How it ends.
    pub ends: Ends,
}

/// Whether the target is a protected asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asset {
    /// It is not.
    #[default]
    Ordinary,
    /// It carries the tag that the policy lists.
    Protected,
}

/// What the responder has configured, as far as it differs from the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responder {
    /// A shipped runbook.
    pub runbook: String,
    /// What becomes of an Auto Scaling group's member.
    pub asg: ScalingPolicy,
    /// What to do about connections that a group change does not cut.
    pub tracked_connections: TrackedConnections,
    /// Whose sessions a deny reaches.
    pub revoke: RevokeScope,
    /// Whether there is a key for handing over what is under `aws/ebs`.
    pub share_key: ShareKey,
    /// How far the case goes.
    pub through: Phase,
}

impl Responder {
    /// The policy that follows.
    pub fn policy(&self, base: Policy) -> Policy {
        Policy {
            runbook: self.runbook.clone(),
            asg: self.asg,
            tracked_connections: self.tracked_connections,
            revoke: self.revoke,
            ..base
        }
    }
}

/// Whether `source.share_kms_key_arn` is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareKey {
    /// As the world has it.
    #[default]
    Set,
    /// It is not.
    Missing,
    /// It is set once the run has held for want of it.
    WhenHeld,
}

/// A fault in the way of some calls of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultLine {
    /// `service:Action`.
    pub action: String,
    /// Which call of it is the first to be struck, from 1.
    pub nth: u32,
    /// How many in a row.
    pub times: u32,
    /// When it strikes.
    pub strikes: Strike,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The call has no effect.
    Before(FaultClass),
    /// The call takes effect and its answer does not arrive.
    After(FaultClass),
    /// The call takes effect twice.
    Twice,
}

/// A permission that the responder lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// `service:Action`.
    pub action: String,
    /// Until when.
    pub until: Until,
}

/// How long something is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// To the end.
    #[default]
    Never,
    /// Until the run has held for want of it.
    Held,
    /// For so long after the finding.
    After(SignedDuration),
}

/// Something that ends or changes the instance without meaning harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Killer {
    /// AWS takes a Spot Instance back: it says so after a while, and does it after the notice.
    Spot {
        /// When it says so.
        after: SignedDuration,
        /// How long before.
        notice: SignedDuration,
    },
    /// AWS's maintenance.
    Maintenance {
        /// Which.
        kind: Maintenance,
        /// When.
        after: SignedDuration,
    },
    /// Somebody in the guest shuts it down.
    Shutdown {
        /// When.
        after: SignedDuration,
    },
    /// An alarm acts.
    Alarm {
        /// Its name.
        name: String,
        /// What it does.
        action: AlarmAction,
        /// When.
        after: SignedDuration,
    },
    /// An automation terminates what carries a tag.
    Janitor {
        /// The tag's key.
        tag: String,
        /// How often it comes by.
        every: SignedDuration,
    },
    /// A deployment puts tags, profile and groups back.
    Restore {
        /// How often it comes by.
        every: SignedDuration,
    },
}

/// One habit of the attacker.
#[derive(Clone, Debug)]
pub struct Attack {
    /// Which.
    pub strategy: &'static Strategy,
    /// When it comes first.
    pub first: SignedDuration,
    /// How often after that.
    pub every: SignedDuration,
}

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The gate.
    pub gate: Gate,
    /// Who.
    pub by: String,
    /// When.
    pub when: When,
}

/// When a person decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Once it is asked for.
    #[default]
    Reached,
    /// Before the case begins.
    Ahead,
}

/// How a drill ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The case.
    pub status: CaseStatus,
    /// The instance.
    pub instance: Outcome,
}

/// What became of the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is gone.
    Terminated,
    /// No new connection reaches it or leaves it.
    Contained,
    /// It stands open.
    Open,
}

impl Outcome {
    /// As a script says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminated => "terminated",
            Self::Contained => "contained",
            Self::Open => "open",
        }
    }
}

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The word, why it is wrong, and what there is instead.
    pub why: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.why)
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// An unknown word, a world in which something named cannot happen, or approvals that
    /// contradict the rules or each other: the line, the word and what there is.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScriptError> {
        let located = |(at, why)| ScriptError { file: file.to_owned(), line: form::line(text, at), why };
        let form = form::Form::read(text).map_err(located)?;
        check::script(form).map_err(located)
    }
}
