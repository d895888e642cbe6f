//! A timeline for other programs, in the columns that Timesketch asks for: `message`, `datetime` and
//! `timestamp_desc` (<https://timesketch.org/guides/user/import-from-json-csv/>).

use super::Row;
use serde::Serialize;
use std::io::{self, Write};

/// A row, flat. `timestamp` is in microseconds since 1970.
#[derive(Serialize)]
struct Flat<'a> {
    message: String,
    timestamp: i64,
    datetime: String,
    timestamp_desc: &'static str,
    #[serde(flatten)]
    row: Rest<'a>,
}

#[derive(Serialize)]
struct Rest<'a> {
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

/// The columns, in order: serde flattens no header.
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

/// One JSON object a line.
///
/// # Errors
/// Those of the writer.
pub fn to_json_lines(rows: &[Row], to: &mut impl Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *to, &flat(row))?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// Comma-separated values under a header. A text that a spreadsheet would take for a formula gets an
/// apostrophe before it.
///
/// # Errors
/// Those of the writer.
pub fn to_csv(rows: &[Row], to: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(COLUMNS)?;
    for row in rows {
        let fields = serde_json::to_value(flat(row))?;
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

fn flat(row: &Row) -> Flat<'_> {
    let failed = if row.error.is_empty() { String::new() } else { format!(", {}", row.error) };
    Flat {
        message: format!("{} {} by {}{failed}", row.service, row.call, row.who),
        timestamp: row.at.as_microsecond(),
        datetime: row.at.to_string(),
        timestamp_desc: "API call",
        row: Rest {
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
