//! The command line of Impound and its composition root: it reads options and configuration, puts
//! planner, engine, ledger and cloud together, and shows what comes of it. It decides nothing about
//! a response; that is the casebook's.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![allow(clippy::disallowed_methods)] // the edge: files, the clock and chance come in here

pub mod args;
pub mod charges;
pub mod commands;
pub mod config;
pub mod context;
pub mod doctor;
pub mod document;
pub mod drifts;
pub mod dry_run;
pub mod exit;
pub mod failure;
pub mod gates;
pub mod guarding;
pub mod history;
pub mod holdings;
pub mod logs;
pub mod opening;
pub mod preflight;
pub mod primed;
pub mod progress;
pub mod range_site;
pub mod respond;
pub mod sessions;
pub mod several;
pub mod stopping;
pub mod summary;
pub mod system;
pub mod tables;
pub mod terminal;
pub mod text;
pub mod verification;
pub mod watch;

#[cfg(feature = "cloud")]
pub mod cloud;

use args::CommandLine;
use clap::Parser;
use context::Context;
use exit::Exit;
use failure::Failure;
use std::process::ExitCode;

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return shown(&error),
    };
    let context = Context::new(line.global);
    std::panic::set_hook(Box::new(bug));
    let ended = std::panic::catch_unwind(|| commands::run(&context, &line.command));
    match ended {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) => failed(&context, &failure),
        Err(_) => Exit::Bug.into(),
    }
}

/// A mistake of this program, in one line. What was done is in the ledger.
fn bug(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let said = panic.payload_as_str().unwrap_or("no message");
    let failure = Failure::new(Exit::Bug, format!("a bug in {}{place}: {said}", context::PROGRAM));
    terminal::report(
        &failure.hint("please report it; every change was written before it was made: `impound resume` goes on"),
    );
}

/// Help and version are data; everything else that the parser says is wrong usage.
fn shown(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    match error.print() {
        Ok(()) => exit.into(),
        Err(_) => Exit::Usage.into(),
    }
}

fn failed(context: &Context, failure: &Failure) -> ExitCode {
    match tell(context, failure) {
        Ok(exit) => exit.into(),
        Err(worse) => failed(context, &worse),
    }
}

/// Prints a failure, and the document that `--output json` promises for its code.
///
/// # Errors
/// When stdout can not be written.
pub(crate) fn tell(context: &Context, failure: &Failure) -> Result<Exit, Failure> {
    terminal::report(failure);
    if let Some(document) = failure.promised().filter(|_| context.terminal.is_json()) {
        context.terminal.json(&document.to_json())?;
    }
    Ok(failure.exit)
}
