//! How many calls may be under way: AWS throttles per account, region and service, so each service
//! of each account has a lane of its own, and sixty target groups do not stand in the way of the
//! interfaces
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).

use casebook::effect::Effect;
use casebook::fault::{Fault, FaultClass};
use casebook::query::{Query, Side};
use std::collections::BTreeMap;

/// Questions under way in one lane.
const READS: usize = 32;
/// Changes under way in one lane.
const CHANGES: usize = 8;

/// All lanes.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: BTreeMap<Key, Lane>,
}

/// A service of an account, for questions or for changes.
type Key = (Side, &'static str, Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Change,
}

#[derive(Debug)]
struct Lane {
    under_way: usize,
    bound: usize,
}

impl Lanes {
    /// Lets a question in if there is room.
    pub fn admit_read(&mut self, query: &Query) -> bool {
        self.lane(read_key(query)).admit()
    }

    /// Lets a change in if there is room.
    pub fn admit_change(&mut self, effect: &Effect) -> bool {
        self.lane(change_key(effect)).admit()
    }

    /// A question was answered.
    pub fn leave_read(&mut self, query: &Query, fault: Option<&Fault>) {
        self.leave(read_key(query), fault);
    }

    /// A change was answered.
    pub fn leave_change(&mut self, effect: &Effect, fault: Option<&Fault>) {
        self.leave(change_key(effect), fault);
    }

    fn leave(&mut self, key: Key, fault: Option<&Fault>) {
        let limit = key.2.limit();
        self.lane(key).leave(fault, limit);
    }

    fn lane(&mut self, key: Key) -> &mut Lane {
        let bound = key.2.limit();
        self.lanes.entry(key).or_insert(Lane { under_way: 0, bound })
    }
}

impl Lane {
    fn admit(&mut self) -> bool {
        let room = self.under_way < self.bound;
        self.under_way += usize::from(room);
        room
    }

    /// Halves the bound when throttled and widens it by one with every call that was not.
    fn leave(&mut self, fault: Option<&Fault>, limit: usize) {
        self.under_way = self.under_way.saturating_sub(1);
        let throttled = fault.is_some_and(|fault| fault.class == FaultClass::Throttled);
        self.bound = if throttled { (self.bound / 2).max(1) } else { (self.bound + 1).min(limit) };
    }
}

impl Kind {
    fn limit(self) -> usize {
        match self {
            Self::Read => READS,
            Self::Change => CHANGES,
        }
    }
}

fn read_key(query: &Query) -> Key {
    (query.side(), service(query.actions()), Kind::Read)
}

fn change_key(effect: &Effect) -> Key {
    (effect.side(), service(effect.actions()), Kind::Change)
}

/// `ec2` of `ec2:DescribeVolumes`.
fn service(actions: &[&'static str]) -> &'static str {
    let first = actions.first().copied().unwrap_or_default();
    first.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use casebook::query::SourceQuery;

    fn health(n: usize) -> Query {
        SourceQuery::TargetHealth(format!("arn:{n}").into()).into()
    }

    fn admitted(lanes: &mut Lanes) -> usize {
        (0..100).take_while(|n| lanes.admit_read(&health(*n))).count()
    }

    #[test]
    fn one_service_full_leaves_room_in_others() {
        let mut lanes = Lanes::default();
        assert_eq!(admitted(&mut lanes), READS);
        assert!(lanes.admit_read(&SourceQuery::SerialConsole.into()));
    }

    #[test]
    fn throttling_halves_and_success_recovers_one_at_a_time() {
        let mut lanes = Lanes::default();
        let throttled = Fault::new(FaultClass::Throttled, "RequestLimitExceeded", "slow down");
        assert!(lanes.admit_read(&health(0)));
        lanes.leave_read(&health(0), Some(&throttled));
        assert_eq!(admitted(&mut lanes), READS / 2);
        lanes.leave_read(&health(0), None);
        assert_eq!(admitted(&mut lanes), 2, "one left, and the lane is wider by one");
    }

    #[test]
    fn a_lane_never_closes() {
        let mut lanes = Lanes::default();
        let throttled = Fault::new(FaultClass::Throttled, "RequestLimitExceeded", "slow down");
        for _ in 0..20 {
            assert!(lanes.admit_read(&health(0)));
            lanes.leave_read(&health(0), Some(&throttled));
        }
    }
}
