//! `impound approve CASE GATE`: records who opened a gate, for what was shown there.

use crate::args::Approve;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening;
use casebook::case::Case;
use casebook::entry::{Approved, Entry, Person};
use casebook::gate::Gate;
use engine::Session;
use jiff::Timestamp;
use ledger::Store;

/// Opens a gate.
///
/// # Errors
/// When there is no such case, the gate was not reached though it must be, or AWS does not confirm
/// who asks.
pub fn run(context: &Context, args: &Approve) -> Result<Exit, Failure> {
    let case = opening::of_aws(&context.shelf()?, &args.case, "approve")?;
    digest(&case, args.gate)?;
    go(context, args, &case)
}

#[cfg(feature = "cloud")]
fn go(context: &Context, args: &Approve, case: &Case) -> Result<Exit, Failure> {
    crate::cloud::approve(context, args, case)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &Approve, _: &Case) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("approve"))
}

/// Writes an approval and says what it is for.
///
/// # Errors
/// When the gate was not reached though it must be, or the ledger can not be written.
pub fn record<S: Store>(session: &mut Session<S>, gate: Gate, by: Person, now: Timestamp) -> Result<String, Failure> {
    let digest = digest(session.case(), gate)?;
    let name = by.name.clone();
    session.append(now, &[Entry::Approved(Approved { gate, digest, by })])?;
    let case = session.case();
    let exposure = case.asked.get(&gate).map(|asked| asked.exposure.join("; ")).unwrap_or_default();
    let shown = if exposure.is_empty() { "ahead".to_owned() } else { exposure };
    Ok(format!("{name} opened the gate {gate} of {}: {shown}\nNext: impound resume {}", case.id, case.id))
}

/// What the approval is bound to: what was shown at the gate; nothing, ahead of it.
fn digest(case: &Case, gate: Gate) -> Result<String, Failure> {
    match case.asked.get(&gate) {
        Some(asked) => Ok(asked.digest.clone()),
        None if gate.ahead() => Ok(String::new()),
        None => Err(Failure::usage(format!(
            "the case {} has not come to the gate `{gate}`, which is bound to the evidence shown there",
            case.id
        ))
        .hint(format!("drive it there first: impound resume {} --through eradicate", case.id))),
    }
}
