//! Alerts: what a person, a webhook or another program is told.

use crate::rules::{Card, Level};
use crate::suspect::{Lead, Suspect};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub mod ocsf;
pub mod text;

/// One story about one suspect. It is updated as the story goes on, under the same id.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Stable: the same records give the same id, in whatever order they come.
    pub id: String,
    /// Who.
    pub suspect: Suspect,
    /// What led to the suspect.
    pub leads: BTreeSet<Lead>,
    /// The instances that its calls were about: what a stranger does to them.
    pub about: BTreeSet<String>,
    /// How grave.
    pub level: Level,
    /// How grave by some of the leads alone, for every choice of them.
    pub levels: BTreeMap<BTreeSet<Lead>, Level>,
    /// When the first event of the story happened.
    pub first: Timestamp,
    /// When the last one happened.
    pub last: Timestamp,
    /// Where its calls were made.
    pub regions: BTreeSet<String>,
    /// Where they came from.
    pub addresses: BTreeSet<String>,
    /// What was noticed, by rule, the gravest first.
    pub signs: Vec<Sign>,
    /// Whether there were more signs than are kept: those that are missing are no graver.
    pub crowded: bool,
    /// How often the alert has been told before.
    pub update: u32,
}

/// What one rule noticed.
#[derive(Clone, Debug)]
pub struct Sign {
    /// The rule.
    pub rule: Arc<Card>,
    /// What led from its hits to the suspect.
    pub leads: BTreeSet<Lead>,
    /// How many times.
    pub hits: u64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
    /// The first events, as many as are kept.
    pub events: Vec<Exhibit>,
    /// Fields worth seeing, with the values they had.
    pub shown: BTreeMap<String, BTreeSet<String>>,
}

/// An event kept as evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exhibit {
    /// When it happened.
    pub at: Timestamp,
    /// CloudTrail's id, or the finding's; else the digest.
    pub id: String,
    /// SHA-256 of the record as it stood in the file, in hex.
    pub sha256: String,
    /// What it was, in a few words.
    pub what: String,
}

impl Alert {
    /// What it is about in a line.
    pub fn headline(&self) -> String {
        let gravest = self.signs.first().map(|sign| sign.rule.title.as_str()).unwrap_or_default();
        match self.signs.len() {
            0 | 1 => format!("{}: {gravest}", self.suspect),
            n => format!("{}: {gravest}, and {} other sign{}", self.suspect, n - 1, if n == 2 { "" } else { "s" }),
        }
    }

    /// The ATT&CK techniques of all its signs.
    pub fn techniques(&self) -> BTreeSet<&str> {
        self.signs.iter().flat_map(|sign| &sign.rule.techniques).map(String::as_str).collect()
    }
}
