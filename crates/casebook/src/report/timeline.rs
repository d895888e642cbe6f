//! When the important things happened. A moment stands here only when the ledger holds the
//! read-back, the answer or the decision that it names.

use super::changes::{Change, ChangeOutcome};
use super::history::{History, Line};
use super::lineage::Item;
use super::steps::StepRow;
use super::words;
use crate::entry::{Entry, Traced};
use crate::evidence::{EvidenceKind, EvidenceState};
use crate::step::{StepName, StepStatus};
use crate::verdict::{CredentialVerdict, NetworkVerdict, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// A stable name, such as `first-change`.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// What happened, in words.
    pub what: String,
}

/// From the first sign of a step's work to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Which step.
    pub step: StepName,
    /// Its first change, or the first answer of the capture; without one, when it was done or first
    /// heard of.
    pub from: Timestamp,
    /// When it was done or skipped; `None` when it is not.
    pub to: Option<Timestamp>,
    /// How it stands.
    pub status: StepStatus,
}

/// The timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The moments, earliest first.
    pub moments: Vec<Moment>,
    /// The steps.
    pub stretches: Vec<Stretch>,
    /// The time of the last entry.
    pub end: Timestamp,
}

/// Gathers the moments and stretches of a case.
pub(super) fn timeline(history: &History, rows: &[StepRow], changes: &[Change], items: &[Item]) -> Timeline {
    let mut moments = vec![moment("opened", history.first().at, "The case was opened")];
    moments.extend(before_the_first_change(history));
    moments.extend(isolated(history, changes));
    moments.extend(evidence(history, items));
    moments.extend(terminated(history));
    moments.extend(verdicts(history.lines()));
    moments.extend(history.lines().iter().filter_map(decision));
    moments.sort_by_key(|moment| moment.at);
    Timeline { moments, stretches: stretches(history.response(), rows), end: history.last().at }
}

fn moment(name: &str, at: Timestamp, what: impl Into<String>) -> Moment {
    Moment { name: name.to_owned(), at, what: what.into() }
}

/// The last reading that was written before the first change, and the change.
fn before_the_first_change(history: &History) -> Vec<Moment> {
    let lines = history.response();
    let first = lines.iter().position(|line| matches!(line.entry, Entry::Intent(_)));
    let before = &lines[..first.unwrap_or(lines.len())];
    let read = before.iter().rev().find(|line| matches!(line.entry, Entry::Captured(_)));
    let read = read.map(|line| moment("capture-written", line.at, "The capture up to the first change was written"));
    let change = first.map(|index| moment("first-change", lines[index].at, "The first change was sent"));
    read.into_iter().chain(change).collect()
}

/// The last change of an interface's groups before isolation was read back, and the read-back.
fn isolated(history: &History, changes: &[Change]) -> Vec<Moment> {
    let Some(done) = step_done(history, StepName::Isolate) else { return Vec::new() };
    let groups =
        changes.iter().filter(|change| change.step == StepName::Isolate && change.outcome == ChangeOutcome::Accepted);
    let groups = groups.filter(|change| change.action == "ec2:ModifyNetworkInterfaceAttribute");
    let times = groups.filter_map(|change| change.outcome_at).filter(|at| *at <= done);
    let last = times.max().map(|at| moment("last-interface-isolated", at, "The last interface's groups were changed"));
    last.into_iter().chain([moment("isolation-read-back", done, "Isolation was read back")]).collect()
}

fn step_done(history: &History, step: StepName) -> Option<Timestamp> {
    let done = |line: &&Line| matches!(&line.entry, Entry::Step(entry) if entry.step == step && entry.status == StepStatus::Done);
    history.response().iter().find(done).map(|line| line.at)
}

fn evidence(history: &History, items: &[Item]) -> Vec<Moment> {
    let Entry::Opened(opened) = &history.first().entry else { return Vec::new() };
    let snapshots = items.iter().filter(|item| item.evidence.kind == EvidenceKind::Snapshot);
    let (ours, copies): (Vec<_>, Vec<_>) = snapshots.partition(|item| item.evidence.account == opened.target.account);
    let ours: Vec<_> = ours.into_iter().filter(|item| item.depth <= 1).collect();
    let all = [
        ("snapshots-requested", all_reached(&ours, EvidenceState::Requested), "The last snapshot was requested"),
        ("snapshots-completed", all_reached(&ours, EvidenceState::Completed), "The last snapshot was complete"),
        ("copies-owned", all_reached(&copies, EvidenceState::Copied), "The forensic account owned the last copy"),
        (
            "copies-verified",
            all_reached(&copies, EvidenceState::Verified),
            "The last copy was proved equal to its source",
        ),
    ];
    all.into_iter().filter_map(|(name, at, what)| Some(moment(name, at?, what))).collect()
}

/// When the last of the items reached a state; `None` unless all did.
fn all_reached(items: &[&Item], state: EvidenceState) -> Option<Timestamp> {
    let times: Option<Vec<Timestamp>> = items.iter().map(|item| item.reached(state)).collect();
    times?.into_iter().max()
}

fn terminated(history: &History) -> Option<Moment> {
    let at = step_done(history, StepName::Terminate)?;
    Some(moment("terminated", at, "The termination of the original was read back"))
}

/// Every turn of the verdict.
fn verdicts(lines: &[Line]) -> Vec<Moment> {
    let mut last = Verdict::default();
    let mut moments = Vec::new();
    for line in lines {
        let Entry::Verdict(verdict) = &line.entry else { continue };
        if verdict.network != last.network {
            moments.push(moment("network-verdict", line.at, network(verdict.network)));
        }
        if verdict.credentials != last.credentials {
            moments.push(moment("credential-verdict", line.at, credentials(verdict.credentials)));
        }
        last = verdict.clone();
    }
    moments
}

fn network(verdict: NetworkVerdict) -> &'static str {
    match verdict {
        NetworkVerdict::Open => "Verdict: the network is open again",
        NetworkVerdict::NewFlowsBlocked => "Verdict: new flows are blocked",
        NetworkVerdict::VerifiedDead => "Verdict: no connection is left",
    }
}

fn credentials(verdict: CredentialVerdict) -> &'static str {
    match verdict {
        CredentialVerdict::None => "Verdict: the instance has no role",
        CredentialVerdict::Live => "Verdict: sessions of the role may work again",
        CredentialVerdict::Revoked => "Verdict: credentials are revoked",
    }
}

/// What people decided, and where runs began and ended.
fn decision(line: &Line) -> Option<Moment> {
    let (name, what) = match &line.entry {
        Entry::Resumed(_) => ("resumed", "A run took the case up again".to_owned()),
        Entry::Finding(finding) => ("finding-added", format!("A further finding came in: {}", finding.note.kind)),
        Entry::Asked(asked) => ("gate-reached", format!("The gate {} was reached", asked.gate)),
        Entry::Approved(approved) => ("gate-approved", format!("The gate {} was approved", approved.gate)),
        Entry::Releasing(_) => ("release-asked", "The release was asked for".to_owned()),
        Entry::Guarding(_) => ("guard-begun", "A guard began to watch over what was done".to_owned()),
        Entry::Drift(drift) => ("drift-found", format!("Undone by somebody: {}: {}", drift.step, drift.what)),
        Entry::Mended(mended) => ("drift-mended", format!("What entry {} tells was mended", mended.drift)),
        Entry::Traced(traced) => ("drift-traced", traced_to(traced)),
        Entry::Ended(ended) => ("run-ended", format!("The run ended: {}", words::status(Some(ended.status)))),
        _ => return None,
    };
    Some(moment(name, line.at, what))
}

fn traced_to(traced: &Traced) -> String {
    let by = traced.changes.iter().map(|c| format!("{} by {} from {} at {}", c.event, c.by, c.address, c.at));
    let by = if traced.changes.is_empty() { traced.why.clone() } else { by.collect::<Vec<_>>().join("; ") };
    format!("Who did what entry {} tells: {by}", traced.drift)
}

fn stretches(lines: &[Line], rows: &[StepRow]) -> Vec<Stretch> {
    let stretch = |row: &StepRow| Stretch {
        step: row.step,
        from: begun(lines, row).or(row.first_ended).unwrap_or(row.started),
        to: row.first_ended,
        status: row.achieved(),
    };
    let mut stretches: Vec<Stretch> = rows.iter().map(stretch).collect();
    stretches.sort_by_key(|stretch| (stretch.from, stretch.step));
    stretches
}

/// A step's first change; of the capture, which changes nothing, the first answer.
fn begun(lines: &[Line], row: &StepRow) -> Option<Timestamp> {
    let first = lines.iter().find(|line| matches!(line.entry, Entry::Captured(_)));
    if row.step == StepName::Capture { first.map(|line| line.at) } else { row.first_change }
}
