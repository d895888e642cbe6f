//! The range as the loop's cloud, watching that the loop keeps its word: nothing is changed that is
//! not written as an intent, and nothing is sent twice at once.

use crate::store::Book;
use casebook::effect::Effect;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use engine::{Clock, Cloud};
use jiff::{SignedDuration, Timestamp};
use range::{Range, VirtualClock};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// The range, watched.
pub struct Sky {
    range: Range,
    book: Book,
    flying: RefCell<BTreeSet<Effect>>,
    /// How often a change was sent or answered.
    pub moments: Cell<usize>,
    /// Questions that take an hour.
    slow: fn(&Query) -> bool,
}

impl Sky {
    pub fn new(range: Range, book: Book, slow: fn(&Query) -> bool) -> Self {
        Self { range, book, flying: RefCell::default(), moments: Cell::new(0), slow }
    }

    fn moment(&self) {
        self.moments.set(self.moments.get() + 1);
    }
}

impl Cloud for Sky {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        if (self.slow)(query) {
            self.range.clock().sleep(SignedDuration::from_hours(1)).await;
        }
        self.range.observe(query).await
    }

    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        assert!(self.book.spend(effect), "sent without an intent: {}", effect.title());
        assert!(self.flying.borrow_mut().insert(effect.clone()), "sent twice at once: {}", effect.title());
        self.moment();
        let answer = self.range.perform(effect).await;
        self.moment();
        self.flying.borrow_mut().remove(effect);
        answer
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.range.rehearse(effect).await
    }
}

/// The range's clock as the loop's.
pub struct Watch(pub VirtualClock);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.sleep_until(at).await;
    }
}
