//! One way through one input: where records go, and what is counted.

use super::Named;
use super::crowd;
use super::window::{More, Window};
use crate::count::{Fate, Rejection, Tally};
use crate::record::Record;

/// The way.
pub(super) struct Pass<'p> {
    pub(super) name: &'p str,
    pub(super) tally: &'p mut Tally,
    pub(super) named: Option<&'p Named>,
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

    /// Hands on what stands in one piece of so many bytes. They are a record's, but for what of them is rejected; where
    /// no record is in them, they stand around others.
    #[inline]
    pub(super) fn piece(&mut self, bytes: usize, hand_on: impl FnOnce(&mut Self)) {
        let (parsed, rejected) = (self.tally.counts.parsed, self.tally.counts.bytes_rejected);
        hand_on(self);
        let counts = &mut self.tally.counts;
        if counts.parsed > parsed {
            counts.bytes_parsed += (bytes as u64).saturating_sub(counts.bytes_rejected - rejected);
        }
    }

    /// Whether there is room for a record's values; where there is not, that is named.
    pub(super) fn has_room(&mut self, bytes: &[u8], offset: u64) -> bool {
        let crowded = crowd::of_values(bytes);
        if crowded {
            self.reject(offset, bytes.len() as u64, crowd::why());
        }
        !crowded
    }

    /// Names what was not understood.
    pub(super) fn reject(&mut self, offset: u64, bytes: u64, why: impl Into<String>) {
        let rejection = Rejection { input: self.name.to_owned(), offset, bytes, why: why.into() };
        self.named.into_iter().for_each(|named| named(&rejection));
        self.tally.rejected(rejection);
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
