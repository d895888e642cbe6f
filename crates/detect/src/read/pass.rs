//! One way through one input: where records go, and what is counted.

use super::window::{More, Window};
use crate::count::{Fate, Rejection, Tally};
use crate::record::Record;

/// The way.
pub(super) struct Pass<'p> {
    pub(super) name: &'p str,
    pub(super) tally: &'p mut Tally,
    pub(super) sink: &'p mut dyn FnMut(Record<'_>) -> Fate,
}

impl Pass<'_> {
    /// Hands on a record.
    #[inline]
    pub(super) fn record(&mut self, record: Record<'_>) {
        *record.counter(&mut self.tally.counts.kinds) += 1;
        let fate = (self.sink)(record);
        self.tally.parsed(fate);
    }

    /// Names what was not understood.
    pub(super) fn reject(&mut self, offset: u64, bytes: u64, why: impl Into<String>) {
        self.tally.rejected(Rejection { input: self.name.to_owned(), offset, bytes, why: why.into() });
    }

    /// Passes over everything that is left, as one rejection. If the input ends before its time, that is
    /// the reason to name.
    pub(super) fn reject_rest(&mut self, window: &mut Window<'_>, why: &str) {
        let offset = window.offset();
        loop {
            window.take_all();
            if window.more() != More::Came {
                break;
            }
        }
        let why = window.trouble().map_or_else(|| why.to_owned(), |trouble| format!("{why}; {trouble}"));
        self.reject(offset, window.offset() - offset, why);
    }
}
