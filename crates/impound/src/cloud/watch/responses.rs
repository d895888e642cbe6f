//! Responses under way, side by side.

use super::respond::respond;
use crate::context::Context;
use crate::exit::Exit;
use crate::watch::journal::Start;
use casebook::settings::Config;
use engine::Stop;
use futures_util::StreamExt;
use futures_util::future::{Either, LocalBoxFuture, pending, select};
use futures_util::stream::FuturesUnordered;
use std::pin::pin;
use std::time::{Duration, Instant};

/// How often a further wish to stop is looked for.
const RELAYED_EVERY: Duration = Duration::from_millis(100);

/// Responses under way. Each has a wish to stop of its own, because one wakes only one that waits.
pub(super) struct Responses<'a> {
    context: &'a Context,
    config: &'a Config,
    running: FuturesUnordered<LocalBoxFuture<'a, End>>,
    stops: Vec<Stop>,
    wished: u32,
}

/// How a response ended.
#[derive(Debug)]
pub(super) struct End {
    /// The entry of its start.
    pub(super) start: u64,
    /// The case; empty when none was opened.
    pub(super) case: String,
    /// How it stands.
    pub(super) reason: String,
    /// The exit code of a response of its own.
    pub(super) exit: Exit,
    /// The instance and its account.
    pub(super) of: (String, String),
    /// Whether it is over; else it was stopped, and is gone on with next time.
    pub(super) whole: bool,
}

impl<'a> Responses<'a> {
    /// None yet.
    pub(super) fn new(context: &'a Context, config: &'a Config) -> Self {
        Self { context, config, running: FuturesUnordered::new(), stops: Vec::new(), wished: 0 }
    }

    /// Begins a response: its start is written.
    pub(super) fn begin(&mut self, number: u64, start: Start, document: Vec<u8>, received: Instant) {
        let stop = Stop::new();
        self.stops.push(stop.clone());
        let (context, config) = (self.context, self.config);
        self.running.push(Box::pin(respond(context, config, (number, start, document), received, stop)));
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
                self.stops.iter().for_each(Stop::wish);
                self.wished += 1;
            }
            match select(self.running.next(), pin!(tokio::time::sleep(RELAYED_EVERY))).await {
                Either::Left((end, _)) => return end,
                Either::Right(_) => {}
            }
        }
    }
}
