//! How much of what is labelled the rules find, and how often they speak:
//!
//! ```text
//! cargo run --release -p detect --example recall -- FOLDER-OR-FILE [--rules DIR] [--list]
//! ```
//! A labelled file holds one JSON line a test: `{"rule", "severity", "test", "expected", "event"}`. Each
//! event stands alone, so only rules of single records count. A line without `expected` is an event by
//! itself, of unknown kind; all events of a file then form one log and correlations count too.

// Standing at the edge: a tool for measuring, it reads files and prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use detect::order::Horizon;
use detect::record::Record;
use detect::record::trail::Event;
use detect::rules::sigma::{Rules, Sigma};
use detect::rules::{Hit, Level, Matcher, folder, load, pack};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

#[derive(Default)]
struct Tally {
    labelled: u64,
    found: u64,
    alerted: u64,
    quiet: u64,
    false_alerts: u64,
    events: u64,
    alerts: u64,
    missed: Vec<String>,
    by_rule: BTreeMap<String, u64>,
    seconds: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (mut paths, mut sources, mut list) = (Vec::new(), pack::sources(), false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rules" => sources = folder::read(Path::new(&args.next().unwrap_or_default())).0,
            "--list" => list = true,
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    let (rules, warnings) = load::load(&sources);
    warnings.iter().for_each(|warning| println!("{}:{}: {}", warning.file, warning.line, warning.why));
    let rules = Arc::new(rules);
    let mut tally = Tally::default();
    for path in files(paths)? {
        of_file(&text(&path)?, &rules, &mut tally);
    }
    print(&tally, list);
    Ok(())
}

fn files(mut left: Vec<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())));
        } else if path.to_string_lossy().contains(".json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn text(path: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(&bytes[..]).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    Ok(text)
}

fn of_file(text: &str, rules: &Arc<Rules>, tally: &mut Tally) {
    let mut log = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok) {
        match value.get("expected").and_then(Value::as_bool) {
            Some(expected) => labelled(&value, expected, rules, tally),
            None => match value.get("Records").and_then(Value::as_array).or(value.as_array()) {
                Some(records) => log.extend(records.iter().map(Value::to_string)),
                None => log.push(value.to_string()),
            },
        }
    }
    let mut sigma = Sigma::new(Arc::clone(rules), Horizon::default());
    let started = Instant::now();
    let mut hits = Vec::new();
    for raw in &log {
        if let Ok(event) = Event::of(raw.as_bytes()) {
            hits.extend(sigma.hits(&Record::Trail(event)));
        }
    }
    hits.extend(sigma.rest());
    tally.seconds += started.elapsed().as_secs_f64();
    tally.events += log.len() as u64;
    count(&hits, tally);
}

fn count(hits: &[Hit], tally: &mut Tally) {
    for hit in hits {
        *tally.by_rule.entry(format!("{:?} {}", hit.rule.level, hit.rule.title)).or_default() += 1;
        tally.alerts += u64::from(hit.rule.level >= Level::Medium);
    }
}

fn labelled(test: &Value, expected: bool, rules: &Arc<Rules>, tally: &mut Tally) {
    let raw = test["event"].to_string();
    let Ok(event) = Event::of(raw.as_bytes()) else { return };
    let cards = rules.matching(&event);
    let (any, alert) = (!cards.is_empty(), cards.iter().any(|card| card.level >= Level::Medium));
    let name = format!("{} | {} | {}", test["rule"], test["test"], event.name.as_str());
    if expected {
        tally.labelled += 1;
        tally.found += u64::from(any);
        tally.alerted += u64::from(alert);
        if !alert {
            tally.missed.push(format!("{} {name}", if any { "below medium" } else { "not found" }));
        }
    } else {
        tally.quiet += 1;
        tally.false_alerts += u64::from(alert);
        if alert {
            let titles: Vec<_> = cards.iter().map(|card| card.title.as_str()).collect();
            tally.missed.push(format!("spoke {name}: {}", titles.join("; ")));
        }
    }
}

fn print(tally: &Tally, list: bool) {
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { 100.0 * part as f64 / of as f64 };
    println!("labelled as attack    {}", tally.labelled);
    println!("  found at any level  {} ({:.1} %)", tally.found, share(tally.found, tally.labelled));
    println!("  found at medium up  {} ({:.1} %)", tally.alerted, share(tally.alerted, tally.labelled));
    println!("labelled as none      {}", tally.quiet);
    println!("  spoke at medium up  {} ({:.1} %)", tally.false_alerts, share(tally.false_alerts, tally.quiet));
    println!("events without label  {}", tally.events);
    let per = 1000.0 * share(tally.alerts, tally.events);
    println!("  hits at medium up   {} ({per:.1} per 100,000 events)", tally.alerts);
    if tally.events > 0 {
        println!("  microseconds each   {:.2} (typed parsing included)", 1e6 * tally.seconds / tally.events as f64);
    }
    if list {
        tally.by_rule.iter().for_each(|(rule, hits)| println!("{hits:8} {rule}"));
        tally.missed.iter().for_each(|line| println!("{line}"));
    }
}
