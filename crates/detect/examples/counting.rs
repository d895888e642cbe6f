//! Reads files and folders and prints what was counted, as JSON: `counting PATH…`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that reads files and says what it read")]

use detect::count::Fate;
use detect::read::Reader;
use detect::record::Record;
use detect::seen::Seen;
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use serde_json::json;
use std::env;
use std::error::Error;
use std::fs::File;

fn main() -> Result<(), Box<dyn Error>> {
    let mut reader = Reader::default();
    let mut seen = Seen::default();
    for found in Files::under(env::args_os().skip(1).map(Into::into), Period::default()) {
        match found {
            Found::Unreadable(path, why) => reader.unreadable(&path.to_string_lossy(), why),
            Found::File(path) => match File::open(&path) {
                Err(error) => reader.unreadable(&path.to_string_lossy(), error.to_string()),
                Ok(file) => reader.read(&path.to_string_lossy(), file, |record| match record {
                    Record::Trail(event) if seen.before(event.id.as_str()) => Fate::Duplicate,
                    _ => Fate::Unmatched,
                }),
            },
        }
    }
    let tally = reader.into_tally();
    println!("{}", serde_json::to_string_pretty(&json!({"counts": tally.counts, "rejections": tally.rejections}))?);
    Ok(())
}
