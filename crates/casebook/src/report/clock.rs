//! Our clock beside AWS's. Times in the report are the ledger's, that is, those of the machine that
//! ran the program; where AWS's answers carry its own time, the two are compared here.

use super::captured::ArtefactRow;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Serialize};

/// By how much the entries are later than the `Date` of the answers that they hold. The header has
/// whole seconds, and an entry is written a moment after its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// How many answers were compared.
    pub answers: u64,
    /// The smallest difference, in milliseconds; negative when our clock is behind.
    pub least_ms: i64,
    /// The largest, in milliseconds.
    pub most_ms: i64,
    /// How many answers carry a time that cannot be read.
    pub unreadable: u64,
}

/// From the first difference, in milliseconds, that latency and rounding do not explain.
pub(super) const NOTABLE_MS: i64 = 5_000;

impl Clock {
    /// Whether even the closest answer differs by more than latency and rounding explain.
    pub fn is_off(&self) -> bool {
        self.least_ms > NOTABLE_MS || self.most_ms < -NOTABLE_MS
    }
}

/// Compares every artefact that carries AWS's time; `None` when none does.
pub(super) fn clock(artefacts: &[ArtefactRow]) -> Option<Clock> {
    let dated: Vec<_> = artefacts.iter().filter(|row| !row.date.is_empty()).collect();
    let readable: Vec<i64> = dated.iter().filter_map(|row| later_ms(row)).collect();
    Some(Clock {
        answers: readable.len() as u64,
        least_ms: readable.iter().copied().min()?,
        most_ms: readable.iter().copied().max()?,
        unreadable: (dated.len() - readable.len()) as u64,
    })
}

fn later_ms(row: &ArtefactRow) -> Option<i64> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let theirs = PARSER.parse_timestamp(&row.date).ok()?;
    Some(row.at.as_millisecond() - theirs.as_millisecond())
}
