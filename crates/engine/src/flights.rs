//! Calls under way: sent, and not answered yet. Whatever is ready at one instant lands together, so
//! that it is written in one transaction and planned upon at once.

use casebook::effect::Effect;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use casebook::scene::{Scene, Tick};
use casebook::view::Busy;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// All calls under way.
#[derive(Default)]
pub struct Flights<'a> {
    calls: Vec<(Flight, Pin<Box<dyn Future<Output = Reply> + 'a>>)>,
    busy: Busy,
    touched: BTreeSet<Query>,
    tick: u64,
}

/// A call that was sent.
#[derive(Clone, Debug)]
pub struct Flight {
    /// What was sent.
    pub cargo: Cargo,
    /// When, by the clock.
    pub sent: Timestamp,
    /// When, in the order of questions and changes.
    pub asked: Tick,
}

/// What was sent.
#[derive(Clone, Debug)]
pub enum Cargo {
    /// A question.
    Read(Query),
    /// A change, and the number of its intent.
    Change(Effect, u64),
}

/// What came back.
#[derive(Debug)]
pub enum Reply {
    /// To a question.
    Read(Answer<Reading>),
    /// To a change.
    Change(Answer<Made>),
}

impl<'a> Flights<'a> {
    /// Whether no call is under way.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// What is under way, for the planner.
    pub fn busy(&self) -> &Busy {
        &self.busy
    }

    /// Takes in a call that was just sent.
    pub fn send(&mut self, cargo: Cargo, sent: Timestamp, reply: Pin<Box<dyn Future<Output = Reply> + 'a>>) {
        match &cargo {
            Cargo::Read(query) => self.busy.queries.insert(query.clone()),
            Cargo::Change(effect, _) => self.busy.effects.insert(effect.clone()),
        };
        let asked = self.next_tick();
        self.calls.push((Flight { cargo, sent, asked }, reply));
    }

    /// Every call that is answered at this instant; pending when there is none. They stay busy
    /// until [`Flights::land_change`] or [`Flights::land_read`].
    pub fn poll_landed(&mut self, context: &mut Context<'_>) -> Poll<Vec<(Flight, Reply)>> {
        let mut landed = Vec::new();
        let mut left = Vec::with_capacity(self.calls.len());
        for (flight, mut call) in self.calls.drain(..) {
            match call.as_mut().poll(context) {
                Poll::Ready(reply) => landed.push((flight, reply)),
                Poll::Pending => left.push((flight, call)),
            }
        }
        self.calls = left;
        if landed.is_empty() { Poll::Pending } else { Poll::Ready(landed) }
    }

    /// A change was answered, well or not, or its answer was lost: it may have taken place, so what
    /// it touches must be read again, also by questions that are under way at this moment.
    pub fn land_change(&mut self, effect: &Effect, scene: &mut Scene) {
        self.busy.effects.remove(effect);
        let tick = self.next_tick();
        let touches = |query: &&Query| effect.touches(query, scene);
        self.touched.extend(self.busy.queries.iter().filter(touches).cloned());
        let stale: BTreeSet<Query> = scene.facts().map(|(query, _)| query).filter(touches).cloned().collect();
        scene.invalidate(tick, |query| stale.contains(query));
    }

    /// A question was answered, well or not. Gives whether something was changed since it was asked
    /// that may have changed its answer.
    pub fn land_read(&mut self, query: &Query) -> bool {
        self.busy.queries.remove(query);
        self.touched.remove(query)
    }

    fn next_tick(&mut self) -> Tick {
        self.tick += 1;
        Tick(self.tick)
    }
}
