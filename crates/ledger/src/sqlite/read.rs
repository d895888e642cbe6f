//! Reading never writes, not even SQLite's own files: a forensic copy on a read-only disk and a
//! ledger that another process is writing are read the same way.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{APPLICATION_ID, SCHEMA, beside, content_fault, each, harden, opening, real};
use crate::chain::Chain;
use crate::{Entry, FORMAT, LedgerError};

/// Hands on every entry of the ledger at `path`, verified, without writing anything. Gives the chain at their end.
pub(crate) fn read(path: &Path, take: impl FnMut(Entry)) -> Result<Chain, LedgerError> {
    match path.metadata() {
        Ok(meta) if meta.len() == 0 => return Err(unreadable(path, "the file is empty")),
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(unreadable(path, "the file is missing"));
        }
        Err(e) => return Err(LedgerError::reading(path, &e)),
    }
    let _guard = opening();
    let conn = connect_to_read(path)?;
    check_identity(&conn, path)?;
    let chain = each(&conn, path, take)?;
    check_pages(&conn, path, chain.next_seq())?;
    Ok(chain)
}

/// Damage outside the entries: a page that is both in use and listed as free would be
/// overwritten by the next append.
fn check_pages(conn: &Connection, path: &Path, entry: u64) -> Result<(), LedgerError> {
    let broken = |why: String| LedgerError::Broken { path: path.to_owned(), entry, why };
    let found = conn.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    let found = found.map_err(|e| broken(format!("the file is damaged around its entries: {e}")))?;
    if found == "ok" {
        return Ok(());
    }
    Err(broken(format!("the file is damaged around its entries: {}", found.replace('\n', " "))))
}

fn unreadable(path: &Path, why: &str) -> LedgerError {
    LedgerError::broken(path, Chain::START.altered(why))
}

fn check_identity(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let fault = |e: rusqlite::Error| content_fault(path, Chain::START, &e);
    let (id, version) = (pragma("application_id").map_err(fault)?, pragma("user_version").map_err(fault)?);
    match u32::try_from(version) {
        Ok(found) if id == APPLICATION_ID && found > FORMAT => {
            Err(LedgerError::Newer { path: path.to_owned(), found, known: FORMAT })
        }
        Ok(FORMAT) if id == APPLICATION_ID => check_schema(conn, path),
        _ => Err(unreadable(path, "it is an SQLite file but not a ledger")),
    }
}

/// Nothing but our own table: a trigger that someone added would run at the next append.
fn check_schema(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let all = "SELECT coalesce(group_concat(sql, '; '), '') FROM sqlite_schema";
    let found = conn.query_row(all, [], |row| row.get::<_, String>(0));
    if found.map_err(|e| content_fault(path, Chain::START, &e))? == SCHEMA {
        return Ok(());
    }
    Err(unreadable(path, "its tables are not those of a ledger"))
}

/// Opens without writing, by what lies beside the file:
/// no write-ahead log, the file alone is the ledger; log and shared memory, a process has it
/// or died with it, and the shared memory is only read; a log alone (a copy made without the
/// shared memory), the index of the log is built in our own memory.
fn connect_to_read(path: &Path) -> Result<Connection, LedgerError> {
    let log = beside(path, "-wal");
    let logged = has_log(&log).map_err(|e| LedgerError::reading(&log, &e))?;
    let (options, exclusive) = match (logged, beside(path, "-shm").exists()) {
        (false, _) => ("immutable=1", ""),
        (true, true) => ("readonly_shm=1", ""),
        (true, false) => ("vfs=unix-none", "PRAGMA locking_mode = EXCLUSIVE"),
    };
    let fault = |e: rusqlite::Error| content_fault(path, Chain::START, &e);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri(&real(path)?, options), flags).map_err(fault)?;
    harden(&conn).map_err(fault)?;
    // Without this, the last one to close would fold the log into the file.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fault)?;
    conn.execute_batch(exclusive).map_err(fault)?;
    Ok(conn)
}

/// Whether there is a write-ahead log with a header. SQLite takes one without for empty, and
/// so do we (what it held then shows as a lost tail); but SQLite, when it may only read the
/// shared memory, first waits ten seconds for a writer to repair it.
/// Layout: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>
fn has_log(log: &Path) -> io::Result<bool> {
    let mut header = [0; 12];
    match File::open(log).and_then(|mut file| file.read_exact(&mut header)) {
        Err(e) if [ErrorKind::NotFound, ErrorKind::UnexpectedEof].contains(&e.kind()) => Ok(false),
        Err(e) => Err(e),
        Ok(()) => {
            let [magic, _version, page_size] =
                [0, 4, 8].map(|at| header[at..at + 4].iter().fold(0, |n, &b| n << 8 | u32::from(b)));
            let page_fits = page_size.is_power_of_two() && (512..=65536).contains(&page_size);
            Ok(magic & !1 == 0x377f_0682 && page_fits)
        }
    }
}

/// SQLite's URI of an absolute path, every byte that could mean something escaped.
fn uri(path: &Path, options: &str) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02x}").expect("a String takes everything");
        }
    }
    uri + "?mode=ro&" + options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_marks_of_its_own_is_escaped() {
        assert_eq!(uri(Path::new("/a b/?x#%.db"), "immutable=1"), "file:/a%20b/%3fx%23%25.db?mode=ro&immutable=1");
    }
}
