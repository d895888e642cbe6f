//! An opened case: its ledger, and the state that its entries fold into. Whatever changes the state
//! goes through the ledger first.

use crate::error::EngineError;
use casebook::case::Case;
use casebook::entry::{Entry, Opened};
use jiff::Timestamp;
use ledger::{Digest, Store};
use serde_json::Value;

/// An opened case.
#[derive(Debug)]
pub struct Session<S> {
    store: S,
    case: Case,
}

/// An entry as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its number.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The ledger's head with it.
    pub head: Digest,
    /// What it says.
    pub entry: Entry,
}

impl<S: Store> Session<S> {
    /// Opens a new case in an empty store.
    ///
    /// # Errors
    /// [`EngineError::NotEmpty`]; [`EngineError::Ledger`] when the opening cannot be written.
    pub fn open(mut store: S, opened: Opened, now: Timestamp) -> Result<Self, EngineError> {
        if !store.is_empty() {
            return Err(EngineError::NotEmpty { entries: store.len() });
        }
        let entry = Entry::Opened(Box::new(opened));
        let case = Case::open(&entry, now).ok_or(EngineError::NotACase)?;
        store.append(&now.to_string(), &[body(1, &entry)?])?;
        Ok(Self { store, case })
    }

    /// Takes up a case from its ledger. Entries of newer programs are passed over.
    ///
    /// # Errors
    /// [`EngineError::Ledger`] when it cannot be read or its chain is broken,
    /// [`EngineError::Entry`] for an entry that is not what its kind promises,
    /// [`EngineError::NotACase`].
    pub fn load(store: S) -> Result<Self, EngineError> {
        let mut written = Self::written_after(&store, 0)?.into_iter();
        let first = written.next().ok_or(EngineError::NotACase)?;
        let mut case = Case::open(&first.entry, first.at).ok_or(EngineError::NotACase)?;
        for Written { seq, at, head, entry } in written {
            case.apply(seq, at, &head.to_string(), &entry);
        }
        Ok(Self { store, case })
    }

    /// How the case stands.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// Its ledger.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Keeps a file beside the ledger.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub fn keep(&mut self, bytes: &[u8]) -> Result<Digest, EngineError> {
        Ok(self.store.put_artefact(bytes)?)
    }

    /// Writes entries in one transaction and takes them in; gives their numbers.
    ///
    /// # Errors
    /// [`EngineError::Ledger`]: nothing was taken in.
    pub fn append(&mut self, now: Timestamp, entries: &[Entry]) -> Result<Vec<u64>, EngineError> {
        let next = self.store.len() + 1;
        let bodies: Vec<Value> =
            (next..).zip(entries).map(|(seq, entry)| body(seq, entry)).collect::<Result<_, _>>()?;
        let written = self.store.append(&now.to_string(), &bodies)?;
        for (written, entry) in written.iter().zip(entries) {
            self.case.apply(written.seq, now, &written.hash.to_string(), entry);
        }
        Ok(written.iter().map(|written| written.seq).collect())
    }

    /// Every entry, read anew.
    ///
    /// # Errors
    /// As [`Session::load`].
    pub fn entries(&self) -> Result<Vec<Written>, EngineError> {
        Self::written_after(&self.store, 0)
    }

    /// Every entry of a ledger after the one of a number.
    ///
    /// # Errors
    /// As [`Session::load`].
    pub fn written_after(store: &S, seq: u64) -> Result<Vec<Written>, EngineError> {
        store.entries()?.into_iter().filter(|entry| entry.seq > seq).map(understand).collect()
    }
}

fn understand(written: ledger::Entry) -> Result<Written, EngineError> {
    let seq = written.seq;
    let bad = |why: String| EngineError::Entry { entry: seq, why };
    let at = written.at.parse().map_err(|error: jiff::Error| bad(error.to_string()))?;
    let entry = serde_json::from_value(written.body).map_err(|error| bad(error.to_string()))?;
    Ok(Written { seq, at, head: written.hash, entry })
}

fn body(seq: u64, entry: &Entry) -> Result<Value, EngineError> {
    serde_json::to_value(entry).map_err(|error| EngineError::Entry { entry: seq, why: error.to_string() })
}
