//! Rules: what of the records is out of the ordinary whoever does it.

pub mod examples;
pub mod folder;
mod groups;
mod index;
mod kind;
mod lines;
pub mod load;
pub mod pack;
mod recent;
mod repeats;
mod room;
pub mod sigma;
pub mod view;
mod windows;
mod within;

use crate::part::Folded;
use crate::record::Record;
use crate::short::cut;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A rule, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// All of them, the mildest first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

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
    /// What is remembered of these records, as far as it is; for a hit on one record nothing.
    pub(crate) parts: Vec<Folded>,
}

impl Hit {
    /// Cuts what is too long to be kept: values of fields, and what another detector has written.
    pub(crate) fn cut(&mut self) {
        self.shown.iter_mut().for_each(|(_, value)| cut(value));
        self.events.iter_mut().for_each(cut);
        let Some(card) = Arc::get_mut(&mut self.rule) else { return };
        [&mut card.id, &mut card.title, &mut card.description].into_iter().for_each(cut);
    }
}

/// What finds hits. Records may come in any order: what a record matches by itself is told at once,
/// what several add up to is told when its turn has come by event time.
pub trait Matcher {
    /// The hits of this record by itself.
    fn hits(&mut self, record: &Record<'_>) -> Vec<Hit>;
    /// The hits that records of before add up to, and that nothing that may still come can change.
    fn due(&mut self) -> Vec<Hit>;
    /// At the end, what still waited for its turn.
    fn rest(&mut self) -> Vec<Hit>;
    /// How many records came later than the horizon for order allows.
    fn late(&self) -> u64;
    /// How often more groups were under way than are remembered at once, and the stalest, or what was counted first, were
    /// forgotten.
    fn overfull(&self) -> u64;
    /// All rules, as loaded.
    fn cards(&self) -> &[Arc<Card>];
}
