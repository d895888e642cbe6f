//! A ledger that outlives the process that writes it, and fails where it is told to.

use ledger::{Digest, LedgerError, MemoryStore, Store};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where writing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nowhere.
    Never,
    /// What the n-th append from now should write is not there.
    Before(usize),
    /// What the n-th append from now should write is there, and is reported as failed.
    After(usize),
}

/// The ledger. Clones write into the same one.
#[derive(Clone, Debug)]
pub struct Book {
    pages: Arc<Mutex<MemoryStore>>,
    failure: Failure,
    appends: usize,
    /// The last number that each append wrote, of every process.
    lasts: Arc<Mutex<Vec<u64>>>,
}

impl Book {
    /// An empty ledger.
    pub(crate) fn new() -> Self {
        Self { pages: Arc::default(), failure: Failure::Never, appends: 0, lasts: Arc::default() }
    }

    /// The same ledger, written by a new process, failing as told.
    #[must_use]
    pub fn failing(&self, failure: Failure) -> Self {
        Self { failure, appends: 0, ..self.clone() }
    }

    /// The last number that each append wrote so far.
    pub(crate) fn appends(&self) -> Vec<u64> {
        self.lasts.lock().expect("one thread").clone()
    }

    fn pages(&self) -> MutexGuard<'_, MemoryStore> {
        self.pages.lock().expect("one thread")
    }
}

fn full() -> LedgerError {
    LedgerError::Full { path: "ledger.db".into() }
}

impl Store for Book {
    fn append(&mut self, at: &str, bodies: &[Value]) -> Result<Vec<ledger::Entry>, LedgerError> {
        self.appends += 1;
        if self.failure == Failure::Before(self.appends) {
            return Err(full());
        }
        let written = self.pages().append(at, bodies)?;
        self.lasts.lock().expect("one thread").push(self.len());
        if self.failure == Failure::After(self.appends) { Err(full()) } else { Ok(written) }
    }

    fn entries(&self) -> Result<Vec<ledger::Entry>, LedgerError> {
        self.pages().entries()
    }

    fn head(&self) -> Digest {
        self.pages().head()
    }

    fn len(&self) -> u64 {
        self.pages().len()
    }

    fn put_artefact(&mut self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        self.pages().put_artefact(bytes)
    }

    fn artefact(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError> {
        self.pages().artefact(digest)
    }
}
