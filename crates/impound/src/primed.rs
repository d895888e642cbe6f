//! A cloud that has been asked before: the first time a question comes up that went out already,
//! its answer is given, or awaited. Only for questions from before the first change.

use casebook::effect::Effect;
use casebook::query::Query;
use casebook::reading::{Answer, Made, Reading};
use engine::Cloud;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Questions that went out early, answered or not.
#[derive(Default)]
pub struct Early<'a> {
    questions: BTreeMap<Query, Question<'a>>,
}

enum Question<'a> {
    Asked(LocalBoxFuture<'a, Answer<Reading>>),
    Answered(Answer<Reading>),
}

impl<'a> Early<'a> {
    /// Questions that go out with the first call awaited through [`Early::beside`].
    pub fn of<C: Cloud>(cloud: &'a C, queries: BTreeSet<Query>) -> Self {
        let ask = |query: Query| {
            let asked = query.clone();
            (query, Question::Asked(async move { cloud.observe(&asked).await }.boxed_local()))
        };
        Self { questions: queries.into_iter().map(ask).collect() }
    }

    /// Takes in an answer that came another way.
    pub fn learn(&mut self, query: Query, answer: Answer<Reading>) {
        self.questions.insert(query, Question::Answered(answer));
    }

    /// Awaits something, the questions under way beside it; it does not wait for them.
    pub async fn beside<T>(&mut self, main: impl Future<Output = T>) -> T {
        let mut main = pin!(main);
        poll_fn(|context| {
            for question in self.questions.values_mut() {
                if let Question::Asked(call) = question
                    && let Poll::Ready(answer) = call.as_mut().poll(context)
                {
                    *question = Question::Answered(answer);
                }
            }
            main.as_mut().poll(context)
        })
        .await
    }
}

impl fmt::Debug for Early<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.questions.keys()).finish()
    }
}

/// A cloud, and what it was asked a moment ago.
#[derive(Debug)]
pub struct Primed<'a, C> {
    cloud: &'a C,
    early: RefCell<Early<'a>>,
}

impl<'a, C: Cloud> Primed<'a, C> {
    /// With answers that are given once each.
    pub fn new(cloud: &'a C, early: Early<'a>) -> Self {
        Self { cloud, early: RefCell::new(early) }
    }
}

impl<C: Cloud> Cloud for Primed<'_, C> {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        let known = self.early.borrow_mut().questions.remove(query);
        match known {
            Some(Question::Answered(answer)) => answer,
            Some(Question::Asked(call)) => call.await,
            None => self.cloud.observe(query).await,
        }
    }

    /// After a change no earlier answer holds.
    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        self.early.borrow_mut().questions.clear();
        self.cloud.perform(effect).await
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        self.cloud.rehearse(effect).await
    }
}
