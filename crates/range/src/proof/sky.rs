//! The range as a case's cloud, watched: what is sent is told to the witness first; a flaw, where one
//! is planted, sits in between.

use super::flaw::{Act, Flaw};
use super::witness::Witness;
use crate::Range;
use casebook::effect::Effect;
use casebook::predict::{self, Known, Predicted};
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use engine::Cloud;
use jiff::SignedDuration;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The cloud of one process.
pub(crate) struct Sky {
    range: Range,
    witness: Rc<RefCell<Witness>>,
    /// Questions that take an hour.
    slow: fn(&Query) -> bool,
    flaw: Option<&'static Flaw>,
    /// Changes that the flaw believes to have been made.
    believed: RefCell<Vec<Predicted>>,
    /// How many changes were sent.
    pub(crate) sent: Cell<usize>,
}

impl Sky {
    pub(crate) fn new(range: Range, witness: Rc<RefCell<Witness>>, slow: fn(&Query) -> bool) -> Self {
        Self { range, witness, slow, flaw: None, believed: RefCell::default(), sent: Cell::new(0) }
    }

    /// The same with a flaw in it.
    pub(crate) fn flawed(self, flaw: Option<&'static Flaw>) -> Self {
        Self { flaw, ..self }
    }

    /// Makes a change, or what the flaw makes of it.
    async fn carry(&self, effect: &Effect) -> Answer<Made> {
        let Some(flaw) = self.flaw else { return self.range.perform(effect).await };
        match (flaw.act)(&self.range, effect) {
            Act::AsTold => self.range.perform(effect).await,
            Act::Instead(others) => {
                let mut answer = nothing();
                for other in &others {
                    answer = self.range.perform(other).await;
                }
                self.believe(effect, answer)
            }
            Act::Also(other) => {
                let answer = self.range.perform(effect).await;
                self.witness.borrow_mut().sending(&other);
                self.range.perform(&other).await;
                answer
            }
            Act::Repeatedly(times) => {
                for _ in 1..times {
                    self.range.perform(effect).await;
                }
                self.range.perform(effect).await
            }
            Act::OnlyClaim => self.believe(effect, nothing()),
            Act::Fail(fault) => Answer { value: Err(fault), ..nothing() },
        }
    }

    fn believe(&self, effect: &Effect, answer: Answer<Made>) -> Answer<Made> {
        if let Ok(made) = &answer.value {
            self.believed.borrow_mut().push(Predicted { effect: effect.clone(), made: made.clone() });
        }
        answer
    }

    /// What the flawed responder takes for the answer: what it believes to have done counts as done.
    fn believing(&self, query: &Query, reading: Reading) -> Reading {
        let briefing = self.range.briefing();
        let now = self.range.clock().now().to_string();
        let known = Known {
            account: &briefing.source_account,
            forensic: Some(&briefing.forensic_account),
            volumes: &[],
            snapshots: &[],
            now: &now,
        };
        predict::after(query, reading, &self.believed.borrow(), &known)
    }
}

/// The answer to a change that made nothing new.
fn nothing() -> Answer<Made> {
    Answer { value: Ok(Made::nothing()), calls: Vec::new(), raw: Vec::new() }
}

impl Cloud for Sky {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        if (self.slow)(query) {
            self.range.clock().sleep(SignedDuration::from_hours(1)).await;
        }
        let mut answer = self.range.observe(query).await;
        if let Some(flaw) = self.flaw {
            answer.value = answer.value.map(|reading| (flaw.read)(query, self.believing(query, reading)));
        }
        answer
    }

    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        self.witness.borrow_mut().sending(effect);
        self.sent.set(self.sent.get() + 1);
        let answer = self.carry(effect).await;
        self.witness.borrow_mut().answered(effect);
        answer
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.range.rehearse(effect).await
    }
}
