//! The response itself, on whatever cloud it is given: AWS or the range. Looks, opens or adopts,
//! drives, and shows the end.

use crate::charges::Charge;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening::{Plan, open_or_adopt};
use crate::preflight::{self, unreachable};
use crate::primed::Primed;
use crate::progress::{Calls, Progress, call_lines};
use crate::summary;
use crate::terminal::Verbosity;
use casebook::entry::CaseStatus;
use casebook::id::Region;
use casebook::settings::Config;
use engine::{Clock, Cloud, EngineError, Ports, RunEnd, Session, Stop, Watcher, drive};
use ledger::{LedgerError, Store};

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
    let Response { plan, config, region, file } = response;
    let found = preflight::look((site.cloud, site.clock), &plan, &region, config).await?;
    if site.stop.times() > 0 {
        return Err(Failure::new(Exit::Held, "stopped by the operator before a case was opened; nothing was changed"));
    }
    let taken = open_or_adopt(&context.shelf()?, &plan, &found, file, site.clock.now())?;
    let mut session = taken.session;
    tell_unread(context, &taken.unread);
    tell_opening(context, &session, taken.adopted, &plan.charge);
    let cloud = Primed::new(site.cloud, found.early);
    drive_case(context, Site { cloud: &cloud, clock: site.clock, stop: site.stop }, &mut session).await
}

fn tell_unread(context: &Context, unread: &[(String, Failure)]) {
    for (name, failure) in unread {
        let line = format!(
            "the case {name} can not be read and was passed over: {}; if it is about this instance, this is a second case of it",
            failure.what
        );
        context.terminal.warn(&line);
    }
}

fn tell_opening<S: Store>(context: &Context, session: &Session<S>, adopted: bool, charge: &Charge) {
    let case = session.case();
    let verb = if adopted { "adopted" } else { "opened" };
    context.terminal.log(&format!("case {} {verb}: {}, through {}", case.id, case.target, case.through));
    if let Some(advice) = &charge.advice {
        context.terminal.log(&format!("finding: {advice}"));
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
    Failure { exit: Exit::Held, ..failure }.hint(format!("what was done is kept; then go on: impound resume {id}"))
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
    show(context, &history)?;
    if context.terminal.verbosity == Verbosity::Verbose {
        context.terminal.log(&call_lines(calls));
    }
    match end.status {
        CaseStatus::Done if end.gaps > 0 => Ok(Exit::Gaps),
        CaseStatus::Held => Err(Failure::new(Exit::Held, format!("case {} is held: {}", history.case.id, end.reason))
            .hint(format!("containment is kept; then go on: {}", summary::next_command(&history)))),
        status => Ok(status.into()),
    }
}

/// A case on stdout, in the form asked for.
///
/// # Errors
/// When stdout can not be written.
pub fn show(context: &Context, history: &History) -> Result<(), Failure> {
    let json = context.terminal.is_json();
    context.terminal.data(&if json { Document::of(history).to_json() } else { summary::summary(history) })
}
