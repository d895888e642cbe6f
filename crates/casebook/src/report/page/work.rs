//! The steps, the gates, every call that was to change something, and how it is undone.

use super::{Block, Section, Text, Tone, code, digest, id, section, table, words};
use crate::entry::CaseStatus;
use crate::report::changes::{Change, ChangeOutcome, Release};
use crate::report::gates::{Approval, GateRow};
use crate::report::model::Report;
use crate::report::steps::StepRow;
use crate::report::text::{length, second};
use crate::report::words as say;

/// How the steps stand.
pub(super) fn steps(report: &Report) -> Section {
    let rows = report.steps.iter().map(|row| {
        vec![
            id(row.step.as_str()),
            Text::default().mark(say::step(row.achieved())),
            words(row.first_change.map_or("none".to_owned(), second)),
            words(row.first_ended.map_or("not finished".to_owned(), second)),
            details(row),
        ]
    });
    let columns = &["Step", "Status", "First change (UTC)", "Finished (UTC)", "Why, what was read back, warnings"];
    let mut blocks = vec![table(columns, rows.collect())];
    if report.release.is_some() {
        blocks.insert(0, Block::Text(words("As they stood when the release was asked for.")));
    }
    section("steps", "Steps", blocks)
}

fn details(row: &StepRow) -> Text {
    let mut text = Text::default();
    for turn in &row.earlier {
        let (_, status) = say::step(turn.status);
        text = text.line(words(format!("Earlier, {} UTC, {status} (entry {}):", second(turn.at), turn.seq)));
        text = said(text, &turn.reason, &turn.proof, &turn.warnings);
    }
    if let (false, Some(at)) = (row.earlier.is_empty(), row.finished) {
        text = text.line(words(format!("Last, {} UTC:", second(at))));
    }
    said(text, &row.reason, &row.proof, &row.warnings)
}

fn said(mut text: Text, reason: &String, proof: &[String], warnings: &[String]) -> Text {
    if !reason.is_empty() && !proof.contains(reason) {
        text = text.line(words(reason.clone()));
    }
    for sentence in proof {
        let sentence = sentence.strip_prefix("read back: ").unwrap_or(sentence);
        text = text.line(words(format!("Read back: {sentence}")));
    }
    for warning in warnings {
        text = text.line(Text::default().mark((Tone::Caution, "warning")).words(format!(" {warning}")));
    }
    text
}

/// The gates, what they showed, and who passed them.
pub(super) fn gates(report: &Report) -> Section {
    let rows = report.gates.iter().map(|row| {
        let step = row.step.map_or(words("never reached"), |step| id(step.as_str()));
        vec![id(row.gate.as_str()), step, shown(row), approvals(&row.approvals)]
    });
    let blocks = if report.gates.is_empty() {
        vec![Block::Text(words("No gate was reached: nothing was exposed that a person must agree to."))]
    } else {
        vec![table(&["Gate", "Step", "What passing it exposes or destroys", "Approved"], rows.collect())]
    };
    section("gates", "Gates", blocks)
}

fn shown(row: &GateRow) -> Text {
    let text = row.exposure.iter().fold(Text::default(), |text, line| text.line(words(line.clone())));
    if row.digest.is_empty() { text } else { text.line(words("Digest of what was shown: ").line(digest(&row.digest))) }
}

fn approvals(approvals: &[Approval]) -> Text {
    let none = Text::default().mark((Tone::Caution, "not approved"));
    let line = |text: Text, approval: &Approval| {
        let ahead = if approval.ahead { ", ahead" } else { "" };
        let who = say::person(&approval.by);
        text.line(words(format!("{who}, {} UTC{ahead}, entry {}", second(approval.at), approval.seq)))
    };
    if approvals.is_empty() { none } else { approvals.iter().fold(Text::default(), line) }
}

/// Every call that was to change something.
pub(super) fn changes(report: &Report) -> Section {
    let all = &report.changes;
    if all.is_empty() {
        return section(
            "changes",
            "What was changed",
            vec![Block::Text(words("No call was sent that changes anything."))],
        );
    }
    let of = |outcome| all.iter().filter(|change| change.outcome == outcome).count();
    let sum = format!(
        "{} sent: {} accepted, {} failed, {} lost. A lost call may have taken effect.",
        length(all, "call", "calls"),
        of(ChangeOutcome::Accepted),
        of(ChangeOutcome::Failed),
        of(ChangeOutcome::Lost)
    );
    let columns = &["Entry", "Time (UTC)", "Step", "Account", "What", "Outcome"];
    let blocks = vec![Block::Text(words(sum)), table(columns, all.iter().map(change).collect())];
    section("changes", "What was changed", blocks)
}

fn change(change: &Change) -> Vec<Text> {
    let step = id(change.step.as_str());
    let step = if change.releases { step.line(words("release")) } else { step };
    vec![
        words(change.seq.to_string()),
        words(second(change.at)),
        step,
        words(say::side(change.side)),
        words(change.title.clone()).line(code(&change.action)),
        outcome(change),
    ]
}

fn outcome(change: &Change) -> Text {
    let mut text = Text::default().mark(match change.outcome {
        ChangeOutcome::Accepted => (Tone::Good, "accepted"),
        ChangeOutcome::Failed => (Tone::Bad, "failed"),
        ChangeOutcome::Lost => (Tone::Bad, "answer lost"),
    });
    if !change.why.is_empty() {
        text = text.words(format!(" {}", change.why));
    }
    if !change.made.is_empty() {
        text = text.line(change.made.iter().fold(words("made"), |text, made| text.words(" ").id(made)));
    }
    match change.settled_by {
        Some(seq) => text.line(words(format!("The same change was accepted later: entry {seq}."))),
        None => text,
    }
}

/// How it is undone, and whether it was.
pub(super) fn undo(report: &Report) -> Section {
    if report.undo.is_empty() {
        return section("undo", "Undoing it", Vec::new());
    }
    let rows = report
        .undo
        .iter()
        .map(|undo| vec![id(undo.step.as_str()), words(undo.accepted.to_string()), words(undo.how.clone())]);
    let blocks = vec![
        Block::Text(released(report.release.as_ref())),
        Block::Text(how(report)),
        table(&["Step", "Accepted calls", "How it is undone, or why it is not"], rows.collect()),
    ];
    section("undo", "Undoing it", blocks)
}

fn how(report: &Report) -> Text {
    if say::is_terminated(report) {
        return words(
            "The instance is gone: there is nothing left to release. The table says what would have been undone.",
        );
    }
    let command = code(format!("impound release {}", report.case));
    command.words(" undoes the containment; it shows first what it opens again.")
}

fn released(release: Option<&Release>) -> Text {
    let Some(release) = release else { return words("Nothing was released: no release was asked for.") };
    let asked =
        format!("Release asked for by {}, {} UTC, entry {}", say::person(&release.by), second(release.at), release.seq);
    let end = match (release.status, release.ended) {
        (Some(CaseStatus::Done), Some(at)) => format!("finished {} UTC", second(at)),
        (Some(status), Some(at)) => format!("not finished: {} at {} UTC", say::status(Some(status)), second(at)),
        _ => "not finished".to_owned(),
    };
    let reason = if release.reason.is_empty() { String::new() } else { format!(": {}", release.reason) };
    words(format!("{asked}; {end}{reason}"))
}
