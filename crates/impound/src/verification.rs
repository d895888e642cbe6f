//! Whether the evidence of a case still is what its ledger says: the captured files by their
//! digests, everything in AWS by asking both accounts anew. Reads only.
//!
//! Not for: comparing blocks again. A completed snapshot never changes; what can happen to it is
//! that it is deleted, unlocked or swapped, and that is looked for.

use casebook::case::{BlockRecord, Case};
use casebook::custody::scene_digest;
use casebook::evidence::EvidenceKind;
use casebook::id::SnapshotId;
use ledger::{Digest, Store};
use serde::Serialize;

mod cloud;

pub use cloud::in_cloud;

/// How one item stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub found: Found,
    /// In a sentence.
    pub why: String,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// As the ledger says.
    Good,
    /// Nobody could look.
    Unread,
    /// Otherwise than the ledger says.
    Wrong,
}

impl Check {
    /// A result.
    pub fn new(what: impl Into<String>, found: Found, why: impl Into<String>) -> Self {
        Self { what: what.into(), found, why: why.into() }
    }
}

/// What is kept here: the captured files against the digests that the ledger names, the digest of
/// the scene, and the manifests made again from the digests of their blocks.
pub fn kept_here<S: Store>(case: &Case, store: &S) -> Vec<Check> {
    let mut checks = files(case, store);
    checks.extend(scene(case));
    let records = case.blocks.iter().filter(|(_, record)| record.manifest.is_some());
    checks.extend(records.map(|((_, snapshot), record)| manifest(snapshot, record, store)));
    checks
}

fn files<S: Store>(case: &Case, store: &S) -> Vec<Check> {
    let captured = case.baseline.artefacts.values().flatten().map(|artefact| &artefact.sha256);
    let blocks = case.blocks.values().flat_map(|record| &record.runs).map(|run| &run.sha256);
    let finding = case.findings().map(|note| &note.sha256);
    let mut digests: Vec<&String> = captured.chain(blocks).chain(finding).collect();
    digests.sort();
    digests.dedup();
    let broken: Vec<Check> = digests.iter().filter_map(|digest| file(digest, store).err()).collect();
    if broken.is_empty() {
        let why = format!("{} captured files match their digests", digests.len());
        return vec![Check::new("files", Found::Good, why)];
    }
    broken
}

fn file<S: Store>(digest: &str, store: &S) -> Result<Vec<u8>, Check> {
    let wrong = |why: String| Check::new(format!("file {digest}"), Found::Wrong, why);
    let parsed: Digest = digest.parse().map_err(|_| wrong("the ledger names no digest there".to_owned()))?;
    store.artefact(&parsed).map_err(|error| wrong(error.to_string()))
}

fn scene(case: &Case) -> Option<Check> {
    let item = case.evidence.values().find(|item| item.kind == EvidenceKind::Scene)?;
    let written = item.sha256.as_ref()?;
    Some(if *written == scene_digest(case) {
        Check::new("scene", Found::Good, "everything captured gives the digest that the ledger names")
    } else {
        Check::new("scene", Found::Wrong, format!("what was captured does not give the digest {written}"))
    })
}

fn manifest<S: Store>(snapshot: &SnapshotId, record: &BlockRecord, store: &S) -> Check {
    let what = format!("manifest of {snapshot}");
    let written = record.manifest.as_ref().map(|manifest| manifest.sha256.clone()).unwrap_or_default();
    let lines: Result<Vec<Vec<u8>>, Check> = record.runs.iter().map(|run| file(&run.sha256, store)).collect();
    match lines {
        Err(check) => Check { what, ..check },
        Ok(lines) if Digest::of(&lines.concat()).to_string() == written => {
            Check::new(what, Found::Good, "the digests of its blocks give the manifest's")
        }
        Ok(_) => Check::new(what, Found::Wrong, format!("the digests of its blocks do not give {written}")),
    }
}
