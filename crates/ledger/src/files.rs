//! Private files and directories that survive a power loss. Modes: 0700 and 0600.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::LedgerError;

/// Makes `path` and its parents where they are missing. Existing ones keep their mode.
pub(crate) fn make_dir(path: &Path) -> Result<(), LedgerError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| LedgerError::writing(path, &e))
}

/// Opens `path` for reading and writing, private, made when missing, never truncated.
pub(crate) fn open_private(path: &Path) -> Result<File, LedgerError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|e| LedgerError::writing(path, &e))
}

/// Makes the entries of a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), LedgerError> {
    let synced = File::open(path).and_then(|dir| dir.sync_all());
    synced.map_err(|e| LedgerError::writing(path, &e))
}

/// Writes `bytes` to `path` so that it is there whole or not at all: a temporary file beside
/// it, synced, renamed, and the directory synced. One writer at a time.
pub(crate) fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), LedgerError> {
    let (scratch, path) = (dir.join(format!(".new-{name}")), dir.join(name));
    let written = write_synced(&scratch, bytes).and_then(|()| fs::rename(&scratch, &path));
    if let Err(error) = written {
        // Best effort: what is left of it is replaced by the next attempt.
        let _ = fs::remove_file(&scratch);
        return Err(LedgerError::writing(&path, &error));
    }
    sync_dir(dir)
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
