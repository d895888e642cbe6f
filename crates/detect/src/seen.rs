//! Which events were seen before. CloudTrail may deliver an event more than once, and every copy
//! carries the same `eventID`
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
//!
//! The horizon is a number of ids, so memory is bounded: the last [`Seen::HORIZON`] different ids
//! are recognised for certain, and at most twice as many. A copy that comes later than that is not
//! recognised and counts as an event of its own.

use sha2::{Digest, Sha256};

/// The ids of the events that came last, in two generations.
#[derive(Debug)]
pub struct Seen {
    horizon: usize,
    young: Generation,
    old: Generation,
}

impl Seen {
    /// How many ids are remembered for certain unless somebody says otherwise: two tables of 2²⁰ places,
    /// 5 MB each.
    pub const HORIZON: usize = (1 << 20) / 4 * 3;

    /// Remembers at least the last `horizon` ids.
    pub fn new(horizon: usize) -> Self {
        Self { horizon, young: Generation::of(horizon), old: Generation::of(horizon) }
    }

    /// Whether an event with this id was seen before, and remembers it. What has no id is never a
    /// duplicate.
    pub fn before(&mut self, id: &str) -> bool {
        if id.is_empty() {
            return false;
        }
        let bits = bits(id);
        if self.old.has(bits) || !self.young.add(bits) {
            return true;
        }
        if self.young.count >= self.horizon {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        false
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self::new(Self::HORIZON)
    }
}

/// A table of ids, at most three quarters full, with the next place taken where one is not free. Of an
/// id 40 bits are kept and others decide its place, so one look into memory answers; two ids are taken
/// for one when both agree, which happens to one id in 10¹¹ or so.
#[derive(Debug)]
struct Generation {
    /// Five bytes for each place, and three behind the last, so that eight can be read wherever one begins.
    places: Vec<u8>,
    /// Their number less one: a power of two less one.
    last: usize,
    count: usize,
}

const PLACE: usize = 5;
/// No id.
const FREE: u64 = 0;

impl Generation {
    fn of(horizon: usize) -> Self {
        let number = (horizon.max(1) * 4).div_ceil(3).next_power_of_two();
        Self { places: vec![0; number * PLACE + 3], last: number - 1, count: 0 }
    }

    fn has(&self, bits: u128) -> bool {
        self.count > 0 && self.find(bits).is_ok()
    }

    /// False if it is there already.
    fn add(&mut self, bits: u128) -> bool {
        let Err((place, kept)) = self.find(bits) else { return false };
        let start = place * PLACE;
        self.places[start..start + PLACE].copy_from_slice(&kept.to_le_bytes()[..PLACE]);
        self.count += 1;
        true
    }

    fn at(&self, place: usize) -> u64 {
        let start = place * PLACE;
        let eight = self.places[start..].first_chunk().expect("three bytes stand behind the last place");
        u64::from_le_bytes(*eight) & ((1 << (8 * PLACE)) - 1)
    }

    /// The free place of an id that is not there, and what to keep of it.
    fn find(&self, bits: u128) -> Result<(), (usize, u64)> {
        // Odd factors spread ids that differ in few digits, as made-up ones do; the upper bits of a product hang on all
        // bits below.
        let (upper, lower) = ((bits >> 64) as u64, bits as u64);
        let spread = (upper ^ lower.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let kept = (spread >> 24).max(FREE + 1);
        let mixed = (lower ^ upper.rotate_left(32)).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32;
        let mut place = mixed as usize & self.last;
        loop {
            match self.at(place) {
                FREE => return Err((place, kept)),
                there if there == kept => return Ok(()),
                _ => place = (place + 1) & self.last,
            }
        }
    }

    fn clear(&mut self) {
        self.places.fill(0);
        self.count = 0;
    }
}

/// A UUID is its own 128 bits; other ids are hashed. The two can meet only by chance.
fn bits(id: &str) -> u128 {
    uuid(id.as_bytes()).unwrap_or_else(|| {
        let digest = Sha256::digest(id.as_bytes());
        digest.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
    })
}

/// The bits of a UUID in its canonical form. Upper case is another id: nothing is known to write it.
fn uuid(id: &[u8]) -> Option<u128> {
    let id: &[u8; 36] = id.try_into().ok()?;
    let (mut bits, mut strange) = (0, 0);
    // No branch but for the hyphens, whose places are fixed: this runs for every event.
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            strange |= byte ^ b'-';
        } else {
            let digit = DIGITS[usize::from(*byte)];
            strange |= digit & STRANGE;
            bits = bits << 4 | u128::from(digit & 0xF);
        }
    }
    (strange == 0).then_some(bits)
}

/// What is no digit.
const STRANGE: u8 = 0xF0;

/// The value of each hexadecimal digit.
const DIGITS: [u8; 256] = {
    let mut digits = [STRANGE; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::Seen;
    use proptest::prelude::{any, proptest};
    use std::collections::HashSet;

    #[test]
    fn what_has_no_id_is_never_a_duplicate() {
        let mut seen = Seen::default();
        assert!(!seen.before(""));
        assert!(!seen.before(""));
    }

    #[test]
    fn ids_of_any_shape_are_told_apart() {
        let mut seen = Seen::default();
        for id in [
            "1",
            "2",
            "0f0e0d0c-0000-4000-8000-000000000001",
            "0f0e0d0c-0000-4000-8000-000000000002",
            "0F0e0d0c-0000-4000-8000-000000000002",
            "0f0e0d0c_0000-4000-8000-000000000002",
            "éf0e0d0c-0000-4000-8000-00000000000",
        ] {
            assert!(!seen.before(id), "{id} is new");
            assert!(seen.before(id), "{id} is known");
        }
    }

    #[test]
    fn numbered_ids_are_told_apart() {
        let mut seen = Seen::default();
        for number in 0..200_000 {
            assert!(!seen.before(&format!("00000000-0000-4000-8000-{number:012x}")), "{number}");
            assert!(!seen.before(&format!("{number:08x}-0000-4000-8000-ffffffffffff")), "{number}");
        }
        assert!(seen.before("00000000-0000-4000-8000-000000000000"));
    }

    #[test]
    fn beyond_twice_the_horizon_a_copy_is_not_recognised() {
        let mut seen = Seen::new(10);
        assert!(!seen.before("first"));
        for number in 0..20 {
            assert!(!seen.before(&number.to_string()));
        }
        assert!(!seen.before("first"));
    }

    proptest! {
        #[test]
        fn within_the_horizon_it_answers_as_a_set_does(ids in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut seen, mut all) = (Seen::new(256), HashSet::new());
            for id in ids {
                assert_eq!(seen.before(&id.to_string()), !all.insert(id));
            }
        }
    }
}
