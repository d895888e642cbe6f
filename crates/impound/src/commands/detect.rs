//! `impound detect PATH…`: logs and findings in, alerts out.

use crate::args::Detect;
use crate::commands::baseline;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::holdings::holdings;
use crate::logs::cursor::Cursor;
use crate::logs::{self, Gathered, Options};
use crate::text::{Text, text};
use detect::alert::{Alert, ocsf, text as prose};
use detect::baseline::Baseline;
use detect::count::{Counts, Kinds, Tally};
use detect::desk::Desk;
use detect::order::Horizon;
use detect::record::Record;
use detect::rules::Level;
use detect::rules::load::{self, Source, Warning};
use detect::rules::sigma::Rules;
use detect::rules::{folder, pack};
use detect::scout::Scout;
use jiff::Timestamp;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod usage;

/// Reads logs and tells alerts, or how much was read and matched.
///
/// # Errors
/// When what was named is not there or can not be used at all.
pub fn run(context: &Context, args: &Detect) -> Result<Exit, Failure> {
    let terminal = context.terminal;
    let (rules, warnings) = rules(&args.rules, !args.only)?;
    warnings.iter().for_each(|warning| terminal.warn(&told(warning)));
    let baseline = usual(args.baseline.as_deref(), args.only)?;
    let holdings = holdings(context, &args.instances)?;
    let rules = Arc::new(rules);
    let scout = Scout::new(rules.clone(), holdings, logs::period(&args.logs), baseline.is_some());
    let mut desk = Desk::new(rules, Horizon::of_files(), baseline);
    desk.now_is(Timestamp::now());
    let mut cursor = cursor(args)?;
    let options = Options { cursor: cursor.as_ref(), rejections: args.rejections.as_deref() };
    let look = |record: &Record<'_>| scout.look(record);
    let gathered = logs::read(context, &args.logs, options, look, |sighting| desk.take(sighting))?;
    let Gathered { mut tally, read, .. } = gathered;
    desk.finish();
    (tally.counts.late, tally.counts.late_calls) = (desk.late(), desk.late_calls());
    tally.counts.overfull = desk.overfull();
    if args.stats {
        let alerts = desk.telling(args.level).count();
        terminal.json(&stats(&tally, &desk, alerts))?;
    } else {
        show(context, desk.telling(args.level))?;
    }
    cursor.as_mut().map(|cursor| cursor.keep(&read)).transpose()?;
    logs::tell(terminal, &tally);
    out_of_turn(&desk).iter().for_each(|why| terminal.log(why));
    unjudged(&tally.counts.kinds).iter().for_each(|why| terminal.log(why));
    let unseen = unseen(&desk, args.level, &tally.counts);
    unseen.iter().for_each(|why| terminal.warn(why));
    let whole = tally.counts.rejected == 0 && warnings.is_empty() && unseen.is_empty();
    Ok(if whole { Exit::Done } else { Exit::Gaps })
}

/// What instances normally call. Where nothing was learned, credentials that are used from two places are told
/// still, unless somebody wants nothing but rules of their own.
///
/// # Errors
/// When the baseline that is named can not be used.
pub fn usual(file: Option<&Path>, only: bool) -> Result<Option<Baseline>, Failure> {
    match file {
        Some(file) => baseline::read(file).map(Some),
        None => Ok((!only).then(Baseline::of_places)),
    }
}

/// What was read and yet not looked at as it should be, and why: each makes a gap.
pub fn unseen(desk: &Desk, level: Level, counts: &Counts) -> Vec<Text> {
    [out_of_order(desk), skipped(counts)].into_iter().flatten().chain(forgotten(desk, level)).collect()
}

/// What is not remembered any more, because memory has an end.
pub fn forgotten(desk: &Desk, level: Level) -> Vec<Text> {
    [too_many(desk, level), too_many_instances(desk), too_many_groups(desk)].into_iter().flatten().collect()
}

/// What rules that look at several records have not counted, and why.
fn out_of_order(desk: &Desk) -> Option<Text> {
    let (late, ahead, undated) = (desk.late(), desk.ahead(), desk.undated());
    (late + ahead + undated > 0).then(|| {
        text!(
            "{} records came too late for rules that look at several, {} are dated in the future, and {} bear no time that can be read: such rules have not counted them; read fewer days at once, and look at the clocks",
            late,
            ahead,
            undated
        )
    })
}

/// What the baseline has judged out of turn. It has judged it all the same: that is no gap.
pub fn out_of_turn(desk: &Desk) -> Option<Text> {
    let calls = desk.late_calls();
    (calls > 0).then(|| {
        text!(
            "{} calls of instances were judged after later ones of their role: of two networks the wrong one may be told as elsewhere\n",
            calls
        )
    })
}

/// What was noticed and is not told, because memory has an end. Signs of some weight together make a story
/// graver, so those are missed whatever level was asked for.
fn too_many(desk: &Desk, level: Level) -> Option<Text> {
    let forgotten = desk.forgotten(level.min(Level::Medium));
    (forgotten > 0).then(|| {
        text!(
            "there is more to tell than is remembered at once: {} stories, the lightest, were forgotten before they could be told; read fewer days at once",
            forgotten
        )
    })
}

/// Of whom it is not known any more from where they call, because memory has an end.
fn too_many_instances(desk: &Desk) -> Option<Text> {
    let forgotten = desk.forgotten_instances();
    (forgotten > 0).then(|| {
        text!(
            "more instances have called than are remembered at once: {} times the one that had not called for longest was forgotten, and would not be told if its credentials were used from elsewhere since; read fewer days or accounts at once",
            forgotten
        )
    })
}

/// What several records were about to add up to, and nobody looks at any more, because memory has an end.
fn too_many_groups(desk: &Desk) -> Option<Text> {
    let overfull = desk.overfull();
    (overfull > 0).then(|| {
        text!(
            "more sessions and addresses were under way than rules that look at several records remember at once: {} times the tenth that had been quiet for longest, or half of what was counted, was forgotten, and what that adds up to may not be told; read fewer days or accounts at once",
            overfull
        )
    })
}

/// Traffic that no line of a flow log tells of.
fn skipped(counts: &Counts) -> Option<Text> {
    let skipped = counts.skipped;
    (skipped > 0).then(|| {
        text!(
            "{} lines of flow logs say SKIPDATA: AWS could not record some of the traffic of that interface and time, which nothing here has seen",
            skipped
        )
    })
}

/// What was read and is nothing that rules or the baseline look at: that it raised no alert says nothing.
fn unjudged(kinds: &Kinds) -> Option<Text> {
    let insight = kinds.insight;
    (insight > 0).then(|| text!("{} Insights events were read and counted; no rule looks at them\n", insight))
}

fn cursor(args: &Detect) -> Result<Option<Cursor>, Failure> {
    let (sources, period) = (&args.logs.paths, logs::period(&args.logs));
    args.cursor.as_deref().map(|file| Cursor::open(file, "detect", sources, period)).transpose()
}

/// The rules that come with the program, and those of these paths. What of them can not be used is named
/// and the rest goes on.
///
/// # Errors
/// When a path is not there, or no rule is left.
pub fn rules(paths: &[PathBuf], shipped: bool) -> Result<(Rules, Vec<Warning>), Failure> {
    let (sources, mut warnings) = sources(paths, shipped)?;
    let (rules, wrong) = load::load(&sources);
    warnings.extend(wrong);
    if rules.cards().is_empty() {
        let why = warnings.first().map_or("they hold none".to_owned(), |warning| warning.why.clone());
        return Err(Failure::usage(format!("there is no rule that can be used: {why}")));
    }
    Ok((rules, warnings))
}

/// The files of these rules, as they are written, and those that can not be read.
///
/// # Errors
/// When a path is not there.
pub fn sources(paths: &[PathBuf], shipped: bool) -> Result<(Vec<Source>, Vec<Warning>), Failure> {
    let mut sources = if shipped { pack::sources() } else { Vec::new() };
    let mut warnings = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(Failure::usage(format!("cannot read the rules {}: no such file or folder", path.display())));
        }
        let (found, wrong) = folder::read(path);
        sources.extend(found);
        warnings.extend(wrong);
    }
    Ok((sources, warnings))
}

/// A warning about a rule's file, in a line.
pub fn told(warning: &Warning) -> Text {
    text!("{}, line {}: {}", warning.file, warning.line, warning.why)
}

/// An alert on stdout, in the form asked for.
///
/// # Errors
/// When stdout can not be written.
pub fn tell(context: &Context, alert: &Alert) -> Result<(), Failure> {
    if context.terminal.is_json() {
        return context.terminal.json(&ocsf::finding(alert).to_string());
    }
    let lines: Text = prose::tell(alert).lines().map(|line| text!("{}\n", line)).collect();
    context.terminal.data(&lines)
}

fn show(context: &Context, alerts: impl Iterator<Item = Alert>) -> Result<(), Failure> {
    let mut none = true;
    for alert in alerts {
        none = false;
        tell(context, &alert)?;
    }
    if none && !context.terminal.is_json() {
        context.terminal.data(&text!("no alert of this level or above\n"))?;
    }
    Ok(())
}

fn stats(tally: &Tally, desk: &Desk, alerts: usize) -> String {
    let counts = serde_json::to_value(&tally.counts).expect("counts are numbers");
    let mut document = json!({
        "schema": "impound.stats/1", "rules": desk.hits(), "alerts": alerts,
        "cpu_seconds": usage::cpu_seconds(), "peak_rss_bytes": usage::peak_rss_bytes(),
    });
    if let (Some(document), serde_json::Value::Object(counts)) = (document.as_object_mut(), counts) {
        document.extend(counts);
    }
    document.to_string()
}
