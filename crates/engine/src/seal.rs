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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harvest;
    use crate::testing::{run, session};
    use casebook::query::SourceQuery;

    #[test]
    fn a_manifest_is_the_digest_over_the_lines_of_all_runs() {
        let mut session = session();
        let snapshot = SnapshotId::from("snap-1");
        assert_eq!(manifest(&session, Side::Source, &snapshot).expect("readable"), None);
        for (from, blocks) in [(0, run(0..3, Some(3))), (3, run(3..5, None))] {
            let query = SourceQuery::Blocks(snapshot.clone(), from).into();
            let entry = harvest::blocks(&mut session, &query, &blocks).expect("kept").expect("in order");
            session.append(jiff::Timestamp::UNIX_EPOCH, &[entry]).expect("written");
        }
        let lines: String = (0..5).map(|n| format!("{n} {}\n", n.to_string().repeat(64))).collect();
        let expected = Manifest {
            side: Side::Source,
            snapshot: snapshot.clone(),
            blocks: 5,
            sha256: Digest::of(lines.as_bytes()).to_string(),
        };
        assert_eq!(manifest(&session, Side::Source, &snapshot).expect("readable"), Some(Entry::Manifest(expected)));
    }
}
