//! The response itself, on whatever cloud it is given: AWS or the range. Looks, opens or adopts,
//! drives, and shows the end.

use crate::charges::Charge;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::{Plan, open_or_adopt};
use crate::preflight::{self, Preflight, unreachable};
use crate::primed::Primed;
use crate::progress::{Calls, Progress, call_lines};
use crate::stopping::unless_stopped;
use crate::summary;
use crate::terminal::Verbosity;
use crate::text::text;
use casebook::case::Case;
use casebook::entry::CaseStatus;
use casebook::id::Region;
use casebook::runbook::Runbook;
use casebook::settings::Config;
use casebook::verdict::NetworkVerdict;
use engine::{Clock, Cloud, EngineError, Ports, RunEnd, Session, Stop, Watcher, drive};
use ledger::{CaseFile, LedgerError, Store};

/// Where a response acts.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a, C, K> {
    /// Both accounts.
    pub cloud: &'a C,
    /// Time.
    pub clock: &'a K,
    /// The operator's wish to stop.
    pub stop: &'a Stop,
}

/// One response: the case's plan, and the rest of what it needs.
#[derive(Debug)]
pub struct Response<'a> {
    /// What the case is opened with.
    pub plan: Plan,
    /// The configuration.
    pub config: &'a Config,
    /// The region of the instance.
    pub region: Region,
    /// The file of the finding, to be kept.
    pub file: Option<&'a [u8]>,
}

/// Responds to one charge: the instance is looked at, the case opened or adopted, and driven.
///
/// # Errors
/// Whatever keeps the case from being opened or driven on, with its exit code.
pub async fn respond<C: Cloud, K: Clock>(
    context: &Context,
    site: Site<'_, C, K>,
    response: Response<'_>,
) -> Result<Exit, Failure> {
    let TakenOn { mut session, cloud } = take_on(context, &site, &response).await?;
    drive_case(context, Site { cloud: &cloud, clock: site.clock, stop: site.stop }, &mut session).await
}

/// A case that was opened or adopted and not driven yet.
#[derive(Debug)]
pub(crate) struct TakenOn<'a, C> {
    /// The case, locked.
    pub(crate) session: Session<CaseFile>,
    /// The cloud, with the answers that came before the case was opened.
    pub(crate) cloud: Primed<'a, C>,
}

/// Looks at the instance, and opens or adopts its case.
///
/// # Errors
/// As [`respond`], before anything is changed.
pub(crate) async fn take_on<'a, C: Cloud, K: Clock>(
    context: &Context,
    site: &Site<'a, C, K>,
    response: &Response<'_>,
) -> Result<TakenOn<'a, C>, Failure> {
    let found = look(site, response).await?;
    let plan = &response.plan;
    let taken = open_or_adopt(&context.shelf()?, plan, &found, response.file, site.clock.now())?;
    tell_unread(context, &taken.unread);
    tell_opening(context, taken.session.case(), taken.adopted, &plan.charge);
    tell_runbook(context, taken.session.case(), &plan.runbook);
    Ok(TakenOn { session: taken.session, cloud: Primed::new(site.cloud, found.early) })
}

/// Looks before anything is opened, unless the operator wishes to stop.
///
/// # Errors
/// As [`preflight::look`]; code 4 when it was stopped.
pub(crate) async fn look<'a, C: Cloud, K: Clock>(
    site: &Site<'a, C, K>,
    response: &Response<'_>,
) -> Result<Preflight<'a>, Failure> {
    let Response { plan, region, config, .. } = response;
    unless_stopped(site.stop, preflight::look((site.cloud, site.clock), plan, region, config)).await
}

fn tell_unread(context: &Context, unread: &[(String, Failure)]) {
    for (name, failure) in unread {
        context.terminal.warn(&text!(
            "the case {} can not be read and was passed over: {}; if it is about this instance, this is a second case of it",
            name,
            failure.what
        ));
    }
}

fn tell_opening(context: &Context, case: &Case, adopted: bool, charge: &Charge) {
    let verb = if adopted { "adopted" } else { "opened" };
    context.terminal.log(&text!("case {} {}: {}, through {}", case.id, verb, case.target, case.through));
    if let Some(advice) = &charge.advice {
        context.terminal.log(&text!("finding: {}", advice));
    }
}

/// A case keeps the runbook that it was opened with; that another one was asked for is said.
pub(crate) fn tell_runbook(context: &Context, case: &Case, asked: &Runbook) {
    if case.runbook != *asked {
        context.terminal.warn(&text!(
            "the case {} keeps the runbook `{}` with which it was opened: `{}`, as asked for now, is not taken up",
            case.id,
            case.runbook.name,
            asked.name
        ));
    }
}

/// Drives a case to rest and shows how it stands then.
///
/// # Errors
/// When it is held, was refused before anything was changed, or its ledger can not be written.
pub async fn drive_case<S: Store, C: Cloud, K: Clock>(
    context: &Context,
    site: Site<'_, C, K>,
    session: &mut Session<S>,
) -> Result<Exit, Failure> {
    let mut progress = Progress::new(context.terminal);
    let ended = run(site, session, &mut progress).await;
    let calls = progress.finish();
    conclude(context, session, &ended?, &calls)
}

/// Drives a case to rest.
///
/// # Errors
/// When its ledger can not be written: what was done is kept, and a resume goes on.
pub async fn run<S: Store, C: Cloud, K: Clock, W: Watcher>(
    site: Site<'_, C, K>,
    session: &mut Session<S>,
    watcher: &mut W,
) -> Result<RunEnd, Failure> {
    let ports = Ports { cloud: site.cloud, clock: site.clock, stop: site.stop };
    let ended = drive(session, ports, watcher).await;
    ended.map_err(|error| broken_off(error, session))
}

/// A run that its ledger stopped. Containment is kept, so it counts as held.
fn broken_off<S: Store>(error: EngineError, session: &Session<S>) -> Failure {
    let unwritten = matches!(
        error,
        EngineError::Ledger(LedgerError::Full { .. } | LedgerError::ReadOnly { .. } | LedgerError::Io { .. })
    );
    let failure = Failure::from(error);
    if !unwritten || !session.case().has_changed_anything() {
        return failure;
    }
    let id = &session.case().id;
    let held = Failure { exit: Exit::Held, ..failure };
    let document = document_of(session, &held);
    held.hint(format!("what was done is kept; then go on: impound resume {id}")).document(document)
}

/// The case as far as its ledger can be read, and what its last entry can not say.
fn document_of<S: Store>(session: &Session<S>, held: &Failure) -> Document {
    let known = match History::of(session) {
        Ok(history) => Document::of(&history),
        Err(_) => Document::without_case(CaseStatus::Held, "", None).named(&session.case().id),
    };
    Document { status: CaseStatus::Held, reason: held.what.clone(), ..known }
}

/// Shows how the case stands, and gives the exit code of the run.
///
/// # Errors
/// When the case is held, or AWS refused before anything was changed.
pub fn conclude<S: Store>(
    context: &Context,
    session: &Session<S>,
    end: &RunEnd,
    calls: &Calls,
) -> Result<Exit, Failure> {
    let history = History::of(session)?;
    if let Some(fault) = end.refused.as_ref().filter(|_| !end.interrupted) {
        let what = format!("case {}: {}", history.case.id, end.reason);
        return Err(unreachable(&what, fault).document(Document::of(&history)));
    }
    if context.terminal.verbosity == Verbosity::Verbose {
        context.terminal.log(&call_lines(calls));
    }
    if end.status == CaseStatus::Held {
        return Err(held(context, &history, &end.reason)?);
    }
    show(context, &history)?;
    Ok(if end.status == CaseStatus::Done && end.gaps > 0 { Exit::Gaps } else { end.status.into() })
}

/// For people the summary comes first; for programs the failure brings the document.
fn held(context: &Context, history: &History, reason: &str) -> Result<Failure, Failure> {
    if !context.terminal.is_json() {
        show(context, history)?;
    }
    Ok(Failure::new(Exit::Held, format!("case {} is held: {reason}", history.case.id))
        .hint(format!("{}; then go on: {}", kept(&history.case), summary::next_command(history)))
        .document(Document::of(history)))
}

/// What a run that is held leaves behind: nothing that was contained is given up, but somebody may have
/// opened it again.
fn kept(case: &Case) -> &'static str {
    match case.verdict.network {
        NetworkVerdict::Open => "the instance is NOT contained",
        NetworkVerdict::NewFlowsBlocked | NetworkVerdict::VerifiedDead => "containment is kept",
    }
}

/// A case on stdout, in the form asked for.
///
/// # Errors
/// When stdout can not be written.
pub fn show(context: &Context, history: &History) -> Result<(), Failure> {
    match context.terminal.is_json() {
        true => context.terminal.json(&Document::of(history).to_json()),
        false => context.terminal.data(&summary::summary(history)),
    }
}
