//! The port through which a case's history is written and read.

use serde_json::Value;

use crate::{Digest, Entry, LedgerError};

/// The history of one case, and its artefacts.
///
/// What recovery may assume: after `append` returned `Ok`, its entries are there for good;
/// after a crash inside `append`, either all of its entries are there or none; after an
/// `Err` of class [`LedgerError::Io`], look before asking again (the disk may have failed
/// after it took the data). Entries never change and never go away.
pub trait Store: Send {
    /// Appends one entry for each body, in one transaction, durable when it returns. `at` is
    /// RFC 3339 in UTC (`2026-03-01T12:00:00Z`). The entries come back as a reader will see
    /// them (`1.0` as `1`). No bodies, no entries.
    ///
    /// # Errors
    /// [`LedgerError::Time`], [`LedgerError::Body`] (an integer beyond 2^53 that a double
    /// changes, nesting beyond 127), [`LedgerError::Full`], [`LedgerError::ReadOnly`],
    /// [`LedgerError::Broken`] (the file changed under this process), [`LedgerError::Io`].
    fn append(&mut self, at: &str, bodies: &[Value]) -> Result<Vec<Entry>, LedgerError>;

    /// All entries in order, the chain verified.
    ///
    /// # Errors
    /// [`LedgerError::Broken`], [`LedgerError::Newer`], [`LedgerError::Io`].
    fn entries(&self) -> Result<Vec<Entry>, LedgerError>;

    /// Hash of the last entry; [`Digest::ZERO`] when there is none.
    fn head(&self) -> Digest;

    /// Number of entries.
    fn len(&self) -> u64;

    /// Whether there is no entry yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps `bytes` under their digest, durable when it returns. Keeping the same bytes
    /// again changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::Artefact`] when what is kept under that digest has been altered (it is
    /// not overwritten), [`LedgerError::Full`], [`LedgerError::ReadOnly`], [`LedgerError::Io`].
    fn put_artefact(&mut self, bytes: &[u8]) -> Result<Digest, LedgerError>;

    /// The bytes kept under `digest`, checked against it.
    ///
    /// # Errors
    /// [`LedgerError::Artefact`] when there are none or they have been altered,
    /// [`LedgerError::Io`].
    fn artefact(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError>;
}

/// Refuses a time that is not RFC 3339 in UTC.
pub(crate) fn check_time(entry: u64, at: &str) -> Result<(), LedgerError> {
    let utc = at.ends_with('Z') && at.as_bytes().get(10) == Some(&b'T');
    if utc && at.parse::<jiff::Timestamp>().is_ok() {
        return Ok(());
    }
    Err(LedgerError::Time { entry, at: at.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        for good in ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.123456789Z", "1969-12-31T23:59:59Z"] {
            assert!(check_time(1, good).is_ok(), "{good}");
        }
        for bad in
            ["", "now", "2026-03-01", "2026-03-01T12:00:00+01:00", "2026-03-01 12:00:00Z", "2026-02-30T00:00:00Z"]
        {
            assert!(check_time(1, bad).is_err(), "{bad}");
        }
    }
}
