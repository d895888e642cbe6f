//! What raised an alert is not learned from the call that raised it: whoever steals the credentials of one
//! instance would be known to all its peers.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Told of so many instances of a role, it is the habit of the role: a new gateway, a move to another region.
pub(super) const HABIT: usize = 3;
/// The most that is kept of a role; with more, some of it is told again.
pub(super) const MOST: usize = 1_024;
/// As much memory as so many facts of an instance is what was told, with the instances.
pub(super) const FACTS: usize = 5;

/// What was told of the instances of a role, and of which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Told(BTreeMap<String, BTreeSet<String>>);

impl Told {
    /// Whether it need not be told of an instance: it was, or it is the role's habit.
    pub fn is_settled(&self, what: &str, instance: &str) -> bool {
        self.0.get(what).is_some_and(|of| of.len() >= HABIT || of.contains(instance))
    }

    /// Whether it raised an alert and is no habit.
    pub fn suspects(&self, what: &str) -> bool {
        self.0.get(what).is_some_and(|of| of.len() < HABIT)
    }

    /// It was told of an instance.
    pub fn note(&mut self, what: &str, instance: &str) {
        if self.0.len() >= MOST && !self.0.contains_key(what) {
            self.0.pop_first();
        }
        self.0.entry(what.to_owned()).or_default().insert(instance.to_owned());
    }

    /// Somebody has said that it is ordinary.
    pub fn trust(&mut self, what: &str) {
        self.0.remove(what);
    }

    /// How many facts that is.
    pub fn weight(&self) -> usize {
        self.0.len() * FACTS
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
