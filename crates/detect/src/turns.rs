//! Calls of instances until the baseline may judge them: those of each role in the order of their times. But for how
//! many hours were learned in all, what is usual is known role by role, so a call is late where a later one of its role
//! was judged before it, and only there:
//! where the log of one region is read after that of another for the same days, most roles have called in one of them.

use crate::order::Horizon;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many bytes are held at most, whatever the horizon says.
const MOST_BYTES: usize = 3 << 20;

/// Holds what came until its turn.
#[derive(Debug)]
pub struct Turns<T> {
    horizon: Horizon,
    roles: BTreeMap<Arc<str>, Role<T>>,
    /// The roles for which something is held, by the time of the first and by how much it is.
    by_time: BTreeSet<(Timestamp, Arc<str>)>,
    by_number: BTreeSet<(usize, Arc<str>)>,
    /// How many are held of all roles, and how many bytes they take.
    held: usize,
    bytes: usize,
    /// Tells apart what has the same time and no id.
    next: u64,
    /// What is earlier need not wait.
    floor: Timestamp,
    late: u64,
}

#[derive(Debug)]
struct Role<T> {
    /// With how many bytes each takes.
    held: BTreeMap<(Timestamp, String, u64), (T, usize)>,
    /// The latest that had its turn.
    until: Timestamp,
}

impl<T> Turns<T> {
    /// Empty.
    pub fn new(horizon: Horizon) -> Self {
        let (by_time, by_number) = (BTreeSet::new(), BTreeSet::new());
        Self {
            horizon,
            roles: BTreeMap::new(),
            by_time,
            by_number,
            held: 0,
            bytes: 0,
            next: 0,
            floor: Timestamp::MIN,
            late: 0,
        }
    }

    /// Time has passed to this point.
    pub fn passed(&mut self, at: Timestamp) {
        let floor = at.checked_sub(self.horizon.time).unwrap_or(Timestamp::MIN);
        self.floor = self.floor.max(floor);
    }

    /// Holds a role's item of so many bytes until its turn. Among equal times the ids decide.
    pub fn hold(&mut self, role: &str, at: Timestamp, id: String, item: T, size: usize) {
        self.passed(at);
        self.forget_roles();
        (self.held, self.bytes, self.next) = (self.held + 1, self.bytes + size, self.next + 1);
        let (key, role) = ((at, id, self.next), Arc::from(role));
        self.change(&role, |role| role.held.insert(key, (item, size)));
    }

    /// The next one that nothing can come before any more. With more than may be held, the role of which most wait
    /// goes ahead: the last ones of a region that was read to its end leave room for another's.
    pub fn ripe(&mut self) -> Option<T> {
        let (at, role) = self.by_time.first()?;
        if *at < self.floor {
            let role = role.clone();
            return self.turn(&role);
        }
        let too_many = self.held > self.horizon.events || self.bytes > MOST_BYTES;
        let (_, role) = self.by_number.last().filter(|_| too_many)?;
        let role = role.clone();
        self.turn(&role)
    }

    /// The next one, whatever may still come.
    pub fn first(&mut self) -> Option<T> {
        let (_, role) = self.by_time.first()?;
        let role = role.clone();
        self.turn(&role)
    }

    /// How many came after a later one of their role had its turn.
    pub fn late(&self) -> u64 {
        self.late
    }

    fn turn(&mut self, role: &Arc<str>) -> Option<T> {
        let ((at, ..), (item, size)) = self.change(role, |role| role.held.pop_first())?;
        (self.held, self.bytes) = (self.held - 1, self.bytes - size);
        let role = self.roles.get_mut(role)?;
        self.late += u64::from(at < role.until);
        role.until = role.until.max(at);
        Some(item)
    }

    /// Changes what is held for a role, and where the role stands among the others.
    fn change<R>(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Role<T>) -> R) -> R {
        let role = self.roles.entry(name.clone()).or_insert_with(Role::new);
        if let Some((at, number)) = role.place() {
            self.by_time.remove(&(at, name.clone()));
            self.by_number.remove(&(number, name.clone()));
        }
        let changed = change(role);
        if let Some((at, number)) = role.place() {
            self.by_time.insert((at, name.clone()));
            self.by_number.insert((number, name.clone()));
        }
        changed
    }

    /// Made-up names of roles do not fill the memory: at most half of so many have something that waits.
    fn forget_roles(&mut self) {
        if self.roles.len() > 2 * self.horizon.events {
            self.roles.retain(|_, role| !role.held.is_empty());
        }
    }
}

impl<T> Role<T> {
    fn new() -> Self {
        Self { held: BTreeMap::new(), until: Timestamp::MIN }
    }

    /// The time of the first that is held, and how many are.
    fn place(&self) -> Option<(Timestamp, usize)> {
        self.held.first_key_value().map(|((at, ..), _)| (*at, self.held.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("a time")
    }

    fn put(turns: &mut Turns<i64>, role: &str, second: i64) {
        turns.hold(role, at(second), second.to_string(), second, 1);
    }

    fn ripe(turns: &mut Turns<i64>) -> Vec<i64> {
        std::iter::from_fn(|| turns.ripe()).collect()
    }

    #[test]
    fn what_trails_by_no_more_than_the_horizon_has_its_turn_in_the_order_of_all_roles() {
        let mut turns = Turns::new(Horizon { events: 10, time: SignedDuration::from_secs(60) });
        for (role, second) in [("a", 50), ("b", 40), ("a", 45), ("b", 100)] {
            put(&mut turns, role, second);
        }
        assert_eq!(ripe(&mut turns), [0; 0], "40 may still be joined by another of that second");
        turns.passed(at(106));
        assert_eq!(ripe(&mut turns), [40, 45]);
        put(&mut turns, "b", 42);
        assert_eq!((ripe(&mut turns), turns.late()), (vec![42], 0), "45 was another role's");
        put(&mut turns, "b", 41);
        assert_eq!((ripe(&mut turns), turns.late()), (vec![41], 1));
        assert_eq!(std::iter::from_fn(|| turns.first()).collect::<Vec<_>>(), [50, 100]);
    }

    #[test]
    fn a_region_that_is_read_after_another_one_for_the_same_days_is_in_order() {
        let mut turns = Turns::new(Horizon { events: 10, time: SignedDuration::from_hours(24) });
        let mut judged = Vec::new();
        for (role, second) in
            (0..100).map(|second| ("there", second)).chain((0..100).map(|second| ("here", second ^ 1)))
        {
            put(&mut turns, role, second);
            judged.extend(ripe(&mut turns));
        }
        judged.extend(std::iter::from_fn(|| turns.first()));
        assert_eq!((judged.len(), turns.late()), (200, 0));
    }

    #[test]
    fn made_up_names_of_roles_do_not_fill_the_memory() {
        let mut turns = Turns::new(Horizon { events: 10, time: SignedDuration::from_secs(60) });
        for number in 0..1_000 {
            put(&mut turns, &number.to_string(), number);
            ripe(&mut turns);
        }
        assert!(turns.roles.len() <= 21, "{}", turns.roles.len());
    }

    #[test]
    fn no_more_bytes_are_held_than_there_is_room_for() {
        let mut turns = Turns::new(Horizon::of_files());
        for second in 0..10 {
            turns.hold("a", at(second), second.to_string(), second, MOST_BYTES / 4);
        }
        assert_eq!(ripe(&mut turns), [0, 1, 2, 3, 4, 5]);
    }
}
