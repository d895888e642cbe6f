//! For how long something was learned: the hours in which anybody has called, counted up to a day's. How far apart the
//! first call and the last one are says nothing: one late record would make a day of an hour.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// So many, and what is done every day was seen.
const A_DAY: usize = 24;

/// Hours since 1970, the first [`A_DAY`] that were met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hours(BTreeSet<i64>);

impl Hours {
    /// Somebody has called.
    pub fn add(&mut self, at: Timestamp) {
        if !self.are_a_day() {
            self.0.insert(at.as_second().div_euclid(3600));
        }
    }

    /// Somebody has called from time to time; an older program has only written down since when and until when.
    pub fn between(&mut self, first: Timestamp, last: Timestamp) {
        let (first, last) = (first.as_second().div_euclid(3600), last.as_second().div_euclid(3600));
        for hour in first..=last {
            if self.are_a_day() {
                break;
            }
            self.0.insert(hour);
        }
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether there was a day of them.
    pub fn are_a_day(&self) -> bool {
        self.count() >= A_DAY
    }
}
