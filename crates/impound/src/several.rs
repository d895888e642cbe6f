//! Several instances that one finding accuses. What cuts the attacker off comes first for all of them:
//! one after the other is contained, and only then is the first one's evidence waited for, copied and
//! compared, which can take hours.

use crate::charges::Charge;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::Plan;
use crate::progress::{Calls as Counts, Progress};
use crate::respond::{Response, Site, TakenOn, conclude, drive_case, run, take_on};
use crate::text::text;
use casebook::case::Case;
use casebook::entry::{Entry, Resumed};
use casebook::step::Phase;
use casebook::verdict::NetworkVerdict;
use engine::{Clock, Cloud, RunEnd, Session, Stop};
use ledger::CaseFile;

/// What all responses of one call have in common.
#[derive(Clone, Copy, Debug)]
pub struct Calls<'a, K> {
    /// The options.
    pub context: &'a Context,
    /// Time.
    pub clock: &'a K,
    /// The operator's wish to stop.
    pub stop: &'a Stop,
}

/// A case that was driven as far as containment.
struct Contained<C> {
    cloud: C,
    session: Session<CaseFile>,
    rest: Rest,
}

/// What is left to do for a case.
enum Rest {
    /// No more was asked for than was done.
    Shown(RunEnd, Counts),
    /// To go on with this entry.
    Driven(Entry),
}

/// Responds to every charge, each in the cloud that `enter` gives for it; the worst end decides the
/// exit code.
///
/// # Errors
/// When stdout can not be written. What keeps one instance from being responded to is printed and
/// does not stop the others.
pub async fn respond_to_all<'r, C: Cloud, K: Clock>(
    calls: Calls<'_, K>,
    charges: &[Charge],
    enter: impl AsyncFn(&Charge) -> Result<(C, Response<'r>), Failure>,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    let mut contained = Vec::new();
    for charge in charges {
        match contain(&calls, enter(charge).await).await {
            Ok(case) => contained.push(case),
            Err(failure) => exit = exit.worst(crate::tell(calls.context, &failure)?),
        }
    }
    for case in contained {
        let ended = case.go_on(&calls).await;
        exit = exit.worst(ended.or_else(|failure| crate::tell(calls.context, &failure))?);
    }
    Ok(exit)
}

/// Opens or adopts a case and drives it through `contain`, unless it is contained and further already.
async fn contain<'r, C: Cloud, K: Clock>(
    calls: &Calls<'_, K>,
    entered: Result<(C, Response<'r>), Failure>,
) -> Result<Contained<C>, Failure> {
    let (cloud, mut response) = entered?;
    let through = response.plan.charge.through;
    response.plan.charge.through = through.min(Phase::Contain);
    let site = Site { cloud: &cloud, clock: calls.clock, stop: calls.stop };
    let TakenOn { mut session, cloud: primed } = take_on(calls.context, &site, &response).await?;
    let mut rest = Rest::Driven(further(&session, &response, through));
    if !is_ahead(session.case()) {
        let site = Site { cloud: &primed, clock: calls.clock, stop: calls.stop };
        let mut progress = Progress::new(calls.context.terminal);
        let ended = run(site, &mut session, &mut progress).await;
        let counts = progress.finish();
        let end = ended?;
        if session.case().through >= through {
            rest = Rest::Shown(end, counts);
        } else {
            tell_contained(calls.context, session.case(), &end);
        }
    }
    drop(primed);
    Ok(Contained { cloud, session, rest })
}

/// Whether an adopted case was contained before and is further on: the others come first.
fn is_ahead(case: &Case) -> bool {
    case.through > Phase::Contain && case.verdict.network != NetworkVerdict::Open
}

fn tell_contained(context: &Context, case: &Case, end: &RunEnd) {
    context.terminal.log(&text!("case {}: {}; it goes on when every instance came so far", case.id, end.reason));
}

/// The entry with which the case goes on, as far as was asked for.
fn further(session: &Session<CaseFile>, response: &Response<'_>, through: Phase) -> Entry {
    let Plan { settings, program, by, .. } = response.plan.clone();
    Entry::Resumed(Box::new(Resumed { settings, through: session.case().through.max(through), program, by }))
}

impl<C: Cloud> Contained<C> {
    async fn go_on<K: Clock>(mut self, calls: &Calls<'_, K>) -> Result<Exit, Failure> {
        let entry = match self.rest {
            Rest::Shown(end, counts) => return conclude(calls.context, &self.session, &end, &counts),
            Rest::Driven(entry) => entry,
        };
        self.session.append(calls.clock.now(), &[entry])?;
        let site = Site { cloud: &self.cloud, clock: calls.clock, stop: calls.stop };
        drive_case(calls.context, site, &mut self.session).await
    }
}
