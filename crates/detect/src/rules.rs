//! Rules: what of the records is out of the ordinary whoever does it.

use crate::record::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A rule, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its id, a UUID as Sigma has it.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// How grave a hit is.
    pub level: Level,
    /// MITRE ATT&CK techniques (`T1552.005`).
    pub techniques: Vec<String>,
    /// What it looks for and why.
    pub description: String,
    /// What innocent activity hits it too.
    pub false_positives: Vec<String>,
    /// The fields that a reader wants to see.
    pub fields: Vec<String>,
}

/// How grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth a line in a timeline.
    Informational,
    /// Worth knowing with others.
    Low,
    /// Worth a look.
    Medium,
    /// Worth being woken for.
    High,
    /// Worth a response at once.
    Critical,
}

impl Level {
    /// As Sigma writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A rule has matched.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which.
    pub rule: Arc<Card>,
    /// When what matched happened; the last event's time of a correlation.
    pub at: Timestamp,
    /// The event, or the events of a correlation, by id.
    pub events: Vec<String>,
    /// The fields to show, with what they hold.
    pub shown: Vec<(String, String)>,
}

/// What finds hits. Records come in the order of their times, as far as the horizon reaches.
pub trait Matcher {
    /// The hits that a record completes.
    fn hits(&mut self, record: &Record<'_>) -> Vec<Hit>;
    /// All rules, as loaded.
    fn cards(&self) -> &[Arc<Card>];
}
