//! The baseline as a file: JSON, compressed with zstd.
//!
//! Format 2 adds to format 1 by which way and in which regions an instance calls, when it was refused, and
//! what was told. A file of format 1 is read: those are learned from then on, and it is written as format 2.

use super::Baseline;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// The format this program writes and the newest it reads.
const FORMAT: u32 = 2;
/// The largest baseline that is read, uncompressed: a bound against what is no baseline.
const LIMIT: u64 = 512 * 1024 * 1024;

/// Why a baseline could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is no baseline.
    #[error("it is no baseline of Impound: {0}; learn it anew with `impound baseline learn`")]
    Shape(#[from] serde_json::Error),
    /// It was written by a newer program.
    #[error("it has format {0}, and this program knows up to {FORMAT}: use the newer program, or learn it anew")]
    Newer(u32),
}

#[derive(Deserialize)]
struct Held {
    format: u32,
    #[serde(default)]
    baseline: Baseline,
}

#[derive(Serialize)]
struct Holding<'a> {
    format: u32,
    baseline: &'a Baseline,
}

/// Reads a baseline.
///
/// # Errors
/// [`StoreError`].
pub fn read(from: impl Read) -> Result<Baseline, StoreError> {
    let text = zstd::Decoder::new(from)?.take(LIMIT);
    let held: Held = serde_json::from_reader(text)?;
    if held.format > FORMAT { Err(StoreError::Newer(held.format)) } else { Ok(held.baseline.since_older_programs()) }
}

/// Writes a baseline.
///
/// # Errors
/// [`StoreError::Io`].
pub fn write(baseline: &Baseline, to: impl Write) -> Result<(), StoreError> {
    let mut text = zstd::Encoder::new(to, 0)?;
    serde_json::to_writer(&mut text, &Holding { format: FORMAT, baseline })?;
    text.finish()?.flush()?;
    Ok(())
}
