//! A sign as it grows: hits are counted, the first ones are kept as evidence.

use super::{bound, bounds};
use crate::alert::{Exhibit, Sign};
use crate::rules::Card;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many events of a sign are kept as evidence: its first ones.
const EXHIBITS: usize = 20;
/// How many values of a field are shown.
pub(super) const VALUES: usize = 10;

impl Sign {
    pub(super) fn of(rule: Arc<Card>, at: Timestamp) -> Self {
        let (leads, events, shown) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
        Self { rule, leads, hits: 0, first: at, last: at, events, shown }
    }

    /// Another detector may call the same graver another time.
    pub(super) fn is_as_grave_as(&mut self, rule: &Arc<Card>) {
        if rule.level > self.rule.level {
            self.rule = rule.clone();
        }
    }

    /// One more hit, and by how many bytes it grows. A sign may have very many: only what is kept is touched.
    pub(super) fn take(&mut self, at: Timestamp, exhibit: Exhibit, shown: Vec<(String, String)>) -> usize {
        let mut grown = 0;
        self.hits += 1;
        (self.first, self.last) = (self.first.min(at), self.last.max(at));
        if let Err(place) = self.events.binary_search(&exhibit)
            && place < EXHIBITS
        {
            self.events.truncate(EXHIBITS - 1);
            grown += bounds::of_exhibit(&exhibit);
            self.events.insert(place, exhibit);
        }
        for (field, value) in shown {
            let values = match self.shown.get_mut(&field) {
                Some(values) => values,
                None => {
                    grown += bounds::of_field(&field);
                    self.shown.entry(field).or_default()
                }
            };
            grown += bounds::of_text(&value);
            values.insert(value);
            bound(values, VALUES);
        }
        grown
    }

    pub(super) fn join(&mut self, other: Self) {
        self.is_as_grave_as(&other.rule);
        self.hits += other.hits;
        self.leads.extend(other.leads);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.events.extend(other.events);
        self.events.sort();
        self.events.dedup();
        self.events.truncate(EXHIBITS);
        for (field, values) in other.shown {
            let mine = self.shown.entry(field).or_default();
            mine.extend(values);
            bound(mine, VALUES);
        }
    }
}
