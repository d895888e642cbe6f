//! What of the buckets has been read to its end, kept between runs in a file.
//!
//! It is written after what was read has been told or kept, so whatever stops a run loses nothing: the
//! next one reads again what is not in it. Keys stand in it folder by folder, which in AWS's layout is day
//! by day. AWS never writes a log file a second time under the same key, so a key is enough.

use crate::failure::Failure;
use detect::source::bucket::folder;
use detect::source::key::Period;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

const SCHEMA: &str = "impound.cursor/1";

/// Which keys were read, of which places, for what.
#[derive(Debug)]
pub struct Cursor {
    path: PathBuf,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    schema: String,
    /// The command: what one has read another one has not.
    command: String,
    sources: BTreeSet<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// By place and folder, the rest of each key.
    read: BTreeMap<String, BTreeSet<String>>,
}

impl Cursor {
    /// The cursor in a file, or a new one where there is none yet.
    ///
    /// # Errors
    /// When it can not be read, or belongs to another reading.
    pub fn open(path: &Path, command: &str, sources: &[PathBuf], period: Period) -> Result<Self, Failure> {
        let sources =
            sources.iter().map(|source| source.display().to_string()).filter(|text| text.starts_with("s3://"));
        let Period { since, until } = period;
        let now = State {
            schema: SCHEMA.to_owned(),
            command: command.to_owned(),
            sources: sources.collect(),
            since,
            until,
            read: BTreeMap::new(),
        };
        if now.sources.is_empty() {
            return Err(Failure::usage("a cursor is for sources in buckets, and none is named: s3://BUCKET/PREFIX"));
        }
        let state = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => now,
            read => taken_up(path, read.map_err(|error| unusable(path, &error.to_string()))?.as_slice(), now)?,
        };
        Ok(Self { path: path.to_owned(), state })
    }

    /// Whether an object, by its address, was read to its end.
    pub fn has(&self, address: &str) -> bool {
        let (folder, rest) = split(address);
        self.state.read.get(folder).is_some_and(|keys| keys.contains(rest))
    }

    /// Writes down what was read besides: beside the old file first, so that a half-written one replaces nothing.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn keep(&mut self, read: &[String]) -> Result<(), Failure> {
        for address in read {
            let (folder, rest) = split(address);
            self.state.read.entry(folder.to_owned()).or_default().insert(rest.to_owned());
        }
        let unwritable =
            |why: String| Failure::usage(format!("cannot write the cursor {}: {why}", self.path.display()));
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder).map_err(|error| unwritable(error.to_string()))?;
        let text = serde_json::to_string(&self.state).map_err(|error| unwritable(error.to_string()))?;
        file.write_all(text.as_bytes()).map_err(|error| unwritable(error.to_string()))?;
        file.persist(&self.path).map(drop).map_err(|error| unwritable(error.to_string()))
    }
}

/// The state of a file, if it is about the same reading or a narrower one: records outside the period of then
/// were not looked at.
fn taken_up(path: &Path, bytes: &[u8], now: State) -> Result<State, Failure> {
    let kept: State = serde_json::from_slice(bytes).map_err(|error| unusable(path, &error.to_string()))?;
    let other = |what: &str| {
        let hint = "name the same sources and period as then, or another file for the cursor";
        Err(Failure::usage(format!("the cursor {} is of another reading: {what}", path.display())).hint(hint))
    };
    if kept.schema != SCHEMA {
        return Err(unusable(path, &format!("it is of the form {}, not {SCHEMA}", kept.schema)));
    }
    if kept.command != now.command {
        return other(&format!("of `impound {}`", kept.command));
    }
    if kept.sources != now.sources {
        return other(&format!("of {}", kept.sources.into_iter().collect::<Vec<_>>().join(" ")));
    }
    if kept.since.is_some_and(|then| now.since.is_none_or(|since| since < then)) {
        return other("it began later than what is asked for now");
    }
    if kept.until.is_some_and(|then| now.until.is_none_or(|until| until > then)) {
        return other("it ended earlier than what is asked for now");
    }
    Ok(State { since: now.since, until: now.until, ..kept })
}

fn unusable(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("cannot use the cursor {}: {why}", path.display()))
}

/// An address up to its last `/`, and the rest.
fn split(address: &str) -> (&str, &str) {
    address.split_at(folder(address).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "s3://logs/AWSLogs/";
    const KEY: &str = "s3://logs/AWSLogs/1/CloudTrail/us-east-1/2026/03/01/a.json.gz";

    fn open(path: &Path, command: &str, source: &str, since: Option<&str>) -> Result<Cursor, Failure> {
        let since = since.map(|at| at.parse().expect("a time"));
        Cursor::open(path, command, &[source.into()], Period { since, until: None })
    }

    #[test]
    fn what_was_read_is_known_to_the_next_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cursor");
        let mut cursor = open(&path, "detect", SOURCE, None).expect("a new one");
        assert!(!cursor.has(KEY));
        cursor.keep(&[KEY.to_owned()]).expect("written");
        let next = open(&path, "detect", SOURCE, None).expect("taken up");
        assert!(
            next.has(KEY) && !next.has(&KEY.replace("/01/a", "/02/a")) && !next.has(&KEY.replace("a.json", "b.json"))
        );
    }

    #[test]
    fn the_cursor_of_another_reading_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cursor");
        let (day, later) = (Some("2026-03-01T00:00:00Z"), Some("2026-03-02T00:00:00Z"));
        open(&path, "detect", SOURCE, day).expect("a new one").keep(&[]).expect("written");
        open(&path, "detect", SOURCE, later).expect("a narrower reading goes on");
        for (command, source, since, why) in [
            ("detect", "s3://logs/other/", day, "s3://logs/AWSLogs/"),
            ("baseline learn", SOURCE, day, "impound detect"),
            ("detect", SOURCE, None, "began later"),
            ("detect", "AWSLogs/", day, "none is named"),
        ] {
            let failure = open(&path, command, source, since).expect_err("refused");
            assert!(failure.what.contains(why), "{}", failure.what);
        }
        fs::write(&path, "{").expect("written");
        assert!(
            open(&path, "detect", SOURCE, day).is_err_and(|failure| failure.what.contains("cannot use the cursor"))
        );
    }
}
