//! How grave a story is: as its gravest sign, and one more where several signs of some weight come close together.

use super::Story;
use crate::rules::Level;
use crate::suspect::Lead;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many times of signs of some weight are kept: of a story of years the later half.
pub(super) const WEIGHTY: usize = 4_096;
/// How many different signs of some weight make a story graver than each of them.
const TOGETHER: usize = 3;
/// How close together they must be: in a story of weeks three signs of some weight come about by themselves.
const CLOSE: SignedDuration = SignedDuration::from_hours(6);
/// The steps in which the times of such signs are kept, to bound what a long story takes.
pub(super) const STEP: SignedDuration = SignedDuration::from_mins(10);
/// How the ids of what a baseline tells begin.
const BASELINE: &str = "baseline:";

impl Story {
    /// The gravest sign's; one more when several signs of some weight come close together.
    pub(super) fn level(&self) -> Level {
        self.level_by(&self.leads)
    }

    /// The same of the signs alone from which one of these leads comes.
    pub(super) fn level_by(&self, leads: &BTreeSet<Lead>) -> Level {
        let signs = self.signs.values().filter(|sign| !sign.leads.is_disjoint(leads));
        let gravest = signs.map(|sign| sign.rule.level).max();
        gravest.max(self.together(leads)).unwrap_or(Level::Informational)
    }

    /// How grave signs of some weight are that come close together.
    fn together(&self, leads: &BTreeSet<Lead>) -> Option<Level> {
        let settled = self.settled.iter().filter(|(of, _)| of.is_subset(leads)).map(|(_, level)| *level).max();
        settled.max(self.together_lately(leads))
    }

    /// The same of those whose times are kept.
    fn together_lately(&self, leads: &BTreeSet<Lead>) -> Option<Level> {
        let span = CLOSE.as_secs() / STEP.as_secs();
        let weighty = || self.weighty.iter().filter(|(.., lead)| leads.contains(lead));
        let ids: BTreeSet<&str> = weighty().map(|(_, id, ..)| &**id).collect();
        if ids.len() < TOGETHER {
            return None;
        }
        let steps: BTreeSet<i64> = weighty().map(|(step, ..)| *step).collect();
        let near = |from: i64| {
            let signs = self.weighty.range((from, Arc::from(""), Level::Informational, Lead::Finding)..);
            let signs = signs.take_while(|(step, ..)| step - from <= span).filter(|(.., lead)| leads.contains(lead));
            let signs: BTreeSet<(&str, Level)> = signs.map(|(_, id, level, _)| (&**id, *level)).collect();
            let witnesses: BTreeSet<&str> = signs.iter().map(|(id, _)| *id).collect();
            let gravest = signs.into_iter().map(|(_, level)| level).max();
            gravest.filter(|_| witnesses.len() >= TOGETHER).map(graver)
        };
        steps.into_iter().filter_map(near).max()
    }

    /// How grave it is by some of what leads to the suspect alone: for every choice of leads.
    pub(super) fn levels(&self) -> BTreeMap<BTreeSet<Lead>, Level> {
        self.choices().into_iter().map(|leads| (leads.clone(), self.level_by(&leads))).collect()
    }

    /// Every choice of leads but none of them.
    fn choices(&self) -> Vec<BTreeSet<Lead>> {
        let choices = self.leads.iter().fold(vec![BTreeSet::new()], |choices, lead| {
            let with = |choice: &BTreeSet<Lead>| choice | &BTreeSet::from([*lead]);
            choices.iter().cloned().chain(choices.iter().map(with)).collect()
        });
        choices.into_iter().filter(|leads| !leads.is_empty()).collect()
    }

    /// What the earlier times say is written down before they go.
    pub(super) fn bound_times(&mut self) {
        if self.weighty.len() <= WEIGHTY {
            return;
        }
        for leads in self.choices() {
            let level = self.together(&leads);
            self.settle(leads, level);
        }
        if let Some(middle) = self.weighty.iter().nth(WEIGHTY / 2).cloned() {
            self.weighty = self.weighty.split_off(&middle);
        }
    }

    pub(super) fn settle(&mut self, leads: BTreeSet<Lead>, level: Option<Level>) {
        if let Some(level) = level {
            let settled = self.settled.entry(leads).or_insert(level);
            *settled = level.max(*settled);
        }
    }
}

/// Who says it. What a baseline has not seen yet is unusual in every respect at once: all that it tells is one witness.
pub(super) fn witness(rule: &str) -> &str {
    if rule.starts_with(BASELINE) { BASELINE } else { rule }
}

/// One level graver, and nothing below high.
fn graver(level: Level) -> Level {
    if level >= Level::High { Level::Critical } else { Level::High }
}
