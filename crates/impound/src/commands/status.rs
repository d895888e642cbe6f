//! `impound status`: every case in a line, or one case and why what does not move stands still.

use crate::args::Status;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::{summary, tables};
use casebook::id::CaseId;

/// Shows the cases, or one.
///
/// # Errors
/// When there is no such case or its ledger is broken.
pub fn run(context: &Context, args: &Status) -> Result<Exit, Failure> {
    match &args.case {
        Some(case) => one(context, case),
        None => all(context),
    }
}

fn one(context: &Context, case: &CaseId) -> Result<Exit, Failure> {
    let history = History::read(&context.state()?, case)?;
    let text = if context.terminal.is_json() { Document::of(&history).to_json() } else { summary::detail(&history) };
    context.terminal.data(&text)?;
    Ok(Exit::Done)
}

/// A case whose ledger is broken is told on stderr and in the exit code, and hides no other.
fn all(context: &Context) -> Result<Exit, Failure> {
    let shelf = context.shelf()?;
    let mut exit = Exit::Done;
    let mut readable = Vec::new();
    for (name, history) in History::all(&shelf)? {
        match history {
            Ok(history) => readable.push(history),
            Err(failure) => {
                context.terminal.warn(&format!("case {name}: {}", failure.what));
                exit = exit.worst(failure.exit);
            }
        }
    }
    let text = match (context.terminal.is_json(), readable.is_empty()) {
        (true, _) => listed(&readable),
        (false, true) => format!("no cases in {}", shelf.path().display()),
        (false, false) => tables::cases(readable.iter()),
    };
    context.terminal.data(&text)?;
    Ok(exit)
}

fn listed(histories: &[History]) -> String {
    let cases: Vec<Document> = histories.iter().map(Document::of).collect();
    let list = serde_json::json!({ "schema": "impound.cases/1", "cases": cases });
    list.to_string()
}
