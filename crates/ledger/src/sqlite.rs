//! The SQLite file of a ledger: what writing and reading it have in common.

mod read;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Row};

use crate::chain::Chain;
use crate::{Break, Entry, LedgerError};

pub(crate) use read::read;
pub(crate) use write::{append, connect, create};

/// "IMPD": tells a ledger from any other SQLite file.
const APPLICATION_ID: i64 = 0x494d_5044;

const SCHEMA: &str = "CREATE TABLE entry (seq INTEGER PRIMARY KEY, text TEXT NOT NULL, hash TEXT NOT NULL) STRICT";

/// Inside one process SQLite shares its view of a file between connections; a reader's
/// read-only view must not be the one that a writer, opening just then, is given.
static OPENING: Mutex<()> = Mutex::new(());

fn opening() -> MutexGuard<'static, ()> {
    OPENING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that SQLite keeps beside `path` under `suffix`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The file may come from anyone: its schema runs no code and its pages are checked.
fn harden(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")
}

fn real(path: &Path) -> Result<PathBuf, LedgerError> {
    path.canonicalize().map_err(|e| LedgerError::reading(path, &e))
}

/// Hands on every entry seen through `conn`, verified, one after the other: all of them at once may be more than memory
/// holds. Gives the chain at their end.
pub(crate) fn each(conn: &Connection, path: &Path, mut take: impl FnMut(Entry)) -> Result<Chain, LedgerError> {
    let mut chain = Chain::START;
    let fault = |chain: Chain, e: rusqlite::Error| content_fault(path, chain, &e);
    let mut query = conn.prepare("SELECT seq, text, hash FROM entry ORDER BY seq").map_err(|e| fault(chain, e))?;
    let mut rows = query.query([]).map_err(|e| fault(chain, e))?;
    while let Some(row) = rows.next().map_err(|e| fault(chain, e))? {
        take(entry(&mut chain, row).map_err(|found| LedgerError::broken(path, found))?);
    }
    Ok(chain)
}

/// The entry of that number alone, verified against the one before it.
pub(crate) fn one(conn: &Connection, path: &Path, seq: u64) -> Result<Entry, LedgerError> {
    let before = Chain { len: seq.saturating_sub(1), ..Chain::START };
    let fault = |e: rusqlite::Error| match e {
        rusqlite::Error::QueryReturnedNoRows => LedgerError::broken(path, before.altered("it is not there")),
        e => content_fault(path, before, &e),
    };
    let mut chain = before;
    if before.len > 0 {
        let hash = "SELECT hash FROM entry WHERE seq = ?1";
        let hash = conn.query_row(hash, [before.len.cast_signed()], |row| row.get::<_, String>(0)).map_err(fault)?;
        chain.head = hash.parse().map_err(|_| fault(rusqlite::Error::QueryReturnedNoRows))?;
    }
    let found = "SELECT seq, text, hash FROM entry WHERE seq = ?1";
    let found = conn.query_row(found, [seq.cast_signed()], |row| Ok(entry(&mut chain, row))).map_err(fault)?;
    found.map_err(|found| LedgerError::broken(path, found))
}

fn entry(chain: &mut Chain, row: &Row<'_>) -> Result<Entry, Break> {
    let wrong = |e: String| chain.altered(format!("its row cannot be read: {e}"));
    let seq = row.get(0).map_err(|e| wrong(e.to_string()))?;
    let text = row.get_ref(1).map_err(|e| wrong(e.to_string()))?;
    let hash = row.get_ref(2).map_err(|e| wrong(e.to_string()))?;
    let text = text.as_str().map_err(|e| wrong(e.to_string()))?;
    let hash = hash.as_str().map_err(|e| wrong(e.to_string()))?;
    chain.read(seq, text, hash)
}

/// An error met while reading the entry after `chain`: a damaged file is `Broken` there.
fn content_fault(path: &Path, chain: Chain, error: &rusqlite::Error) -> LedgerError {
    const SHORT_READ: i32 = rusqlite::ffi::SQLITE_IOERR_SHORT_READ;
    let damaged = match (error, error.sqlite_error_code()) {
        // Our own statements are right, so the tables are not ours.
        (rusqlite::Error::SqlInputError { .. }, _) => true,
        (_, Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown)) => true,
        _ => error.sqlite_error().is_some_and(|e| e.extended_code == SHORT_READ),
    };
    if damaged {
        return LedgerError::broken(path, chain.altered(format!("the file is damaged: {error}")));
    }
    LedgerError::sqlite("use", path, error)
}
