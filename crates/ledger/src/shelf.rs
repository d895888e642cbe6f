//! A state directory: which cases are there, and where each lies.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::LedgerError;
use crate::files::{make_dir, sync_dir};
use crate::lock::Lock;

/// How long an opening waits for another one: 50 looks, 100 ms apart.
const OPENING_LOOKS: u32 = 50;
const OPENING_PAUSE: Duration = Duration::from_millis(100);

/// A state directory. Nothing is made before something is written.
#[derive(Debug, Clone)]
pub struct Shelf {
    state: PathBuf,
}

/// Held while a case is looked up and opened; dropping it lets the next one in.
#[derive(Debug)]
pub struct OpeningLock {
    _lock: Lock,
}

impl Shelf {
    /// The state directory at `state`, which need not exist yet.
    #[must_use]
    pub fn at(state: impl Into<PathBuf>) -> Shelf {
        Shelf { state: state.into() }
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.state
    }

    /// Names of the cases there, sorted, broken ones among them. None when the directory
    /// does not exist.
    ///
    /// # Errors
    /// [`LedgerError::Io`] when it cannot be listed.
    pub fn cases(&self) -> Result<Vec<String>, LedgerError> {
        let dir = self.state.join("cases");
        let fault = |e: &std::io::Error| LedgerError::reading(&dir, e);
        let listing = match fs::read_dir(&dir) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(|e| fault(&e))?,
        };
        let mut names = Vec::new();
        for item in listing {
            let item = item.map_err(|e| fault(&e))?;
            let name = item.file_name().into_string().ok().filter(|name| check_name(name).is_ok());
            names.extend(name.filter(|_| item.path().is_dir()));
        }
        names.sort();
        Ok(names)
    }

    /// Keeps every other process from opening a case here until it is dropped, so that two
    /// programs called for one target cannot both find no case and make one each: take it,
    /// look through [`Shelf::cases`], open or create, drop it. Waits up to five seconds for
    /// another opening to end.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] after that time, [`LedgerError::ReadOnly`],
    /// [`LedgerError::Full`], [`LedgerError::Io`].
    pub fn opening_lock(&self) -> Result<OpeningLock, LedgerError> {
        make_dir(&self.state)?;
        let path = self.state.join("opening.lock");
        let program = program();
        for _ in 1..OPENING_LOOKS {
            match Lock::take(&path, &program) {
                Err(LedgerError::Locked { .. }) => thread::sleep(OPENING_PAUSE),
                other => return other.map(|lock| OpeningLock { _lock: lock }),
            }
        }
        Lock::take(&path, &program).map(|lock| OpeningLock { _lock: lock })
    }
}

/// What this process calls itself where it was not told: the name of its file.
fn program() -> String {
    let exe = env::current_exe().ok();
    let name = exe.as_deref().and_then(Path::file_name);
    name.map_or_else(|| "unknown".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Refuses what cannot be a directory name everywhere, or could leave the state directory.
pub(crate) fn check_name(case: &str) -> Result<(), LedgerError> {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if (1..=64).contains(&case.len()) && case.bytes().all(safe) && !case.starts_with('.') {
        return Ok(());
    }
    Err(LedgerError::BadName { case: case.to_owned() })
}

/// Where a case lies, whether or not it exists.
#[derive(Debug)]
pub(crate) struct Place {
    state: PathBuf,
    case: String,
    pub(crate) dir: PathBuf,
}

impl Place {
    pub(crate) fn of(state: &Path, case: &str) -> Result<Place, LedgerError> {
        check_name(case)?;
        let dir = state.join("cases").join(case);
        Ok(Place { state: state.to_owned(), case: case.to_owned(), dir })
    }

    pub(crate) fn existing(self) -> Result<Place, LedgerError> {
        match fs::metadata(&self.dir) {
            Ok(meta) if meta.is_dir() => Ok(self),
            Err(e) if e.kind() != ErrorKind::NotFound => Err(LedgerError::reading(&self.dir, &e)),
            _ => Err(LedgerError::NoSuchCase { case: self.case, state: self.state }),
        }
    }

    /// Where a new case is put together before it appears under its name.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.dir.with_file_name(format!(".new-{}-{}", std::process::id(), self.case))
    }

    /// Makes the name of the case durable.
    pub(crate) fn sync_parents(&self) -> Result<(), LedgerError> {
        sync_dir(&self.state.join("cases"))?;
        sync_dir(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_names_are_cases() {
        for good in ["web-7", "2026.03_01", "a", &"x".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "../x", "a b", "é", "a\0", &"x".repeat(65)] {
            assert!(matches!(check_name(bad), Err(LedgerError::BadName { .. })), "{bad}");
        }
    }
}
