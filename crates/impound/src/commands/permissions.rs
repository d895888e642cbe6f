//! `impound permissions`: the IAM policies that a run needs, from the registry of steps.

use crate::args::Permissions;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use casebook::permissions::{Policy, policy};
use casebook::query::Side;
use casebook::step::Phase;
use serde::Serialize;

#[derive(Serialize)]
struct Both {
    schema: &'static str,
    phase: Option<Phase>,
    source: Policy,
    forensic: Policy,
}

/// Prints the policies of both accounts in one JSON document.
///
/// # Errors
/// When stdout can not be written.
pub fn run(context: &Context, args: &Permissions) -> Result<Exit, Failure> {
    let both = Both {
        schema: "impound.permissions/1",
        phase: args.phase,
        source: policy(Side::Source, args.phase),
        forensic: policy(Side::Forensic, args.phase),
    };
    let json = serde_json::to_string_pretty(&both).expect("policies have string keys");
    context.terminal.json(&json)?;
    Ok(Exit::Done)
}
