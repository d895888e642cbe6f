//! `impound completions SHELL`: for the shell's start-up files.

use crate::args::{CommandLine, Completions};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use clap::CommandFactory;

/// Prints a shell's completions.
///
/// # Errors
/// When stdout can not be written.
pub fn run(context: &Context, args: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "impound", &mut script);
    context.terminal.file(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
