//! What the case is, how it stands, what to do next, and what the report is not.

use super::{Block, Section, Text, code, section, table, words};
use crate::entry::{CaseStatus, FindingNote, Person};
use crate::gate::Gate;
use crate::query::Side;
use crate::report::gates::GateRow;
use crate::report::model::{Report, Run, Subject};
use crate::report::text::{brief, count, length, second};
use crate::report::words as say;
use crate::step::StepStatus;

/// The lines under the headline: whom it is about, how it stands, and what is left open.
pub(super) fn lead(report: &Report) -> Vec<Text> {
    let target = &report.target;
    let about = words("Incident report on ")
        .code(target.instance.as_str())
        .words(format!(" in account {}, {}. Case ", target.account, target.region))
        .code(report.case.as_str())
        .words(".");
    vec![about, standing(report), open_ends(report)]
}

fn standing(report: &Report) -> Text {
    let text = words(format!("Status: {}", say::status(report.status)));
    if report.status_reason.is_empty() {
        text.words(".")
    } else {
        text.words(format!(" – {}", brief(&report.status_reason)))
    }
}

fn open_ends(report: &Report) -> Text {
    let residuals = length(&report.verdict.residual, "residual channel", "residual channels");
    let gaps = length(&report.gaps, "gap", "gaps");
    let reservations = length(&report.unproved, "reservation", "reservations");
    words(format!("{residuals}, {gaps} in what could be read, {reservations} on the evidence: all are listed below."))
}

/// What a person can do now.
pub(super) fn next(report: &Report) -> Section {
    let mut items: Vec<Text> =
        report.gates.iter().filter(|row| is_closed(row)).map(|row| approval(report, row)).collect();
    let failed = report.steps.iter().filter(|row| row.status == StepStatus::Failed && report.release.is_none());
    items.extend(failed.map(|row| words(format!("The step {} cannot go on: {}", row.step, row.reason))));
    items.extend(command(report));
    let blocks = if items.is_empty() { Vec::new() } else { vec![Block::List(items)] };
    section("next", "What to do next", blocks)
}

fn is_closed(row: &GateRow) -> bool {
    row.step.is_some() && row.approvals.is_empty()
}

fn approval(report: &Report, row: &GateRow) -> Text {
    let why = if row.gate.is_offer() { "Offered" } else { "Waits for a person" };
    let effect = match row.gate {
        Gate::OpenWindow | Gate::SubnetNacl => " (cuts existing connections)",
        _ => "",
    };
    words(format!("{why}: the gate {}{effect}. Read what it exposes under Gates, then ", row.gate))
        .code(format!("impound approve {} {}", report.case, row.gate))
        .words(" and ")
        .code(format!("impound resume {}", report.case))
        .words(".")
}

fn command(report: &Report) -> Option<Text> {
    let (what, command) = match report.status {
        Some(CaseStatus::Held) => ("When the cause is removed, go on with ", "resume"),
        Some(CaseStatus::Unverified) => ("See which check failed with ", "verify"),
        None => ("If no run is under way any more, go on with ", "resume"),
        Some(CaseStatus::Done | CaseStatus::Waiting | CaseStatus::Refused) => return None,
    };
    Some(words(what).code(format!("impound {command} {}", report.case)).words("."))
}

/// Who, what, when, and how to check it.
pub(super) fn case(report: &Report) -> Section {
    let target = &report.target;
    let mut facts = vec![
        ("Instance", code(target.arn())),
        ("Finding", report.finding.as_ref().map_or_else(|| words("none: a person named the instance"), finding)),
    ];
    facts.extend(report.further_findings.iter().map(|further| {
        let came = format!(", came in at {} UTC", second(further.at));
        ("Further finding", finding(&further.finding).words(came))
    }));
    facts.extend([
        ("Opened", words(format!("{} UTC by {}", second(report.opened), say::person(&report.by)))),
        ("Runbook", words(format!("{}, through {}", report.runbook, report.through))),
    ]);
    facts.extend(report.acting.iter().map(|acting| {
        let role = match acting.side {
            Side::Source => "the source: under investigation",
            Side::Forensic => "forensic",
        };
        let account = format!("account {} ({role})", acting.identity.account);
        ("Acted as", code(acting.identity.arn.as_str()).words(format!(" in {account}")))
    }));
    facts.extend(report.subject.iter().flat_map(subject));
    let entries = count(report.ledger.entries, "entry", "entries");
    facts.push(("Ledger", words(format!("{entries}, head ")).line(super::digest(&report.ledger.head))));
    facts.push(("To verify", verify(report)));
    section("case", "The case", vec![Block::Facts(facts), runs(&report.runs)])
}

/// With the signs of an alert, and the events by which each can be proved.
fn finding(finding: &FindingNote) -> Text {
    let text = words(format!("{}: {}, id ", finding.kind, finding.title)).code(&finding.id);
    finding.signs.iter().fold(text, |text, sign| {
        let times = often(sign.hits);
        let said = text.line(words(format!("{}: {}, {times}, rule ", sign.level, sign.title)).code(&sign.rule));
        sign.events.iter().fold(said, |text, event| {
            let what = format!("{} UTC {}, event ", second(event.at), event.what);
            text.line(words(what).code(&event.id).words(", SHA-256 ")).line(super::digest(&event.sha256))
        })
    })
}

fn often(hits: u64) -> String {
    if hits == 1 { "once".to_owned() } else { format!("{hits} times") }
}

fn verify(report: &Report) -> Text {
    code(format!("impound verify {}", report.case))
        .words(" checks the ledger's chain and every item of evidence. The head above must be the ledger's last hash.")
}

fn subject(subject: &Subject) -> Vec<(&'static str, Text)> {
    let mut facts = Vec::new();
    if let Some(name) = &subject.name {
        facts.push(("Name tag", words(name.clone())));
    }
    let kind = format!("{}, {}, in {}, image {}", subject.state, subject.instance_type, subject.zone, subject.image);
    facts.push(("Before any change", words(format!("{kind}, started {}", subject.launched))));
    let lists = [("Addresses", &subject.addresses), ("Interfaces", &subject.interfaces), ("Volumes", &subject.volumes)];
    facts.extend(
        lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, words(list.join(", ")))),
    );
    facts.push(("Instance profile", subject.profile.as_ref().map_or(words("none"), |arn| code(arn.clone()))));
    facts
}

fn runs(runs: &[Run]) -> Block {
    let row = |run: &Run| {
        let end = run.ended.map_or("no end was written".to_owned(), second);
        vec![by(&run.by), words(run.program.clone()), words(second(run.at)), words(end), ended(run)]
    };
    table(&["Run by", "Program", "Began (UTC)", "Ended (UTC)", "How"], runs.iter().map(row).collect())
}

fn ended(run: &Run) -> Text {
    match (run.status, run.reason.is_empty()) {
        (None, _) => words("cut off, or under way"),
        (status, true) => words(say::status(status)),
        (status, false) => words(format!("{} – {}", say::status(status), brief(&run.reason))),
    }
}

fn by(person: &Person) -> Text {
    words(say::person(person))
}

/// What the report is not.
pub(super) fn limits() -> Section {
    let items = [
        "This report is made from the case's ledger alone, by a program. It says what was sent, answered and read back, \
         and nothing that was not.",
        "“Accepted” means that AWS answered a call with success. Whether its goal was reached is said by the step that \
         read it back.",
        "The ledger is a chain of hashes: a change of an entry shows against a head that was kept elsewhere. The forensic \
         copies carry the head of their time in the tag impound:ledger.",
        "A digest of a snapshot covers its blocks as AWS's block interface gave them. A running instance writes while it \
         is snapshotted: a snapshot is what the disk held at one moment.",
        "Memory was not captured. What the console and the APIs showed is listed under Captured files.",
        "Names, tags and messages from AWS may have been written by the attacker; they are quoted, not vouched for.",
        "This is not legal advice, and does not say whether anything here is admissible as evidence anywhere.",
    ];
    section("limits", "What this report is not", vec![Block::List(items.into_iter().map(words).collect())])
}
