//! A timeline for other programs, in the columns that Timesketch asks for: `message`, `datetime` and
//! `timestamp_desc` (<https://timesketch.org/guides/user/import-from-json-csv/>).

use super::{FollowUp, Row, Timeline};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};

/// What Timesketch asks for, and the rest. `timestamp` is in microseconds since 1970.
#[derive(Serialize)]
struct Flat<Rest: Serialize> {
    message: String,
    timestamp: i64,
    datetime: String,
    timestamp_desc: &'static str,
    #[serde(flatten)]
    rest: Rest,
}

/// A call.
#[derive(Serialize)]
struct Call<'a> {
    event_id: &'a str,
    by: super::By,
    principal: &'a str,
    service: &'a str,
    call: &'a str,
    region: &'a str,
    source_address: &'a str,
    user_agent: &'a str,
    error: &'a str,
    first: bool,
}

/// Something that was left behind.
#[derive(Serialize)]
struct Left<'a> {
    event_id: &'a str,
    what: &'a str,
    done: &'a str,
    next: &'a str,
}

/// The columns of calls, in order: serde flattens no header.
const COLUMNS: [&str; 14] = [
    "message",
    "timestamp",
    "datetime",
    "timestamp_desc",
    "event_id",
    "by",
    "principal",
    "service",
    "call",
    "region",
    "source_address",
    "user_agent",
    "error",
    "first",
];

/// Something that is missing; how many, the message tells.
#[derive(Serialize)]
struct Missing {}

/// One JSON object a line: the calls, then what they left behind, then what is missing.
///
/// # Errors
/// Those of the writer.
pub fn to_json_lines(timeline: &Timeline, to: &mut impl Write) -> io::Result<()> {
    let rows = timeline.rows();
    rows.iter().try_for_each(|row| line(&call(row), to))?;
    timeline.follow_up().try_for_each(|item| line(&left_behind(item), to))?;
    let end = rows.last().map(|row| row.at).unwrap_or_default();
    timeline.left_out().into_iter().try_for_each(|sentence| line(&missing(sentence, end), to))
}

fn line(object: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *to, object)?;
    to.write_all(b"\n")
}

/// The calls as comma-separated values under a header. A text that a spreadsheet would take for a formula gets an
/// apostrophe before it.
///
/// # Errors
/// Those of the writer.
pub fn to_csv(rows: &[Row], to: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(COLUMNS)?;
    for row in rows {
        let fields = serde_json::to_value(call(row))?;
        let cell = |column: &&str| match &fields[*column] {
            serde_json::Value::String(text) => harmless(text),
            other => other.to_string(),
        };
        csv.write_record(COLUMNS.iter().map(cell))?;
    }
    csv.flush()
}

/// What an attacker wrote into a log must not run in a spreadsheet.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn call(row: &Row) -> Flat<Call<'_>> {
    let failed = if row.error.is_empty() { String::new() } else { format!(", {}", row.error) };
    Flat {
        message: format!("{} {} by {}{failed}", row.service, row.call, row.who),
        timestamp: row.at.as_microsecond(),
        datetime: row.at.to_string(),
        timestamp_desc: "API call",
        rest: Call {
            event_id: &row.id,
            by: row.by,
            principal: &row.who,
            service: &row.service,
            call: &row.call,
            region: &row.region,
            source_address: &row.address,
            user_agent: &row.agent,
            error: &row.error,
            first: row.first,
        },
    }
}

/// It stands where the calls end that are there.
fn missing(message: String, end: Timestamp) -> Flat<Missing> {
    let (timestamp, datetime) = (end.as_microsecond(), end.to_string());
    Flat { message, timestamp, datetime, timestamp_desc: "Left out", rest: Missing {} }
}

fn left_behind(item: &FollowUp) -> Flat<Left<'_>> {
    let FollowUp { at, what, done, next, event } = item;
    Flat {
        message: format!("{done}: {what}; {next}"),
        timestamp: at.as_microsecond(),
        datetime: at.to_string(),
        timestamp_desc: "Left behind",
        rest: Left { event_id: event, what, done, next },
    }
}
