//! `impound respond` and `impound plan`: from a finding or an instance to a case that is driven.

use crate::args::{Accusation, Respond};
use crate::charges::{Charge, Charges};
use crate::config;
use crate::context::{Context, PROGRAM};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{Foreign, Plan};
use crate::system;
use crate::text::text;
use casebook::entry::Person;
use casebook::runbook::Runbook;
use casebook::settings::Config;

/// What holds for every charge of one call.
#[derive(Debug)]
pub struct Brief {
    /// Whom.
    pub charges: Charges,
    /// The configuration.
    pub config: Config,
    /// The runbook.
    pub runbook: Runbook,
    /// The options.
    pub args: Respond,
}

/// Responds.
///
/// # Errors
/// Wrong usage or configuration, and whatever keeps a case from being opened or driven on.
pub fn run(context: &Context, args: &Respond) -> Result<Exit, Failure> {
    let brief = Brief::of(context, args)?;
    for why in &brief.charges.refused {
        context.terminal.warn(&text!("no response to {}", why));
    }
    go(context, &brief)
}

/// Plans and changes nothing.
///
/// # Errors
/// As [`run`].
pub fn plan(context: &Context, args: &Accusation) -> Result<Exit, Failure> {
    run(context, &Respond { accusation: args.clone(), dry_run: true, take_over: false })
}

#[cfg(feature = "cloud")]
fn go(context: &Context, brief: &Brief) -> Result<Exit, Failure> {
    crate::cloud::respond(context, brief)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, brief: &Brief) -> Result<Exit, Failure> {
    Err(Failure::without_cloud(if brief.args.dry_run { "plan" } else { "respond" }))
}

impl Brief {
    /// From the command line: everything that can be wrong before AWS is asked.
    ///
    /// # Errors
    /// Wrong usage or configuration, an unreadable finding, or one that asks for no response.
    pub fn of(context: &Context, args: &Respond) -> Result<Self, Failure> {
        let config = context.config()?;
        let charges = Charges::of(&args.accusation, context.global.region.as_deref())?;
        let runbook = config::runbook(args.accusation.runbook.as_deref().unwrap_or(&config.policy.runbook))?;
        Ok(Self { charges, config, runbook, args: args.clone() })
    }

    /// What one case is opened with, in the region of its instance.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn plan(&self, charge: &Charge, region: &casebook::id::Region) -> Result<Plan, Failure> {
        let accusation = &self.args.accusation;
        Ok(Plan {
            charge: charge.clone(),
            settings: self.config.settings(region),
            runbook: self.runbook.clone(),
            case: accusation.case.clone(),
            approve: accusation.approve.clone(),
            foreign: if self.args.take_over { Foreign::TakeOver } else { Foreign::Report },
            by: Person { name: system::user(), identity: None },
            nonce: system::nonce()?,
            program: PROGRAM.to_owned(),
        })
    }
}
