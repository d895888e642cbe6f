//! The simulated cloud as a program meets it: every call takes time, may be struck by a fault, and
//! is written down. What a call means is the [`World`]'s business, not this file's.

use crate::calls::{Round, effect_call, query_rounds};
use crate::clock::VirtualClock;
use crate::injection::{Injection, Moment};
use crate::scenario::{Briefing, Scenario};
use crate::world::World;
use crate::world::exposure::Exposure;
use crate::world::throttling::Throttling;
use casebook::effect::{Effect, Rehearsal};
use casebook::fault::{Fault, FaultClass};
use casebook::id::InstanceId;
use casebook::query::{Query, Side};
use casebook::reading::{Answer, Made, Reading};
use casebook::target::Target;
use jiff::{SignedDuration, Timestamp};
use std::cell::RefCell;
use std::rc::Rc;

/// Half of the time that a call takes: to AWS; the other half is the way back.
const ONE_WAY: SignedDuration = SignedDuration::from_millis(25);

/// One call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// When it was sent, in virtual time.
    pub started: Timestamp,
    /// When its answer came.
    pub finished: Timestamp,
    /// `service:Action`.
    pub action: String,
    /// Which account it went to.
    pub side: Side,
}

/// A change that reached AWS, as the world saw it: taken or refused, whatever became of the answer.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Whose it was.
    pub by: Hand,
    /// When it arrived.
    pub at: Timestamp,
    /// What was asked.
    pub effect: Effect,
    /// What AWS made of it.
    pub result: Result<Made, Fault>,
    /// How open the target stood before.
    pub before: Exposure,
    /// And after.
    pub after: Exposure,
}

impl Deed {
    /// `service:Action`.
    pub fn action(&self) -> &'static str {
        effect_call(&self.effect)
    }
}

/// Whose calls these are, where several responders are at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hand(pub u32);

/// A simulated cloud. Clones are the same cloud.
#[derive(Clone, Debug)]
pub struct Range {
    hand: Hand,
    clock: VirtualClock,
    briefing: Rc<Briefing>,
    state: Rc<RefCell<State>>,
}

#[derive(Debug)]
struct State {
    world: World,
    target: InstanceId,
    /// The moment at which the world was last settled.
    settled: Option<Timestamp>,
    injections: Vec<Injection>,
    calls: Vec<CallRecord>,
    deeds: Vec<Deed>,
    /// Requests that nobody waits for any more and that have not arrived, soonest first.
    belated: Vec<Belated>,
}

/// A request that arrives late.
#[derive(Debug)]
struct Belated {
    at: Timestamp,
    by: Hand,
    effect: Effect,
}

impl Range {
    /// A scenario's cloud at its beginning. The same seed gives the same ids and bytes.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let (world, briefing) = scenario.build(seed);
        let now = world.now();
        let target = briefing.target.instance.clone();
        let (injections, calls, deeds, belated) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            hand: Hand::default(),
            clock: VirtualClock::starting_at(now),
            briefing: Rc::new(briefing),
            state: Rc::new(RefCell::new(State { world, target, settled: None, injections, calls, deeds, belated })),
        }
    }

    /// The clock that the calls take their time from.
    pub fn clock(&self) -> VirtualClock {
        self.clock.clone()
    }

    /// The same cloud in the hands of another responder.
    #[must_use]
    pub fn in_hand(&self, hand: Hand) -> Self {
        Self { hand, ..self.clone() }
    }

    /// Whose calls this handle makes.
    pub fn hand(&self) -> Hand {
        self.hand
    }

    /// What a responder knows before the case: accounts, keys, subnet, the finding.
    pub fn briefing(&self) -> &Briefing {
        &self.briefing
    }

    /// The instance that the finding accuses.
    pub fn target(&self) -> Target {
        self.briefing.target.clone()
    }

    /// Assumes the role in the account under investigation: one call before all others, as a responder
    /// with a role of its own makes it
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
    pub async fn enter(&self) {
        let sent = self.send(&Round::of("sts:AssumeRole"), Side::Source);
        self.clock.sleep(ONE_WAY).await;
        self.clock.sleep(ONE_WAY).await;
        self.arrive(sent);
    }

    /// Asks a question. A question that takes several calls takes them one after another; the
    /// answer shows the world at the arrival of the last one.
    pub async fn observe(&self, query: &Query) -> Answer<Reading> {
        let rounds = self.look(|world| query_rounds(world, query));
        let mut calls = Vec::new();
        let mut value = None;
        for (index, round) in rounds.iter().enumerate() {
            calls.extend(round.names());
            let sent = self.send(round, query.side());
            self.clock.sleep(ONE_WAY).await;
            let struck = self.strike_any(round, query.side());
            if struck.is_none() && index + 1 == rounds.len() {
                value = Some(self.look(|world| world.answer(query)));
            }
            self.clock.sleep(ONE_WAY).await;
            self.arrive(sent);
            if let Some(fault) = struck {
                return answer(Err(fault), calls);
            }
        }
        answer(value.expect("every query takes at least one call"), calls)
    }

    /// Makes a change: one call.
    pub async fn perform(&self, effect: &Effect) -> Answer<Made> {
        let round = Round::of(effect_call(effect));
        let sent = self.send(&round, effect.side());
        self.clock.sleep(ONE_WAY).await;
        let struck = self.strike(round.action, effect.side());
        let value = match &struck {
            Some(Moment::Before(fault)) => Err(fault.clone()),
            Some(Moment::Late(fault, by)) => {
                self.state.borrow_mut().delay(self.clock.now() + *by, self.hand, effect);
                Err(fault.clone())
            }
            Some(Moment::Twice) => {
                let first = self.apply(effect);
                let _second = self.apply(effect);
                first
            }
            _ => self.apply(effect),
        };
        self.clock.sleep(ONE_WAY).await;
        self.arrive(sent);
        match struck {
            Some(Moment::After(fault)) => answer(Err(fault), round.names()),
            _ => answer(value, round.names()),
        }
    }

    /// Asks EC2 whether a change would be allowed (`DryRun`): only permissions are looked at
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>).
    pub async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        let round = Round::of(effect_call(effect));
        if effect.rehearsal() == Rehearsal::Predicted {
            let message = format!("{} has no dry run: it can only be predicted", round.action);
            return answer(Err(Fault::new(FaultClass::Invalid, "", message)), Vec::new());
        }
        let sent = self.send(&round, effect.side());
        self.clock.sleep(ONE_WAY).await;
        let struck = self.strike(round.action, effect.side());
        self.clock.sleep(ONE_WAY).await;
        self.arrive(sent);
        answer(struck.and_then(Moment::into_fault).map_or(Ok(()), Err), round.names())
    }

    /// Puts a fault in the way of calls to come.
    pub fn inject(&self, injection: Injection) {
        self.state.borrow_mut().injections.push(injection);
    }

    /// Takes every fault out of the way of an action.
    pub fn lift(&self, action: &str) {
        self.state.borrow_mut().injections.iter_mut().for_each(|injection| injection.lift(action));
    }

    /// How many calls each fault has struck, in the order in which they were put there.
    pub fn strikes(&self) -> Vec<u32> {
        self.state.borrow().injections.iter().map(Injection::struck).collect()
    }

    /// The world now, to look at or to change behind everybody's back.
    pub fn with_world<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        let mut state = self.state.borrow_mut();
        state.settle(self.clock.now());
        let result = look(&mut state.world);
        state.world.settle();
        result
    }

    /// The world now, only to look at: what was settled before stays so.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        let mut state = self.state.borrow_mut();
        state.settle(self.clock.now());
        look(&state.world)
    }

    /// Every call made so far, in the order of sending.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.state.borrow().calls.clone()
    }

    /// How many changes have reached the world.
    pub fn deed_count(&self) -> usize {
        self.state.borrow().deeds.len()
    }

    /// The changes that have reached the world, from the n-th on.
    pub fn deeds_from(&self, first: usize) -> Vec<Deed> {
        self.state.borrow().deeds[first..].to_vec()
    }
}

impl State {
    /// Lets the world live until now. Whoever changes it settles it again, so once a moment is enough.
    fn settle(&mut self, now: Timestamp) {
        if self.settled != Some(now) {
            self.deliver(now);
            self.live(now);
            self.settled = Some(now);
        }
    }

    fn live(&mut self, until: Timestamp) {
        self.world.advance(until);
        self.world.settle();
    }

    /// Lets a change reach the world, and writes down what it did there.
    fn take(&mut self, by: Hand, effect: &Effect) -> Result<Made, Fault> {
        let before = self.world.exposure(&self.target);
        let result = self.world.apply(effect);
        let (at, after) = (self.world.now(), self.world.exposure(&self.target));
        self.deeds.push(Deed { by, at, effect: effect.clone(), result: result.clone(), before, after });
        self.world.settle();
        result
    }

    fn delay(&mut self, at: Timestamp, by: Hand, effect: &Effect) {
        self.belated.push(Belated { at, by, effect: effect.clone() });
        self.belated.sort_by_key(|late| late.at);
    }

    /// What was under way and arrives by now.
    fn deliver(&mut self, now: Timestamp) {
        let due = self.belated.partition_point(|late| late.at <= now);
        for late in self.belated.drain(..due).collect::<Vec<_>>() {
            self.live(late.at);
            // Nobody hears the answer.
            let _unheard = self.take(late.by, &late.effect);
        }
    }
}

impl Range {
    /// Writes calls down as sent; their answers are not here yet.
    fn send(&self, round: &Round, side: Side) -> std::ops::Range<usize> {
        let started = self.clock.now();
        let calls = &mut self.state.borrow_mut().calls;
        let first = calls.len();
        calls.extend(round.names().into_iter().map(|action| CallRecord { started, finished: started, action, side }));
        first..calls.len()
    }

    /// Lets a change reach the world, and writes down what it did there.
    fn apply(&self, effect: &Effect) -> Result<Made, Fault> {
        let mut state = self.state.borrow_mut();
        state.settle(self.clock.now());
        state.take(self.hand, effect)
    }

    fn arrive(&self, sent: std::ops::Range<usize>) {
        let finished = self.clock.now();
        self.state.borrow_mut().calls[sent].iter_mut().for_each(|call| call.finished = finished);
    }

    /// A fault put there on purpose, or the want of a token.
    fn strike(&self, action: &str, side: Side) -> Option<Moment> {
        let now = self.clock.now();
        let injected =
            self.state.borrow_mut().injections.iter_mut().find_map(|injection| injection.strike(action, now));
        if injected.is_some() || self.state.borrow().world.settings.throttling == Throttling::Off {
            return injected;
        }
        let mut state = self.state.borrow_mut();
        state.settle(now);
        state.world.spend(side, action).err().map(Moment::Before)
    }

    fn strike_any(&self, round: &Round, side: Side) -> Option<Fault> {
        (0..round.width).find_map(|_| self.strike(round.action, side)?.into_fault())
    }
}

fn answer<T>(value: Result<T, Fault>, calls: Vec<String>) -> Answer<T> {
    Answer { value, calls, raw: Vec::new() }
}
