//! A cloud that has been asked before: the first time a question comes up whose answer is here
//! already, that answer is given. Only for answers from before the first change.

use casebook::effect::Effect;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use engine::Cloud;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A cloud, and answers that it gave a moment ago.
#[derive(Debug)]
pub struct Primed<'a, C> {
    cloud: &'a C,
    answers: RefCell<BTreeMap<Query, Answer<Reading>>>,
}

impl<'a, C: Cloud> Primed<'a, C> {
    /// With answers that are given once each.
    pub fn new(cloud: &'a C, answers: Vec<(Query, Answer<Reading>)>) -> Self {
        Self { cloud, answers: RefCell::new(answers.into_iter().collect()) }
    }
}

impl<C: Cloud> Cloud for Primed<'_, C> {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        let known = self.answers.borrow_mut().remove(query);
        match known {
            Some(answer) => answer,
            None => self.cloud.observe(query).await,
        }
    }

    /// After a change no earlier answer holds.
    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        self.answers.borrow_mut().clear();
        self.cloud.perform(effect).await
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.cloud.rehearse(effect).await
    }
}
