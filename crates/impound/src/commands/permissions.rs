//! `impound permissions`: the IAM policies that a run needs, from the registry of steps, and those for logs.

use crate::args::Permissions;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use casebook::permissions::{Policy, logs, policy};
use casebook::query::Side;
use casebook::step::Phase;
use serde::Serialize;

#[derive(Serialize)]
struct All {
    schema: &'static str,
    phase: Option<Phase>,
    source: Policy,
    forensic: Policy,
    /// Belongs to no phase: what reading logs takes, where they lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs: Option<Policy>,
}

/// Prints the policies in one JSON document.
///
/// # Errors
/// When stdout can not be written.
pub fn run(context: &Context, args: &Permissions) -> Result<Exit, Failure> {
    let all = All {
        schema: "impound.permissions/1",
        phase: args.phase,
        source: policy(Side::Source, args.phase),
        forensic: policy(Side::Forensic, args.phase),
        logs: args.phase.is_none().then(logs),
    };
    let json = serde_json::to_string_pretty(&all).expect("policies have string keys");
    context.terminal.json(&json)?;
    Ok(Exit::Done)
}
