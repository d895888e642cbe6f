//! A store in memory: for drills' storms and tests. Not for anything that must survive.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chain::Chain;
use crate::store::check_time;
use crate::{Digest, Entry, LedgerError, Store};

/// A [`Store`] that ends with the process. Entries and hashes are those that a file would hold;
/// they are checked when they are made, and nobody can reach them afterwards.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    chain: Chain,
    entries: Vec<Entry>,
    artefacts: BTreeMap<Digest, Vec<u8>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> MemoryStore {
        MemoryStore { chain: Chain::START, entries: Vec::new(), artefacts: BTreeMap::new() }
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl Store for MemoryStore {
    fn append(&mut self, at: &str, bodies: &[Value]) -> Result<Vec<Entry>, LedgerError> {
        check_time(self.chain.next_seq(), at)?;
        let mut chain = self.chain;
        let added: Vec<Entry> =
            bodies.iter().map(|body| Ok(chain.add(at, body)?.0)).collect::<Result<_, LedgerError>>()?;
        self.chain = chain;
        self.entries.extend_from_slice(&added);
        Ok(added)
    }

    fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.entries.clone())
    }

    fn head(&self) -> Digest {
        self.chain.head
    }

    fn len(&self) -> u64 {
        self.chain.len
    }

    fn put_artefact(&mut self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        let digest = Digest::of(bytes);
        self.artefacts.entry(digest).or_insert_with(|| bytes.to_vec());
        Ok(digest)
    }

    fn artefact(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError> {
        self.artefacts.get(digest).cloned().ok_or_else(|| LedgerError::Artefact {
            digest: *digest,
            path: "memory".into(),
            why: "no such artefact was kept".into(),
        })
    }
}
