//! Responses under way, side by side.

use super::respond::respond;
use crate::context::Context;
use crate::exit::Exit;
use crate::stopping::unless_stopped;
use crate::watch::journal::Start;
use casebook::settings::Config;
use engine::Stop;
use futures_util::future::{Either, LocalBoxFuture, pending, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::BTreeMap;
use std::pin::pin;
use std::time::{Duration, Instant};

/// How often a further wish to stop is looked for.
const RELAYED_EVERY: Duration = Duration::from_millis(100);

/// Responses under way. Each has a wish to stop of its own, because one wakes only one that waits.
pub(super) struct Responses<'a> {
    context: &'a Context,
    config: &'a Config,
    running: FuturesUnordered<LocalBoxFuture<'a, End>>,
    stops: BTreeMap<u64, Stop>,
    wished: u32,
}

/// How a response ended.
#[derive(Debug)]
pub(super) struct End {
    /// The entry of its start.
    pub(super) number: u64,
    /// What was to be run.
    pub(super) start: Start,
    /// The case; empty when none was opened.
    pub(super) case: String,
    /// How it stands.
    pub(super) reason: String,
    /// The exit code of a response of its own.
    pub(super) exit: Exit,
    /// Whether it is over; else it was stopped or reached nothing, and is gone on with.
    pub(super) whole: bool,
}

impl End {
    /// Whether AWS could not be reached and nothing else stood in its way.
    pub(super) fn reached_nothing(&self) -> bool {
        self.exit == Exit::Unreachable
    }
}

impl<'a> Responses<'a> {
    /// None yet.
    pub(super) fn new(context: &'a Context, config: &'a Config) -> Self {
        Self { context, config, running: FuturesUnordered::new(), stops: BTreeMap::new(), wished: 0 }
    }

    /// Begins a response: its start is written.
    pub(super) fn begin(&mut self, number: u64, start: Start, document: Vec<u8>, received: Instant) {
        self.begin_after(Duration::ZERO, number, start, document, received);
    }

    /// The same after a pause.
    pub(super) fn begin_after(
        &mut self,
        pause: Duration,
        number: u64,
        start: Start,
        document: Vec<u8>,
        received: Instant,
    ) {
        let stop = Stop::new();
        self.stops.insert(number, stop.clone());
        let (context, config) = (self.context, self.config);
        self.running.push(Box::pin(async move {
            // A wish to stop outlasts the pause: `respond` meets it before it asks anything, and tells the end.
            let _ = unless_stopped(&stop, tokio::time::sleep(pause).map(Ok)).await;
            respond(context, config, (number, start, document), received, stop).await
        }));
    }

    /// The next end; never when nothing is under way.
    pub(super) async fn next(&mut self) -> End {
        match self.running.next().await {
            Some(end) => end,
            None => pending().await,
        }
    }

    /// The next end while nothing else is done any more; wishes to stop are handed on.
    pub(super) async fn rest(&mut self, stop: &Stop) -> Option<End> {
        loop {
            while self.wished < stop.times() {
                self.stops.values().for_each(Stop::wish);
                self.wished += 1;
            }
            match select(self.running.next(), pin!(tokio::time::sleep(RELAYED_EVERY))).await {
                Either::Left((end, _)) => return end,
                Either::Right(_) => {}
            }
        }
    }
}
