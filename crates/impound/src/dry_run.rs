//! `--dry-run`: the whole run on what AWS shows now and on what each change would make of it. The
//! same planner and engine; every change is predicted instead of sent, and rehearsed where EC2 can.

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::{Plan, adoption, begin, open_case_of, planned_name};
use crate::preflight;
use crate::primed::Primed;
use crate::progress::Progress;
use crate::respond::{Response, Site, run};
use crate::terminal::{BAD, FAINT, GOOD, STRONG, paint};
use casebook::case::Case;
use casebook::effect::Effect;
use casebook::entry::CaseStatus;
use casebook::step::StepName;
use engine::{Clock, Cloud, Event, RunEnd, Session, Watcher};
use jiff::Timestamp;
use ledger::{MemoryStore, Store};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

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
    let Response { plan, config, region, file } = response;
    let found = preflight::look((site.cloud, site.clock), &plan, &region, config).await?;
    let shelf = context.shelf()?;
    let target = found.target;
    let primed = Primed::new(site.cloud, found.early);
    let cloud = PredictedCloud::new(&primed, &target, &plan.settings);
    let clock = JumpingClock::new(site.clock.now(), &cloud);
    let mut session = match open_case_of(&shelf, &plan, &target)? {
        Some(entries) => copy(&entries, &plan, clock.now())?,
        None => {
            let name = planned_name(&plan, clock.now());
            begin(MemoryStore::new(), name, &plan, &target, file, clock.now())?
        }
    };
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
    let text = if context.terminal.is_json() {
        document(&history, end, planned).to_json()
    } else {
        text(session.case(), end, planned)
    };
    context.terminal.data(&text)?;
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

fn text(case: &Case, end: &RunEnd, planned: &[PlannedCall]) -> String {
    let mut text = format!("{}\n", paint(STRONG, &format!("Plan for {}; nothing was changed.", case.target)));
    let mut step = None;
    for call in planned {
        if step != Some(call.step) {
            let _ = writeln!(text, "{}", call.step);
            step = Some(call.step);
        }
        let _ = writeln!(text, "  {} {} ({}){}", mark(call.rehearsal), call.what, call.action, because(&call.why));
    }
    let _ = writeln!(text, "\n{}", outcome(end));
    for gate in crate::gates::waiting(case) {
        let kind = if gate.offer { "offers" } else { "stops at" };
        let _ = writeln!(text, "It {kind} the gate `{}`: {}", gate.gate, gate.exposure.join("; "));
    }
    text
}

fn mark(rehearsal: Rehearsed) -> String {
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
