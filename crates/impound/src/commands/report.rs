//! `impound report CASE`: the incident report, made from the ledger alone.

use crate::args::{Report, ReportFormat};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::{self, History};
use crate::sessions;
use crate::text::text;
use casebook::id::Region;
use casebook::report::{self, Line, Part};
use detect::timeline::parts;
use maud::Markup;
use std::path::Path;

/// Writes the report.
///
/// # Errors
/// When there is no such case, its ledger is broken, or the file can not be written.
pub fn run(context: &Context, args: &Report) -> Result<Exit, Failure> {
    let session = history::session(&context.state()?, &args.case)?;
    let mut sessions = sessions::captured(&session)?.as_ref().map(parts).unwrap_or_default();
    if let Some(first) = sessions.first_mut() {
        first.body = scope(&session.case().target.region, &first.body);
    }
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

/// What was asked, before what was found: CloudTrail's event history is one region's, and IAM's calls stand in one
/// of their own
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>).
fn scope(region: &Region, body: &Markup) -> Markup {
    maud::html! {
        p {
            "From CloudTrail's event history of " (region) ", asked for the sessions that bear the instance's name. "
            "Calls in other regions (IAM's stand in one of their own) and those of roles assumed onward are not in it: "
            code { "impound timeline" } " on a trail's logs shows them."
        }
        (body)
    }
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
