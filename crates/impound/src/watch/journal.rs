//! The watch's own ledger: what was told, started and decided against, and what was not understood. A
//! message is deleted only when its effect stands here.
//!
//! Not for: messages without an effect. A trail delivers thousands of them a day; they are counted.

use crate::context::PROGRAM;
use crate::failure::Failure;
use crate::watch::orders::Order;
use crate::watch::told::Told;
use casebook::entry::{FindingEntry, Person};
use detect::count::Counts;
use detect::trigger::Triggers;
use jiff::Timestamp;
use ledger::{CaseFile, Digest, Entry, LedgerError, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folder beside the cases, so that the watch is none of them.
pub const FOLDER: &str = "watch";
/// The ledger's name in it.
const NAME: &str = "journal";

/// What stands in the ledger. Kinds and fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum Line {
    /// A run of the watch began.
    Began {
        /// The queue.
        queue: String,
        /// The program and version.
        program: String,
        /// Who started it.
        by: Person,
    },
    /// An alert, new or changed, and what was decided.
    Alert {
        /// Its id.
        alert: String,
        /// Why a response was started, or why not.
        decision: String,
        /// The instance, where the alert counts for the breaker.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        accused: String,
        /// Where it is to be told besides stdout.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tell: Vec<String>,
        /// The alert as an OCSF Detection Finding.
        #[serde(deserialize_with = "verbatim::deserialize")]
        finding: Value,
    },
    /// It was told there.
    Told {
        /// The entry of the alert.
        alert: u64,
        /// Where.
        to: String,
    },
    /// A response is to be run.
    Start(Box<Start>),
    /// It was, or can not be.
    Ended {
        /// The entry of its start.
        start: u64,
        /// The case; empty when none was opened.
        case: String,
        /// How it stands.
        reason: String,
    },
    /// A message, or a part of one, that was not understood.
    DeadLetter {
        /// The queue's id of it.
        message: String,
        /// Why.
        why: String,
        /// The digest of its body, kept as artefact.
        sha256: String,
    },
    /// Too many instances were accused: nothing is started any more.
    Tripped {
        /// Why.
        why: String,
    },
    /// A person closed the breaker.
    Reset {
        /// Who.
        by: Person,
    },
    /// What was read in this run.
    Read {
        /// Messages taken.
        messages: u64,
        /// The records in them.
        counts: Value,
    },
    /// An entry of a newer program.
    #[serde(other)]
    Unread,
}

/// A response to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The instance.
    pub instance: String,
    /// Its account; empty when the alert does not tell.
    pub account: String,
    /// Where it may be: the regions of its calls, or the finding's.
    pub regions: Vec<String>,
    /// How.
    pub order: Order,
    /// The alert, as it will stand in the case; its document is kept as artefact.
    pub finding: FindingEntry,
}

/// What an earlier run has left to do.
#[derive(Debug, Default)]
pub struct Left {
    /// Responses that were not run to their end, by the entry of their start.
    pub starts: BTreeMap<u64, Start>,
    /// Alerts that were not told everywhere: entry, and where. The document stands in the entry.
    pub untold: BTreeSet<(u64, String)>,
    /// The alerts that were told since the time asked for.
    pub told: Told,
}

/// The ledger, held by this process alone.
#[derive(Debug)]
pub struct Journal(CaseFile);

impl Journal {
    /// Opens the journal of a state directory, or makes it.
    ///
    /// # Errors
    /// When another watch holds it, or it is broken or can not be written.
    pub fn open(state: &Path) -> Result<Self, Failure> {
        let folder = state.join(FOLDER);
        let opened = match CaseFile::open(&folder, NAME, PROGRAM) {
            Err(LedgerError::NoSuchCase { .. }) => CaseFile::create(&folder, NAME, PROGRAM),
            opened => opened,
        };
        opened.map(Self).map_err(|error| match error {
            LedgerError::Locked { .. } => Failure::usage(format!("another watch is under way here: {error}"))
                .hint("stop it first, or keep another watch in a state directory of its own with --state"),
            error => error.into(),
        })
    }

    /// Writes lines, all or none, and gives their numbers.
    ///
    /// # Errors
    /// When the ledger can not be written: then no message is deleted.
    pub fn write(&mut self, now: Timestamp, lines: &[Line]) -> Result<Vec<u64>, Failure> {
        let bodies: Result<Vec<Value>, _> = lines.iter().map(serde_json::to_value).collect();
        let bodies = bodies.expect("lines are JSON");
        Ok(self.0.append(&now.to_string(), &bodies)?.into_iter().map(|entry| entry.seq).collect())
    }

    /// Keeps bytes under their digest.
    ///
    /// # Errors
    /// When they can not be written.
    pub fn keep(&mut self, bytes: &[u8]) -> Result<Digest, Failure> {
        Ok(self.0.put_artefact(bytes)?)
    }

    /// What is kept under a digest.
    ///
    /// # Errors
    /// When it is not there or was altered.
    pub fn kept(&self, sha256: &str) -> Result<Vec<u8>, Failure> {
        let digest = sha256.parse().map_err(|_| Failure::usage(format!("`{sha256}` is no digest")))?;
        Ok(self.0.artefact(&digest)?)
    }

    /// The document of the alert in an entry.
    ///
    /// # Errors
    /// When the ledger can not be read, or that entry is none of an alert.
    pub fn finding(&self, alert: u64) -> Result<Value, Failure> {
        match serde_json::from_value(self.0.entry(alert)?.body) {
            Ok(Line::Alert { finding, .. }) => Ok(finding),
            _ => Err(Failure::usage(format!("entry {alert} of the watch's journal is no alert"))),
        }
    }

    /// Brings the triggers to where earlier runs left them, and says what these left to do and have told since a time.
    ///
    /// # Errors
    /// When the ledger can not be read.
    pub fn replay(&self, triggers: &mut Triggers, since: Timestamp) -> Result<Left, Failure> {
        let (mut left, mut last) = (Left::default(), None);
        self.0.each(|entry| {
            if entry.body["entry"] != "began" {
                last = entry.at.parse().ok();
            }
            left.take(entry, triggers, since);
        })?;
        left.told.doubt(last.unwrap_or(Timestamp::MAX));
        Ok(left)
    }
}

impl Left {
    fn take(&mut self, entry: Entry, triggers: &mut Triggers, since: Timestamp) {
        let (Ok(line), Ok(at)) = (serde_json::from_value(entry.body), entry.at.parse()) else { return };
        match line {
            Line::Start(start) => {
                triggers.remember(&start.instance, &start.account, at);
                self.starts.insert(entry.seq, *start);
            }
            Line::Ended { start, case, .. } => {
                if let Some(start) = self.starts.remove(&start).filter(|_| case.is_empty()) {
                    triggers.forget(&start.instance, &start.account);
                }
            }
            Line::Alert { alert, accused, tell, finding, .. } => {
                if !accused.is_empty() {
                    triggers.heard(&accused, at);
                }
                self.untold.extend(tell.into_iter().map(|to| (entry.seq, to)));
                if at >= since {
                    self.told.remember(alert, at, &finding);
                }
            }
            Line::Told { alert, to } => drop(self.untold.remove(&(alert, to))),
            Line::Tripped { why } => triggers.trip(&why),
            Line::Reset { .. } => triggers.close(),
            Line::Began { .. } | Line::DeadLetter { .. } | Line::Read { .. } | Line::Unread => {}
        }
    }
}

/// What was read, as it stands in the ledger.
pub fn read(messages: u64, counts: &Counts) -> Line {
    Line::Read { messages, counts: serde_json::to_value(counts).expect("counts are numbers") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::told;
    use casebook::entry::FindingNote;
    use casebook::step::Phase;
    use detect::alert::ocsf;
    use detect::rules::Level;
    use detect::trigger::Limits;
    use jiff::SignedDuration;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().expect("a time")
    }

    fn start(instance: &str) -> Line {
        let (id, kind, title) = ("a".into(), "k".into(), "t".into());
        let note = FindingNote { id, kind, title, sha256: "00".into(), signs: Vec::new() };
        Line::Start(Box::new(Start {
            instance: instance.into(),
            account: "111111111111".into(),
            regions: vec!["us-east-1".into()],
            order: Order { runbook: "standard".into(), through: Phase::Contain, approve: Vec::new() },
            finding: FindingEntry { note, revoke_first: false },
        }))
    }

    fn triggers() -> Triggers {
        Triggers::new(Vec::new(), Limits::default())
    }

    #[test]
    fn a_new_run_knows_what_is_left_to_do() {
        let dir = tempfile::tempdir().expect("a folder");
        let alert = Line::Alert {
            alert: "a".into(),
            decision: "started".into(),
            accused: String::new(),
            tell: vec!["webhook".into()],
            finding: json!({"message": "m"}),
        };
        let mut journal = Journal::open(dir.path()).expect("a journal");
        let written = journal.write(now(), &[start("i-1"), start("i-2"), alert.clone(), alert]).expect("written");
        let ended = Line::Ended { start: written[0], case: "c".into(), reason: "done".into() };
        let told = Line::Told { alert: written[2], to: "webhook".into() };
        journal.write(now(), &[ended, told, Line::Tripped { why: "forged".into() }]).expect("written");
        drop(journal);

        let mut triggers = triggers();
        let mut journal = Journal::open(dir.path()).expect("the same journal");
        let left = journal.replay(&mut triggers, Timestamp::MIN).expect("read");
        assert_eq!(left.starts.values().map(|start| start.instance.as_str()).collect::<Vec<_>>(), ["i-2"]);
        assert_eq!(left.untold, BTreeSet::from([(written[3], "webhook".to_owned())]));
        assert_eq!(journal.finding(written[3]).expect("it stands there"), json!({"message": "m"}));
        assert!(journal.finding(written[0]).is_err() && journal.finding(99).is_err(), "a start, and nothing");
        assert_eq!(triggers.tripped(), Some("forged"));
        journal.write(now(), &[Line::Reset { by: Person::default() }]).expect("written");
        journal.replay(&mut triggers, Timestamp::MIN).expect("read");
        assert_eq!(triggers.tripped(), None);
    }

    #[test]
    fn whom_an_earlier_run_has_accused_counts_for_the_breaker() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(dir.path()).expect("a journal");
        let line = |accused: &str| Line::Alert {
            alert: "alert-1".into(),
            decision: "5 responses were started within the hour, the limit".into(),
            accused: accused.into(),
            tell: Vec::new(),
            finding: json!({}),
        };
        journal.write(now(), &[line("i-1"), line("")]).expect("written");
        let mut triggers = triggers();
        journal.replay(&mut triggers, Timestamp::MIN).expect("read");
        assert!(triggers.is_accused("i-1", now()) && !triggers.is_accused("", now()));
        journal.write(now(), &[Line::Reset { by: Person::default() }]).expect("written");
        journal.replay(&mut triggers, Timestamp::MIN).expect("read");
        assert!(!triggers.is_accused("i-1", now()), "a person has looked");
    }

    #[test]
    fn that_another_run_began_does_not_prove_that_an_alert_was_told() {
        let (alert, decision, tell) = ("alert-1".to_owned(), "only told".to_owned(), Vec::new());
        let accused = String::new();
        let line = Line::Alert { alert, decision, accused, tell, finding: ocsf::finding(&told::tests::alert(2, 0)) };
        let told_again = |after: Line| {
            let dir = tempfile::tempdir().expect("a folder");
            let mut journal = Journal::open(dir.path()).expect("a journal");
            journal.write(now(), std::slice::from_ref(&line)).expect("written");
            journal.write(now() + SignedDuration::from_hours(1), &[after]).expect("written");
            let mut left = journal.replay(&mut triggers(), Timestamp::MIN).expect("read");
            left.told.news(told::tests::alert(2, 0), Level::Medium).is_some()
        };
        assert!(told_again(Line::Began { queue: "q".into(), program: "p".into(), by: Person::default() }));
        assert!(!told_again(Line::Tripped { why: "forged".into() }), "the same run went on after it");
    }

    #[test]
    fn two_watches_do_not_share_a_journal() {
        let dir = tempfile::tempdir().expect("a folder");
        let _held = Journal::open(dir.path()).expect("a journal");
        let failure = Journal::open(dir.path()).expect_err("it is held");
        assert!(failure.what.contains("another watch"), "{}", failure.what);
    }

    #[test]
    fn the_watch_is_no_case() {
        let dir = tempfile::tempdir().expect("a folder");
        let _journal = Journal::open(dir.path()).expect("a journal");
        assert!(ledger::Shelf::at(dir.path()).cases().expect("listed").is_empty());
    }

    #[test]
    fn a_line_of_a_newer_program_is_passed_over() {
        let line: Line = serde_json::from_value(json!({"entry": "dream", "of": 3})).expect("a line");
        assert_eq!(line, Line::Unread);
    }
}
