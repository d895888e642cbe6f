//! The range as the engine meets it: a cloud to ask and change, a clock to wait by.

use crate::{Range, VirtualClock};
use casebook::effect::Effect;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use engine::{Clock, Cloud};
use jiff::Timestamp;

impl Cloud for Range {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        Range::observe(self, query).await
    }

    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        Range::perform(self, effect).await
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        Range::rehearse(self, effect).await
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        VirtualClock::now(self)
    }

    async fn sleep_until(&self, at: Timestamp) {
        VirtualClock::sleep_until(self, at).await;
    }
}
