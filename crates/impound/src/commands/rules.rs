//! `impound rules`: what the rules look for, whether they do it, and why one matches or not.

use crate::args::Rules as Args;
use crate::commands::detect;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::tables;
use crate::text::{Text, text};
use ::detect::count::Fate;
use ::detect::desk::of_baseline;
use ::detect::read::Reader;
use ::detect::record::Record;
use ::detect::record::trail::Event;
use ::detect::rules::load::{self, Source};
use ::detect::rules::{Card, examples, folder, pack};
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs a command on the rules.
///
/// # Errors
/// When rules can not be used, or do not do what their examples say.
pub fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    match args {
        Args::List { rules } => list(context, rules),
        Args::Test { rules } => test(context, rules),
        Args::Explain { rule, record, rules } => explain(context, rule, record.as_deref(), rules),
    }
}

fn list(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let (rules, warnings) = detect::rules(paths, true)?;
    warnings.iter().for_each(|warning| context.terminal.warn(&detect::told(warning)));
    let mut cards: Vec<&Card> = rules.cards().iter().map(AsRef::as_ref).collect();
    cards.sort_by(|a, b| (b.level, &a.title).cmp(&(a.level, &b.title)));
    match context.terminal.is_json() {
        true => context.terminal.json(&json(&cards))?,
        false => context.terminal.data(&tables::rules(cards.into_iter()))?,
    }
    Ok(if warnings.is_empty() { Exit::Done } else { Exit::Gaps })
}

fn test(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut sources: Vec<Source> = if paths.is_empty() { pack::sources() } else { Vec::new() };
    sources.extend(paths.iter().flat_map(|path| folder::read(path).0));
    let (rules, warnings) = detect::rules(paths, paths.is_empty())?;
    warnings.iter().for_each(|warning| context.terminal.warn(&detect::told(warning)));
    let tried = examples::run(&sources);
    let bare = |card: &&Arc<Card>| !tried.iter().any(|tried| tried.id == card.id);
    let bare: Vec<&str> = rules.cards().iter().filter(bare).map(|card| card.title.as_str()).collect();
    bare.iter()
        .for_each(|title| context.terminal.warn(&text!("'{}' has no example: nothing shows what it does", title)));
    let failed: Vec<_> = tried.iter().filter(|tried| !tried.passed()).collect();
    let line = |tried: &&examples::Tried| {
        let got = match &tried.got {
            Ok(true) => "matched".to_owned(),
            Ok(false) => "did not match".to_owned(),
            Err(why) => why.clone(),
        };
        text!("{}: {}: {}\n", tried.title, tried.example, got)
    };
    context.terminal.data(&failed.iter().map(line).collect())?;
    context.terminal.data(&text!("{} of {} examples as expected\n", tried.len() - failed.len(), tried.len()))?;
    Ok(if failed.is_empty() && warnings.is_empty() && bare.is_empty() { Exit::Done } else { Exit::Unverified })
}

fn explain(context: &Context, name: &str, record: Option<&Path>, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let (rules, _) = detect::rules(paths, true)?;
    let is_it = |card: &&Arc<Card>| card.id == name || card.title.eq_ignore_ascii_case(name);
    let known = rules.cards().iter().find(is_it).cloned();
    let card = &known.or_else(|| of_baseline(name).map(Arc::new)).ok_or_else(|| {
        Failure::usage(format!("there is no rule `{name}`")).hint("`impound rules list` shows ids and titles")
    })?;
    let Some(record) = record else {
        match context.terminal.is_json() {
            true => context.terminal.json(&json(card.as_ref()))?,
            false => context.terminal.data(&about(card, load::written(&detect::sources(paths, true)?.0, card)))?,
        }
        return Ok(Exit::Done);
    };
    let explanation = first(record, |found| rules.explain(&card.id, found))?.ok_or_else(|| {
        Failure::usage(format!(
            "{} looks at several records together, or at none like that of {}; it can not be tried on it",
            card.title,
            record.display()
        ))
    })?;
    context.terminal.json(&json(&explanation))?;
    Ok(Exit::Done)
}

/// What is said of the first record of a file. What is no line of any other log is taken for CloudTrail's, however few
/// of its fields it has.
fn first<T>(path: &Path, mut look: impl FnMut(&Record<'_>) -> Option<T>) -> Result<Option<T>, Failure> {
    let raw = raw(path)?;
    let (mut reader, mut seen, mut said) = (Reader::default(), false, None);
    reader.read("record", raw.as_slice(), |record| {
        if !std::mem::replace(&mut seen, true) {
            said = look(&record);
        }
        Fate::Unmatched
    });
    if seen {
        return Ok(said);
    }
    let event = Event::of(&raw)
        .map_err(|error| Failure::usage(format!("{} holds no record of a log: {error}", path.display())))?;
    Ok(look(&Record::Trail(event)))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("rules have string keys")
}

fn about(card: &Card, written: Option<&str>) -> Text {
    let mut text = text!("{} ({})\n{}\n", card.title, card.level.as_str(), card.id);
    text.add(text!("ATT&CK: {}\n\n{}\n", card.techniques.join(", "), card.description));
    for innocent in &card.false_positives {
        text.add(text!("  innocent when: {}\n", innocent));
    }
    if !card.fields.is_empty() {
        text.add(text!("  shows: {}\n", card.fields.join(", ")));
    }
    if let Some(written) = written {
        text.add(text!("\nas it is written:\n\n"));
        written.trim().lines().for_each(|line| text.add(text!("  {}\n", line)));
    }
    text
}

fn raw(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    if path != Path::new("-") {
        return std::fs::read(path).map_err(unreadable);
    }
    let mut raw = Vec::new();
    std::io::stdin().lock().read_to_end(&mut raw).map_err(unreadable)?;
    Ok(raw)
}
