//! Which instance held an address or an interface at which time. Addresses are used again: a join
//! without time accuses the next tenant.

use jiff::Timestamp;
use std::collections::BTreeMap;

/// What is known about addresses and interfaces, from captures and descriptions of instances.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    held: BTreeMap<String, Vec<Stay>>,
}

/// For how long an instance is known to have held something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stay {
    instance: String,
    from: Timestamp,
    /// `None`: still, as far as is known.
    until: Option<Timestamp>,
}

/// Who held something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This one instance.
    One(String),
    /// Several are known to have; which one is not.
    Several,
    /// Nobody that is known.
    Nobody,
}

impl Holdings {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns that an instance held `what`, an address or an interface's id, from then on.
    pub fn held(&mut self, what: &str, instance: &str, from: Timestamp, until: Option<Timestamp>) {
        let stay = Stay { instance: instance.to_owned(), from, until };
        let stays = self.held.entry(what.to_owned()).or_default();
        if !stays.contains(&stay) {
            stays.push(stay);
        }
    }

    /// Who held it at that time.
    pub fn of(&self, what: &str, at: Timestamp) -> Holder {
        let stays = self.held.get(what).map(Vec::as_slice).unwrap_or_default();
        let then = |stay: &&Stay| stay.from <= at && stay.until.is_none_or(|until| at < until);
        let mut instances: Vec<&str> = stays.iter().filter(then).map(|stay| stay.instance.as_str()).collect();
        instances.sort_unstable();
        instances.dedup();
        match instances[..] {
            [] => Holder::Nobody,
            [one] => Holder::One(one.to_owned()),
            _ => Holder::Several,
        }
    }

    /// Whether an address is known to be some instance's own at that time.
    pub fn knows(&self, what: &str) -> bool {
        self.held.contains_key(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn an_address_that_is_used_again_accuses_whoever_held_it_then() {
        let mut holdings = Holdings::new();
        holdings.held("10.0.0.5", "i-old", at("2026-03-01T00:00:00Z"), Some(at("2026-03-02T00:00:00Z")));
        holdings.held("10.0.0.5", "i-new", at("2026-03-02T00:00:00Z"), None);
        let of = |time| holdings.of("10.0.0.5", at(time));
        assert_eq!(of("2026-02-28T23:59:59Z"), Holder::Nobody);
        assert_eq!(of("2026-03-01T12:00:00Z"), Holder::One("i-old".into()));
        assert_eq!(of("2026-03-02T00:00:00Z"), Holder::One("i-new".into()), "the end is no longer the old one's");
        assert_eq!(holdings.of("10.0.0.6", at("2026-03-02T00:00:00Z")), Holder::Nobody);
    }

    #[test]
    fn two_holders_at_once_are_nobody_in_particular() {
        let mut holdings = Holdings::new();
        for instance in ["i-a", "i-b"] {
            holdings.held("10.0.0.5", instance, at("2026-03-01T00:00:00Z"), None);
        }
        assert_eq!(holdings.of("10.0.0.5", at("2026-03-02T00:00:00Z")), Holder::Several);
    }
}
