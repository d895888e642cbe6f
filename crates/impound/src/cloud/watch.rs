//! The loop of the watch: receive, look, write down, tell, start, delete. Responses run beside it, so
//! that one which takes hours keeps no alert waiting.

use super::clock::SystemClock;
use super::entry::Door;
use super::runtime::block_on;
use crate::args::Watch as Args;
use crate::commands::resume::person;
use crate::commands::watch::Brief;
use crate::context::{Context, PROGRAM};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::closed_case_of;
use crate::preflight::unreachable;
use crate::stopping::unless_stopped;
use crate::text::text;
use crate::watch::journal::{self, Journal, Line};
use crate::watch::lookout::Lookout;
use crate::watch::orders::Order;
use crate::watch::outcome;
use crate::watch::told::Told;
use aws::{Intake, Message};
use casebook::fault::Fault;
use casebook::settings::Config;
use detect::trigger::Triggers;
use engine::{Clock, Stop};
use futures_util::future::{Either, select};
pub(super) use queue::queue;
use queue::region;
use responses::{End, Responses};
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use telling::{Place, Telling};

mod fetch;
mod messages;
mod queue;
mod respond;
mod responses;
mod telling;

/// How long one call waits for messages; a shorter one where somebody waits for the end.
const WAIT: Duration = Duration::from_secs(20);
const SHORT_WAIT: Duration = Duration::from_secs(1);
/// How often backlog and lag are shown.
const SHOWN_EVERY: Duration = Duration::from_secs(60);
/// How often what was learned is written down; it also is at the end.
const KEPT_EVERY: Duration = Duration::from_secs(3600);
/// Pauses after calls that failed: the first and the longest.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// How many calls in a row may fail where somebody waits for the end.
const TRIES: u32 = 3;
/// For how long it is known what was told: twice as long as a story is gone on with.
const REMEMBERED: Duration = Duration::from_secs(96 * 3600);
/// The pause before a response is tried again that has reached nothing.
const AGAIN: Duration = Duration::from_secs(60);

/// Watches a queue until it is stopped, or as long as was asked for.
///
/// # Errors
/// When the queue can not be read, or the journal not written.
pub fn watch(context: &Context, args: &Args, brief: Brief) -> Result<Exit, Failure> {
    let config = brief.file.config();
    block_on(async |stop| {
        let region = region(&brief.queue);
        let door = Door { context, config: &config, account: None, region: region.as_ref() };
        let intake = unless_stopped(stop, door.intake()).await?;
        let mut watch = Watch::begin(context, &config, &intake, brief)?;
        let broken = watch.go_on(args, stop).await.err();
        let exit = watch.end(stop).await?;
        broken.map_or(Ok(exit), Err)
    })
}

/// A lookout that a panic has left is still to be asked.
fn lock(lookout: &Mutex<Lookout>) -> MutexGuard<'_, Lookout> {
    lookout.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A watch under way.
struct Watch<'a> {
    context: &'a Context,
    intake: &'a Intake,
    queue: String,
    /// The buckets whose objects are read; empty: any.
    buckets: Vec<String>,
    /// Where instances may be besides the regions of their calls.
    regions: Vec<String>,
    orders: Vec<Order>,
    triggers: Triggers,
    /// Looks on a thread of its own.
    lookout: Arc<Mutex<Lookout>>,
    journal: Journal,
    told: Told,
    responses: Responses<'a>,
    telling: Telling<'a>,
    messages: u64,
    dead: u64,
    /// Messages that were left for a redelivery and have not come again.
    left: BTreeSet<String>,
    /// How long the oldest of the last messages had waited.
    lag: Option<Duration>,
    exit: Exit,
    shown: Option<Instant>,
    /// What was said last of what is not remembered any more.
    forgotten: Vec<String>,
    /// When what was learned was written down last.
    kept: Instant,
    /// Responses of which was told that they reach nothing, by the entry of their start.
    waiting: BTreeSet<u64>,
    /// Whether a response has come to rest, and its case may have captured what the lookout does not know.
    captured_more: bool,
    /// Whether nothing new is begun any more.
    ending: bool,
}

impl<'a> Watch<'a> {
    /// Takes up what earlier runs have left.
    fn begin(context: &'a Context, config: &'a Config, intake: &'a Intake, brief: Brief) -> Result<Self, Failure> {
        let Brief { file, queue, orders, mut triggers, lookout, mut journal } = brief;
        let left = journal.replay(&mut triggers, SystemClock.now() - REMEMBERED)?;
        let began = Line::Began { queue: queue.clone(), program: PROGRAM.to_owned(), by: person() };
        journal.write(SystemClock.now(), &[began])?;
        let mut responses = Responses::new(context, config);
        let shelf = context.shelf()?;
        for (number, start) in left.starts {
            if let Some(case) = closed_case_of(&shelf, &start.instance, &start.finding.note.id)? {
                let (case, reason) = (case.to_string(), "the case was closed meanwhile".to_owned());
                journal.write(SystemClock.now(), &[Line::Ended { start: number, case, reason }])?;
                continue;
            }
            if triggers.is_dry() {
                let why = "not going on with it: this is a dry run";
                context.terminal.warn(&text!("a response to {} is not over; {}", start.instance, why));
                continue;
            }
            context.terminal.log(&text!("going on with the response to {}", start.instance));
            let document = journal.kept(&start.finding.note.sha256)?;
            responses.begin(number, start, document, Instant::now());
        }
        if let Some(why) = triggers.tripped() {
            context.terminal.warn(&text!("the breaker is open: {}; `impound watch --reset-breaker` closes it", why));
        }
        let telling = Telling::new(Place::all(&file.tell, intake), left.untold);
        Ok(Self {
            context,
            intake,
            queue,
            buckets: file.detect.buckets,
            regions: file.detect.regions,
            orders,
            triggers,
            lookout: Arc::new(Mutex::new(lookout)),
            journal,
            told: left.told,
            responses,
            telling,
            messages: 0,
            dead: 0,
            left: BTreeSet::new(),
            lag: None,
            exit: Exit::Done,
            shown: None,
            forgotten: Vec::new(),
            kept: Instant::now(),
            waiting: BTreeSet::new(),
            captured_more: false,
            ending: false,
        })
    }

    /// Receives until somebody wishes to stop, the time is over or, where asked for, nothing is left.
    async fn go_on(&mut self, args: &Args, stop: &Stop) -> Result<(), Failure> {
        let until = args.length.map(|length| Instant::now() + length);
        let mut failed = 0;
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if stop.times() > 0 || left.is_some_and(|left| left.is_zero()) {
                return Ok(());
            }
            let wait = if args.once { SHORT_WAIT } else { WAIT.min(left.unwrap_or(WAIT)) };
            match self.receive(wait, stop).await? {
                None => return Ok(()),
                Some(Ok(messages)) if messages.is_empty() && args.once => return Ok(()),
                Some(Ok(messages)) => {
                    failed = 0;
                    self.take(messages, stop).await?;
                }
                Some(Err(fault)) => {
                    failed += 1;
                    self.failed(&fault, failed, args.once, stop).await?;
                }
            }
            self.telling.go_on(self.context, &mut self.journal).await?;
            self.show_backlog(stop).await?;
            self.refresh();
            if self.kept.elapsed() >= KEPT_EVERY {
                self.keep_learned();
            }
        }
    }

    /// Instances that can not be read again are no reason to stop looking.
    fn refresh(&mut self) {
        if std::mem::take(&mut self.captured_more) {
            self.lookout().captured_more();
        }
        if let Err(failure) = self.lookout().refresh(self.context) {
            self.context.terminal.warn(&text!("{}; the watch goes on with what it knew before", failure.what));
        }
    }

    fn lookout(&self) -> MutexGuard<'_, Lookout> {
        lock(&self.lookout)
    }

    /// A baseline that can not be written is no reason to stop looking. Gives whether it was.
    fn keep_learned(&mut self) -> bool {
        self.kept = Instant::now();
        let unwritten = self.lookout().keep_learned().err();
        unwritten.iter().for_each(|failure| self.context.terminal.warn(&text!("{}", failure.what)));
        unwritten.is_none()
    }

    async fn receive(&mut self, wait: Duration, stop: &Stop) -> Result<Option<Result<Vec<Message>, Fault>>, Failure> {
        let (intake, queue) = (self.intake, self.queue.clone());
        self.beside(intake.receive(&queue, wait), stop).await
    }

    /// Awaits something while the responses go on; `None` when somebody wishes to stop.
    async fn beside<T>(&mut self, asked: impl Future<Output = T>, stop: &Stop) -> Result<Option<T>, Failure> {
        let mut asked = pin!(asked);
        let mut wished = pin!(stop.wished());
        loop {
            let first = select(asked.as_mut(), wished.as_mut());
            let end = match select(first, pin!(self.responses.next())).await {
                Either::Left((Either::Left((value, _)), _)) => return Ok(Some(value)),
                Either::Left((Either::Right(_), _)) => return Ok(None),
                Either::Right((end, _)) => end,
            };
            self.ended(end)?;
        }
    }

    /// A queue that is gone or denied ends the watch; anything else passes.
    async fn failed(&mut self, fault: &Fault, times: u32, once: bool, stop: &Stop) -> Result<(), Failure> {
        if !fault.passes() || (once && times >= TRIES) {
            return Err(unreachable(&format!("could not receive from the queue {}", self.queue), fault));
        }
        let pause = PAUSES[1].min(PAUSES[0] * 2_u32.saturating_pow(times - 1));
        let seconds = pause.as_secs();
        self.context.terminal.warn(&text!("could not receive: {}; again in {} s", fault, seconds));
        self.beside(tokio::time::sleep(pause), stop).await?;
        Ok(())
    }

    /// A response came to its end, was stopped, or reached nothing. What is not over is gone on with: what reached
    /// nothing in a while, and everything next time.
    fn ended(&mut self, end: End) -> Result<(), Failure> {
        self.captured_more = true;
        let reached_nothing = end.reached_nothing();
        if end.whole || (reached_nothing && self.waiting.insert(end.number)) {
            self.tell_end(&end)?;
        }
        if reached_nothing && !self.ending {
            let document = self.journal.kept(&end.start.finding.note.sha256)?;
            self.responses.begin_after(AGAIN, end.number, end.start, document, Instant::now());
            return Ok(());
        }
        self.exit = self.exit.worst(end.exit);
        Ok(())
    }

    /// Writes how a response ended, or that it reaches nothing, and tells it wherever alerts are told.
    fn tell_end(&mut self, end: &End) -> Result<(), Failure> {
        let End { number, start, case, reason, whole, .. } = end;
        let mut lines = Vec::new();
        if *whole {
            if case.is_empty() {
                self.triggers.forget(&start.instance, &start.account);
            }
            lines.push(Line::Ended { start: *number, case: case.clone(), reason: reason.clone() });
        }
        let decision = outcome::sentence(&start.instance, case, reason);
        let document = self.journal.kept(&start.finding.note.sha256)?;
        let finding = outcome::finding(&document, &decision);
        let (alert, tell) = (start.finding.note.id.clone(), self.telling.places());
        lines.push(Line::Alert { alert, decision, accused: String::new(), tell, finding });
        let numbers = self.journal.write(SystemClock.now(), &lines)?;
        for (number, line) in numbers.into_iter().zip(lines) {
            self.act(number, line, Instant::now())?;
        }
        Ok(())
    }

    /// What is not remembered any more, as soon as it has become more.
    fn show_forgotten(&mut self) {
        let forgotten = self.lookout().forgotten();
        let news = forgotten.iter().filter(|why| !self.forgotten.iter().any(|said| said == why.as_str()));
        news.for_each(|why| self.context.terminal.warn(why));
        self.forgotten = forgotten.iter().map(|why| why.as_str().to_owned()).collect();
    }

    /// How much is left in the queue, from time to time.
    async fn show_backlog(&mut self, stop: &Stop) -> Result<(), Failure> {
        if self.shown.is_some_and(|shown| shown.elapsed() < SHOWN_EVERY) {
            return Ok(());
        }
        self.shown = Some(Instant::now());
        self.show_forgotten();
        let (intake, queue) = (self.intake, self.queue.clone());
        match self.beside(intake.backlog(&queue), stop).await? {
            None => {}
            Some(Ok(left)) => self.context.terminal.log(&text!(
                "{} messages wait, {} are being looked at; the last ones had waited {}; {} taken, {} records, {} not understood",
                left.waiting,
                left.in_flight,
                self.lag.map_or("nobody knows how long".to_owned(), |lag| format!("{} s", lag.as_secs())),
                self.messages,
                self.lookout().counts().read,
                self.dead
            )),
            Some(Err(fault)) => {
                self.context.terminal.warn(&text!("could not ask how much is left in the queue: {}", fault));
            }
        }
        Ok(())
    }

    /// Lets what is under way come to rest, and says how it was.
    async fn end(&mut self, stop: &Stop) -> Result<Exit, Failure> {
        self.ending = true;
        self.lookout().finish();
        self.decide(Vec::new(), Instant::now())?;
        while let Some(end) = self.responses.rest(stop).await {
            self.ended(end)?;
        }
        self.telling.finish(self.context, &mut self.journal).await?;
        let counts = self.lookout().counts();
        self.journal.write(SystemClock.now(), &[journal::read(self.messages, &counts)])?;
        self.context.terminal.log(&text!(
            "took {} messages with {} records: {} understood, {} rejected, {} duplicates; {} dead letters",
            self.messages,
            counts.read,
            counts.parsed,
            counts.rejected,
            counts.duplicates,
            self.dead
        ));
        let out_of_turn = self.lookout().out_of_turn();
        out_of_turn.iter().for_each(|why| self.context.terminal.log(why));
        let learned = self.keep_learned();
        let unseen = self.lookout().unseen();
        unseen.iter().for_each(|why| self.context.terminal.warn(why));
        let unkept = self.lookout().unkept();
        if unkept > 0 {
            self.context.terminal.warn(&text!("{} records were too many to be kept for the next watch", unkept));
        }
        let told = self.telling.is_done() && learned && unseen.is_empty();
        let whole = self.dead == 0 && self.left.is_empty() && told && self.lookout().has_all_rules();
        Ok(if whole { self.exit } else { self.exit.worst(Exit::Gaps) })
    }
}
