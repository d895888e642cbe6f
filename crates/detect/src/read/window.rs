//! A view of an input that slides over it. It grows while one record does not fit, up to the record
//! limit, so memory is bounded by the longest record that is accepted.

use std::io::{ErrorKind, Read};

/// How large it is at first, and how much is read at once.
const STEP: usize = 256 << 10;

/// The view.
pub(super) struct Window<'w> {
    input: &'w mut dyn Read,
    buffer: &'w mut Vec<u8>,
    start: usize,
    end: usize,
    /// Where in the input the buffer begins.
    base: u64,
    limit: usize,
    ended: bool,
    trouble: Option<String>,
}

/// What came of asking for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// More is in view.
    Came,
    /// The input has ended.
    Ended,
    /// What is in view has reached the limit.
    Full,
}

impl<'w> Window<'w> {
    /// A view of the first `filled` bytes of `buffer`, and then of `input`.
    pub(super) fn new(input: &'w mut dyn Read, buffer: &'w mut Vec<u8>, filled: usize, limit: usize) -> Self {
        Self { input, buffer, start: 0, end: filled, base: 0, limit, ended: false, trouble: None }
    }

    /// What is in view.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Where it begins, from the input's start.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// How many bytes have come into view so far.
    pub(super) fn bytes_seen(&self) -> u64 {
        self.base + self.end as u64
    }

    /// Passes over bytes in view.
    pub(super) fn take(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Passes over all that is in view.
    pub(super) fn take_all(&mut self) {
        self.start = self.end;
    }

    /// Why the input ended before its time; told once.
    pub(super) fn trouble(&mut self) -> Option<String> {
        if self.rest().is_empty() {
            self.more();
        }
        self.trouble.take()
    }

    /// Whether the input goes on with these bytes.
    pub(super) fn starts_with(&mut self, bytes: &[u8]) -> bool {
        self.ahead(bytes.len()).starts_with(bytes)
    }

    /// At least `bytes` bytes, unless the input ends before.
    pub(super) fn ahead(&mut self, bytes: usize) -> &[u8] {
        while self.end - self.start < bytes && self.more() == More::Came {}
        self.rest()
    }

    /// Passes over white space; the byte that comes next.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = self.rest();
            match rest.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
                Some(blanks) => {
                    let byte = rest[blanks];
                    self.take(blanks);
                    return Some(byte);
                }
                None => {
                    self.take_all();
                    if self.more() != More::Came {
                        return None;
                    }
                }
            }
        }
    }

    /// Asks for more behind what is in view.
    pub(super) fn more(&mut self) -> More {
        if self.ended {
            return More::Ended;
        }
        let pending = self.end - self.start;
        if pending >= self.limit {
            return More::Full;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        (self.start, self.end) = (0, pending);
        // Doubling keeps the work on a long record linear: it is parsed again each time more came.
        let room = STEP.max(pending * 2).min(self.limit);
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        match fill(self.input, &mut self.buffer[pending..room]) {
            (0, trouble) => {
                (self.ended, self.trouble) = (true, trouble);
                More::Ended
            }
            (came, trouble) => {
                self.end += came;
                (self.ended, self.trouble) = (trouble.is_some(), trouble);
                More::Came
            }
        }
    }
}

/// Reads until the buffer is full or the input ends, which an error does too.
fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> (usize, Option<String>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(came) => filled += came,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (filled, Some(error.to_string())),
        }
    }
    (filled, None)
}
