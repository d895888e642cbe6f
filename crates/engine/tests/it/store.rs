//! A ledger that outlives the session that writes it, and fails where it is told to.

use casebook::effect::Effect;
use ledger::{Digest, LedgerError, MemoryStore, Store};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where a store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nowhere.
    Never,
    /// What the n-th append from now should write is not there.
    Before(usize),
    /// What the n-th append from now should write is there, and is reported as failed.
    After(usize),
}

/// The ledger.
#[derive(Clone, Debug)]
pub struct Book {
    pages: Arc<Mutex<MemoryStore>>,
    intents: Arc<Mutex<Vec<Effect>>>,
    failure: Failure,
    appends: usize,
}

impl Book {
    pub fn new() -> Self {
        Self { pages: Arc::default(), intents: Arc::default(), failure: Failure::Never, appends: 0 }
    }

    /// The same ledger, written by a new process, failing otherwise.
    pub fn failing(&self, failure: Failure) -> Self {
        self.intents().clear();
        Self { failure, appends: 0, ..self.clone() }
    }

    /// What this process has written as intent and not taken back by [`Book::spend`].
    fn intents(&self) -> MutexGuard<'_, Vec<Effect>> {
        self.intents.lock().expect("one thread")
    }

    /// Takes one intent for an effect; whether there was one.
    pub fn spend(&self, effect: &Effect) -> bool {
        let mut intents = self.intents();
        let at = intents.iter().position(|intent| intent == effect);
        at.map(|at| intents.remove(at)).is_some()
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
        for body in bodies.iter().filter(|body| body["entry"] == "intent") {
            self.intents().push(serde_json::from_value(body["effect"].clone()).expect("an effect"));
        }
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
