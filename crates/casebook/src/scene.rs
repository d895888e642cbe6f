//! What AWS looks like around the target, as plain data: one fact per question, each with what is
//! known, since when, or why it could not be read.

use crate::fault::Fault;
use crate::query::Query;
use crate::reading::Reading;
use crate::sorted::Sorted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub mod balancer;
pub mod enclave;
pub mod identity;
pub mod instance;
pub mod network;
pub mod quota;
pub mod scaling;
pub mod storage;
pub mod trail;

/// A moment in the order of questions and changes of one run. A reading counts as fresh when its
/// question was asked after the last change that touches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tick(pub u64);

/// What is known on one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The last answer, or why there is none.
    pub answer: Result<Reading, Fault>,
    /// When it arrived.
    pub at: Timestamp,
    /// When the answer before it arrived; `None` when there was none, or it was a failure.
    #[serde(default)]
    pub before: Option<Timestamp>,
    /// When it was asked, in the run's order.
    pub asked: Tick,
    /// Whether something has changed since, so that it must be asked again.
    pub stale: bool,
    /// How many times in a row it could not be read.
    pub failures: u32,
}

/// All facts of a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    facts: Sorted<Query, Fact>,
    changed: BTreeMap<Query, Tick>,
}

impl Scene {
    /// A scene in which nothing has been asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// The fact on a question, fresh or stale.
    pub fn fact(&self, query: &Query) -> Option<&Fact> {
        self.facts.get(query)
    }

    /// The last reading on a question, fresh or stale; `None` when never read or not readable.
    pub fn last(&self, query: &Query) -> Option<&Reading> {
        self.fact(query).and_then(|fact| fact.answer.as_ref().ok())
    }

    /// All facts, by question.
    pub fn facts(&self) -> impl Iterator<Item = (&Query, &Fact)> {
        self.facts.iter()
    }

    /// The facts from a question on, in the order of questions, whether or not it was asked itself.
    pub(crate) fn facts_from<'a>(&'a self, query: &Query) -> impl Iterator<Item = (&'a Query, &'a Fact)> + use<'a> {
        self.facts.from(query)
    }

    /// Takes in an answer to a question that was asked at `asked` and came at `at`. An answer to
    /// a question older than the last change that touches it stays stale.
    pub fn learn(&mut self, query: Query, answer: Result<Reading, Fault>, asked: Tick, at: Timestamp) {
        let stale = self.changed.get(&query).is_some_and(|changed| *changed >= asked);
        let last = self.facts.get(&query);
        let failures = if answer.is_ok() { 0 } else { last.map_or(0, |fact| fact.failures) + 1 };
        let before = last.filter(|fact| fact.answer.is_ok()).map(|fact| fact.at);
        self.facts.insert(query, Fact { answer, at, before, asked, stale, failures });
    }

    /// Marks all facts stale that `touched` says a change has touched at `tick`.
    pub fn invalidate(&mut self, tick: Tick, touched: impl Fn(&Query) -> bool) {
        for (query, fact) in self.facts.iter_mut().filter(|(query, _)| touched(query)) {
            fact.stale = true;
            self.changed.insert(query.clone(), tick);
        }
    }

    /// Drops a fact as if it had never been asked.
    pub(crate) fn remove(&mut self, query: &Query) {
        self.facts.remove(query);
    }

    /// Marks one fact stale, to ask it again.
    pub fn forget(&mut self, query: &Query) {
        if let Some(fact) = self.facts.get_mut(query) {
            fact.stale = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::SourceQuery;

    fn flag(scene: &Scene) -> Option<bool> {
        scene.fact(&SourceQuery::SerialConsole.into()).map(|fact| fact.stale)
    }

    #[test]
    fn an_answer_asked_before_a_change_stays_stale() {
        let query: Query = SourceQuery::SerialConsole.into();
        let mut scene = Scene::new();
        scene.learn(query.clone(), Ok(Reading::Flag(true)), Tick(1), Timestamp::UNIX_EPOCH);
        assert_eq!(flag(&scene), Some(false));
        scene.invalidate(Tick(3), |q| *q == query);
        scene.learn(query.clone(), Ok(Reading::Flag(true)), Tick(2), Timestamp::UNIX_EPOCH);
        assert_eq!(flag(&scene), Some(true));
        scene.learn(query, Ok(Reading::Flag(false)), Tick(4), Timestamp::UNIX_EPOCH);
        assert_eq!(flag(&scene), Some(false));
    }
}
