//! What bounds memory and time, whatever an input holds.

/// Limits for every input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest record that is read. CloudTrail's own are far smaller
    /// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>); a longer
    /// one is rejected, passed over, and the reading goes on behind it, but for rows of CSV.
    pub record_bytes: usize,
    /// The most that is decompressed of one input.
    pub inflated_bytes: u64,
    /// How many times larger than its compressed form an input may become, once it is larger than
    /// `ratio_from_bytes`. Logs reach 10 to 60; gz can not pass 1,032.
    pub ratio: u64,
    /// Below this size nobody minds the ratio.
    pub ratio_from_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { record_bytes: 2 << 20, inflated_bytes: 16 << 30, ratio: 200, ratio_from_bytes: 256 << 20 }
    }
}

impl Limits {
    /// Why no more may be decompressed.
    pub(super) fn exceeded(&self, compressed: u64, inflated: u64) -> Option<String> {
        if inflated > self.inflated_bytes {
            return Some(format!("cut off: more than {} bytes after decompression", self.inflated_bytes));
        }
        let bomb = inflated > self.ratio_from_bytes && inflated / compressed.max(1) > self.ratio;
        bomb.then(|| {
            format!(
                "cut off as a decompression bomb: {compressed} bytes became {inflated}, more than {} times",
                self.ratio
            )
        })
    }
}
