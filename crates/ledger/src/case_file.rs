//! A case on disk, open for writing by this process alone.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;

use crate::artefacts::Artefacts;
use crate::chain::Chain;
use crate::files::{make_dir, sync_dir};
use crate::head::{self, HeadFile, Witness};
use crate::lock::Lock;
use crate::read_only::{ReadOnly, verify};
use crate::shelf::Place;
use crate::store::check_time;
use crate::{Digest, Entry, LedgerError, Store, sqlite};

/// A [`Store`] in `<state>/cases/<case>/`. Holds the case's lock until it is dropped.
#[derive(Debug)]
pub struct CaseFile {
    // Fields drop in this order: the file is closed before the lock is freed.
    conn: Connection,
    chain: Chain,
    path: PathBuf,
    head: HeadFile,
    artefacts: Artefacts,
    _lock: Lock,
}

impl CaseFile {
    /// Makes a new, empty case and takes its lock. The state directory is made when missing.
    /// `program` is what a second process will be told holds the case. The case is there
    /// completely or not at all, also after a crash.
    ///
    /// # Errors
    /// [`LedgerError::Exists`], [`LedgerError::BadName`], [`LedgerError::ReadOnly`],
    /// [`LedgerError::Full`], [`LedgerError::Io`].
    pub fn create(state: &Path, case: &str, program: &str) -> Result<CaseFile, LedgerError> {
        let place = Place::of(state, case)?;
        let exists = || LedgerError::Exists { case: case.to_owned(), state: state.to_owned() };
        if place.dir.exists() {
            return Err(exists());
        }
        let scratch = place.scratch();
        make_dir(&scratch)?;
        let lock = Lock::take(&scratch.join("lock"), program)?;
        let moved = furnish(&scratch).and_then(|()| match fs::rename(&scratch, &place.dir) {
            Err(e) if [ErrorKind::DirectoryNotEmpty, ErrorKind::AlreadyExists].contains(&e.kind()) => Err(exists()),
            done => done.map_err(|e| LedgerError::writing(&place.dir, &e)),
        });
        if let Err(error) = moved {
            // Best effort: a leftover is invisible and is used again by the next attempt.
            let _ = fs::remove_dir_all(&scratch);
            return Err(error);
        }
        place.sync_parents()?;
        CaseFile::with(&place.dir, Chain::START, lock)
    }

    /// Takes the lock of an existing case and opens it, after its whole chain was verified
    /// by reading alone.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchCase`], [`LedgerError::Locked`], [`LedgerError::Broken`],
    /// [`LedgerError::Newer`], [`LedgerError::ReadOnly`], [`LedgerError::Io`].
    pub fn open(state: &Path, case: &str, program: &str) -> Result<CaseFile, LedgerError> {
        let place = Place::of(state, case)?.existing()?;
        let lock = Lock::take(&place.dir.join("lock"), program)?;
        CaseFile::with(&place.dir, verify(&place.dir)?, lock)
    }

    /// Reads a case without its lock and without writing anything, also while another process
    /// holds it: for status, report and verify.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchCase`], [`LedgerError::Broken`], [`LedgerError::Newer`],
    /// [`LedgerError::Io`].
    pub fn read(state: &Path, case: &str) -> Result<ReadOnly, LedgerError> {
        ReadOnly::of(&Place::of(state, case)?.existing()?.dir)
    }

    /// Hands on all entries in order, the chain verified, one after the other: for a ledger that may be larger than
    /// memory. What was handed on counts only when it ends well.
    ///
    /// # Errors
    /// As [`Store::entries`].
    pub fn each(&self, mut take: impl FnMut(Entry)) -> Result<(), LedgerError> {
        let mut head = Witness::of(Some(self.chain));
        let end = sqlite::each(&self.conn, &self.path, |entry| {
            head.see(&entry);
            take(entry);
        })?;
        head.check(end).map_err(|found| LedgerError::broken(&self.path, found))
    }

    /// The entry of that number.
    ///
    /// # Errors
    /// As [`Store::entries`]; [`LedgerError::Broken`] too when there is none.
    pub fn entry(&self, seq: u64) -> Result<Entry, LedgerError> {
        sqlite::one(&self.conn, &self.path, seq)
    }

    fn with(dir: &Path, chain: Chain, lock: Lock) -> Result<CaseFile, LedgerError> {
        let path = dir.join("ledger.db");
        let conn = sqlite::connect(&path)?;
        let head = HeadFile::open(dir)?;
        if head::read(dir)? != Some(chain) {
            head.write(chain)?;
            head.sync()?;
        }
        Ok(CaseFile { conn, chain, path, head, artefacts: Artefacts::of_case(dir), _lock: lock })
    }
}

/// Puts into `dir`, which nobody sees yet, all that a case needs.
fn furnish(dir: &Path) -> Result<(), LedgerError> {
    sqlite::create(&dir.join("ledger.db"))?;
    make_dir(&dir.join("artefacts"))?;
    let head = HeadFile::open(dir)?;
    head.write(Chain::START)?;
    head.sync()?;
    sync_dir(dir)
}

impl Store for CaseFile {
    fn append(&mut self, at: &str, bodies: &[Value]) -> Result<Vec<Entry>, LedgerError> {
        check_time(self.chain.next_seq(), at)?;
        if bodies.is_empty() {
            return Ok(Vec::new());
        }
        let mut after = self.chain;
        let batch: Vec<(Entry, String)> = bodies.iter().map(|body| after.add(at, body)).collect::<Result<_, _>>()?;
        sqlite::append(&mut self.conn, &self.path, self.chain, &batch)?;
        self.chain = after;
        self.head.write(after)?;
        Ok(batch.into_iter().map(|(entry, _)| entry).collect())
    }

    fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        let mut entries = Vec::new();
        self.each(|entry| entries.push(entry))?;
        Ok(entries)
    }

    fn head(&self) -> Digest {
        self.chain.head
    }

    fn len(&self) -> u64 {
        self.chain.len
    }

    fn put_artefact(&mut self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        self.artefacts.put(bytes)
    }

    fn artefact(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError> {
        self.artefacts.get(digest)
    }
}
