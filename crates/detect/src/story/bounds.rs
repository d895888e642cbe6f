//! No more is remembered of all stories together than so much, however many there are and however long.
//!
//! What is kept is measured in bytes, about as many as it takes in memory. Once in a while all is measured, and the
//! mildest stories are forgotten until there is room again.

use super::{Known, Stories, Story};
use crate::alert::{Exhibit, Sign};
use crate::rules::{Card, Level};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The most bytes of all stories together: some three thousand ordinary ones.
pub(super) const MOST: usize = 8 << 20;
/// What takes that much was filled by somebody: an ordinary story takes some kilobytes.
const FILLED: usize = MOST / 256;
/// So many more, and all is measured.
const A_WHILE: usize = MOST / 16;

/// What a story takes before anything is in it.
pub(super) const STORY: usize = 1_600;
/// The same of a sign, of an event, of a field that is shown.
const SIGN: usize = 500;
const EXHIBIT: usize = 150;
const FIELD: usize = 400;
/// What a text takes besides its own length.
const TEXT: usize = 48;
/// What a time of a sign of some weight takes.
const TIME: usize = 80;

impl Stories {
    /// Forgets where there is too much what is mildest; of that first what was told already, then what takes far more
    /// room than others, so that a few that somebody has filled drive none out, then what is oldest.
    pub(super) fn make_room(&mut self) {
        if self.grown < A_WHILE {
            return;
        }
        self.grown = 0;
        let size = self.size();
        if size > MOST - A_WHILE {
            self.forget_the_mildest(size);
        }
    }

    /// How many bytes all of them take.
    pub(super) fn size(&self) -> usize {
        self.by_suspect.values().flatten().map(Story::size).sum()
    }

    fn forget_the_mildest(&mut self, mut size: usize) {
        let mut all: Vec<_> = self.by_suspect.values_mut().flatten().map(|story| (story.weight(), story)).collect();
        all.sort_by_key(|(weight, _)| *weight);
        for ((level, untold, ..), story) in all {
            if size <= MOST - 2 * A_WHILE {
                break;
            }
            size -= story.size();
            story.gone = true;
            *self.forgotten.entry(level).or_default() += u64::from(untold);
        }
        self.keep(|story| !story.gone);
    }
}

impl Story {
    /// What is lighter goes first.
    fn weight(&self) -> (Level, bool, bool, Timestamp) {
        (self.level(), self.changed, self.size() < FILLED, self.last)
    }

    fn size(&self) -> usize {
        let sets = of_texts(&self.about) + of_texts(&self.regions) + of_texts(&self.addresses);
        let times: usize = self.weighty.iter().map(|(_, id, ..)| of_time(id)).sum();
        let signs: usize = self.signs.values().map(|sign| of_sign(sign)).sum();
        STORY + sets + times + signs + self.known.as_ref().map_or(0, Known::size)
    }
}

impl Known {
    pub(super) fn size(&self) -> usize {
        let hits: usize = self.hits.keys().map(|id| of_text(id)).sum();
        hits + of_texts(&self.about) + of_texts(&self.addresses)
    }
}

pub(super) fn of_text(text: &str) -> usize {
    TEXT + text.len()
}

fn of_texts(texts: &BTreeSet<String>) -> usize {
    texts.iter().map(|text| of_text(text)).sum()
}

pub(super) fn of_time(id: &str) -> usize {
    TIME + id.len()
}

/// A card is shared by the signs of a rule, but not where another detector wrote it.
pub(super) fn of_card(card: &Card) -> usize {
    SIGN + card.id.len() * 2 + card.title.len() + card.description.len()
}

pub(super) fn of_exhibit(exhibit: &Exhibit) -> usize {
    EXHIBIT + exhibit.id.len() + exhibit.sha256.len() + exhibit.what.len()
}

pub(super) fn of_field(field: &str) -> usize {
    FIELD + field.len()
}

fn of_sign(sign: &Sign) -> usize {
    let events: usize = sign.events.iter().map(of_exhibit).sum();
    let shown = sign.shown.iter().map(|(field, values)| of_field(field) + of_texts(values));
    of_card(&sign.rule) + events + shown.sum::<usize>()
}
