//! How much of what is labelled raises an alert, and how many alerts logs raise, in one command:
//!
//! ```text
//! cargo run --release -p detect --example recall -- PATH… [--rules DIR] [--learn PATH] [--list] [--cases | --differ]
//! ```
//! Labelled files hold tests (`labelled.rs` says in which forms), and each event stands alone: it is found when an alert
//! holds it. A log beneath a folder that is called attack or innocent, as far as PATH names it or holds it, is a test as
//! a whole, each file by itself, with correlations and that baseline; its events are not counted. Every other file is a
//! log; all logs together are read as `impound detect` reads them, with correlations, and with a
//! baseline when there is something to learn it from. What can not be read is named, and the rest goes on; a
//! test whose event can not be read counts as one that raised no alert.
//!
//! `--list` names what was missed and what spoke, `--cases` every test that concerns instances, sessions, logging or
//! snapshots (`cases.rs`): its label, the level we gave, our rules. `--differ` keeps to those of them where the two differ.
//! A test holds those of `testdata/panther` to the list beside them, which says why.

// Standing at the edge: a tool for measuring, it reads files and prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use detect::alert::Alert;
use detect::baseline::Baseline;
use detect::count::Fate;
use detect::desk::Desk;
use detect::holdings::Holdings;
use detect::order::Horizon;
use detect::read::Reader;
use detect::record::Record;
use detect::rules::sigma::Rules;
use detect::rules::{Level, folder, load, pack};
use detect::scout::Scout;
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use flate2::read::MultiGzDecoder;
use labelled::Test;
use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod cases;
mod labelled;

/// What is printed of the tests that concern us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cases {
    None,
    All,
    Differing,
}

#[derive(Default)]
struct Tally {
    attacks: u64,
    found: u64,
    alerted: u64,
    innocent: u64,
    spoke: u64,
    unlabelled: u64,
    unread: Vec<String>,
    notes: Vec<String>,
    cases: Vec<cases::Case>,
}

/// What became of an event.
struct Outcome {
    alerts: Vec<Alert>,
    /// The calls in it, by service and name.
    calls: Vec<(String, String)>,
    /// How many records are in it.
    records: u64,
    /// Why it was not understood.
    unread: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (mut paths, mut sources, mut learn, mut list) = (Vec::new(), pack::sources(), None, false);
    let mut cases = Cases::None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rules" => sources = folder::read(Path::new(&args.next().unwrap_or_default())).0,
            "--learn" => learn = args.next().map(PathBuf::from),
            "--list" => list = true,
            "--cases" => cases = Cases::All,
            "--differ" => cases = Cases::Differing,
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    let (rules, warnings) = load::load(&sources);
    warnings.iter().for_each(|warning| println!("{}:{}: {}", warning.file, warning.line, warning.why));
    let rules = Arc::new(rules);
    let baseline = learn.map(learned).transpose()?;
    let (mut tally, mut logs) = (Tally::default(), Vec::new());
    let roots = paths.clone();
    for found in files(paths) {
        match found {
            Found::File(path) if labelled(&path, &roots, (&rules, baseline.as_ref()), &mut tally) => {}
            Found::File(path) => logs.push(path),
            Found::Unreadable(path, why) => tally.unread.push(format!("{}: {why}", path.display())),
        }
    }
    print(&tally);
    let asked = |case: &&cases::Case| cases == Cases::All || (cases == Cases::Differing && case.differs());
    tally.cases.iter().filter(asked).for_each(|case| println!("{case}"));
    let mut notes = tally.notes;
    if !logs.is_empty() {
        notes.extend(of_logs(&logs, &rules, baseline));
    }
    notes.iter().filter(|_| list).for_each(|note| println!("{note}"));
    Ok(())
}

fn files(paths: Vec<PathBuf>) -> impl Iterator<Item = Found> {
    Files::under(paths, Period::default())
}

fn learned(path: PathBuf) -> Result<Baseline, Box<dyn Error>> {
    let (mut baseline, mut reader) = (Baseline::default(), Reader::default());
    for found in files(vec![path]) {
        let Found::File(file) = found else { return Err("what is to be learned can not be read".into()) };
        reader.read(&file.to_string_lossy(), File::open(&file)?, |record| {
            if let Record::Trail(event) = &record {
                baseline.learn(event);
            }
            Fate::Unmatched
        });
    }
    Ok(baseline)
}

/// Tries the tests of a file; false if it is a log, or can not be read, which its reader will say.
fn labelled(
    path: &Path,
    roots: &[PathBuf],
    (rules, baseline): (&Arc<Rules>, Option<&Baseline>),
    tally: &mut Tally,
) -> bool {
    match (lines(path).and_then(labelled::read), labelled::by_folder(path, roots)) {
        (Ok(Some(found)), _) => found.into_iter().for_each(|found| match found {
            Ok(Test { name, expected: Some(expected), event }) => {
                tried(path, &name, expected, of_event(&name, &event, rules), tally);
            }
            Ok(_) => tally.unlabelled += 1,
            Err(why) => tally.unread.push(format!("{}: {why}", path.display())),
        }),
        (Ok(None), Some(expected)) => match of_log(path, rules, baseline) {
            Outcome { records: 0, unread, .. } => {
                tally.unread.extend(unread.map(|why| format!("{}: {why}", path.display())));
            }
            outcome => tried(path, "the whole log", expected, outcome, tally),
        },
        _ => return false,
    }
    true
}

fn lines(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let (mut file, mut magic) = (File::open(path)?, [0; 4]);
    let read = file.read(&mut magic)?;
    file.rewind()?;
    Ok(match &magic[..read] {
        [0x1F, 0x8B, ..] => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        [0x28, 0xB5, 0x2F, 0xFD] => Box::new(BufReader::new(zstd::stream::read::Decoder::new(file)?)),
        _ => Box::new(BufReader::new(file)),
    })
}

fn tried(path: &Path, name: &str, expected: bool, outcome: Outcome, tally: &mut Tally) {
    let Outcome { alerts, calls, unread, .. } = outcome;
    tally.unread.extend(unread.map(|why| format!("{}: {name}: {why}", path.display())));
    let level = alerts.iter().map(|alert| alert.level).max();
    let name = format!("{name} | {}", calls.first().map_or("", |(_, name)| name));
    let alerted = level >= Some(Level::Medium);
    if expected {
        tally.attacks += 1;
        tally.found += u64::from(level.is_some());
        tally.alerted += u64::from(alerted);
        if !alerted {
            tally.notes.push(format!("{} {name}", level.map_or("not found", Level::as_str)));
        }
    } else {
        tally.innocent += 1;
        tally.spoke += u64::from(alerted);
        if alerted {
            tally.notes.extend(alerts.iter().map(|alert| format!("spoke {name}: {}", alert.headline())));
        }
    }
    if calls.iter().any(|(source, name)| cases::concerns(source, name)) {
        tally.cases.push(cases::Case::of(name, expected, &alerts));
    }
}

/// What became of the event of a test.
fn of_event(name: &str, event: &str, rules: &Arc<Rules>) -> Outcome {
    outcome(rules, None, |reader, look| match labelled::call(event) {
        Some(event) => drop(look(&Record::Trail(event))),
        None => reader.read(name, event.as_bytes(), |record| look(&record)),
    })
}

/// What became of a log that is a test as a whole.
fn of_log(path: &Path, rules: &Arc<Rules>, baseline: Option<&Baseline>) -> Outcome {
    let name = path.to_string_lossy();
    outcome(rules, baseline.cloned(), |reader, look| match File::open(path) {
        Err(error) => reader.unreadable(&name, error.to_string()),
        Ok(file) => reader.read(&name, file, |record| look(&record)),
    })
}

fn outcome(
    rules: &Arc<Rules>,
    baseline: Option<Baseline>,
    read: impl Fn(&mut Reader, &mut dyn FnMut(&Record<'_>) -> Fate),
) -> Outcome {
    let (scout, mut desk) = detection(rules, baseline);
    let (mut calls, mut records, mut reader) = (Vec::new(), 0, Reader::default());
    let mut look = |record: &Record<'_>| {
        records += 1;
        if let Record::Trail(event) = record {
            calls.push((event.source.as_str().to_owned(), event.name.as_str().to_owned()));
        }
        let (fate, sighting) = scout.look(record);
        sighting.into_iter().for_each(|sighting| desk.take(sighting));
        fate
    };
    read(&mut reader, &mut look);
    desk.finish();
    let empty = || (calls.is_empty() && reader.tally().counts.parsed == 0).then(|| "it holds no record".to_owned());
    let unread = reader.tally().rejections.first().map(|rejection| rejection.why.clone()).or_else(empty);
    Outcome { alerts: desk.tell(Level::Informational), calls, records, unread }
}

/// All logs as one, and a line for each alert and for each rule that matched.
fn of_logs(paths: &[PathBuf], rules: &Arc<Rules>, baseline: Option<Baseline>) -> Vec<String> {
    let (scout, mut desk) = detection(rules, baseline);
    let mut reader = Reader::default();
    for path in paths {
        let name = path.to_string_lossy();
        match File::open(path) {
            Err(error) => reader.unreadable(&name, error.to_string()),
            Ok(file) => reader.read(&name, file, |record| {
                let (fate, sighting) = scout.look(&record);
                sighting.into_iter().for_each(|sighting| desk.take(sighting));
                fate
            }),
        }
    }
    desk.finish();
    let (alerts, events) = (desk.tell(Level::Medium), reader.tally().counts.parsed);
    println!("events in logs          {events}");
    println!("  not understood        {}", reader.tally().counts.rejected);
    let rejections = reader.tally().rejections.chunk_by(|a, b| a.input == b.input).map(|of_file| &of_file[0]);
    rejections.for_each(|first| println!("    {}: {}", first.input, first.why));
    for (name, least) in [("medium", Level::Medium), ("high", Level::High)] {
        let count = alerts.iter().filter(|alert| alert.level >= least).count();
        let rate = 100_000.0 * count as f64 / events.max(1) as f64;
        println!("  alerts at {name:6} up   {count} ({rate:.2} per 100,000 events)");
    }
    let told = |alert: &Alert| format!("{} {} {}", alert.first, alert.level.as_str(), alert.headline());
    let mut notes: Vec<String> = alerts.iter().map(told).collect();
    notes.extend(desk.hits().iter().map(|(id, hits)| {
        let card = rules.cards().iter().find(|card| card.id == *id);
        format!("{hits:8} {}", card.map_or(id, |card| &card.title))
    }));
    notes
}

fn detection(rules: &Arc<Rules>, baseline: Option<Baseline>) -> (Scout, Desk) {
    let baseline = baseline.unwrap_or_else(Baseline::of_places);
    let scout = Scout::new(rules.clone(), Holdings::new(), Period::default(), true);
    (scout, Desk::new(rules.clone(), Horizon::of_files(), Some(baseline)))
}

fn print(tally: &Tally) {
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { 100.0 * part as f64 / of as f64 };
    println!("events labelled attack  {}", tally.attacks);
    println!("  in an alert at all    {} ({:.1} %)", tally.found, share(tally.found, tally.attacks));
    println!("  at medium up          {} ({:.1} %)", tally.alerted, share(tally.alerted, tally.attacks));
    println!("events labelled none    {}", tally.innocent);
    println!("  alerts at medium up   {} ({:.1} %)", tally.spoke, share(tally.spoke, tally.innocent));
    println!("tests without a label   {}", tally.unlabelled);
    println!("tests not read          {}", tally.unread.len());
    tally.unread.iter().for_each(|unread| println!("  {unread}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    #[test]
    fn label_and_level_differ_where_the_lists_say_so_and_nowhere_else() {
        let rules = Arc::new(load::load(&pack::sources()).0);
        for name in ["panther", "streamalert"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
            let mut tally = Tally::default();
            for entry in fs::read_dir(&folder).expect("a folder") {
                labelled(&entry.expect("an entry").path(), &[], (&rules, None), &mut tally);
            }
            let list = fs::read_to_string(folder.join("differing.txt")).expect("a file");
            let listed: BTreeSet<_> = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
            let differing: Vec<_> =
                tally.cases.iter().filter(|case| case.differs()).map(cases::Case::without_rules).collect();
            assert_eq!(differing.iter().map(String::as_str).collect::<BTreeSet<_>>(), listed);
            assert!(tally.cases.len() > 2 * differing.len(), "{}", tally.cases.len());
            assert_eq!(tally.unread, Vec::<String>::new());
        }
    }

    #[test]
    fn a_log_in_a_folder_of_attacks_is_found_as_a_whole() {
        let (rules, dir) = (Arc::new(load::load(&pack::sources()).0), tempfile::tempdir().expect("a folder"));
        let call = |name: &str| {
            format!(
                r#"{{"eventID":"{name}","eventTime":"2026-03-01T12:00:00Z","eventName":"{name}","eventSource":"cloudtrail.amazonaws.com","userIdentity":{{"arn":"a"}}}}"#
            )
        };
        let mut tally = Tally::default();
        for folder in ["attack", "benign"] {
            let path = dir.path().join(folder).join("log.json");
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(&path, format!(r#"{{"Records":[{},{}]}}"#, call("LookupEvents"), call("StopLogging")))
                .expect("written");
            assert!(labelled(&path, &[dir.path().to_owned()], (&rules, None), &mut tally));
            fs::write(path.with_file_name("README.md"), "What these are.\n").expect("written");
            let roots = [dir.path().to_owned()];
            assert!(labelled(&path.with_file_name("README.md"), &roots, (&rules, None), &mut tally), "it says nothing");
        }
        assert_eq!((tally.attacks, tally.alerted, tally.innocent, tally.spoke), (1, 1, 1, 1));
        assert_eq!(tally.unread.len(), 2, "what is no log is named and not counted: {:?}", tally.unread);
    }

    #[test]
    fn what_can_not_be_read_is_a_log_whose_reader_says_so() {
        let rules = Arc::new(load::load(&[]).0);
        assert!(!labelled(Path::new("/there/is/no/such/file"), &[], (&rules, None), &mut Tally::default()));
    }
}
