//! The history of a case: append-only, hash-chained, in one SQLite file, with the
//! captured artefacts beside it.
//!
//! This crate knows bytes and JSON. It does not know AWS, nor what an entry means:
//! bodies are opaque [`serde_json::Value`]s, so a program may add fields to them and an
//! older program still reads, verifies and continues the ledger.
//!
//! # On disk
//!
//! ```text
//! <state>/                         0700
//!   opening.lock                   held while a case is being looked up and opened
//!   cases/
//!     web-7/                       one case; the directory appears complete, by a rename
//!       ledger.db                  SQLite: WAL, synchronous=FULL, STRICT, application id "IMPD"
//!       ledger.db-wal, -shm        SQLite's own, while the case is open or after a crash
//!       head                       "00000000000000000042 9f86d0…\n": number and hash of the last entry
//!       lock                       advisory lock of the one process that may write
//!       artefacts/
//!         ab/cdef0123…             0600, named by the SHA-256 of its bytes
//! ```
//!
//! `ledger.db` has one table, `entry(seq INTEGER PRIMARY KEY, text TEXT, hash TEXT)`. The
//! text is the entry in canonical JSON (RFC 8785), the hash is the SHA-256 of exactly that
//! text, so anyone can check a ledger with `sqlite3` and `sha256sum` alone:
//!
//! ```text
//! {"at":"2026-03-01T12:00:00Z","body":{"kind":"intent"},"prev":"0000…0000","seq":1,"v":1}
//! ```
//!
//! # What is found, and what cannot be
//!
//! Every read walks the whole chain. A changed byte, a missing, swapped or foreign row, a
//! torn file: each is reported as [`LedgerError::Broken`] with the number of the entry at
//! which it broke, before anything is opened for writing, and nothing is overwritten.
//!
//! A chain alone cannot show that its *tail* is missing: what is left is a valid, shorter
//! chain. The file `head` closes that gap for damage (a torn write-ahead log, a deleted row,
//! an older copy put back): a ledger shorter than its `head` is broken. It does not stop an
//! adversary who can write the state directory and rewrites both; for that, the head of the
//! ledger is also written as a tag on the forensic copies, in an account the adversary does
//! not have.
//!
//! # Power loss, crashes and locks
//!
//! [`Store::append`] is one transaction, all or nothing, and is on the disk when it returns.
//! `head` is rewritten in place after the commit and is never ahead of the ledger. The lock
//! is the kernel's (`flock`) and ends with its process, so a lock file left by a dead
//! process is no obstacle. Network file systems (NFS, SMB) are not supported: neither their
//! locks nor SQLite's shared memory can be relied on. Unix only.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![allow(clippy::disallowed_methods)] // this crate is where files are read and written

mod artefacts;
mod canonical;
mod case_file;
mod chain;
mod digest;
mod entry;
mod error;
mod files;
mod head;
mod lock;
mod memory;
mod read_only;
mod shelf;
mod sqlite;
mod store;

pub use case_file::CaseFile;
pub use digest::{BadDigest, Digest};
pub use entry::{Break, Entry, FORMAT, verify};
pub use error::LedgerError;
pub use memory::MemoryStore;
pub use read_only::ReadOnly;
pub use shelf::{OpeningLock, Shelf};
pub use store::Store;
