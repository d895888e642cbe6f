//! The ledger of a case as the report reads it: typed entries in order, each with its number, time
//! and hash.

use crate::case::Case;
use crate::entry::Entry;
use jiff::Timestamp;

/// An entry with what the ledger says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was written, by the clock of the machine that wrote it.
    pub at: Timestamp,
    /// Its hash in the chain, in hexadecimal.
    pub hash: String,
    /// What it says.
    pub entry: Entry,
}

/// A whole ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    lines: Vec<Line>,
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Nothing to report on.
    #[error("the ledger has no entry: there is nothing to report; check the case's name and --state")]
    Empty,
    /// It begins otherwise than a case does.
    #[error("entry {0} is the ledger's first and does not open a case: run `impound verify` on it")]
    NotOpened(u64),
}

impl History {
    /// Takes the entries in the ledger's order. Whether they are one chain is not checked here.
    ///
    /// # Errors
    /// When there are none, or the first does not open a case.
    pub fn new(lines: Vec<Line>) -> Result<Self, ReportError> {
        match lines.first() {
            None => Err(ReportError::Empty),
            Some(Line { entry: Entry::Opened(_), .. }) => Ok(Self { lines }),
            Some(line) => Err(ReportError::NotOpened(line.seq)),
        }
    }

    /// The entries.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The entries before a release was asked for: the response.
    pub fn response(&self) -> &[Line] {
        let end = self.lines.iter().position(|line| matches!(line.entry, Entry::Releasing(_)));
        &self.lines[..end.unwrap_or(self.lines.len())]
    }

    /// The state of the case: a fold over all entries.
    pub(super) fn case(&self) -> Case {
        fold(&self.lines)
    }

    /// The state of the case when its release was asked for, or now.
    pub(super) fn response_case(&self) -> Case {
        fold(self.response())
    }

    pub(super) fn first(&self) -> &Line {
        &self.lines[0]
    }

    pub(super) fn last(&self) -> &Line {
        &self.lines[self.lines.len() - 1]
    }
}

fn fold(lines: &[Line]) -> Case {
    let mut case = Case::open(&lines[0].entry, lines[0].at).expect("a history begins with an opening");
    for line in &lines[1..] {
        case.apply(line.seq, line.at, &line.hash, &line.entry);
    }
    case
}
