//! Calls under way: sent, and not answered yet. Whatever is ready at one instant lands together, so
//! that it is written in one transaction and planned upon at once.

use crate::ports::Cloud;
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
    calls: Vec<Pin<Box<dyn Future<Output = Landed> + 'a>>>,
    busy: Busy,
    touched: BTreeSet<Query>,
    tick: u64,
}

/// A call that was answered, or whose answer was lost.
#[derive(Debug)]
pub enum Landed {
    /// A question.
    Read(Read),
    /// A change.
    Change(Change),
}

/// A question that was answered.
#[derive(Debug)]
pub struct Read {
    /// Which.
    pub query: Query,
    /// When it was sent, by the clock.
    pub sent: Timestamp,
    /// When it was sent, in the order of questions and changes.
    pub asked: Tick,
    /// The answer.
    pub answer: Answer<Reading>,
}

/// A change that was answered.
#[derive(Debug)]
pub struct Change {
    /// Which.
    pub effect: Effect,
    /// The number of its intent.
    pub intent: u64,
    /// When it was sent, by the clock.
    pub sent: Timestamp,
    /// The answer.
    pub answer: Answer<Made>,
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

    /// Sends a question.
    pub fn ask<C: Cloud>(&mut self, cloud: &'a C, query: Query, sent: Timestamp) {
        self.busy.queries.insert(query.clone());
        let asked = self.next_tick();
        self.calls.push(Box::pin(async move {
            let answer = cloud.observe(&query).await;
            Landed::Read(Read { query, sent, asked, answer })
        }));
    }

    /// Sends a change whose intent is written.
    pub fn change<C: Cloud>(&mut self, cloud: &'a C, effect: Effect, intent: u64, sent: Timestamp) {
        self.busy.effects.insert(effect.clone());
        self.calls.push(Box::pin(async move {
            let answer = cloud.perform(&effect).await;
            Landed::Change(Change { effect, intent, sent, answer })
        }));
    }

    /// Every call that is answered at this instant, in the order of sending; pending when there is
    /// none. They stay busy until [`Flights::land_change`] or [`Flights::land_read`].
    pub fn poll_landed(&mut self, context: &mut Context<'_>) -> Poll<Vec<Landed>> {
        let mut landed = Vec::new();
        self.calls.retain_mut(|call| match call.as_mut().poll(context) {
            Poll::Ready(answered) => {
                landed.push(answered);
                false
            }
            Poll::Pending => true,
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Silent;
    use casebook::effect::{SourceEffect, Switch};
    use casebook::query::SourceQuery;
    use casebook::scene::instance::Attribute;
    use std::task::Waker;

    fn attribute(attribute: Attribute) -> Query {
        SourceQuery::Attribute("i-12345678".into(), attribute).into()
    }

    fn protect() -> Effect {
        SourceEffect::SetTerminationProtection { instance: "i-12345678".into(), to: Switch::On }.into()
    }

    #[test]
    fn what_was_asked_before_a_change_ended_must_be_asked_again() {
        let (mut flights, mut scene) = (Flights::default(), Scene::new());
        for asked in [Attribute::TerminationProtection, Attribute::StopProtection] {
            flights.ask(&Silent, attribute(asked), Timestamp::UNIX_EPOCH);
        }
        flights.change(&Silent, protect(), 1, Timestamp::UNIX_EPOCH);
        flights.land_change(&protect(), &mut scene);
        assert!(flights.land_read(&attribute(Attribute::TerminationProtection)));
        assert!(!flights.land_read(&attribute(Attribute::StopProtection)));
    }

    #[test]
    fn what_was_read_before_a_change_is_stale_after_it() {
        let (mut flights, mut scene) = (Flights::default(), Scene::new());
        let query = attribute(Attribute::TerminationProtection);
        scene.learn(query.clone(), Ok(Reading::Flag(false)), Tick(0), Timestamp::UNIX_EPOCH);
        flights.change(&Silent, protect(), 1, Timestamp::UNIX_EPOCH);
        flights.land_change(&protect(), &mut scene);
        assert!(scene.fact(&query).is_some_and(|fact| fact.stale));
    }

    #[test]
    fn calls_stay_busy_until_they_land() {
        let (mut flights, mut scene) = (Flights::default(), Scene::new());
        flights.change(&Silent, protect(), 1, Timestamp::UNIX_EPOCH);
        let mut context = Context::from_waker(Waker::noop());
        assert!(flights.poll_landed(&mut context).is_pending());
        assert!(flights.busy().effects.contains(&protect()));
        flights.land_change(&protect(), &mut scene);
        assert!(flights.busy().effects.is_empty());
    }
}
