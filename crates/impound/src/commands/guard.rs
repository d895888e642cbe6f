//! `impound guard CASE`: keeps a contained case contained, until it is stopped.

use crate::args::Guard;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening;
use crate::summary::{is_gone, is_released};
use casebook::case::Case;
use casebook::settings::{Config, same_account};
use casebook::step::StepName;

/// Guards a case.
///
/// # Errors
/// When there is no such case, it is not contained, another process holds it, or it can not be kept
/// contained.
pub fn run(context: &Context, args: &Guard) -> Result<Exit, Failure> {
    let case = opening::of_aws(&context.shelf()?, &args.case, "guard")?;
    let config = context.config()?;
    check(&case, &config)?;
    go(context, args, &case, &config)
}

/// Refuses what can not be guarded.
///
/// # Errors
/// When the case is released, terminated, or not contained.
pub fn check(case: &Case, config: &Config) -> Result<(), Failure> {
    let id = &case.id;
    if is_gone(case) {
        return Err(Failure::usage(format!("{} is terminated: there is nothing to guard", case.target.instance)));
    }
    if is_released(case) {
        return Err(Failure::usage(format!("the case {id} is released: there is nothing to guard"))
            .hint("respond to the instance again to open a new case"));
    }
    if case.releasing.is_some() {
        return Err(Failure::usage(format!("the case {id} is being released: it is not kept contained any more"))
            .hint(format!("let the release come to its end: impound resume {id}")));
    }
    if !case.guard.kept.contains(&StepName::Isolate) {
        return Err(Failure::usage(format!("the case {id} is not contained yet: there is nothing to guard"))
            .hint(format!("contain it first: impound resume {id} --through contain")));
    }
    if config.forensic.account_id == case.target.account.as_str() {
        return Err(Failure::usage(same_account(case.target.account.as_str())));
    }
    Ok(())
}

#[cfg(feature = "cloud")]
fn go(context: &Context, args: &Guard, case: &Case, config: &Config) -> Result<Exit, Failure> {
    crate::cloud::guard(context, args, case, config)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &Guard, _: &Case, _: &Config) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("guard"))
}
