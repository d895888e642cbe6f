//! Captured bytes, each file named by its digest. Not an index: which artefact is what is
//! said by the entries.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::files::{make_dir, sync_dir, write_whole};
use crate::{Digest, LedgerError};

/// The directory `artefacts` of a case: `ab/cdef…` for the digest `abcdef…`.
#[derive(Debug)]
pub(crate) struct Artefacts {
    dir: PathBuf,
}

impl Artefacts {
    pub(crate) fn of_case(case_dir: &Path) -> Artefacts {
        Artefacts { dir: case_dir.join("artefacts") }
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Digest, LedgerError> {
        let digest = Digest::of(bytes);
        let (dir, name) = self.place(&digest);
        if dir.join(&name).exists() {
            // Already kept. An altered one is reported, not replaced: it is evidence too.
            return self.get(&digest).map(|_| digest);
        }
        if !dir.exists() {
            make_dir(&dir)?;
            sync_dir(&self.dir)?;
        }
        write_whole(&dir, &name, bytes)?;
        Ok(digest)
    }

    pub(crate) fn get(&self, digest: &Digest) -> Result<Vec<u8>, LedgerError> {
        let (dir, name) = self.place(digest);
        let path = dir.join(name);
        let wrong = |why: &str| LedgerError::Artefact { digest: *digest, path: path.clone(), why: why.to_owned() };
        let bytes = fs::read(&path).map_err(|e| match e.kind() {
            ErrorKind::NotFound => wrong("no such artefact is kept"),
            _ => LedgerError::reading(&path, &e),
        })?;
        if Digest::of(&bytes) != *digest {
            return Err(wrong("its bytes have been altered; nothing was overwritten"));
        }
        Ok(bytes)
    }

    fn place(&self, digest: &Digest) -> (PathBuf, String) {
        let hex = digest.to_string();
        let (dir, name) = hex.split_at(2);
        (self.dir.join(dir), name.to_owned())
    }
}
