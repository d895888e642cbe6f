//! The commands on an existing case that need AWS: resume, approve and release.

use super::clock::SystemClock;
use super::enter_case;
use super::entry::{Door, identity};
use super::runtime::block_on;
use crate::args::{Approve, Guard, Resume};
use crate::commands::{approve as approval, resume as resumption};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::guarding::{self, Watch};
use crate::history::History;
use crate::opening::take_up;
use crate::respond::{Site, drive_case};
use crate::stopping::unless_stopped;
use crate::system;
use casebook::case::Case;
use casebook::entry::{Entry, Person};
use casebook::settings::Config;
use engine::Clock;

/// Goes on with a case.
///
/// # Errors
/// When AWS is not reached, another process holds the case, or it is held again.
pub fn resume(context: &Context, args: &Resume, case: &Case, config: &Config) -> Result<Exit, Failure> {
    block_on(async |stop| {
        let accounts = unless_stopped(stop, enter_case(context, config, case)).await?;
        let mut session = take_up(&context.shelf()?, &case.id)?;
        let resumed = resumption::resumed(session.case(), args.through, config, resumption::person());
        session.append(SystemClock.now(), &[resumed])?;
        drive_case(context, Site { cloud: &accounts, clock: &SystemClock, stop }, &mut session).await
    })
}

/// Keeps a case contained.
///
/// # Errors
/// When AWS is not reached, another process holds the case, or it can not be kept contained.
pub fn guard(context: &Context, args: &Guard, case: &Case, config: &Config) -> Result<Exit, Failure> {
    block_on(async |stop| {
        let accounts = unless_stopped(stop, enter_case(context, config, case)).await?;
        let mut session = take_up(&context.shelf()?, &case.id)?;
        let watch = Watch { every_seconds: args.every, config, by: resumption::person() };
        guarding::guard(context, Site { cloud: &accounts, clock: &SystemClock, stop }, &mut session, watch).await
    })
}

/// Records an approval with the identity of who gives it: the person's own, not the role's.
///
/// # Errors
/// When AWS does not confirm who asks, or the gate can not be opened.
pub fn approve(context: &Context, args: &Approve, case: &Case) -> Result<Exit, Failure> {
    let config = context.config()?;
    let door = Door { context, config: &config, account: None, region: Some(&case.target.region) };
    block_on(async |stop| {
        let asked = async { identity(&door.enter_as_oneself().await?).await };
        let identity = unless_stopped(stop, asked).await?;
        let by = Person { name: args.name.clone().unwrap_or_else(system::user), identity: Some(identity) };
        let mut session = approval::take_up(&context.shelf()?, &case.id, args.gate)?;
        let said = approval::record(&mut session, args.gate, by, SystemClock.now())?;
        match context.terminal.is_json() {
            true => context.terminal.json(&Document::of(&History::of(&session)?).to_json())?,
            false => context.terminal.data(&said)?,
        }
        Ok(Exit::Done)
    })
}

/// Undoes the containment of a case to which somebody has agreed.
///
/// # Errors
/// When AWS is not reached, another process holds the case, or a step of the release holds.
pub fn release(context: &Context, case: &Case) -> Result<Exit, Failure> {
    block_on(async |stop| {
        let config = context.config()?;
        let accounts = unless_stopped(stop, enter_case(context, &config, case)).await?;
        let identity = unless_stopped(stop, identity(&accounts)).await?;
        let by = Person { name: system::user(), identity: Some(identity) };
        let mut session = take_up(&context.shelf()?, &case.id)?;
        let mut entries = vec![resumption::resumed(session.case(), None, &config, by.clone())];
        if session.case().releasing.is_none() {
            entries.insert(0, Entry::Releasing(by));
        }
        session.append(SystemClock.now(), &entries)?;
        drive_case(context, Site { cloud: &accounts, clock: &SystemClock, stop }, &mut session).await
    })
}
