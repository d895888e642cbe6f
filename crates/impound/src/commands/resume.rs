//! `impound resume CASE`: goes on after a crash, a hold or an approval, with the settings of now.

use crate::args::Resume;
use crate::context::{Context, PROGRAM};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening;
use crate::summary::is_released;
use crate::system;
use casebook::case::Case;
use casebook::entry::{Entry, Person, Resumed};
use casebook::settings::{Config, same_account};
use casebook::step::Phase;

/// Goes on with a case.
///
/// # Errors
/// When there is no such case, another process holds it, or it can not be driven on.
pub fn run(context: &Context, args: &Resume) -> Result<Exit, Failure> {
    let case = opening::of_aws(&context.shelf()?, &args.case, "resume")?;
    let config = context.config()?;
    check(&case, &config)?;
    go(context, args, &case, &config)
}

fn check(case: &Case, config: &Config) -> Result<(), Failure> {
    if is_released(case) {
        return Err(Failure::usage(format!("the case {} is released: there is nothing to go on with", case.id))
            .hint("respond to the instance again to open a new case"));
    }
    if config.forensic.account_id == case.target.account.as_str() {
        return Err(Failure::usage(same_account(case.target.account.as_str())));
    }
    Ok(())
}

/// The entry with which a case is taken up again.
pub fn resumed(case: &Case, through: Option<Phase>, config: &Config, by: Person) -> Entry {
    Entry::Resumed(Box::new(Resumed {
        settings: config.settings(&case.target.region),
        through: through.unwrap_or(case.through),
        program: PROGRAM.to_owned(),
        by,
    }))
}

/// Who takes it up, as the system names them.
pub fn person() -> Person {
    Person { name: system::user(), identity: None }
}

#[cfg(feature = "cloud")]
fn go(context: &Context, args: &Resume, case: &Case, config: &Config) -> Result<Exit, Failure> {
    crate::cloud::resume(context, args, case, config)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &Resume, _: &Case, _: &Config) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("resume"))
}
