//! Making a ledger, opening it for writing, and adding to it.

use std::cmp::Ordering;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{APPLICATION_ID, SCHEMA, beside, content_fault, harden, opening, real};
use crate::chain::Chain;
use crate::files::open_private;
use crate::{Digest, Entry, FORMAT, LedgerError};

/// Makes an empty ledger at `path`. Only for a path that nobody else can see yet.
pub(crate) fn create(path: &Path) -> Result<(), LedgerError> {
    for suffix in ["", "-wal", "-shm"] {
        remove_leftover(&beside(path, suffix))?;
    }
    // Made by us and not by SQLite, for its mode; SQLite gives its own files the same.
    open_private(path)?;
    let conn = connect(path)?;
    let made = conn
        .execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; {SCHEMA}"));
    made.map_err(|e| LedgerError::sqlite("create", path, &e))?;
    conn.close().map_err(|(_, e)| LedgerError::sqlite("create", path, &e))
}

/// What an attempt that was killed left under the same scratch name.
fn remove_leftover(path: &Path) -> Result<(), LedgerError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(LedgerError::writing(path, &e)),
        _ => Ok(()),
    }
}

/// Opens an existing ledger, already verified, for writing.
pub(crate) fn connect(path: &Path) -> Result<Connection, LedgerError> {
    let _guard = opening();
    let fault = |e: rusqlite::Error| LedgerError::sqlite("open", path, &e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(real(path)?, flags).map_err(fault)?;
    harden(&conn).map_err(fault)?;
    // fullfsync: on macOS a plain fsync leaves the data in the disk's cache.
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON").map_err(fault)?;
    // Touches the file once, so that SQLite's view of it is set up inside the guard.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(fault)?;
    Ok(conn)
}

/// Adds entries (with their texts) after `chain` in one transaction.
pub(crate) fn append(
    conn: &mut Connection,
    path: &Path,
    chain: Chain,
    batch: &[(Entry, String)],
) -> Result<(), LedgerError> {
    let fault = |e: rusqlite::Error| content_fault(path, chain, &e);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
    check_tail(&tx, path, chain)?;
    {
        let mut insert = tx.prepare_cached("INSERT INTO entry (seq, text, hash) VALUES (?1, ?2, ?3)").map_err(fault)?;
        for (entry, text) in batch {
            insert.execute((entry.seq.cast_signed(), text, entry.hash.to_string())).map_err(fault)?;
        }
    }
    tx.commit().map_err(fault)
}

/// The file must end where this process left it: nobody else may have written meanwhile.
fn check_tail(conn: &Connection, path: &Path, chain: Chain) -> Result<(), LedgerError> {
    let mut query = conn
        .prepare_cached("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1")
        .map_err(|e| content_fault(path, chain, &e))?;
    let tail = query.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)));
    let (seq, hash) = match tail {
        Err(rusqlite::Error::QueryReturnedNoRows) => (0, Digest::ZERO.to_string()),
        other => other.map_err(|e| content_fault(path, chain, &e))?,
    };
    let (ours, seq) = (chain.len, seq.unsigned_abs());
    let entry = match seq.cmp(&ours) {
        Ordering::Equal if hash == chain.head.to_string() => return Ok(()),
        Ordering::Equal => ours,
        Ordering::Less => seq + 1,
        Ordering::Greater => ours + 1,
    };
    let why = format!("the file changed under this process: it ends at entry {seq}, this process left it at {ours}");
    Err(LedgerError::Broken { path: path.to_owned(), entry, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::each;
    use serde_json::json;

    #[test]
    fn a_full_file_refuses_the_batch_and_keeps_what_was_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ledger.db");
        create(&path).expect("created");
        let mut conn = connect(&path).expect("opened");
        conn.pragma_update(None, "max_page_count", 8).expect("limited");
        let mut chain = Chain::START;
        let mut kept = 0;
        let full = loop {
            let mut next = chain;
            let one = next.add("2026-03-01T12:00:00Z", &json!("x".repeat(3000))).expect("a body");
            match append(&mut conn, &path, chain, &[one]) {
                Ok(()) => (chain, kept) = (next, kept + 1),
                Err(error) => break error,
            }
            assert!(kept < 100, "eight pages do not hold this");
        };
        assert!(matches!(full, LedgerError::Full { .. }), "{full}");
        assert_eq!(each(&conn, &path, drop).expect("intact").len, kept);
        conn.pragma_update(None, "max_page_count", 800).expect("space freed");
        let mut next = chain;
        let one = next.add("2026-03-01T12:00:01Z", &json!("after")).expect("a body");
        append(&mut conn, &path, chain, &[one]).expect("goes on");
    }

    #[test]
    fn a_file_changed_by_another_hand_is_noticed_before_the_append() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ledger.db");
        create(&path).expect("created");
        let mut conn = connect(&path).expect("opened");
        let mut chain = Chain::START;
        let one = chain.add("2026-03-01T12:00:00Z", &json!(1)).expect("a body");
        append(&mut conn, &path, Chain::START, &[one]).expect("appended");
        conn.execute("DELETE FROM entry", []).expect("another hand");
        let two = chain.clone().add("2026-03-01T12:00:00Z", &json!(2)).expect("a body");
        let found = append(&mut conn, &path, chain, &[two]).expect_err("noticed");
        assert!(matches!(found, LedgerError::Broken { entry: 1, .. }), "{found}");
    }
}
