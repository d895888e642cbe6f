//! The commands, one file each.

use crate::args::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

pub mod approve;
pub mod baseline;
pub mod completions;
pub mod detect;
pub mod doctor;
pub mod drill;
pub mod guard;
pub mod man;
pub mod permissions;
pub mod release;
pub mod report;
pub mod respond;
pub mod resume;
pub mod rules;
pub mod runbook;
pub mod status;
pub mod timeline;
pub mod verify;
pub mod watch;

/// Runs a command.
///
/// # Errors
/// What the command could not do, with the exit code.
pub fn run(context: &Context, command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Drill(args) => drill::run(context, args),
        Command::Respond(args) => respond::run(context, args),
        Command::Plan(args) => respond::plan(context, args),
        Command::Resume(args) => resume::run(context, args),
        Command::Approve(args) => approve::run(context, args),
        Command::Guard(args) => guard::run(context, args),
        Command::Detect(args) => detect::run(context, args),
        Command::Timeline(args) => timeline::run(context, args),
        Command::Baseline(args) => baseline::run(context, args),
        Command::Rules(args) => rules::run(context, args),
        Command::Watch(args) => watch::run(context, args),
        Command::Status(args) => status::run(context, args),
        Command::Release(args) => release::run(context, args),
        Command::Verify(args) => verify::run(context, args),
        Command::Report(args) => report::run(context, args),
        Command::Runbook(args) => runbook::run(context, args),
        Command::Permissions(args) => permissions::run(context, args),
        Command::Doctor(args) => doctor::run(context, args),
        Command::Completions(args) => completions::run(context, args),
        Command::Man => man::run(context),
    }
}
