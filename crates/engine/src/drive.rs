//! The loop itself.

use crate::end::{RunEnd, end_of, refusal};
use crate::error::EngineError;
use crate::flights::{Flights, Landed};
use crate::lanes::Lanes;
use crate::minutes;
use crate::ports::{Clock, Cloud, Event, Watcher};
use crate::seal;
use crate::session::Session;
use crate::stop::Stop;
use casebook::entry::{CaseStatus, Ended, Entry, Intent};
use casebook::next::{Next, next};
use casebook::query::Query;
use casebook::scene::Scene;
use casebook::view::View;
use jiff::{SignedDuration, Timestamp};
use ledger::Store;
use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// How long calls under way are awaited after a wish to stop: longer than any single call may take.
const GRACE: SignedDuration = SignedDuration::from_secs(35);
/// How many plans in a row may write something without any call or wait in between.
const RESTLESS: u32 = 50;

/// What the operator wants of a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    GoOn,
    Stop,
}

/// What a run acts through.
#[derive(Debug)]
pub struct Ports<'a, C, K> {
    /// Both accounts.
    pub cloud: &'a C,
    /// Time.
    pub clock: &'a K,
    /// The operator's wish to stop.
    pub stop: &'a Stop,
}

/// Drives a case until its plan has come to rest, or the operator stops it. The plan of a guarded case
/// comes to rest when the original is gone or can not be kept contained.
///
/// The future may be dropped at any moment: what was written is enough to go on from.
///
/// # Errors
/// [`EngineError::Ledger`] when the ledger cannot be written: nothing more is started, and nothing
/// was changed that is not written.
pub async fn drive<S: Store, C: Cloud, K: Clock, W: Watcher>(
    session: &mut Session<S>,
    ports: Ports<'_, C, K>,
    watcher: &mut W,
) -> Result<RunEnd, EngineError> {
    let mut run = Run::new(session, ports, watcher);
    loop {
        if run.ports.stop.times() > 0 {
            return run.interrupt().await;
        }
        let next = run.plan(Wish::GoOn);
        let minutes = run.write_and_send(&next)?;
        if minutes > 0 {
            run.stay_restful(&next)?;
        } else if run.flights.is_empty() && next.wakes.is_empty() {
            return run.end(&next);
        } else {
            run.wait(&next).await?;
        }
    }
}

/// A run, from one call of [`drive`] to its end.
pub(crate) struct Run<'a, S, C, K, W> {
    pub(crate) session: &'a mut Session<S>,
    pub(crate) scene: Scene,
    pub(crate) flights: Flights<'a>,
    pub(crate) lanes: Lanes,
    pub(crate) watcher: &'a mut W,
    pub(crate) calls: BTreeMap<String, u64>,
    ports: Ports<'a, C, K>,
    restless: u32,
    /// How a guarded case stood at the last plan; `None` while something moves.
    stands: Option<(CaseStatus, String)>,
}

impl<'a, S: Store, C: Cloud, K: Clock, W: Watcher> Run<'a, S, C, K, W> {
    fn new(session: &'a mut Session<S>, ports: Ports<'a, C, K>, watcher: &'a mut W) -> Self {
        let (lanes, flights, scene) = (Lanes::default(), Flights::default(), Scene::new());
        Self { session, scene, flights, lanes, watcher, calls: BTreeMap::new(), ports, restless: 0, stands: None }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn plan(&mut self, wish: Wish) -> Next {
        let (case, scene, busy) = (self.session.case(), &self.scene, self.flights.busy());
        let stopping = wish == Wish::Stop;
        let next = next(View { case, scene, busy, now: self.ports.clock.now(), stopping });
        self.watcher.saw(&Event::Planned { next: &next });
        if case.guard.every.is_some() && !stopping {
            let moves = next.steps.iter().any(|report| report.moving);
            self.stands = (!moves).then(|| end_of(&next, case));
        }
        next
    }

    /// Writes how things stand and what is about to be changed, all in one transaction, and only
    /// then sends the calls for which there is room, changes first. Gives how many entries were no
    /// intents.
    fn write_and_send(&mut self, next: &Next) -> Result<usize, EngineError> {
        let mut entries = minutes::so_far(next, self.session.case());
        for (side, snapshot) in &next.seal {
            entries.extend(seal::manifest(self.session, *side, snapshot)?);
        }
        let minutes = entries.len();
        let admitted = self.admit(next);
        entries.extend(admitted.iter().cloned().map(Entry::Intent));
        let written = self.append(&entries)?;
        for (intent, seq) in admitted.into_iter().zip(written.into_iter().skip(minutes)) {
            self.change(intent, seq);
        }
        for query in &next.observe {
            if !self.flights.busy().queries.contains(query) && self.lanes.admit_read(query) {
                self.ask(query.clone());
            }
        }
        Ok(minutes)
    }

    /// The changes for which there is room. One that is under way is never sent beside itself.
    fn admit(&mut self, next: &Next) -> Vec<Intent> {
        let mut admitted = Vec::new();
        for (step, effect) in &next.perform {
            if !self.flights.busy().effects.contains(effect) && self.lanes.admit_change(effect) {
                admitted.push(Intent { step: *step, effect: effect.clone() });
            }
        }
        admitted
    }

    fn change(&mut self, intent: Intent, seq: u64) {
        let Intent { step, effect } = intent;
        self.watcher.saw(&Event::Changing { step, effect: &effect });
        self.flights.change(self.ports.cloud, effect, seq, self.ports.clock.now());
    }

    fn ask(&mut self, query: Query) {
        self.watcher.saw(&Event::Asking { query: &query });
        self.flights.ask(self.ports.cloud, query, self.ports.clock.now());
    }

    /// Waits for an answer, the plan's next time to look again, or a wish to stop.
    async fn wait(&mut self, next: &Next) -> Result<(), EngineError> {
        let wake = next.wakes.first();
        if let Some(wake) = wake.filter(|_| self.flights.is_empty()) {
            self.watcher.saw(&Event::Waiting { until: wake.at, why: &wake.why });
        }
        if wake.is_some_and(|wake| wake.at <= self.now()) {
            self.stay_restful(next)?;
        } else {
            self.restless = 0;
        }
        let landed = self.sleep(wake.map(|wake| wake.at), 1).await;
        self.take_in(landed)
    }

    /// Sleeps until answers are there, a time has come, or a stop was wished `wishes` times.
    async fn sleep(&mut self, until: Option<Timestamp>, wishes: u32) -> Vec<Landed> {
        let (clock, stop, flights) = (self.ports.clock, self.ports.stop, &mut self.flights);
        let mut due = pin!(async {
            match until {
                Some(at) => clock.sleep_until(at).await,
                None => pending().await,
            }
        });
        poll_fn(|context| {
            if let Poll::Ready(landed) = flights.poll_landed(context) {
                return Poll::Ready(landed);
            }
            let stopped = stop.poll_wished(wishes, context).is_ready();
            if stopped || due.as_mut().poll(context).is_ready() { Poll::Ready(Vec::new()) } else { Poll::Pending }
        })
        .await
    }

    /// Guards against a plan that keeps writing, or waking, while nothing happens.
    fn stay_restful(&mut self, next: &Next) -> Result<(), EngineError> {
        self.restless += 1;
        if self.restless <= RESTLESS {
            return Ok(());
        }
        let moving = next.steps.iter().filter(|report| report.moving).map(|report| report.step.as_str());
        Err(EngineError::Restless { moving: moving.collect::<Vec<_>>().join(", ") })
    }

    /// Writes entries in one transaction.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<Vec<u64>, EngineError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let at = self.now();
        let written = self.session.append(at, entries)?;
        for (entry, seq) in entries.iter().zip(&written) {
            self.watcher.saw(&Event::Wrote { seq: *seq, at, entry });
        }
        Ok(written)
    }

    fn end(&mut self, next: &Next) -> Result<RunEnd, EngineError> {
        let case = self.session.case();
        let (status, reason) = end_of(next, case);
        let refused = refusal(next, case);
        let mut entries = minutes::at_the_end(next, case);
        entries.push(Entry::Ended(Ended { status, reason: reason.clone() }));
        self.append(&entries)?;
        Ok(RunEnd { status, reason, interrupted: false, refused, calls: self.calls.clone(), gaps: self.gaps() })
    }

    /// Begins nothing, takes in what is under way and closes an open window, unless it takes too long
    /// or the wish is repeated. A change whose answer was not awaited is found without outcome by the
    /// next run.
    async fn interrupt(&mut self) -> Result<RunEnd, EngineError> {
        let deadline = self.now().saturating_add(GRACE).unwrap_or(Timestamp::MAX);
        let next = loop {
            let next = self.plan(Wish::Stop);
            self.write_and_send(&next)?;
            let idle = self.flights.is_empty() && next.wakes.is_empty();
            if idle || self.now() >= deadline || self.ports.stop.times() > 1 {
                break next;
            }
            let wake = next.wakes.first().map_or(deadline, |wake| wake.at.min(deadline));
            let landed = self.sleep(Some(wake), 2).await;
            self.take_in(landed)?;
        };
        let (status, reason) = self.stopped();
        let mut entries = minutes::at_the_end(&next, self.session.case());
        entries.push(Entry::Ended(Ended { status, reason: reason.clone() }));
        self.append(&entries)?;
        Ok(RunEnd { status, reason, interrupted: true, refused: None, calls: self.calls.clone(), gaps: self.gaps() })
    }

    /// A guard is meant to be stopped: the case stands as it stood. Whatever is broken off is held.
    fn stopped(&mut self) -> (CaseStatus, String) {
        match self.stands.take() {
            Some((status, why)) => (status, format!("no longer guarded: stopped by the operator; {why}")),
            None => (CaseStatus::Held, "stopped by the operator; resume goes on".to_owned()),
        }
    }

    fn gaps(&self) -> usize {
        self.session.case().baseline.gaps().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Midnight, Silent, session};

    #[test]
    fn a_plan_that_never_rests_is_an_error_and_no_loop() {
        let (mut session, stop) = (session(), Stop::new());
        let ports = Ports { cloud: &Silent, clock: &Midnight, stop: &stop };
        let mut unwatched = ();
        let mut run = Run::new(&mut session, ports, &mut unwatched);
        let next = Next::default();
        assert!((0..RESTLESS).all(|_| run.stay_restful(&next).is_ok()));
        assert!(matches!(run.stay_restful(&next), Err(EngineError::Restless { .. })));
    }
}
