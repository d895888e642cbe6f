//! The proof that a copy equals its source, block by block, through the EBS direct APIs
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html>).
//!
//! Decided from the ledger alone: every run of blocks that was read stands there, so the reading
//! goes on where it stopped, after a crash too. The engine seals a snapshot's runs into its manifest.

use super::announce::announce;
use super::order::Pair;
use crate::agenda::Agenda;
use crate::id::SnapshotId;
use crate::query::{ForensicQuery as F, Query, Side, SourceQuery as S};
use crate::settings::Verify;
use jiff::SignedDuration;

/// How many snapshots are read side by side.
const AT_ONCE: usize = 4;
/// How soon what was read stands in the ledger.
const WRITTEN: SignedDuration = SignedDuration::from_millis(200);

/// Compares what the policy asks to compare; how many copies are proved equal.
pub(super) fn compare(agenda: &mut Agenda<'_>, pairs: &[Pair<'_>]) -> usize {
    let mut equal = 0;
    let mut reading = 0;
    for pair in pairs {
        match verdict(agenda, pair) {
            Some(Ok(sentence)) => {
                agenda.prove(sentence);
                equal += 1;
            }
            Some(Err(difference)) => agenda.hold(difference),
            None if !wanted(agenda, pair) => leave(agenda, pair),
            None if reading < AT_ONCE => reading += read(agenda, pair),
            None => {}
        }
    }
    equal
}

/// Whether both manifests are the same; `None` while one is not there.
fn verdict(agenda: &Agenda<'_>, Pair { original, copy }: &Pair<'_>) -> Option<Result<String, String>> {
    let source = agenda.view.case.manifest(Side::Source, &original.id)?;
    let forensic = agenda.view.case.manifest(Side::Forensic, &copy.id)?;
    if source.sha256 == forensic.sha256 {
        let (blocks, digest) = (forensic.blocks, &forensic.sha256);
        return Some(Ok(format!("{} equals {}: {blocks} blocks, manifest {digest}", copy.id, original.id)));
    }
    Some(Err(format!(
        "the copy {} differs from its source {} (manifests {} and {}): it is never counted as secured; keep both, find out why, and do not terminate the original",
        copy.id, original.id, forensic.sha256, source.sha256
    )))
}

fn wanted(agenda: &Agenda<'_>, pair: &Pair<'_>) -> bool {
    let policy = &agenda.view.case.settings.policy;
    match policy.verify {
        Verify::Blocks => true,
        Verify::State => false,
        Verify::Auto => u32::try_from(pair.original.size_gib).is_ok_and(|size| size <= policy.verify_max_gib),
    }
}

fn leave(agenda: &mut Agenda<'_>, Pair { original, copy }: &Pair<'_>) {
    let policy = &agenda.view.case.settings.policy;
    let why = match policy.verify {
        Verify::State => "policy.verify is \"state\"".to_owned(),
        _ => format!("{} GiB are more than policy.verify_max_gib = {}", original.size_gib, policy.verify_max_gib),
    };
    agenda.warn(format!(
        "{} was not compared with {} block by block ({why}): it does not count as secured, and `terminate` stays shut; set policy.verify = \"blocks\" and resume the case to compare it",
        copy.id, original.id
    ));
}

/// Asks for the next run on both sides; how many snapshots that keeps reading.
fn read(agenda: &mut Agenda<'_>, pair: &Pair<'_>) -> usize {
    if !announce(agenda, pair) {
        return 2;
    }
    [(Side::Source, &pair.original.id), (Side::Forensic, &pair.copy.id)]
        .into_iter()
        .filter(|(side, id)| read_on(agenda, *side, id))
        .count()
}

/// Whether a snapshot is still being read; asks for its next run.
fn read_on(agenda: &mut Agenda<'_>, side: Side, id: &SnapshotId) -> bool {
    let record = agenda.view.case.blocks.get(&(side, id.clone()));
    if record.is_some_and(|record| record.manifest.is_some()) {
        return false;
    }
    match record.map_or(Some(0), |record| record.next()) {
        Some(from) if agenda.read(blocks(side, id, from)).is_none() => {}
        // The engine writes what was read, and seals the manifest of a snapshot read to its end.
        _ => agenda.wait(agenda.view.now + WRITTEN, format!("the blocks of {id} to be written to the ledger")),
    }
    true
}

fn blocks(side: Side, id: &SnapshotId, from: i32) -> Query {
    match side {
        Side::Source => S::Blocks(id.clone(), from).into(),
        Side::Forensic => F::Blocks(id.clone(), from).into(),
    }
}
