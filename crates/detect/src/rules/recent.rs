//! The records that were counted last, in the order of their turns: a correlation that comes true names some
//! of them.

use crate::part::Folded;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// What one takes besides what is folded.
const OVERHEAD: usize = 120;

#[derive(Debug, Default)]
pub(super) struct Recent {
    by_id: HashMap<[u8; 16], Folded>,
    order: VecDeque<[u8; 16]>,
    bytes: usize,
}

impl Recent {
    pub fn keep(&mut self, id: &str, part: Folded) {
        let id = short(id);
        self.bytes += part.size() + OVERHEAD;
        match self.by_id.insert(id, part) {
            Some(before) => self.bytes -= before.size() + OVERHEAD,
            None => self.order.push_back(id),
        }
    }

    /// The one that was kept first is forgotten: an alert on it names less.
    pub fn forget_one(&mut self) {
        let oldest = self.order.pop_front().and_then(|oldest| self.by_id.remove(&oldest));
        self.bytes -= oldest.map_or(0, |part| part.size() + OVERHEAD);
    }

    /// How many bytes are kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn get(&self, id: &str) -> Option<Folded> {
        self.by_id.get(&short(id)).cloned()
    }
}

/// Ids are short and long, and twice as large as this in memory at the least.
pub(super) fn short(id: &str) -> [u8; 16] {
    let digest = Sha256::digest(id);
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::tests::part;

    #[test]
    fn the_one_that_was_kept_first_is_forgotten_first() {
        let mut recent = Recent::default();
        for number in [0, 1, 2, 1] {
            recent.keep(&number.to_string(), part(number).folded());
        }
        let three = recent.bytes();
        recent.forget_one();
        assert!(recent.get("0").is_none() && recent.bytes() * 3 == three * 2);
        assert_eq!(recent.get("1").map(|folded| folded.unfolded()), Some(part(1)));
        (0..5).for_each(|_| recent.forget_one());
        assert_eq!((recent.bytes(), recent.by_id.len()), (0, 0));
    }
}
