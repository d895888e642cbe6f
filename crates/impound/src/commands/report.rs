//! `impound report CASE`: the incident report, made from the ledger alone.

use crate::args::{Report, ReportFormat};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::{self, History};
use crate::sessions;
use crate::text::text;
use casebook::report::{self, Line, Part};
use detect::timeline::parts;
use std::path::Path;

/// Writes the report.
///
/// # Errors
/// When there is no such case, its ledger is broken, or the file can not be written.
pub fn run(context: &Context, args: &Report) -> Result<Exit, Failure> {
    let session = history::session(&context.state()?, &args.case)?;
    let sessions = sessions::captured(&session)?.as_ref().map(parts).unwrap_or_default();
    let text = render(&History::of(&session)?, args.format, &sessions)?;
    if args.file == Path::new("-") {
        context.terminal.file(&text)?;
        return Ok(Exit::Done);
    }
    std::fs::write(&args.file, &text)
        .map_err(|error| Failure::usage(format!("cannot write the report {}: {error}", args.file.display())))?;
    context.terminal.log(&text!("wrote {}, {} bytes", args.file.display(), text.len()));
    Ok(Exit::Done)
}

/// The report of a case in one of its forms; more parts follow where there are drawings.
///
/// # Errors
/// When the ledger is not that of a case.
pub fn render(history: &History, format: ReportFormat, more: &[Part]) -> Result<String, Failure> {
    let lines = history.entries.iter().map(|written| Line {
        seq: written.seq,
        at: written.at,
        hash: written.head.to_string(),
        entry: written.entry.clone(),
    });
    let ledger = report::History::new(lines.collect()).map_err(|error| Failure::usage(error.to_string()))?;
    let report = report::build(&ledger);
    Ok(match format {
        ReportFormat::Html => report::html(&report, more),
        ReportFormat::Md => report::markdown(&report),
        ReportFormat::Json => format!("{:#}", report::json(&report)),
    })
}
