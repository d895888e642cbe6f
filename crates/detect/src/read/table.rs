//! Rows with commas under a header, as databases export events: Athena, and CloudTrail Lake where it saves results
//! (<https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html>,
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-results.html>).

use super::kinds;
use super::pass::Pass;
use super::window::{More, Window};
use crate::record::lake;
use csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr_iter};
use serde_json::{Map, Value};
use std::io::{self, Read};

/// How long a header may be.
const HEADER_BYTES: usize = 64 << 10;
/// How long a row may be; CloudTrail's events have 256 KB at the most. Where a longer one ends nobody can say: it may be a
/// quote without an end.
const ROW_BYTES: usize = 2 << 20;

/// Whether a header of events is what comes.
pub(super) fn comes(window: &mut Window<'_>) -> bool {
    let ahead = window.ahead(HEADER_BYTES);
    let ahead = &ahead[..ahead.len().min(HEADER_BYTES)];
    let line = &ahead[..memchr(b'\n', ahead).unwrap_or(ahead.len())];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.\", \r".contains(byte);
    let names: Vec<String> = String::from_utf8_lossy(line).split(',').map(column).collect();
    // Whoever can have a line logged may write names into it: a header has nothing else.
    line.iter().all(is_name)
        && names.iter().all(|name| !name.is_empty() && !name.contains(' '))
        && names.iter().any(|name| lake::COLUMNS.contains(&name.as_str()))
}

fn column(name: &str) -> String {
    name.trim().trim_matches('"').to_ascii_lowercase()
}

/// Reads rows to the input's end. One whose columns are too few or too many is passed over.
pub(super) fn read(window: &mut Window<'_>, pass: &mut Pass<'_>, limit: usize) {
    let (begin, limit) = (window.offset(), limit.min(ROW_BYTES));
    let rows = Rows { window, left: limit.min(HEADER_BYTES), quoted: false, ended: false };
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(rows);
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(column).collect(),
        Err(error) => return give_up(reader.into_inner().window, pass, begin, &error),
    };
    let mut row = ByteRecord::new();
    loop {
        reader.get_mut().left = limit;
        let offset = begin + reader.position().byte();
        match reader.read_byte_record(&mut row) {
            Ok(false) => return,
            Ok(true) => {
                let end = begin + reader.position().byte();
                hand_on(&header, &row, offset, end - offset, pass);
                if reader.get_ref().is_cut() {
                    pass.reject(end, 0, "the input ends inside this row");
                }
            }
            Err(error) => return give_up(reader.into_inner().window, pass, offset, &error),
        }
    }
}

fn hand_on(header: &[String], row: &ByteRecord, offset: u64, bytes: u64, pass: &mut Pass<'_>) {
    if row.iter().map(|field| column(&String::from_utf8_lossy(field))).eq(header.iter().cloned()) {
        // Files that were put together have a header each.
        return;
    }
    if row.len() != header.len() {
        let why = format!("a row of {} columns under a header of {}", row.len(), header.len());
        return pass.reject(offset, bytes, why);
    }
    let value = |field: &[u8]| Value::from(String::from_utf8_lossy(field));
    let event: Map<String, Value> = header.iter().cloned().zip(row.iter().map(value)).collect();
    pass.piece(bytes as usize, |pass| kinds::row(event, bytes, offset, pass));
}

/// Behind a row that has no end nothing is understood.
fn give_up(window: &mut Window<'_>, pass: &mut Pass<'_>, offset: u64, error: &csv::Error) {
    loop {
        window.take_all();
        if window.more() != More::Came {
            break;
        }
    }
    let why = window.trouble().unwrap_or_else(|| error.to_string());
    pass.reject(offset, window.offset() - offset, why);
}

/// The view as a stream of bytes, of which one row takes so many at the most.
struct Rows<'r, 'w> {
    window: &'r mut Window<'w>,
    left: usize,
    /// Whether an odd number of quotes has come.
    quoted: bool,
    ended: bool,
}

impl Rows<'_, '_> {
    /// Whether the input has ended, and inside of quotes: what is missing may be more than is there.
    fn is_cut(&self) -> bool {
        self.ended && self.quoted
    }
}

impl Read for Rows<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(
                "the row is longer than a record may be, and nothing behind it was read: export it as JSON",
            ));
        }
        while self.window.rest().is_empty() {
            if self.window.more() != More::Came {
                self.ended = true;
                return self.window.trouble().map_or(Ok(0), |trouble| Err(io::Error::other(trouble)));
            }
        }
        let rest = self.window.rest();
        let bytes = rest.len().min(buffer.len()).min(self.left);
        buffer[..bytes].copy_from_slice(&rest[..bytes]);
        self.quoted ^= memchr_iter(b'"', &rest[..bytes]).count() % 2 == 1;
        self.window.take(bytes);
        self.left -= bytes;
        Ok(bytes)
    }
}
