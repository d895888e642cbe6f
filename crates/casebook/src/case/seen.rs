//! What the readings of the target show over time, where the last one alone does not say enough. Only
//! what is written in the ledger is in it.

use crate::id::{Arn, GroupId, InterfaceId};
use crate::query::{Query, SourceQuery};
use crate::reading::Reading;
use crate::scene::network::Interface;
use crate::target::Target;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What was ever read of the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Every instance profile that it could get credentials through.
    pub profiles: BTreeSet<Arn>,
    /// When each of its interfaces was in each group, the last time.
    pub stays: BTreeMap<(InterfaceId, GroupId), Stay>,
}

/// From the first reading that shows an interface in a group to the first that no longer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// When it was first read there.
    pub from: Timestamp,
    /// When it was read elsewhere; `None` while it was not.
    pub until: Option<Timestamp>,
}

impl Seen {
    pub(super) fn learn(&mut self, target: &Target, query: &Query, reading: &Reading, at: Timestamp) {
        match (query, reading) {
            (Query::Source(SourceQuery::ProfileAssociations(id)), Reading::Associations(associations))
                if *id == target.instance =>
            {
                let live = associations.iter().filter(|association| association.gives_credentials());
                self.profiles.extend(live.map(|association| association.profile.clone()));
            }
            (Query::Source(SourceQuery::Interfaces(id)), Reading::Interfaces(interfaces)) if *id == target.instance => {
                self.move_to(interfaces, at);
            }
            _ => {}
        }
    }

    fn move_to(&mut self, interfaces: &[Interface], at: Timestamp) {
        let places = |interface: &Interface| -> Vec<(InterfaceId, GroupId)> {
            interface.groups.iter().map(|group| (interface.id.clone(), group.clone())).collect()
        };
        let now: BTreeSet<_> = interfaces.iter().flat_map(places).collect();
        for (_, stay) in self.stays.iter_mut().filter(|(place, _)| !now.contains(place)) {
            stay.until.get_or_insert(at);
        }
        for place in now {
            let stay = self.stays.entry(place).or_insert(Stay { from: at, until: None });
            if stay.until.is_some() {
                *stay = Stay { from: at, until: None };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::things::interface;
    use crate::testkit::{Bench, INSTANCE, settings};

    fn read(bench: &mut Bench, group: &str) {
        let query = SourceQuery::Interfaces(INSTANCE.into());
        bench.capture(query, Reading::Interfaces(vec![interface("eni-1", &[group])]));
    }

    #[test]
    fn a_stay_ends_with_the_reading_that_shows_another_group() {
        let mut bench = Bench::new(settings());
        let begin = bench.now;
        for (seconds, group) in [(0, "sg-1"), (10, "sg-1"), (10, "sg-2"), (10, "sg-2")] {
            bench.later(seconds);
            read(&mut bench, group);
        }
        let stay = |group: &str| bench.case.seen.stays[&("eni-1".into(), group.into())];
        let after = |seconds: i64| begin + jiff::SignedDuration::from_secs(seconds);
        assert_eq!(stay("sg-1"), Stay { from: begin, until: Some(after(20)) });
        assert_eq!(stay("sg-2"), Stay { from: after(20), until: None });
        read(&mut bench, "sg-1");
        assert_eq!(bench.case.seen.stays[&("eni-1".into(), "sg-1".into())], Stay { from: after(30), until: None });
    }
}
