//! The evidence with its lineage, what was not proved about it, and its custody record: who, what,
//! when, where, how, with which digest, handed over to whom.

use super::{Block, Section, Text, code, id, table, words};
use crate::evidence::EvidenceKind;
use crate::query::Side;
use crate::report::lineage::Item;
use crate::report::model::Report;
use crate::report::text::{count, second};
use crate::report::words as say;

pub(super) fn section(report: &Report) -> Section {
    let columns = &["Item", "What", "Made from", "Account", "State", "Lock", "SHA-256"];
    let mut blocks = vec![table(columns, report.evidence.iter().map(|item| row(report, item)).collect())];
    if report.evidence.is_empty() {
        blocks.push(Block::Text(words("No evidence was secured.")));
    }
    blocks.extend(reservations(report));
    super::section("evidence", "Evidence", blocks)
}

fn reservations(report: &Report) -> Vec<Block> {
    let sentences = &report.unproved;
    match (sentences.is_empty(), report.evidence.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => vec![Block::Text(words(
            "No reservation: every volume that was seen has a copy in the forensic account; every copied snapshot was \
             compared with its source; every snapshot is locked.",
        ))],
        (false, _) => vec![
            Block::Text(words("Reservations, to be read with the table:")),
            Block::List(sentences.iter().map(|sentence| words(sentence.clone())).collect()),
        ],
    }
}

fn row(report: &Report, item: &Item) -> Vec<Text> {
    let evidence = &item.evidence;
    let indent =
        if item.depth > 1 { "\u{a0}".repeat(4 * item.depth.min(9) as usize - 4) + "└\u{a0}" } else { String::new() };
    let side = if evidence.account == report.target.account { Side::Source } else { Side::Forensic };
    vec![
        id(format!("{indent}{}", evidence.id)),
        words(say::kind(evidence.kind)),
        evidence.source.as_ref().map_or(words("–"), |source| id(source.clone())),
        id(evidence.account.as_str()).line(words(format!("{}, {}", evidence.region, say::side(side)))),
        Text::default().mark(say::state(evidence.state)),
        words(if evidence.locked { "read back" } else { "none" }),
        digest(item),
    ]
}

fn digest(item: &Item) -> Text {
    let Some(sha256) = &item.evidence.sha256 else { return words("not read") };
    let text = super::digest(sha256);
    let text = match item.blocks {
        Some(blocks) => text.line(words(format!("manifest of {}", count(blocks, "block", "blocks")))),
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
        vec![id(&item.evidence.id), made(item), steps]
    });
    let intro = "Who acted is named under The case; each run there says with which program. A change of account between \
                 an item and what it was made from is the hand-over.";
    let blocks = vec![Block::Text(words(intro)), table(&["Item", "Made by", "Read back as"], rows.collect())];
    super::section("custody", "Custody record", blocks)
}

fn made(item: &Item) -> Text {
    match &item.made_by {
        None if is_captured(item) => words("the capture; its calls are listed under Captured files"),
        None => words("no answered call names it: it was found in the account by its tag"),
        Some(by) => {
            let account = say::side(by.side);
            code(&by.action).words(format!(" in the {account} account, {} UTC, entry {}", second(by.at), by.seq))
        }
    }
}

fn is_captured(item: &Item) -> bool {
    matches!(item.evidence.kind, EvidenceKind::Scene | EvidenceKind::ConsoleOutput)
}
