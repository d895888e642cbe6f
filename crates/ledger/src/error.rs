//! What can go wrong, one clear line each: what was tried, where, why, what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::{Break, Digest};

/// An error of the ledger. None of them has changed an entry that was there before.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process has the case, or is opening one. It ends with that process.
    /// The holder's fields are `0` and `unknown` when it has not yet named itself.
    #[error(
        "{path} is held by process {pid} on {host} ({program}, since {since}): one process per case; wait for it or stop it"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Process id of the holder.
        pid: u32,
        /// Host name of the holder.
        host: String,
        /// Since when, RFC 3339 in UTC.
        since: String,
        /// What the holder calls itself.
        program: String,
    },
    /// Torn or altered. Nothing was overwritten.
    #[error(
        "the ledger {path} is broken at entry {entry}: {why}; nothing was overwritten: keep the directory as evidence and restore a copy"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// Number of the first entry that does not hold.
        entry: u64,
        /// What is wrong.
        why: String,
    },
    /// Written by a newer program. Nothing was changed.
    #[error(
        "the ledger {path} has format {found} and this program knows {known}: use a newer program; nothing was changed"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The highest format known here.
        known: u32,
    },
    /// Not writable: a read-only disk, missing permission, or a ledger opened for reading.
    #[error("cannot write {path}: {why}; make it writable for this user or choose another state directory")]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// Why it cannot be.
        why: String,
    },
    /// The disk or the quota is full. What was being written is not there.
    #[error("cannot write {path}: no space left; free some and resume, what was written before is intact")]
    Full {
        /// What was to be written.
        path: PathBuf,
    },
    /// There is no such case.
    #[error("no case {case} in {state}: see the cases there, or name another state directory")]
    NoSuchCase {
        /// The case asked for.
        case: String,
        /// The state directory.
        state: PathBuf,
    },
    /// There is such a case already. It was left as it is.
    #[error("case {case} exists already in {state}: open it, or choose another name")]
    Exists {
        /// The case asked for.
        case: String,
        /// The state directory.
        state: PathBuf,
    },
    /// Not a name for a case.
    #[error("{case:?} cannot name a case: use 1 to 64 of A-Z a-z 0-9 . _ - and no dot at the start")]
    BadName {
        /// The name.
        case: String,
    },
    /// A body that cannot be written exactly. Nothing was appended.
    #[error("cannot append entry {entry}: {why}")]
    Body {
        /// The number it would have had.
        entry: u64,
        /// Why not.
        why: String,
    },
    /// A time that is not RFC 3339 in UTC. Nothing was appended.
    #[error("cannot append entry {entry}: its time {at:?} is not RFC 3339 in UTC, such as 2026-03-01T12:00:00Z")]
    Time {
        /// The number it would have had.
        entry: u64,
        /// The time given.
        at: String,
    },
    /// An artefact that is not there or is not what its name says.
    #[error("artefact {digest} in {path}: {why}")]
    Artefact {
        /// The artefact asked for.
        digest: Digest,
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The operating system or SQLite refused.
    #[error("cannot {doing} {path}: {why}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        why: String,
    },
}

impl LedgerError {
    pub(crate) fn broken(path: &Path, found: Break) -> LedgerError {
        let path = path.to_owned();
        match found {
            Break::Altered { entry, why } => LedgerError::Broken { path, entry, why },
            Break::Newer { found, known, .. } => LedgerError::Newer { path, found, known },
        }
    }

    pub(crate) fn reading(path: &Path, error: &io::Error) -> LedgerError {
        LedgerError::Io { doing: "read", path: path.to_owned(), why: error.to_string() }
    }

    pub(crate) fn writing(path: &Path, error: &io::Error) -> LedgerError {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let path = path.to_owned();
        match error.kind() {
            StorageFull | QuotaExceeded => LedgerError::Full { path },
            ReadOnlyFilesystem | PermissionDenied => LedgerError::ReadOnly { path, why: error.to_string() },
            _ => LedgerError::Io { doing: "write", path, why: error.to_string() },
        }
    }

    /// An error of SQLite that says nothing about the content of the file.
    pub(crate) fn sqlite(doing: &'static str, path: &Path, error: &rusqlite::Error) -> LedgerError {
        let (path, why) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => LedgerError::Full { path },
            Some(ErrorCode::ReadOnly) => LedgerError::ReadOnly { path, why },
            _ => LedgerError::Io { doing, path, why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind;

    #[test]
    fn a_disk_that_is_full_or_read_only_is_named_so() {
        let writing = |kind: ErrorKind| LedgerError::writing(Path::new("/s/x"), &kind.into());
        assert!(matches!(writing(ErrorKind::StorageFull), LedgerError::Full { .. }));
        assert!(matches!(writing(ErrorKind::QuotaExceeded), LedgerError::Full { .. }));
        assert!(matches!(writing(ErrorKind::ReadOnlyFilesystem), LedgerError::ReadOnly { .. }));
        assert!(matches!(writing(ErrorKind::PermissionDenied), LedgerError::ReadOnly { .. }));
        assert!(matches!(writing(ErrorKind::Interrupted), LedgerError::Io { .. }));
    }

    #[test]
    fn every_message_is_one_line() {
        let error = LedgerError::Broken { path: "/s/x".into(), entry: 7, why: "its hash is wrong".into() };
        let line = error.to_string();
        assert!(line.contains("entry 7") && line.contains("/s/x") && !line.contains('\n'), "{line}");
    }
}
