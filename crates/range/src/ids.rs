//! Identifiers as AWS writes them, from a seed and a counter: the same run gives the same ids.

/// A source of identifiers.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    seed: u64,
    count: u64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    /// A prefix and 17 hexadecimal digits
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html>).
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.number())
    }

    /// The next number, spread over all 64 bits.
    pub(crate) fn number(&mut self) -> u64 {
        self.count += 1;
        spread(
            self.seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        )
    }
}

/// The finishing step of SplitMix64: a bijection, so different counts never give the same number.
fn spread(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
