//! `impound timeline INSTANCE|CASE [PATH…]`: what an instance's credentials did, by logs and by what a case has captured.

use crate::args::{Timeline as Args, TimelineFormat};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{Gathered, Options, STDIN};
use crate::text::{Text, text};
use crate::{history, logs, sessions, tables};
use casebook::id::{CaseId, InstanceId};
use casebook::report::document;
use detect::count::Fate;
use detect::record::Record;
use detect::record::trail::Event;
use detect::timeline::{Issue, Lineage, Timeline, parts, to_csv, to_json_lines};
use std::path::Path;

/// Tells the timeline.
///
/// # Errors
/// When there is no such case, or logs can not be read.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let (instance, captured) = meant(context, args)?;
    args.logs.paths.iter().try_for_each(|path| readable_twice(path))?;
    let mut lineage = Lineage::default();
    if each(context, args, &captured, Issue::of, |issue| lineage.add(issue))?.stopped {
        let why = "stopped by the operator before everything was read: there is no timeline yet; nothing was changed";
        return Err(Failure::new(Exit::Held, why));
    }
    let mut timeline = Timeline::of(&instance, &lineage);
    drop(lineage);
    let whose = timeline.whose();
    let Gathered { tally, .. } = each(context, args, &captured, |event| whose.look(event), |seen| timeline.add(seen))?;
    show(context, args, &instance, &timeline)?;
    if !args.logs.paths.is_empty() {
        logs::tell(context.terminal, &tally);
    }
    let left_out = timeline.left_out();
    left_out.iter().for_each(|sentence| context.terminal.warn(&text!("{}", sentence)));
    let whole = tally.counts.rejected == 0 && left_out.is_empty();
    Ok(if whole { Exit::Done } else { Exit::Gaps })
}

/// Who acts with the instance's credentials is known only when everything was read, so it is read once more: a pipe
/// would be empty then.
fn readable_twice(path: &Path) -> Result<(), Failure> {
    let is_pipe = std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir());
    if path != Path::new(STDIN) && !is_pipe {
        return Ok(());
    }
    let why = format!("a timeline reads its logs twice, and `{}` can be read only once", path.display());
    Err(Failure::usage(why).hint("write it into a file, and name that"))
}

/// The instance that is meant, and what its case has captured of CloudTrail.
fn meant(context: &Context, args: &Args) -> Result<(String, Vec<Vec<u8>>), Failure> {
    let (of, unread) = (&args.of, args.logs.paths.is_empty());
    if InstanceId::parse(of).is_some() {
        let unnamed = || Failure::usage(format!("no logs are named that tell what {of} did"));
        let hint = "name files, folders or s3://BUCKET/PREFIX; or a case, which tells what it has captured";
        return if unread { Err(unnamed().hint(hint)) } else { Ok((of.clone(), Vec::new())) };
    }
    let case = CaseId::parse(of)
        .ok_or_else(|| Failure::usage(format!("`{of}` is neither an instance (i-…) nor the name of a case")))?;
    let session = history::session(&context.state()?, &case)?;
    let captured = sessions::answers(&session)?;
    if unread && captured.is_empty() {
        let why = format!("the case {case} has captured no call of CloudTrail, and no logs are named");
        return Err(Failure::usage(why).hint("name files, folders or s3://BUCKET/PREFIX"));
    }
    Ok((session.case().target.instance.to_string(), captured))
}

/// Every CloudTrail record of the period: what was captured, then the logs. `see` looks at each, in several threads,
/// `take` gets what of it counts.
fn each<T: Send>(
    context: &Context,
    args: &Args,
    captured: &[Vec<u8>],
    see: impl Fn(&Event<'_>) -> Option<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<Gathered, Failure> {
    let period = logs::period(&args.logs);
    sessions::each(captured, |event| {
        if event.at().is_some_and(|at| period.has(at)) {
            see(event).into_iter().for_each(&mut take);
        }
    });
    if args.logs.paths.is_empty() {
        return Ok(Gathered::default());
    }
    let look = |record: &Record<'_>| match record {
        Record::Trail(event) if event.at().is_some_and(|at| period.has(at)) => (Fate::Unmatched, see(event)),
        _ => (Fate::Unmatched, None),
    };
    logs::read(context, &args.logs, Options::default(), look, take)
}

fn show(context: &Context, args: &Args, instance: &str, timeline: &Timeline) -> Result<(), Failure> {
    let rows = timeline.rows();
    let unwritable = |error: std::io::Error| Failure::usage(format!("cannot write the timeline: {error}"));
    let mut file = Vec::new();
    let form = match args.format {
        TimelineFormat::Text if context.terminal.is_json() => TimelineFormat::Jsonl,
        form => form,
    };
    match form {
        TimelineFormat::Jsonl => to_json_lines(timeline, &mut file).map_err(unwritable)?,
        TimelineFormat::Csv => to_csv(&rows, &mut file).map_err(unwritable)?,
        TimelineFormat::Html => file = page(instance, timeline).into_bytes(),
        TimelineFormat::Text => {
            if rows.is_empty() {
                let why = text!(
                    "No call by the credentials of {}, or about it, is in these logs: look at the name and at the period.\n",
                    instance
                );
                return context.terminal.data(&why);
            }
            context.terminal.data(&tables::timeline(rows.iter()))?;
            return context.terminal.data(&left_behind(instance, timeline));
        }
    }
    context.terminal.file(&String::from_utf8_lossy(&file))
}

fn page(instance: &str, timeline: &Timeline) -> String {
    let title = format!("What the credentials of {instance} did");
    let head = maud::html! { header { h1 { (title) } p { "From the logs that were given, or what a case has captured. What is not logged is not here." } } };
    document(&title, &head, &parts(timeline))
}

/// What revoking the instance's sessions does not reach.
fn left_behind(instance: &str, timeline: &Timeline) -> Text {
    let mut text = Text::new();
    for item in timeline.follow_up() {
        if text.is_empty() {
            text.add(text!("\nLeft behind with the credentials of {}, to be closed by hand:\n", instance));
        }
        text.add(text!("  {}  {}: {}; {}\n", item.at, item.done, item.what, item.next));
    }
    if text.is_empty() {
        text.add(text!(
            "\nNo call by the credentials of {} in these logs is one that is known to leave something behind\n",
            instance
        ));
    }
    for sentence in timeline.left_out() {
        text.add(text!("\n{}\n", sentence));
    }
    text
}
