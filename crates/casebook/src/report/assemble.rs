//! The fold of a ledger into a report.

use super::history::{History, Line};
use super::model::{Acting, FurtherFinding, LedgerHead, Report, Run, SCHEMA, Subject};
use super::{captured, changes, clock, custody, gates, lineage, steps, timeline};
use crate::case::Case;
use crate::entry::{Entry, Resumed};
use crate::query::{Query, SourceQuery};
use crate::reading::Reading;
use crate::scene::instance::Instance;
use jiff::Timestamp;

/// Makes the report of a case from its ledger. Nothing else is looked at, so the same ledger gives
/// the same report.
pub fn build(history: &History) -> Report {
    let case = history.case();
    let steps = steps::rows(&history.response_case(), history.response());
    let runs = runs(history.lines());
    let changes = changes::changes(history);
    let evidence = lineage::items(history, &changes);
    let artefacts = captured::artefacts(history);
    let (status, status_reason) = runs.last().map(|run| (run.status, run.reason.clone())).unwrap_or_default();
    Report {
        schema: SCHEMA.to_owned(),
        status,
        status_reason,
        subject: subject(&case),
        acting: acting(history.lines()),
        verdict_at: verdict_at(history.lines()),
        undo: changes::undo(&changes),
        release: changes::release(history),
        gates: gates::gates(history.lines()),
        unproved: custody::unproved(&case, &evidence),
        gaps: captured::gaps(history),
        timeline: timeline::timeline(history, &steps, &changes, &evidence),
        clock: clock::clock(&artefacts),
        ledger: LedgerHead { entries: history.lines().len() as u64, head: history.last().hash.clone() },
        steps,
        runs,
        changes,
        evidence,
        artefacts,
        case: case.id,
        target: case.target,
        finding: case.finding,
        further_findings: further(history.lines()),
        opened: case.opened,
        by: case.by,
        runbook: case.runbook.name,
        through: case.through,
        verdict: case.verdict,
    }
}

/// The findings that came in besides the one that opened the case.
fn further(lines: &[Line]) -> Vec<FurtherFinding> {
    let found = |line: &Line| match &line.entry {
        Entry::Finding(finding) => Some(FurtherFinding { seq: line.seq, at: line.at, finding: finding.note.clone() }),
        _ => None,
    };
    lines.iter().filter_map(found).collect()
}

/// Every opening and taking up, each with the end that was written before the next one.
fn runs(lines: &[Line]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for line in lines {
        match &line.entry {
            Entry::Opened(opened) => runs.push(run(line, &opened.program, &opened.by)),
            Entry::Resumed(resumed) => {
                let Resumed { program, by, .. } = resumed.as_ref();
                runs.push(run(line, program, by));
            }
            Entry::Ended(ended) => {
                if let Some(run) = runs.last_mut() {
                    run.ended = Some(line.at);
                    run.status = Some(ended.status);
                    run.reason.clone_from(&ended.reason);
                }
            }
            _ => {}
        }
    }
    runs
}

fn run(line: &Line, program: &str, by: &crate::entry::Person) -> Run {
    Run {
        seq: line.seq,
        at: line.at,
        program: program.to_owned(),
        by: by.clone(),
        ended: None,
        status: None,
        reason: String::new(),
    }
}

/// The identities that AWS confirmed, each once, in order.
fn acting(lines: &[Line]) -> Vec<Acting> {
    let mut found: Vec<Acting> = Vec::new();
    for line in lines {
        let (query, reading) = match &line.entry {
            Entry::Captured(captured) => (&captured.query, captured.reading.as_ref()),
            Entry::Observed(observed) => (&observed.query, Some(&observed.reading)),
            _ => continue,
        };
        if let Some(Reading::Identity(identity)) = reading {
            let one = Acting { side: query.side(), identity: identity.clone() };
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

fn verdict_at(lines: &[Line]) -> Option<Timestamp> {
    lines.iter().rev().find(|line| matches!(line.entry, Entry::Verdict(_))).map(|line| line.at)
}

fn subject(case: &Case) -> Option<Subject> {
    let query = Query::from(SourceQuery::Instance(case.target.instance.clone()));
    let Some(Reading::Instance(instance)) = case.baseline.scene.last(&query) else { return None };
    Some(describe(instance))
}

fn describe(instance: &Instance) -> Subject {
    let texts = |ids: &[crate::id::InterfaceId]| ids.iter().map(ToString::to_string).collect();
    let volume = |disk: &crate::scene::instance::BlockDevice| format!("{} ({})", disk.volume, disk.device);
    Subject {
        name: instance.tags.get("Name").cloned(),
        state: format!("{:?}", instance.state).to_lowercase(),
        instance_type: instance.instance_type.clone(),
        image: instance.image.to_string(),
        launched: instance.launched.clone(),
        zone: instance.zone.clone(),
        addresses: instance.private_ip.iter().chain(&instance.public_ip).cloned().collect(),
        interfaces: texts(&instance.interfaces),
        volumes: instance.block_devices.iter().map(volume).collect(),
        profile: instance.profile.as_ref().map(ToString::to_string),
    }
}
