//! The evidence with its lineage, what was not proved about it, and its custody record: who, what,
//! when, where, how, with which digest, handed over to whom.

use super::{Block, Section, Text, code, section, table, words};
use crate::report::lineage::Item;
use crate::report::model::Report;
use crate::report::text::{count, second};
use crate::report::words as say;

pub(super) fn section(report: &Report) -> Section {
    let mut blocks = Vec::new();
    if report.evidence.is_empty() {
        blocks.push(Block::Text(words("No evidence was secured.")));
    }
    let columns = &["Item", "What", "Made from", "Account, region", "State", "Lock", "SHA-256"];
    blocks.push(table(columns, report.evidence.iter().map(|item| row(report, item)).collect()));
    blocks.push(Block::Text(words(if report.unproved.is_empty() {
        "No reservation: every volume seen has a copy in the forensic account, and every copied snapshot was compared \
         and is locked."
    } else {
        "Reservations, to be read with the table:"
    })));
    if !report.unproved.is_empty() {
        blocks.push(Block::List(report.unproved.iter().map(|sentence| words(sentence.clone())).collect()));
    }
    super::section("evidence", "Evidence", blocks)
}

fn row(report: &Report, item: &Item) -> Vec<Text> {
    let evidence = &item.evidence;
    let indent = if item.depth > 1 { "\u{2003}".repeat(item.depth as usize - 1) + "└ " } else { String::new() };
    let whose = if evidence.account == report.target.account { "under investigation" } else { "forensic" };
    vec![
        words(indent).code(&evidence.id),
        words(say::kind(evidence.kind)),
        evidence.source.as_ref().map_or(words("–"), |source| code(source.clone())),
        words(format!("{}, {}", evidence.account, evidence.region)).line(words(whose)),
        Text::default().mark(say::state(evidence.state)),
        words(if evidence.locked { "read back" } else { "none" }),
        digest(item),
    ]
}

fn digest(item: &Item) -> Text {
    let Some(sha256) = &item.evidence.sha256 else { return words("not read") };
    let text = code(sha256);
    let text = match item.blocks {
        Some(blocks) => text.line(words(format!("manifest of {}", count(blocks as usize, "block")))),
        None => text,
    };
    match item.equals_source {
        Some(true) => text.line(words("equal to its source's")),
        Some(false) => text.line(words("NOT EQUAL to its source's")),
        None => text,
    }
}

/// When each item was made, by which call, and when it came how far.
pub(super) fn custody(report: &Report) -> Section {
    if report.evidence.is_empty() {
        return super::section("custody", "Custody record", Vec::new());
    }
    let rows = report.evidence.iter().map(|item| {
        let steps = item.states.iter().fold(Text::default(), |text, change| {
            let lock = if change.locked { ", locked" } else { "" };
            let (_, state) = say::state(change.state);
            text.line(words(format!("{} UTC {state}{lock} (entry {})", second(change.at), change.seq)))
        });
        vec![code(&item.evidence.id), made(item), steps]
    });
    let intro = "Who acted is named under The case; each run there says with which program. A change of account between \
                 an item and what it was made from is the hand-over.";
    let blocks = vec![
        Block::Text(words(intro)),
        table(&["Item", "Made by", "Read back as"], rows.collect()),
    ];
    super::section("custody", "Custody record", blocks)
}

fn made(item: &Item) -> Text {
    match &item.made_by {
        None => words("no call in the ledger names it"),
        Some(by) => {
            let account = say::side(by.side);
            code(&by.action).words(format!(" in the account {account}, {} UTC, entry {}", second(by.at), by.seq))
        }
    }
}
