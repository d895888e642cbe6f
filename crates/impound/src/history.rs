//! A case read back from its ledger, to look at: its state, its entries and its head.

use crate::failure::Failure;
use casebook::case::Case;
use casebook::id::CaseId;
use engine::{Session, Written};
use ledger::{CaseFile, ReadOnly, Shelf, Store};
use std::path::Path;

/// A case as its ledger tells it.
#[derive(Debug)]
pub struct History {
    /// The state of the case.
    pub case: Case,
    /// The entries.
    pub entries: Vec<Written>,
    /// Hash of the last entry, hexadecimal.
    pub head: String,
}

/// A case's name, and its history or why it can not be read.
pub type Named = (String, Result<History, Failure>);

impl History {
    /// Reads a case without its lock, also while another process works on it.
    ///
    /// # Errors
    /// When there is no such case or its ledger is broken.
    pub fn read(state: &Path, case: &CaseId) -> Result<Self, Failure> {
        Self::of(&session(state, case)?)
    }

    /// How an opened case stands.
    ///
    /// # Errors
    /// When its ledger can not be read again.
    pub fn of<S: Store>(session: &Session<S>) -> Result<Self, Failure> {
        let entries = session.entries()?;
        Ok(Self { case: session.case().clone(), entries, head: session.store().head().to_string() })
    }

    /// Every case of a state directory. One that cannot be read does not hide the others.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub fn all(shelf: &Shelf) -> Result<Vec<Named>, Failure> {
        let names = shelf.cases()?;
        let read = |name: String| {
            let history = Self::read(shelf.path(), &CaseId::new(name.clone()));
            (name, history)
        };
        Ok(names.into_iter().map(read).collect())
    }
}

/// A case for looking only.
///
/// # Errors
/// When there is no such case or its ledger is broken.
pub fn session(state: &Path, case: &CaseId) -> Result<Session<ReadOnly>, Failure> {
    Ok(Session::load(CaseFile::read(state, case.as_str())?)?)
}
