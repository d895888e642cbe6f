//! What was captured and what could not be: the files beside the ledger, and the gaps.

use super::history::{History, Line};
use crate::entry::{Captured, Entry};
use crate::fault::FaultClass;
use crate::query::{Query, Side};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A file kept beside the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtefactRow {
    /// The entry that names it.
    pub seq: u64,
    /// When that was written.
    pub at: Timestamp,
    /// The account that answered; `None` for a file that a person gave.
    pub side: Option<Side>,
    /// What was asked, in words.
    pub what: String,
    /// `reading`, or the call whose answer it holds.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// How many; `None` when the ledger does not say.
    pub bytes: Option<u64>,
    /// AWS's id of the request; empty when it is no answer of AWS.
    pub request: String,
    /// AWS's clock at the answer, as AWS wrote it; empty when it is no answer of AWS.
    pub date: String,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The entry.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// In which account; `None` when it is the ledger itself.
    pub side: Option<Side>,
    /// What was asked, in words.
    pub what: String,
    /// The class of the failure; `None` when nothing failed and yet nothing was written.
    pub class: Option<FaultClass>,
    /// Why it could not be read.
    pub why: String,
    /// The IAM actions that an answer needs.
    pub needs: Vec<String>,
}

/// Every file that an entry names, in order.
pub(super) fn artefacts(history: &History) -> Vec<ArtefactRow> {
    let mut findings: Vec<ArtefactRow> = history.lines().iter().filter_map(finding).collect();
    let mut known = BTreeSet::new();
    findings.retain(|row| known.insert(row.sha256.clone()));
    let answers = history.lines().iter().filter_map(|line| match &line.entry {
        Entry::Captured(captured) => Some((line, captured)),
        _ => None,
    });
    findings.into_iter().chain(answers.flat_map(|(line, captured)| files(line, captured))).collect()
}

/// The file that a finding came in; several can come in one.
fn finding(line: &Line) -> Option<ArtefactRow> {
    let (finding, what) = match &line.entry {
        Entry::Opened(opened) => (opened.finding.as_ref()?, "the finding that opened the case"),
        Entry::Finding(finding) => (&finding.note, "a further finding"),
        _ => return None,
    };
    Some(ArtefactRow {
        seq: line.seq,
        at: line.at,
        side: None,
        what: what.into(),
        name: "file".into(),
        sha256: finding.sha256.clone(),
        bytes: None,
        request: String::new(),
        date: String::new(),
    })
}

fn files(line: &Line, captured: &Captured) -> Vec<ArtefactRow> {
    let row = |file: &crate::entry::Artefact| ArtefactRow {
        seq: line.seq,
        at: line.at,
        side: Some(captured.query.side()),
        what: captured.query.title(),
        name: file.name.clone(),
        sha256: file.sha256.clone(),
        bytes: Some(file.bytes),
        request: file.request.clone(),
        date: file.date.clone(),
    };
    captured.artefacts.iter().map(row).collect()
}

/// Every question whose last answer is none, then the entries that this program cannot read.
pub(super) fn gaps(history: &History) -> Vec<Gap> {
    let mut last: BTreeMap<&Query, (&Line, &Captured)> = BTreeMap::new();
    for line in history.lines() {
        if let Entry::Captured(captured) = &line.entry {
            last.insert(&captured.query, (line, captured));
        }
    }
    let mut gaps: Vec<Gap> = last.into_values().filter_map(|(line, captured)| gap(line, captured)).collect();
    gaps.sort_by_key(|gap| gap.seq);
    gaps.extend(history.lines().iter().filter(|line| line.entry == Entry::Unread).map(unread));
    gaps
}

fn gap(line: &Line, captured: &Captured) -> Option<Gap> {
    let nothing = captured.reading.is_none() && captured.artefacts.is_empty();
    if captured.gap.is_none() && !nothing {
        return None;
    }
    let why = captured.gap.as_ref().map_or("nothing was written on it".to_owned(), ToString::to_string);
    Some(Gap {
        seq: line.seq,
        at: line.at,
        side: Some(captured.query.side()),
        what: captured.query.title(),
        class: captured.gap.as_ref().map(|fault| fault.class),
        why,
        needs: captured.query.actions().iter().map(|action| (*action).to_owned()).collect(),
    })
}

fn unread(line: &Line) -> Gap {
    Gap {
        seq: line.seq,
        at: line.at,
        side: None,
        what: format!("entry {} of the ledger", line.seq),
        class: None,
        why: "a newer program wrote it: what it says is missing from this report".into(),
        needs: Vec::new(),
    }
}
