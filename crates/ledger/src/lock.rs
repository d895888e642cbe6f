//! Advisory locks that name their holder. The kernel frees them when the process ends, so
//! the file is never removed and what a dead process left in it does not matter.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::LedgerError;
use crate::files::open_private;

/// A held lock; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The first line of a lock file. Since when it is held is the file's modification time.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: String,
    program: String,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(crate) fn take(path: &Path, program: &str) -> Result<Lock, LedgerError> {
        let file = open_private(path)?;
        match file.try_lock() {
            Ok(()) => sign(&file, program).map_err(|e| LedgerError::writing(path, &e))?,
            Err(TryLockError::WouldBlock) => return Err(held(file, path)),
            Err(TryLockError::Error(e)) => return Err(LedgerError::writing(path, &e)),
        }
        Ok(Lock { _file: file })
    }
}

fn sign(file: &File, program: &str) -> io::Result<()> {
    let holder = Holder { pid: std::process::id(), host: host(), program: program.to_owned() };
    let line = serde_json::to_string(&holder)? + "\n";
    // The line first, the old rest after it: a reader takes the first line and never finds none.
    file.write_all_at(line.as_bytes(), 0)?;
    file.set_len(line.len() as u64)
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn held(mut file: File, path: &Path) -> LedgerError {
    let since = file.metadata().and_then(|m| m.modified()).ok();
    let since = since.and_then(|t| jiff::Timestamp::try_from(t).ok());
    let mut text = String::new();
    let holder = file.read_to_string(&mut text).ok().and_then(|_| first_line(&text)).unwrap_or_else(unnamed);
    LedgerError::Locked {
        path: path.to_owned(),
        pid: holder.pid,
        host: holder.host,
        since: since.map_or_else(|| "unknown".to_owned(), |t| format!("{t:.0}")),
        program: holder.program,
    }
}

fn first_line(text: &str) -> Option<Holder> {
    text.lines().next().and_then(|line| serde_json::from_str(line).ok())
}

fn unnamed() -> Holder {
    Holder { pid: 0, host: "unknown".to_owned(), program: "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_and_the_next_gets_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        std::fs::write(&path, "x".repeat(500)).expect("what a dead process left");
        let first = Lock::take(&path, "respond").expect("free");
        let LedgerError::Locked { pid, host: named, since, program, .. } =
            Lock::take(&path, "resume").expect_err("held")
        else {
            panic!("not Locked");
        };
        assert_eq!((pid, named, program.as_str()), (std::process::id(), host(), "respond"));
        assert!(since.parse::<jiff::Timestamp>().is_ok(), "{since}");
        drop(first);
        Lock::take(&path, "resume").expect("free again");
    }

    #[test]
    fn a_holder_without_a_name_is_still_a_holder() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        let file = open_private(&path).expect("opened");
        file.try_lock().expect("locked");
        assert!(matches!(Lock::take(&path, "x"), Err(LedgerError::Locked { pid: 0, .. })));
    }
}
