//! The file `head`: how long the ledger has been, so that a lost tail shows.
//!
//! Not a truth of its own: it is written after the commit, without a sync, so it may lag
//! behind the ledger after a power loss, and never runs ahead of it. It is made with its
//! full size and rewritten in place, inside one disk sector.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::chain::Chain;
use crate::files::open_private;
use crate::{Break, Digest, Entry, LedgerError};

/// Size of the file in bytes: 20 digits, a space, 64 digits, a newline.
const SIZE: usize = 86;

/// The open file `head` of a case that this process may write.
#[derive(Debug)]
pub(crate) struct HeadFile {
    file: File,
    path: PathBuf,
}

impl HeadFile {
    pub(crate) fn open(case_dir: &Path) -> Result<HeadFile, LedgerError> {
        let path = case_dir.join("head");
        Ok(HeadFile { file: open_private(&path)?, path })
    }

    pub(crate) fn write(&self, chain: Chain) -> Result<(), LedgerError> {
        let line = format!("{:020} {}\n", chain.len, chain.head);
        self.file.write_all_at(line.as_bytes(), 0).map_err(|e| LedgerError::writing(&self.path, &e))
    }

    pub(crate) fn sync(&self) -> Result<(), LedgerError> {
        self.file.sync_all().map_err(|e| LedgerError::writing(&self.path, &e))
    }
}

/// What `head` says, read before the entries are. `None`: it is missing or not a head.
pub(crate) fn read(case_dir: &Path) -> Result<Option<Chain>, LedgerError> {
    let path = case_dir.join("head");
    match fs::read(&path) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(LedgerError::reading(&path, &e)),
    }
}

fn parse(bytes: &[u8]) -> Option<Chain> {
    let line = std::str::from_utf8(bytes).ok().filter(|text| text.len() == SIZE)?;
    let (len, head) = line.strip_suffix('\n')?.split_once(' ')?;
    let digits = len.len() == 20 && len.bytes().all(|b| b.is_ascii_digit());
    let chain = Chain { len: len.parse().ok().filter(|_| digits)?, head: head.parse().ok()? };
    (chain.len > 0 || chain == Chain::START).then_some(chain)
}

/// What `head` said, held against a verified chain while its entries go by.
#[derive(Debug)]
pub(crate) struct Witness {
    head: Option<Chain>,
    /// The hash of the entry that it names.
    named: Option<Digest>,
}

impl Witness {
    pub(crate) fn of(head: Option<Chain>) -> Self {
        Self { head, named: None }
    }

    pub(crate) fn see(&mut self, entry: &Entry) {
        if self.head.is_some_and(|head| head.len == entry.seq) {
            self.named = Some(entry.hash);
        }
    }

    /// Whether a chain that ended so reaches at least as far.
    pub(crate) fn check(&self, end: Chain) -> Result<(), Break> {
        let missing = |entry, why: String| Err(Break::Altered { entry, why });
        let Some(head) = self.head else {
            let why = "the file head beside it is missing or damaged, so a lost tail would not show";
            return missing(end.next_seq(), why.into());
        };
        if head.len > end.len {
            let why = format!("the tail is lost: the file head beside it counts {} entries", head.len);
            return missing(end.next_seq(), why);
        }
        match self.named {
            Some(hash) if hash != head.head => missing(head.len, "it is not the entry that the file head names".into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryStore, Store as _};
    use serde_json::json;

    #[test]
    fn only_a_whole_head_is_read() {
        let chain = Chain { len: 42, head: Digest::of(b"x") };
        let good = format!("{:020} {}\n", chain.len, chain.head);
        assert_eq!(parse(good.as_bytes()), Some(chain));
        for cut in 0..good.len() {
            assert_eq!(parse(&good.as_bytes()[..cut]), None);
        }
        assert_eq!(parse(good.replacen('0', "+", 1).as_bytes()), None);
        assert_eq!(parse(&[0; SIZE]), None);
    }

    #[test]
    fn a_head_may_lag_and_may_not_lead() {
        let mut store = MemoryStore::new();
        let entries = store.append("2026-03-01T12:00:00Z", &[json!(1), json!(2)]).expect("appended");
        let at = |n: u64, hash| Some(Chain { len: n, head: hash });
        let check = |head: Option<Chain>, entries: &[Entry]| {
            let mut witness = Witness::of(head);
            entries.iter().for_each(|entry| witness.see(entry));
            witness.check(entries.last().map_or(Chain::START, |last| Chain { len: last.seq, head: last.hash }))
        };
        assert_eq!(check(Some(Chain::START), &entries), Ok(()));
        assert_eq!(check(at(1, entries[0].hash), &entries), Ok(()));
        assert_eq!(check(at(2, entries[1].hash), &entries), Ok(()));
        for (head, broken) in [(at(1, entries[1].hash), 1), (at(3, Digest::ZERO), 3), (None, 3)] {
            assert!(matches!(check(head, &entries), Err(Break::Altered { entry, .. }) if entry == broken));
        }
    }
}
