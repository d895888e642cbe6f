//! A case as it stood at one moment, for those who only look.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::artefacts::Artefacts;
use crate::chain::Chain;
use crate::head::Witness;
use crate::{Digest, Entry, LedgerError, Store, head, sqlite};

/// How often a reading is tried before a break is believed: while another process writes, the
/// log may be folded into the file between two looks of ours. A file that is really damaged
/// is so each time.
const LOOKS: u32 = 3;

/// A verified reading of a case. It holds no lock, writes nothing, and does not follow what
/// is appended later. As a [`Store`] it refuses to write with [`LedgerError::ReadOnly`].
#[derive(Debug)]
pub struct ReadOnly {
    entries: Vec<Entry>,
    path: PathBuf,
    artefacts: Artefacts,
}

impl ReadOnly {
    pub(crate) fn of(dir: &Path) -> Result<ReadOnly, LedgerError> {
        Ok(ReadOnly { entries: load(dir)?, path: dir.join("ledger.db"), artefacts: Artefacts::of_case(dir) })
    }

    fn refused(&self) -> LedgerError {
        LedgerError::ReadOnly { path: self.path.clone(), why: "this process opened the case for reading only".into() }
    }
}

impl Store for ReadOnly {
    fn append(&mut self, _at: &str, _bodies: &[Value]) -> Result<Vec<Entry>, LedgerError> {
        Err(self.refused())
    }

    fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.entries.clone())
    }

    fn head(&self) -> Digest {
        self.entries.last().map_or(Digest::ZERO, |entry| entry.hash)
    }

    fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    fn put_artefact(&mut self, _bytes: &[u8]) -> Result<Digest, LedgerError> {
        Err(self.refused())
    }

    fn artefact(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError> {
        self.artefacts.get(digest)
    }
}

/// The verified entries of the case in `dir`, checked against its head file.
pub(crate) fn load(dir: &Path) -> Result<Vec<Entry>, LedgerError> {
    patiently(|| {
        let mut entries = Vec::new();
        look(dir, |entry| entries.push(entry))?;
        Ok(entries)
    })
}

/// Verifies them, and gives the chain at their end.
pub(crate) fn verify(dir: &Path) -> Result<Chain, LedgerError> {
    patiently(|| look(dir, drop))
}

fn patiently<T>(look: impl Fn() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
    let mut found = look();
    for _ in 1..LOOKS {
        if found.is_ok() {
            break;
        }
        found = look();
    }
    found
}

fn look(dir: &Path, mut take: impl FnMut(Entry)) -> Result<Chain, LedgerError> {
    let path = dir.join("ledger.db");
    // The head first: entries that are appended in between may only make the ledger longer.
    let mut head = Witness::of(head::read(dir)?);
    let end = sqlite::read(&path, |entry| {
        head.see(&entry);
        take(entry);
    })?;
    head.check(end).map_err(|found| LedgerError::broken(&path, found))?;
    Ok(end)
}
