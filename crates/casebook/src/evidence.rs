//! What has been secured: every item with where it came from, how far it is and its digest.

use crate::effect::EvidenceProof;
use crate::id::{AccountId, CaseId, Region};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What kind of thing an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The captured scene: a digest over every captured reading.
    Scene,
    /// The console's output.
    ConsoleOutput,
    /// An EBS snapshot.
    Snapshot,
    /// A machine image.
    Image,
    /// A volume rebuilt from a copy.
    Volume,
    /// An instance started from the image.
    Instance,
}

/// How far an item is. Each state says only what was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceState {
    /// Asked for; its point in time is fixed, it is not whole yet.
    Requested,
    /// Whole.
    Completed,
    /// Whole, and the forensic account alone may read it besides its owner.
    Shared,
    /// Whole and owned by the forensic account; not compared with its source.
    Copied,
    /// Owned by the forensic account and equal to its source block by block.
    Verified,
}

/// An item of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// Its id in AWS; for captured files the name.
    pub id: String,
    /// The account that owns it.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// What it was made from.
    pub source: Option<String>,
    /// How far it is.
    pub state: EvidenceState,
    /// Whether a lock that holds was read back.
    pub locked: bool,
    /// The digest of the captured file, or of the snapshot's manifest; `None` when not read.
    pub sha256: Option<String>,
}

/// All of a case's evidence and the volumes that need it, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custody {
    /// The items.
    pub items: Vec<Evidence>,
    /// What is still missing before the original may go, in sentences; empty when nothing is.
    pub missing: Vec<String>,
}

impl Custody {
    /// The proof that every volume is secured, bound to exactly these items; `None` while
    /// anything is missing.
    pub fn prove(&self, case: &CaseId) -> Option<EvidenceProof> {
        let complete = self.missing.is_empty() && !self.items.is_empty();
        complete.then(|| EvidenceProof { case: case.clone(), digest: self.digest() })
    }

    /// The digest of the items, as shown at the gate `terminate`.
    pub fn digest(&self) -> String {
        let bytes = serde_json_canonicalizer::to_vec(&self.items).unwrap_or_default();
        hex::encode(Sha256::digest(bytes))
    }
}
