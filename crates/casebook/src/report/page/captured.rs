//! The captured files, and what could not be read.

use super::{Block, Section, Text, code, digest, section, table, words};
use crate::report::captured::{ArtefactRow, Gap};
use crate::report::model::Report;
use crate::report::text::{bytes, millisecond, second};
use crate::report::words as say;

/// What could not be read, and why.
pub(super) fn gaps(report: &Report) -> Section {
    let blocks = if report.gaps.is_empty() {
        vec![Block::Text(words("Every question that was asked was answered."))]
    } else {
        let intro =
            "These questions were asked and not answered. What they would have shown is not known; it is not absent.";
        let columns = &["Entry", "Time (UTC)", "What could not be read", "Why", "An answer needs"];
        vec![Block::Text(words(intro)), table(columns, report.gaps.iter().map(gap).collect())]
    };
    section("gaps", "Gaps", blocks)
}

fn gap(gap: &Gap) -> Vec<Text> {
    let needs = gap.needs.iter().fold(Text::default(), |text, action| text.line(code(action)));
    vec![words(gap.seq.to_string()), words(second(gap.at)), words(gap.what.clone()), words(gap.why.clone()), needs]
}

/// The captured files.
pub(super) fn artefacts(report: &Report) -> Section {
    let intro = "Kept beside the ledger, by digest. What they hold is not shown here: it may be secret.";
    let blocks = if report.artefacts.is_empty() {
        vec![Block::Text(words("No file was captured."))]
    } else {
        let columns = &["What", "Call", "Size", "SHA-256", "AWS request", "AWS's Date", "Written (UTC)"];
        vec![Block::Text(words(intro)), table(columns, report.artefacts.iter().map(row).collect())]
    };
    section("captured", "Captured files", blocks)
}

fn row(row: &ArtefactRow) -> Vec<Text> {
    let account = row.side.map_or("given by a person".to_owned(), |side| format!("{} account", say::side(side)));
    let or_none = |text: &String| if text.is_empty() { words("–") } else { code(text) };
    vec![
        words(row.what.clone()).line(words(account)),
        code(&row.name),
        words(row.bytes.map_or("–".to_owned(), bytes)),
        digest(&row.sha256),
        or_none(&row.request),
        if row.date.is_empty() { words("–") } else { words(row.date.clone()) },
        words(format!("{}, entry {}", millisecond(row.at), row.seq)),
    ]
}
