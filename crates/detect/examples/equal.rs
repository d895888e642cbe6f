//! Our count of hits beside the evaluator's alone, rule by rule, over the CloudTrail records of a folder:
//!
//! ```text
//! cargo run --release -p detect --example equal -- FOLDER… [--rules DIR]
//! ```
//! A rule whose counts differ is marked, and the exit code is 1; it also is where no rule has a hit. Rules of single records are counted; what several add up
//! to is not.

// Standing at the edge: a tool for measuring, it reads files and prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use counted::Count;
use detect::count::Fate;
use detect::read::Reader;
use detect::record::Record;
use detect::rules::load::Source;
use detect::rules::{folder, load, pack};
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use rsigma_eval::Engine;
use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod counted;

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let (mut paths, mut sources) = (Vec::new(), pack::sources());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rules" => sources = of_folder(&args.next().unwrap_or_default()),
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    let rows = rows(&count(paths, &sources));
    rows.iter().for_each(|row| println!("{row}"));
    if rows.is_empty() {
        println!("no rule has a hit: nothing was compared");
    }
    ExitCode::from(u8::from(rows.is_empty() || rows.iter().any(|row| row.ours != row.its_own)))
}

fn of_folder(path: &str) -> Vec<Source> {
    let (sources, warnings) = folder::read(Path::new(path));
    warnings.iter().for_each(|warning| println!("{}: {}", warning.file, warning.why));
    sources
}

/// Both counts over all records that are calls.
fn count(paths: Vec<PathBuf>, sources: &[Source]) -> [Count; 2] {
    let (rules, warnings) = load::load(sources);
    warnings.iter().for_each(|warning| println!("{}:{}: {}", warning.file, warning.line, warning.why));
    let mut engine = Engine::new();
    for source in sources {
        counted::add(&mut engine, source).unwrap_or_else(|why| println!("{}: {why}", source.name));
    }
    let (mut ours, mut its_own, mut reader) = (Count::new(), Count::new(), Reader::default());
    let mut look = |record: Record<'_>| {
        if let Record::Trail(event) = &record {
            counted::ours(&rules, event.raw, &mut ours);
            counted::its_own(&engine, event.raw, &mut its_own);
        }
        Fate::Unmatched
    };
    for found in Files::under(paths, Period::default()) {
        match found {
            Found::Unreadable(path, why) => reader.unreadable(&path.to_string_lossy(), why),
            Found::File(path) => match File::open(&path) {
                Err(error) => reader.unreadable(&path.to_string_lossy(), error.to_string()),
                Ok(file) => reader.read(&path.to_string_lossy(), file, &mut look),
            },
        }
    }
    let counts = &reader.tally().counts;
    println!("{} records, {} of them calls; {} not understood", counts.read, counts.kinds.trail, counts.rejected);
    [ours, its_own]
}

/// A rule, and how often it was hit by either count.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    title: String,
    ours: u64,
    its_own: u64,
}

/// A row for every rule that has hits by either count.
fn rows([ours, its_own]: &[Count; 2]) -> Vec<Row> {
    let hits = |count: &Count, title: &String| count.get(title).copied().unwrap_or_default();
    let mut titles: Vec<&String> = ours.keys().chain(its_own.keys()).collect();
    titles.sort();
    titles.dedup();
    let row = |title: &String| Row { title: title.clone(), ours: hits(ours, title), its_own: hits(its_own, title) };
    titles.into_iter().map(row).collect()
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.ours == self.its_own { "" } else { "  DIFFERS" };
        write!(f, "{:8} {:8}  {}{mark}", self.ours, self.its_own, self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_only_one_of_them_hits_is_a_row_and_differs() {
        let counts = |titles: &[&str]| titles.iter().map(|title| ((*title).to_owned(), 2)).collect::<Count>();
        let rows = rows(&[counts(&["a", "b"]), counts(&["b", "c"])]);
        let told: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["       2        0  a  DIFFERS", "       2        2  b", "       0        2  c  DIFFERS"]);
    }

    #[test]
    fn the_recorded_attack_is_counted_alike() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/invictus");
        let rows = rows(&count(vec![folder], &pack::sources()));
        assert!(rows.len() > 30 && rows.iter().all(|row| row.ours == row.its_own), "{rows:?}");
    }
}
