//! Records in the order of their own times. Logs arrive shuffled: what came is held until nothing
//! earlier can come any more, as far as a stated horizon reaches. What comes later still is late: it
//! is counted and takes no part in what several records add up to.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How far order reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// How many are held at most; with more, the earliest go ahead.
    pub events: usize,
    /// By how much a record may trail the latest one.
    pub time: SignedDuration,
}

impl Default for Horizon {
    /// CloudTrail delivers after about five minutes on average and gives no guarantee
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>):
    /// three times that, and as many as fit into some megabytes.
    fn default() -> Self {
        Self { events: Self::MOST_EVENTS, time: SignedDuration::from_mins(15) }
    }
}

impl Horizon {
    /// More are never held.
    pub const MOST_EVENTS: usize = 10_240;

    /// For files that are there already: a folder of one region may be read after that of another for the
    /// same days, so only memory bounds what is held.
    pub fn of_files() -> Self {
        Self { events: Self::MOST_EVENTS, time: SignedDuration::from_hours(24 * 366) }
    }
}

/// Holds what came until its turn.
#[derive(Debug)]
pub struct Order<T> {
    horizon: Horizon,
    /// With how many bytes each takes.
    held: BTreeMap<(Timestamp, String, u64), (T, usize)>,
    bytes: usize,
    /// Tells apart what has the same time and no id.
    next: u64,
    /// Nothing is let in that is earlier.
    floor: Timestamp,
    late: u64,
}

impl<T> Order<T> {
    /// Empty.
    pub fn new(horizon: Horizon) -> Self {
        Self { horizon, held: BTreeMap::new(), bytes: 0, next: 0, floor: Timestamp::MIN, late: 0 }
    }

    /// A record of this time has come: time has passed at least to it. False, and counted, when the
    /// record is late.
    pub fn seen(&mut self, at: Timestamp) -> bool {
        let late = at < self.floor;
        self.late += u64::from(late);
        self.passed(at);
        !late
    }

    /// Time has passed to this point, as a clock may say too when no record comes.
    pub fn passed(&mut self, at: Timestamp) {
        let floor = at.checked_sub(self.horizon.time).unwrap_or(Timestamp::MIN);
        self.floor = self.floor.max(floor);
    }

    /// Holds an item of so many bytes until its turn. Among equal times the ids decide, so that the order does not
    /// depend on who came first.
    pub fn hold(&mut self, at: Timestamp, id: String, item: T, size: usize) {
        self.next += 1;
        self.bytes += size;
        self.held.insert((at, id, self.next), (item, size));
    }

    /// The next one that nothing can come before any more.
    pub fn ripe(&mut self) -> Option<(Timestamp, T)> {
        let first = self.held.first_key_value()?.0.0;
        if first < self.floor {
            return self.first();
        }
        if self.held.len() > self.horizon.events { self.ahead() } else { None }
    }

    /// The next one, though something earlier may still come: that is late then.
    pub fn ahead(&mut self) -> Option<(Timestamp, T)> {
        self.floor = self.held.first_key_value()?.0.0.max(self.floor);
        self.first()
    }

    /// The next one, whatever may still come.
    pub fn first(&mut self) -> Option<(Timestamp, T)> {
        let ((at, ..), (item, size)) = self.held.pop_first()?;
        self.bytes -= size;
        Some((at, item))
    }

    /// How many bytes are held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many came too late.
    pub fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap_or_default()
    }

    fn all(order: &mut Order<i64>) -> Vec<i64> {
        std::iter::from_fn(|| order.ripe()).map(|(_, item)| item).collect()
    }

    fn put(order: &mut Order<i64>, second: i64) -> bool {
        let in_time = order.seen(at(second));
        if in_time {
            order.hold(at(second), second.to_string(), second, 1);
        }
        in_time
    }

    #[test]
    fn what_trails_by_no_more_than_the_horizon_comes_out_in_order() {
        let mut order = Order::new(Horizon { events: 10, time: SignedDuration::from_secs(60) });
        for second in [100, 60, 40, 120] {
            assert!(put(&mut order, second), "{second}");
        }
        assert_eq!(all(&mut order), [40], "60 may still be joined by another of that second");
        assert!(!put(&mut order, 59));
        assert_eq!(order.late(), 1);
        put(&mut order, 200);
        assert_eq!(all(&mut order), [60, 100, 120]);
        assert_eq!(order.first().map(|(_, item)| item), Some(200));
    }

    #[test]
    fn no_more_are_held_than_the_horizon_says() {
        let mut order = Order::new(Horizon { events: 2, time: SignedDuration::from_hours(1) });
        for second in [30, 10, 20] {
            put(&mut order, second);
        }
        assert_eq!(all(&mut order), [10]);
        assert!(!put(&mut order, 9), "10 has gone ahead");
    }

    #[test]
    fn what_is_earlier_than_one_that_has_gone_ahead_is_late() {
        let mut order = Order::new(Horizon::of_files());
        for second in [30, 10] {
            put(&mut order, second);
        }
        assert_eq!((order.bytes(), order.ahead(), order.bytes()), (2, Some((at(10), 10)), 1));
        assert!(put(&mut order, 10) && !put(&mut order, 9));
        assert_eq!(order.late(), 1);
    }

    #[test]
    fn a_clock_moves_time_along_where_no_record_does() {
        let mut order = Order::new(Horizon { events: 2, time: SignedDuration::from_secs(60) });
        put(&mut order, 0);
        assert_eq!(all(&mut order), [0; 0]);
        order.passed(at(61));
        assert_eq!(all(&mut order), [0]);
    }
}
