//! `--dry-run`: the whole run on what AWS shows now and on what each change would make of it. The
//! same planner and engine; every change is predicted instead of sent, and rehearsed where EC2 can.

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::{Plan, adoption, begin, open_case_of, planned_name};
use crate::primed::Primed;
use crate::progress::Progress;
use crate::respond::{Response, Site, look, run, tell_runbook};
use crate::terminal::{BAD, FAINT, GOOD, STRONG};
use crate::text::{Text, paint, text};
use casebook::case::Case;
use casebook::effect::Effect;
use casebook::entry::CaseStatus;
use casebook::step::StepName;
use engine::{Clock, Cloud, Event, RunEnd, Session, Watcher};
use jiff::Timestamp;
use ledger::{MemoryStore, Store};
use serde::Serialize;
use std::collections::BTreeMap;

mod cloud;

use cloud::{JumpingClock, PredictedCloud};

/// A change that the run would make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedCall {
    /// For which step.
    pub step: StepName,
    /// `service:Action`.
    pub action: String,
    /// What it would do.
    pub what: String,
    /// Whether it would be allowed.
    pub rehearsal: Rehearsed,
    /// AWS's words, where it was asked and did not simply agree.
    pub why: String,
}

/// What is known about a change before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rehearsed {
    /// EC2 was asked (`DryRun`) and would allow it.
    Allowed,
    /// EC2 was asked and would not.
    Denied,
    /// Predicted only: the API has no dry run, or it names what does not exist yet.
    Predicted,
}

/// Plans a whole run and changes nothing, in AWS or on disk.
///
/// # Errors
/// As a response; code 4 when the run would hold.
pub async fn dry_run<C: Cloud, K: Clock>(
    context: &Context,
    site: Site<'_, C, K>,
    response: Response<'_>,
) -> Result<Exit, Failure> {
    let found = look(&site, &response).await?;
    let (plan, target) = (&response.plan, found.target);
    let primed = Primed::new(site.cloud, found.early);
    let cloud = PredictedCloud::new(&primed, &target, &plan.settings);
    let clock = JumpingClock::new(site.clock.now(), &cloud);
    let mut session = match open_case_of(&context.shelf()?, plan, &target)? {
        Some(entries) => copy(&entries, plan, clock.now())?,
        None => begin(MemoryStore::new(), planned_name(plan, clock.now()), plan, &target, response.file, clock.now())?,
    };
    tell_runbook(context, session.case(), &plan.runbook);
    let mut notes = Notes { progress: Progress::new(context.terminal), steps: BTreeMap::new() };
    let ended = run(Site { cloud: &cloud, clock: &clock, stop: site.stop }, &mut session, &mut notes).await;
    notes.progress.finish();
    let end = ended?;
    tell(context, &session, &end, &cloud.planned(&notes.steps))
}

/// A copy in memory of a case that is open already.
fn copy(entries: &[ledger::Entry], plan: &Plan, now: Timestamp) -> Result<Session<MemoryStore>, Failure> {
    let mut store = MemoryStore::new();
    for entry in entries {
        store.append(&entry.at, std::slice::from_ref(&entry.body))?;
    }
    let mut session = Session::load(store)?;
    let adopted = adoption(session.case(), plan);
    session.append(now, &adopted)?;
    Ok(session)
}

/// Shows the run and notes which step wants which change.
struct Notes {
    progress: Progress,
    steps: BTreeMap<Effect, StepName>,
}

impl Watcher for Notes {
    fn saw(&mut self, event: &Event<'_>) {
        if let Event::Changing { step, effect } = event {
            self.steps.insert((*effect).clone(), *step);
        }
        self.progress.saw(event);
    }
}

fn tell<S: Store>(
    context: &Context,
    session: &Session<S>,
    end: &RunEnd,
    planned: &[PlannedCall],
) -> Result<Exit, Failure> {
    let history = History::of(session)?;
    if context.terminal.is_json() {
        context.terminal.json(&document(&history, end, planned).to_json())?;
    } else {
        context.terminal.data(&shown(session.case(), end, planned))?;
    }
    let denied = planned.iter().any(|call| call.rehearsal == Rehearsed::Denied);
    Ok(if denied { Exit::Held.worst(end.status.into()) } else { end.status.into() })
}

/// Nothing of it is there yet, so no verdict and no evidence is claimed.
fn document(history: &History, end: &RunEnd, planned: &[PlannedCall]) -> Document {
    Document {
        status: end.status,
        reason: end.reason.clone(),
        verdict: None,
        evidence: Vec::new(),
        plan: Some(planned.to_vec()),
        ..Document::of(history)
    }
}

fn shown(case: &Case, end: &RunEnd, planned: &[PlannedCall]) -> Text {
    let mut text = text!("{}\n", paint(STRONG, text!("Plan for {}; nothing was changed.", case.target)));
    let mut step = None;
    for call in planned {
        if step != Some(call.step) {
            text.add(text!("{}\n", call.step));
            step = Some(call.step);
        }
        text.add(text!("  {} {} ({}){}\n", mark(call.rehearsal), call.what, call.action, because(&call.why)));
    }
    text.add(text!("\n{}\n", outcome(end)));
    for gate in crate::gates::waiting(case) {
        let kind = if gate.offer { "offers" } else { "stops at" };
        text.add(text!("It {} the gate `{}`: {}\n", kind, gate.gate, gate.exposure.join("; ")));
    }
    text
}

fn mark(rehearsal: Rehearsed) -> Text {
    match rehearsal {
        Rehearsed::Allowed => paint(GOOD, "allowed  "),
        Rehearsed::Denied => paint(BAD, "DENIED   "),
        Rehearsed::Predicted => paint(FAINT, "predicted"),
    }
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

fn outcome(end: &RunEnd) -> String {
    match end.status {
        CaseStatus::Done => "The run would come to its end.".to_owned(),
        CaseStatus::Waiting => format!("The run would wait: {}", end.reason),
        CaseStatus::Held | CaseStatus::Refused | CaseStatus::Unverified => {
            format!("The run would hold: {}", end.reason)
        }
    }
}
