//! `impound watch`: from a queue to alerts, and to the responses that they start.

use crate::args::Watch;
use crate::commands::resume::person;
use crate::config::File;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::text;
use crate::watch::journal::{FOLDER, Journal, Line};
use crate::watch::lookout::Lookout;
use crate::watch::orders::{self, Order};
use detect::trigger::{Limits, Triggers};
use jiff::Timestamp;

/// Everything that can be wrong before AWS is asked.
pub struct Brief {
    /// The configuration.
    pub file: File,
    /// The queue.
    pub queue: String,
    /// What each trigger orders.
    pub orders: Vec<Order>,
    /// What decides.
    pub triggers: Triggers,
    /// What looks.
    pub lookout: Lookout,
    /// What remembers.
    pub journal: Journal,
}

/// Watches, or closes the breaker.
///
/// # Errors
/// Wrong configuration, another watch under way, or a queue that can not be read.
pub fn run(context: &Context, args: &Watch) -> Result<Exit, Failure> {
    if args.reset_breaker {
        return reset(context);
    }
    go(context, args, Brief::of(context, args)?)
}

impl Brief {
    fn of(context: &Context, args: &Watch) -> Result<Self, Failure> {
        let file = context.file()?;
        let queue = args.queue.clone().unwrap_or_else(|| file.detect.queue.clone());
        if queue.is_empty() {
            return Err(Failure::usage("no queue is named").hint("name one with --queue, or set detect.queue"));
        }
        let orders = orders::orders(&file)?;
        let limits = Limits { dry: file.limits.dry || args.dry_run, ..file.limits.clone() };
        let triggers = Triggers::new(file.trigger.clone(), limits);
        let state = context.state()?;
        let mut lookout = Lookout::new(context, &file.detect, state.join(FOLDER))?;
        orders::check_rules(&file, |rule| lookout.knows(rule))?;
        let journal = Journal::open(&state)?;
        let unread = lookout.take_up(Timestamp::now());
        if unread > 0 {
            context.terminal.warn(&text!("{} records that an earlier watch has kept can not be read any more", unread));
        }
        Ok(Self { file, queue, orders, triggers, lookout, journal })
    }
}

/// A person has looked: what comes from now on may start responses again.
fn reset(context: &Context) -> Result<Exit, Failure> {
    let mut journal = Journal::open(&context.state()?)?;
    let mut triggers = Triggers::new(Vec::new(), Limits::default());
    journal.replay(&mut triggers, Timestamp::MAX)?;
    let Some(why) = triggers.tripped() else {
        context.terminal.log(&text!("the breaker is closed: nothing to do"));
        return Ok(Exit::Done);
    };
    journal.write(Timestamp::now(), &[Line::Reset { by: person() }])?;
    context.terminal.log(&text!("the breaker is closed again; it had opened because {}", why));
    Ok(Exit::Done)
}

#[cfg(feature = "cloud")]
fn go(context: &Context, args: &Watch, brief: Brief) -> Result<Exit, Failure> {
    crate::cloud::watch(context, args, brief)
}

#[cfg(not(feature = "cloud"))]
fn go(_: &Context, _: &Watch, _: Brief) -> Result<Exit, Failure> {
    Err(Failure::without_cloud("watch"))
}
