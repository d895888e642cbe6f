//! Bursts of refusals: how many within an hour, against how many are usual.

use super::role::Member;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fewer within an hour are no burst.
const LEAST: u64 = 10;
/// So many times as many as are usual in an hour are one.
const TIMES: u64 = 5;
/// In minutes.
const HOUR: i64 = 60;

/// The refusals of the last hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusals {
    /// By minute since 1970, at most an hour of them.
    minutes: BTreeMap<i64, u64>,
    /// A burst was told, and goes on until then at least.
    until: Option<Timestamp>,
}

/// A burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Burst {
    /// Refused within the hour.
    pub refused: u64,
    /// Refused in an hour before.
    pub usually: f64,
    /// It has begun before.
    pub goes_on: bool,
}

impl Refusals {
    /// One more. A burst goes on until an hour has passed without it.
    pub fn add(&mut self, at: Timestamp, is_burst: bool) {
        *self.minutes.entry(minute(at)).or_default() += 1;
        let newest = self.minutes.keys().next_back().copied().unwrap_or_default();
        self.minutes.retain(|minute, _| *minute > newest - HOUR);
        if is_burst {
            self.until = self.until.max(at.checked_add(SignedDuration::from_mins(HOUR)).ok());
        }
    }

    fn within_the_hour(&self, at: Timestamp) -> u64 {
        let now = minute(at);
        self.minutes.range(now - HOUR + 1..=now).map(|(_, refused)| refused).sum()
    }
}

impl Member {
    /// The burst that one more refusal makes or prolongs.
    #[allow(clippy::cast_precision_loss)] // a figure for people
    pub fn burst(&self, at: Timestamp) -> Option<Burst> {
        let lately = self.refusals.within_the_hour(at);
        let (refused, before) = (lately + 1, self.denied.saturating_sub(lately));
        let known = self.last.duration_since(self.first).as_hours() - 1;
        let hours = u64::try_from(known).unwrap_or_default().max(1);
        let is_one = refused >= LEAST && refused * hours >= before * TIMES;
        let goes_on = self.refusals.until.is_some_and(|until| at < until);
        is_one.then(|| Burst { refused, usually: before as f64 / hours as f64, goes_on })
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}
