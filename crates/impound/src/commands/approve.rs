//! `impound approve CASE GATE`: records who opened a gate, for what was shown there.

use crate::args::Approve;
use crate::context::{Context, PROGRAM};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening;
use crate::text::{Text, text};
use casebook::case::Case;
use casebook::entry::{Approved, Entry, Person};
use casebook::gate::Gate;
use casebook::id::CaseId;
use engine::Session;
use jiff::Timestamp;
use ledger::{CaseFile, LedgerError, Shelf, Store};

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

/// Takes the case to write an approval. A run holds its case to the end, so it is stopped first: between
/// two calls, nothing is lost.
///
/// # Errors
/// When there is no such case, a run holds it, or its ledger is broken.
pub fn take_up(shelf: &Shelf, case: &CaseId, gate: Gate) -> Result<Session<CaseFile>, Failure> {
    match CaseFile::open(shelf.path(), case.as_str(), PROGRAM) {
        Ok(store) => Ok(Session::load(store)?),
        Err(LedgerError::Locked { pid, host, program, since, .. }) => Err(Failure::usage(format!(
            "cannot approve {gate} yet: process {pid} on {host} ({program}, since {since}) is at work on the case {case}"
        ))
        .hint(format!(
            "stop it there with Ctrl-C or `kill -INT {pid}`, it ends between two calls; approve; go on: impound approve {case} {gate} && impound resume {case}"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Writes an approval and says what it is for.
///
/// # Errors
/// When the gate was not reached though it must be, or the ledger can not be written.
pub fn record<S: Store>(session: &mut Session<S>, gate: Gate, by: Person, now: Timestamp) -> Result<Text, Failure> {
    let digest = digest(session.case(), gate)?;
    let name = by.name.clone();
    session.append(now, &[Entry::Approved(Approved { gate, digest, by })])?;
    let case = session.case();
    let exposure = case.asked.get(&gate).map(|asked| asked.exposure.join("; ")).unwrap_or_default();
    let shown = if exposure.is_empty() { "ahead".to_owned() } else { exposure };
    Ok(text!("{} opened the gate {} of {}: {}\nNext: impound resume {}", name, gate, case.id, shown, case.id))
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
