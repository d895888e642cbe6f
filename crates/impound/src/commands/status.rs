//! `impound status`: every open case in a line, or one case and why what does not move stands still.

use crate::args::Status;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::is_closed;
use crate::text::{Text, text};
use crate::{summary, tables};
use casebook::id::CaseId;
use std::path::Path;

/// Shows the cases, or one.
///
/// # Errors
/// When there is no such case or its ledger is broken.
pub fn run(context: &Context, args: &Status) -> Result<Exit, Failure> {
    match &args.case {
        Some(case) => one(context, case),
        None => several(context, args.all),
    }
}

fn one(context: &Context, case: &CaseId) -> Result<Exit, Failure> {
    let history = History::read(&context.state()?, case)?;
    match context.terminal.is_json() {
        true => context.terminal.json(&Document::of(&history).to_json())?,
        false => context.terminal.data(&summary::detail(&history))?,
    }
    Ok(Exit::Done)
}

/// A case whose ledger is broken is told on stderr and in the exit code, and hides no other.
fn several(context: &Context, with_closed: bool) -> Result<Exit, Failure> {
    let shelf = context.shelf()?;
    let mut exit = Exit::Done;
    let mut readable = Vec::new();
    for (name, history) in History::all(&shelf)? {
        match history {
            Ok(history) => readable.push(history),
            Err(failure) => {
                context.terminal.warn(&text!("case {}: {}", name, failure.what));
                exit = exit.worst(failure.exit);
            }
        }
    }
    let open = |history: &History| with_closed || !is_closed(&history.case);
    let (shown, hidden): (Vec<_>, Vec<_>) = readable.into_iter().partition(open);
    match context.terminal.is_json() {
        true => context.terminal.json(&listed(&shown))?,
        false => context.terminal.data(&lines(&shown, &hidden, shelf.path()))?,
    }
    Ok(exit)
}

fn listed(histories: &[History]) -> String {
    let cases: Vec<Document> = histories.iter().map(Document::of).collect();
    let list = serde_json::json!({ "schema": "impound.cases/1", "cases": cases });
    list.to_string()
}

fn lines(shown: &[History], hidden: &[History], state: &Path) -> Text {
    let mut text = match shown {
        [] => text!("no open case in {}\n", state.display()),
        _ => text!("{}\n", tables::cases(shown.iter())),
    };
    if let Some(last) = hidden.last() {
        let (count, name) = (hidden.len(), &last.case.id);
        text.add(text!("{} closed, last {}: impound status --all\n", count, name));
    }
    text
}
