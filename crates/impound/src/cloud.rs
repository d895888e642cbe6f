//! Real AWS behind the engine's door, and the commands that need it. The forensic account is
//! entered when it is first asked something: that it can not be entered never stops containment.

use crate::charges::Charge;
use crate::commands::respond::Brief;
use crate::config::File;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening;
use crate::respond::{self, Response, Site};
use crate::several::{Calls, respond_to_all};
use crate::stopping::unless_stopped;
use crate::verification::{Check, in_cloud};
use casebook::case::Case;
use casebook::id::{InstanceId, Region};
use casebook::settings::Config;
use casebook::visibility;
use engine::{Clock, Stop};

mod accounts;
mod buckets;
mod case;
mod clock;
mod entry;
mod runtime;
mod watch;

pub use accounts::Accounts;
pub use buckets::buckets;
pub use case::{approve, guard, release, resume};
pub use clock::SystemClock;
pub use watch::watch;

use entry::Door;
use runtime::block_on;

/// Responds to every charge; of several, all are contained before the first is preserved, and the
/// worst end decides the exit code.
///
/// # Errors
/// What the only charge ended with. Of several, each one's error is printed where it happens.
pub fn respond(context: &Context, brief: &Brief) -> Result<Exit, Failure> {
    block_on(async |stop| match (brief.charges.list.as_slice(), brief.args.dry_run) {
        ([only], _) => respond_to(context, brief, only, stop).await,
        (several, true) => plan_all(context, brief, several, stop).await,
        (several, false) => {
            let (clock, enter) = (&SystemClock, async |charge: &Charge| enter(context, brief, charge, stop).await);
            respond_to_all(Calls { context, clock, stop }, several, enter).await
        }
    })
}

async fn plan_all(context: &Context, brief: &Brief, charges: &[Charge], stop: &Stop) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for charge in charges {
        let ended = respond_to(context, brief, charge, stop).await;
        exit = exit.worst(ended.or_else(|failure| crate::tell(context, &failure))?);
    }
    Ok(exit)
}

async fn respond_to(context: &Context, brief: &Brief, charge: &Charge, stop: &Stop) -> Result<Exit, Failure> {
    let (accounts, response) = enter(context, brief, charge, stop).await?;
    let site = Site { cloud: &accounts, clock: &SystemClock, stop };
    if brief.args.dry_run {
        return crate::dry_run::dry_run(context, site, response).await;
    }
    respond::respond(context, site, response).await
}

/// Enters the account and region of a charge.
async fn enter<'a>(
    context: &Context,
    brief: &'a Brief,
    charge: &Charge,
    stop: &Stop,
) -> Result<(Accounts, Response<'a>), Failure> {
    let door =
        Door { context, config: &brief.config, account: charge.account.as_ref(), region: charge.region.as_ref() };
    let accounts = unless_stopped(stop, door.enter()).await?;
    let region = accounts.region();
    let plan = brief.plan(charge, &region)?;
    Ok((accounts, Response { plan, config: &brief.config, region, file: brief.charges.file.as_deref() }))
}

/// Examines the surroundings of a response, and which logs are kept there.
///
/// # Errors
/// When AWS is not reached or refuses the credentials.
pub fn doctor(context: &Context, file: &File, instance: Option<&InstanceId>) -> Result<Exit, Failure> {
    let config = &file.config();
    block_on(async |stop| {
        let looked = async {
            let accounts = Door { context, config, account: None, region: None }.enter().await?;
            let home = accounts.region();
            let mut findings = crate::doctor::examine(&accounts, config, &home, instance).await?;
            findings.extend(watch::queue(context, config, &file.detect.queue).await);
            let mut sights = visibility::sights(&accounts.sources().await, SystemClock.now());
            for region in file.detect.regions.iter().map(Region::new).filter(|region| *region != home) {
                sights.extend(match (Door { context, config, account: None, region: Some(&region) }).enter().await {
                    Ok(accounts) => visibility::sights(&accounts.sources().await, SystemClock.now()),
                    Err(failure) => vec![visibility::unasked(&region, &failure.what)],
                });
            }
            Ok((findings, sights))
        };
        let (findings, sights) = unless_stopped(stop, looked).await?;
        crate::commands::doctor::tell(context, &findings, &sights)
    })
}

/// Asks for every item of a case's evidence.
///
/// # Errors
/// When AWS is not reached or refuses the credentials.
pub fn verify(context: &Context, history: &History) -> Result<Vec<Check>, Failure> {
    let config = context.config()?;
    let case = with_settings_of_now(&history.case, &config);
    block_on(async |stop| {
        let looked = async {
            let accounts = enter_case(context, &config, &case).await?;
            Ok(in_cloud(&accounts, &case, &history.entries).await)
        };
        unless_stopped(stop, looked).await
    })
}

/// A ledger that was rewritten may have lost the forensic account; the configuration has not.
fn with_settings_of_now(case: &Case, config: &Config) -> Case {
    let mut case = case.clone();
    let now = config.settings(&case.target.region).forensic;
    case.settings.forensic = now.or(case.settings.forensic);
    case
}

/// Enters the account and region of a case, and makes sure that it is that account.
///
/// # Errors
/// When AWS is not reached, refuses, or the credentials belong to another account.
async fn enter_case(context: &Context, config: &Config, case: &Case) -> Result<Accounts, Failure> {
    let (account, region) = (&case.target.account, &case.target.region);
    opening::same_region(case, context.global.region.as_deref())?;
    let accounts = Door { context, config, account: Some(account), region: Some(region) }.enter().await?;
    let identity = entry::identity(&accounts).await?;
    if identity.account == *account {
        return Ok(accounts);
    }
    Err(Failure::usage(format!(
        "the case {} is about account {account}, and these credentials belong to {}",
        case.id, identity.account
    ))
    .hint("use credentials of that account, or set source.role_arn"))
}
