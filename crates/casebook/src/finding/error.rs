//! What can be wrong with a file that should hold findings: one line each, safe to print.

use super::LIMIT_BYTES;

const EXPECTED: &str = "expected GuardDuty JSON: the output of `aws guardduty get-findings`, or its EventBridge event";

/// Why the input gave no findings. Nothing was done when one of these is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindingError {
    /// There is nothing but white space.
    #[error("the finding is empty: {bytes} bytes read, no JSON among them; {EXPECTED}")]
    Empty {
        /// How many bytes were read.
        bytes: usize,
    },
    /// The input is larger than [`LIMIT_BYTES`].
    #[error(
        "the finding is too large: {bytes} bytes, the limit is {LIMIT_BYTES}; give the findings of this incident only"
    )]
    TooLarge {
        /// How many bytes were given.
        bytes: usize,
    },
    /// The input is compressed or in an encoding that JSON does not use.
    #[error("the finding is {found}, not JSON in UTF-8: {remedy}")]
    NotUtf8 {
        /// What the bytes look like.
        found: String,
        /// How to make it readable.
        remedy: &'static str,
    },
    /// JSON that breaks off or is no JSON.
    #[error(transparent)]
    Broken(#[from] BrokenJson),
    /// JSON, but no finding of GuardDuty.
    #[error("{path} is {found}, not a GuardDuty finding; {remedy}")]
    Foreign {
        /// Where in the input.
        path: String,
        /// What was found there.
        found: String,
        /// Where the finding can be had.
        remedy: &'static str,
    },
    /// A list of findings that is empty.
    #[error("{path} is an empty list: it holds no finding; {EXPECTED}")]
    NoFindings {
        /// Where in the input.
        path: String,
    },
    /// Envelopes within envelopes.
    #[error("{path} is wrapped in too many envelopes to be a finding; {EXPECTED}")]
    TooDeep {
        /// Where in the input.
        path: String,
    },
    /// A field that is missing, doubled or of the wrong kind.
    #[error("the finding at {path} cannot be read: `{field}` {problem}")]
    Field {
        /// Where in the input.
        path: String,
        /// The field's path within the finding.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Something that stands where an instance id belongs.
    #[error(
        "the finding at {path} names no instance: `{field}` is `{shown}`; expected i- and 8 or 17 hexadecimal digits"
    )]
    BadInstance {
        /// Where in the input.
        path: String,
        /// The field's path within the finding.
        field: String,
        /// The text found, cut short, with everything unusual replaced.
        shown: String,
    },
}

impl FindingError {
    pub(super) fn foreign(path: &str, found: impl Into<String>) -> Self {
        Self::Foreign { path: path.to_owned(), found: found.into(), remedy: EXPECTED }
    }
}

/// Where JSON breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the JSON of {path} {problem} at line {line}, column {column} (byte {byte}), after {whole} whole documents; {EXPECTED}"
)]
pub struct BrokenJson {
    /// The input itself, or the field whose text was read as JSON.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1; 0 at the start of a line.
    pub column: usize,
    /// How many bytes came before, a byte order mark not counted.
    pub byte: usize,
    /// How many JSON documents before it were whole.
    pub whole: usize,
}
