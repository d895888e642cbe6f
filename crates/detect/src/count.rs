//! What was read, and what became of it. The figures reconcile: every record is parsed or
//! rejected, every parsed one is a duplicate, matched or unmatched.

use serde::Serialize;

/// Totals over all inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Inputs that were opened.
    pub files: u64,
    /// Bytes as they were stored.
    pub bytes_compressed: u64,
    /// Bytes after decompression.
    pub bytes_raw: u64,
    /// Records found: `parsed + rejected`.
    pub read: u64,
    /// Records understood: `duplicates + matched + unmatched`.
    pub parsed: u64,
    /// Records, or parts of inputs that hold an unknown number of them, that were not understood.
    pub rejected: u64,
    /// Records seen before within the horizon.
    pub duplicates: u64,
    /// Records that at least one rule matched.
    pub matched: u64,
    /// Records that no rule matched.
    pub unmatched: u64,
    /// Records that came later than the horizon for order or duplicates allows; they are matched all
    /// the same, but count neither for correlations nor as duplicates.
    pub late: u64,
}

/// Something that was not understood, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The input, as it was named.
    pub input: String,
    /// Where it begins, in decompressed bytes from the input's start.
    pub offset: u64,
    /// How many bytes are passed over; 0 when not known.
    pub bytes: u64,
    /// Why, in a sentence.
    pub why: String,
}
