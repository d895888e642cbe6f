//! `impound runbook`: the runbooks listed, drawn and checked.

use crate::args::{Output, Runbook as Args};
use crate::config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{Text, text};
use casebook::runbook::Runbook;
use casebook::steps;

mod drawing;

/// Runs a command on runbooks.
///
/// # Errors
/// When a runbook cannot be read or breaks a law.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    match args {
        Args::List => list(context),
        Args::Show { runbook } => show(context, runbook),
        Args::Check { runbook } => check(context, runbook),
        Args::Schema => schema(context),
    }
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let shipped = Runbook::shipped();
    let line = |runbook: &Runbook| text!("{:<10} {}\n", runbook.name, runbook.title);
    match context.terminal.output {
        Output::Json => context.terminal.json(&json(&shipped))?,
        Output::Text => context.terminal.data(&shipped.iter().map(line).collect())?,
    }
    Ok(Exit::Done)
}

fn show(context: &Context, name: &str) -> Result<Exit, Failure> {
    let runbook = config::runbook(name)?;
    match context.terminal.output {
        Output::Json => context.terminal.json(&json(&runbook))?,
        Output::Text => context.terminal.data(&shown(&runbook))?,
    }
    Ok(Exit::Done)
}

fn shown(runbook: &Runbook) -> Text {
    let drawing: Text = drawing::draw(runbook).lines().map(|line| text!("{}\n", line)).collect();
    let mut text = text!("{}: {}\n\n{}\n", runbook.name, runbook.title, drawing);
    for row in &runbook.steps {
        let card = steps::card(row.step);
        let why = if row.why.is_empty() { card.title } else { &row.why };
        text.add(text!("{:<11} {}\n", row.step, why));
    }
    text
}

fn check(context: &Context, file: &str) -> Result<Exit, Failure> {
    let unusable = |why: String| Failure::usage(format!("the runbook {file} cannot be used: {why}"));
    let text = match Runbook::named(file) {
        Some(shipped) => return sound(context, &shipped),
        None => config::runbook_text(file)?,
    };
    let runbook = Runbook::read(&text).map_err(unusable)?;
    let breaches = runbook.breaches();
    if breaches.is_empty() {
        return sound(context, &runbook);
    }
    let all: Vec<_> = breaches.iter().map(ToString::to_string).collect();
    Err(unusable(all.join(" · ")).hint("put the steps in an order that keeps the law, or leave the later one out"))
}

fn sound(context: &Context, runbook: &Runbook) -> Result<Exit, Failure> {
    context.terminal.data(&text!("{}: {} steps, no law broken", runbook.name, runbook.steps.len()))?;
    Ok(Exit::Done)
}

fn schema(context: &Context) -> Result<Exit, Failure> {
    context.terminal.json(&json(&schemars::schema_for!(Runbook)))?;
    Ok(Exit::Done)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("runbooks have string keys")
}
