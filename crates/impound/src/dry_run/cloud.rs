//! A cloud that is asked and never changed, and a clock that jumps: what would be waited for is
//! predicted to have happened.

use super::{PlannedCall, Rehearsed};
use casebook::effect::{Effect, Rehearsal};
use casebook::fault::{Fault, FaultClass};
use casebook::id::{AccountId, VolumeId};
use casebook::predict::{self, Known, Predicted};
use casebook::query::{Query, SourceQuery};
use casebook::reading::{Answer, Made, Reading};
use casebook::scene::storage::{Snapshot, Volume};
use casebook::settings::Settings;
use casebook::step::StepName;
use casebook::target::Target;
use engine::{Clock, Cloud};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

/// A cloud that is asked and never changed.
pub(super) struct PredictedCloud<'a, C> {
    cloud: &'a C,
    account: AccountId,
    forensic: Option<AccountId>,
    read: RefCell<BTreeMap<Query, Answer<Reading>>>,
    volumes: RefCell<Vec<Volume>>,
    snapshots: RefCell<Vec<Snapshot>>,
    effects: RefCell<Vec<Predicted>>,
    rehearsals: RefCell<Vec<Option<Result<(), Fault>>>>,
    under_way: Cell<usize>,
    now: Cell<Timestamp>,
}

impl<'a, C: Cloud> PredictedCloud<'a, C> {
    pub(super) fn new(cloud: &'a C, target: &Target, settings: &Settings) -> Self {
        Self {
            cloud,
            account: target.account.clone(),
            forensic: settings.forensic.as_ref().map(|forensic| forensic.account.clone()),
            read: RefCell::default(),
            volumes: RefCell::default(),
            snapshots: RefCell::default(),
            effects: RefCell::default(),
            rehearsals: RefCell::default(),
            under_way: Cell::new(0),
            now: Cell::new(Timestamp::UNIX_EPOCH),
        }
    }

    /// Every change in order, with what is known about it.
    pub(super) fn planned(&self, steps: &BTreeMap<Effect, StepName>) -> Vec<PlannedCall> {
        let (effects, rehearsals) = (self.effects.borrow(), self.rehearsals.borrow());
        effects.iter().zip(rehearsals.iter()).map(|(predicted, asked)| call(steps, &predicted.effect, asked)).collect()
    }

    /// AWS is asked once: what would change of the answer is predicted.
    async fn ask(&self, query: &Query) -> Answer<Reading> {
        if predict::names_predicted(query) {
            return Answer { value: Ok(predict::blank(query)), calls: Vec::new(), raw: Vec::new() };
        }
        if let Some(known) = self.read.borrow().get(query) {
            return Answer { calls: Vec::new(), raw: Vec::new(), ..known.clone() };
        }
        let answer = self.cloud.observe(query).await;
        if answer.value.is_ok() {
            self.read.borrow_mut().insert(query.clone(), answer.clone());
        }
        self.note(query, &answer);
        answer
    }

    /// What predictions are made from.
    fn note(&self, query: &Query, answer: &Answer<Reading>) {
        match (query, &answer.value) {
            (Query::Source(SourceQuery::AttachedVolumes(_)), Ok(Reading::Volumes(volumes))) => {
                self.volumes.borrow_mut().clone_from(volumes);
            }
            (_, Ok(Reading::Snapshots(snapshots))) => self.snapshots.borrow_mut().extend_from_slice(snapshots),
            _ => {}
        }
    }

    fn after(&self, query: &Query, reading: Reading) -> Reading {
        let (volumes, snapshots) = (self.volumes.borrow(), self.snapshots.borrow());
        let now = self.now.get().to_string();
        let known = Known {
            account: &self.account,
            forensic: self.forensic.as_ref(),
            volumes: &volumes,
            snapshots: &snapshots,
            now: &now,
        };
        predict::after(query, reading, &self.effects.borrow(), &known)
    }

    async fn while_under_way<T>(&self, call: impl Future<Output = T>) -> T {
        self.under_way.set(self.under_way.get() + 1);
        let done = call.await;
        self.under_way.set(self.under_way.get() - 1);
        done
    }

    /// Only what names nothing predicted can be asked of EC2.
    async fn try_out(&self, effect: &Effect) -> Option<Result<(), Fault>> {
        if effect.rehearsal() != Rehearsal::Native || names_predicted(effect) {
            return None;
        }
        Some(self.cloud.rehearse(effect).await.value)
    }
}

impl<C: Cloud> Cloud for PredictedCloud<'_, C> {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        let answer = self.while_under_way(self.ask(query)).await;
        Answer { value: answer.value.map(|reading| self.after(query, reading)), ..answer }
    }

    /// Nothing is sent but the rehearsal.
    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        let asked = self.while_under_way(self.try_out(effect)).await;
        let volumes: Vec<VolumeId> = self.volumes.borrow().iter().map(|volume| volume.id.clone()).collect();
        let made = predict::made(effect, &volumes);
        self.effects.borrow_mut().push(Predicted { effect: effect.clone(), made: made.clone() });
        self.rehearsals.borrow_mut().push(asked);
        Answer { value: Ok(made), calls: Vec::new(), raw: Vec::new() }
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.cloud.rehearse(effect).await
    }
}

fn call(steps: &BTreeMap<Effect, StepName>, effect: &Effect, asked: &Option<Result<(), Fault>>) -> PlannedCall {
    let (rehearsal, why) = match asked {
        Some(Ok(())) => (Rehearsed::Allowed, String::new()),
        Some(Err(fault)) if fault.class == FaultClass::Denied => (Rehearsed::Denied, fault.to_string()),
        Some(Err(fault)) => (Rehearsed::Predicted, fault.to_string()),
        None => (Rehearsed::Predicted, String::new()),
    };
    let action = effect.actions().first().copied().unwrap_or_default().to_owned();
    let step = steps.get(effect).copied().unwrap_or(StepName::Capture);
    PlannedCall { step, action, what: effect.title(), rehearsal, why }
}

/// Whether an effect names something that does not exist yet.
fn names_predicted(effect: &Effect) -> bool {
    fn holds(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => predict::is_predicted(text),
            serde_json::Value::Array(items) => items.iter().any(holds),
            serde_json::Value::Object(fields) => fields.values().any(holds),
            _ => false,
        }
    }
    serde_json::to_value(effect).is_ok_and(|value| holds(&value))
}

/// A clock that jumps over every wait, but not over calls under way.
pub(super) struct JumpingClock<'a, C> {
    cloud: &'a PredictedCloud<'a, C>,
}

impl<'a, C> JumpingClock<'a, C> {
    pub(super) fn new(now: Timestamp, cloud: &'a PredictedCloud<'a, C>) -> Self {
        cloud.now.set(now);
        Self { cloud }
    }
}

impl<C> Clock for JumpingClock<'_, C> {
    fn now(&self) -> Timestamp {
        self.cloud.now.get()
    }

    /// Pending while a call is under way: its answer wakes the same task.
    async fn sleep_until(&self, at: Timestamp) {
        poll_fn(|_| {
            if self.cloud.under_way.get() > 0 {
                return Poll::Pending;
            }
            self.cloud.now.set(self.cloud.now.get().max(at));
            Poll::Ready(())
        })
        .await;
    }
}
