//! Real AWS behind the engine's door, and the commands that need it. The forensic account is
//! entered when it is first asked something: that it can not be entered never stops containment.

use crate::commands::respond::Brief;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::opening;
use crate::respond::{self, Response, Site};
use crate::verification::{Check, in_cloud};
use casebook::case::Case;
use casebook::id::InstanceId;
use casebook::settings::Config;
use engine::Stop;

mod accounts;
mod case;
mod clock;
mod entry;
mod runtime;

pub use accounts::Accounts;
pub use case::{approve, release, resume};
pub use clock::SystemClock;

use entry::Door;
use runtime::block_on;

/// Responds to every charge, one after another; the worst end decides the exit code.
///
/// # Errors
/// What the only charge ended with. Of several, each one's error is printed where it happens.
pub fn respond(context: &Context, brief: &Brief) -> Result<Exit, Failure> {
    block_on(async |stop| {
        let charges = &brief.charges.list;
        if let [only] = charges.as_slice() {
            return respond_to(context, brief, only, stop).await;
        }
        let mut exit = Exit::Done;
        for charge in charges {
            let ended = respond_to(context, brief, charge, stop).await;
            exit = exit.worst(told(context, ended)?);
        }
        Ok(exit)
    })
}

/// A failure among several cases is printed and does not stop the others.
fn told(context: &Context, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
    let failure = match ended {
        Ok(exit) => return Ok(exit),
        Err(failure) => failure,
    };
    crate::terminal::report(&failure);
    if let Some(document) = failure.document.as_ref().filter(|_| context.terminal.is_json()) {
        context.terminal.data(&document.to_json())?;
    }
    Ok(failure.exit)
}

async fn respond_to(
    context: &Context,
    brief: &Brief,
    charge: &crate::charges::Charge,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let door =
        Door { context, config: &brief.config, account: charge.account.as_ref(), region: charge.region.as_ref() };
    let accounts = door.enter().await?;
    let region = accounts.region();
    let plan = brief.plan(charge, &region)?;
    let file = brief.charges.file.as_deref();
    let response = Response { plan, config: &brief.config, region, file };
    let site = Site { cloud: &accounts, clock: &SystemClock, stop };
    if brief.args.dry_run {
        return crate::dry_run::dry_run(context, site, response).await;
    }
    respond::respond(context, site, response).await
}

/// Examines the surroundings of a response.
///
/// # Errors
/// When AWS is not reached or refuses the credentials.
pub fn doctor(context: &Context, config: &Config, instance: Option<&InstanceId>) -> Result<Exit, Failure> {
    block_on(async |_| {
        let accounts = Door { context, config, account: None, region: None }.enter().await?;
        let findings = crate::doctor::examine(&accounts, config, &accounts.region(), instance).await;
        crate::commands::doctor::tell(context, &findings)
    })
}

/// Asks for every item of a case's evidence.
///
/// # Errors
/// When AWS is not reached or refuses the credentials.
pub fn verify(context: &Context, history: &History) -> Result<Vec<Check>, Failure> {
    block_on(async |_| {
        let config = context.config()?;
        let accounts = enter_case(context, &config, &history.case).await?;
        Ok(in_cloud(&accounts, &history.case, &history.entries).await)
    })
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
