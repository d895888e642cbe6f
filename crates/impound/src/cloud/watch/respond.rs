//! One response that an alert has started: the same way as `impound respond`.

use super::responses::End;
use crate::charges::Charge;
use crate::cloud::accounts::Accounts;
use crate::cloud::clock::SystemClock;
use crate::cloud::entry::Door;
use crate::commands::resume::person;
use crate::config;
use crate::context::{Context, PROGRAM};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{Foreign, Plan, case_of};
use crate::progress::Progress;
use crate::respond::{Response, Site, TakenOn, run, take_on};
use crate::stopping::unless_stopped;
use crate::system;
use crate::terminal::{Verbosity, report};
use crate::text::text;
use crate::watch::accusation;
use crate::watch::journal::Start;
use casebook::entry::CaseStatus;
use casebook::fault::FaultClass;
use casebook::id::Region;
use casebook::query::SourceQuery;
use casebook::settings::Config;
use engine::{Cloud, RunEnd, Stop};
use futures_util::FutureExt;
use std::time::{Duration, Instant};

/// How often AWS is tried that is not reached, and the first pause between.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);

/// Runs a response to its end, or until it is stopped.
pub(super) async fn respond(
    context: &Context,
    config: &Config,
    (number, start, document): (u64, Start, Vec<u8>),
    received: Instant,
    stop: Stop,
) -> End {
    let one = One { context, config, start: &start, document: &document, received, stop: &stop };
    let tried = one.tried().await;
    match tried {
        Ok((case, end)) => {
            context.terminal.log(&text!("case {}: {}", case, end.reason));
            let gaps = end.status == CaseStatus::Done && end.gaps > 0;
            let exit = if gaps { Exit::Gaps } else { end.status.into() };
            End { number, start, case, reason: end.reason, exit, whole: !end.interrupted }
        }
        Err(failure) => {
            report(&failure);
            let whole = stop.times() == 0 && failure.exit != Exit::Unreachable;
            let shelf = context.shelf().ok();
            let case = shelf.and_then(|shelf| case_of(&shelf, &start.instance, &start.finding.note.id).ok().flatten());
            let case = case.map(|case| case.to_string()).unwrap_or_default();
            End { number, start, case, reason: failure.what, exit: failure.exit, whole }
        }
    }
}

/// What one response needs.
struct One<'a> {
    context: &'a Context,
    config: &'a Config,
    start: &'a Start,
    document: &'a [u8],
    received: Instant,
    stop: &'a Stop,
}

impl One<'_> {
    /// AWS that is not reached now may be reached soon.
    async fn tried(&self) -> Result<(String, RunEnd), Failure> {
        let mut tries = 1;
        loop {
            match self.run().await {
                Err(failure) if failure.exit == Exit::Unreachable && tries < TRIES => {
                    self.context.terminal.warn(&text!("{}; it is tried again", failure.what));
                    let pause = tokio::time::sleep(PAUSE * 2_u32.pow(tries));
                    unless_stopped(self.stop, pause.map(Ok)).await?;
                    tries += 1;
                }
                ended => return ended,
            }
        }
    }

    async fn run(&self) -> Result<(String, RunEnd), Failure> {
        let (accounts, charge) = unless_stopped(self.stop, self.enter()).await?;
        let response = self.response(charge, accounts.region())?;
        let site = Site { cloud: &accounts, clock: &SystemClock, stop: self.stop };
        let TakenOn { mut session, cloud } = take_on(self.context, &site, &response).await?;
        let case = session.case().id.to_string();
        if self.context.terminal.verbosity == Verbosity::Verbose {
            let ms = self.received.elapsed().as_millis();
            self.context.terminal.log(&text!("case {} was open {} ms after its message came", case, ms));
        }
        let mut progress = Progress::lines(self.context.terminal);
        let site = Site { cloud: &cloud, clock: &SystemClock, stop: self.stop };
        let end = run(site, &mut session, &mut progress).await?;
        Ok((case, end))
    }

    fn response(&self, charge: Charge, region: Region) -> Result<Response<'_>, Failure> {
        let order = &self.start.order;
        let plan = Plan {
            charge,
            settings: self.config.settings(&region),
            runbook: config::runbook(&order.runbook)?,
            case: None,
            approve: order.approve.clone(),
            foreign: Foreign::Report,
            by: person(),
            nonce: system::nonce()?,
            program: PROGRAM.to_owned(),
        };
        Ok(Response { plan, config: self.config, region, file: Some(self.document) })
    }

    /// Enters the account in the region that knows the instance: it calls services in other regions too, and
    /// IAM's calls are all in one.
    async fn enter(&self) -> Result<(Accounts, Charge), Failure> {
        let instance = &self.start.instance;
        let mut lost = Vec::new();
        let mut passes = false;
        for region in self.candidates() {
            let charge = accusation::charge(self.start, region);
            let (account, region) = (charge.account.as_ref(), charge.region.as_ref());
            let accounts = Door { context: self.context, config: self.config, account, region }.enter().await?;
            match accounts.observe(&SourceQuery::Instance(charge.instance.clone()).into()).await.value {
                Ok(_) => return Ok((accounts, charge)),
                Err(fault) => {
                    passes |= fault.passes() && fault.class != FaultClass::NotFoundYet;
                    lost.push(format!("{}: {fault}", accounts.region()));
                }
            }
        }
        let exit = if passes { Exit::Unreachable } else { Exit::Usage };
        Err(Failure::new(exit, format!("no region knows {instance}: {}", lost.join("; ")))
            .hint("if it is in another one, name that in detect.regions"))
    }

    /// Where it may be; at last, where the program itself is set up for.
    fn candidates(&self) -> impl Iterator<Item = Option<Region>> {
        self.start.regions.iter().map(|region| Some(Region::new(region.clone()))).chain([None])
    }
}
