//! The manifest of a snapshot: the digest over the lines of all its runs, in order. The runs are
//! streamed, one file after another, so that a large disk takes no memory.

use crate::error::EngineError;
use crate::session::Session;
use casebook::entry::{Entry, Manifest};
use casebook::id::SnapshotId;
use casebook::query::Side;
use ledger::{Digest, Store};
use sha2::{Digest as _, Sha256};

/// The manifest of a snapshot whose blocks were all read; `None` when nothing was read of it.
///
/// # Errors
/// [`EngineError::Ledger`] when a file of lines is missing or altered.
pub fn manifest<S: Store>(
    session: &Session<S>,
    side: Side,
    snapshot: &SnapshotId,
) -> Result<Option<Entry>, EngineError> {
    let Some(record) = session.case().blocks.get(&(side, snapshot.clone())) else { return Ok(None) };
    let mut hasher = Sha256::new();
    for run in &record.runs {
        hasher.update(session.store().artefact(&digest(&run.sha256)?)?);
    }
    let blocks = record.runs.iter().map(|run| run.kept).sum();
    let sha256 = hex::encode(hasher.finalize());
    Ok(Some(Entry::Manifest(Manifest { side, snapshot: snapshot.clone(), blocks, sha256 })))
}

fn digest(text: &str) -> Result<Digest, EngineError> {
    text.parse().map_err(|error| EngineError::Artefact { name: text.to_owned(), why: format!("{error}") })
}
