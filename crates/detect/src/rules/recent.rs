//! The records that were counted last, in the order of their turns: a correlation that comes true names some
//! of them.

use crate::part::Folded;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// How many are remembered. The one with which a correlation comes true is always among them; of those before
/// it that were forgotten, the alert names less.
const REMEMBERED: usize = 8_192;
/// Nor more bytes: so many records take fewer, unless somebody fills them.
const MOST_BYTES: usize = 8 << 20;

#[derive(Debug, Default)]
pub(super) struct Recent {
    by_id: HashMap<[u8; 16], Folded>,
    order: VecDeque<[u8; 16]>,
    bytes: usize,
}

impl Recent {
    pub fn keep(&mut self, id: &str, part: Folded) {
        let id = short(id);
        self.bytes += part.size();
        match self.by_id.insert(id, part) {
            Some(before) => self.bytes -= before.size(),
            None => self.order.push_back(id),
        }
        while (self.order.len() > REMEMBERED || self.bytes > MOST_BYTES)
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.by_id.remove(&oldest).map_or(0, |part| part.size());
        }
    }

    pub fn get(&self, id: &str) -> Option<Folded> {
        self.by_id.get(&short(id)).cloned()
    }
}

/// Ids are short and long, and twice as large as this in memory at the least.
fn short(id: &str) -> [u8; 16] {
    let digest = Sha256::digest(id);
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::tests::part;

    #[test]
    fn the_last_ones_are_remembered() {
        let mut recent = Recent::default();
        (0..=REMEMBERED).for_each(|number| recent.keep(&number.to_string(), part(number).folded()));
        assert!(recent.get("0").is_none());
        assert_eq!(recent.get("1").map(|folded| folded.unfolded()), Some(part(1)));
        assert_eq!((recent.by_id.len(), recent.order.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn the_last_bytes_are_remembered() {
        let mut recent = Recent::default();
        for number in 0..10 {
            let mut part = part(number);
            part.region = "x".repeat(MOST_BYTES / 4);
            recent.keep(&number.to_string(), part.folded());
        }
        assert!(recent.bytes <= MOST_BYTES && recent.get("9").is_some() && recent.get("0").is_none());
    }
}
