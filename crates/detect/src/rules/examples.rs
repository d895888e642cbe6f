//! Rules tried on the examples that stand in them (`rsigma.exemplars`): each rule carries at least one
//! record, or series of records, that it must match and one that it must not.

use super::load::Source;
use super::sigma::{Rules, Sigma};
use super::{Card, Matcher, load};
use crate::order::Horizon;
use jiff::{SignedDuration, Timestamp};
use rsigma_parser::{Exemplar, ExemplarPayload, ExemplarShapeError, Expect, correlation_exemplars, exemplars};
use std::sync::Arc;
use std::time::Duration;

mod record;

/// An example, tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The rule's id.
    pub id: String,
    /// The rule's title.
    pub title: String,
    /// The example's name, or its place in the list.
    pub example: String,
    /// Whether the rule should match.
    pub expected: bool,
    /// Whether it did; an example that can not be read says why.
    pub got: Result<bool, String>,
}

impl Tried {
    /// Whether the rule did what its example says.
    pub fn passed(&self) -> bool {
        self.got.as_ref() == Ok(&self.expected)
    }
}

/// Tries every example of these files, with all rules of the files at work.
pub fn run(sources: &[Source]) -> Vec<Tried> {
    let rules = Arc::new(load::with_examples(sources));
    let single = rules.parts.iter().map(|rule| (&rule.id, &rule.title, exemplars(rule)));
    let several = rules.correlations.iter().map(|rule| (&rule.id, &rule.title, correlation_exemplars(rule)));
    single
        .chain(several)
        .flat_map(|(id, title, examples)| {
            let id = id.clone().unwrap_or_default();
            let of = |(example, expected, got)| Tried { id: id.clone(), title: title.clone(), example, expected, got };
            verdicts(&rules, &id, examples).into_iter().map(of).collect::<Vec<_>>()
        })
        .collect()
}

type Verdict = (String, bool, Result<bool, String>);

fn verdicts(rules: &Arc<Rules>, id: &str, read: Result<Vec<Exemplar>, Vec<ExemplarShapeError>>) -> Vec<Verdict> {
    match read {
        Ok(examples) => examples
            .into_iter()
            .map(|example| (example.name, example.expect == Expect::Match, matches(rules, id, &example.payload)))
            .collect(),
        Err(errors) => {
            let why: Vec<_> = errors.iter().map(ToString::to_string).collect();
            vec![(String::new(), true, Err(why.join("; ")))]
        }
    }
}

fn matches(rules: &Arc<Rules>, id: &str, payload: &ExemplarPayload) -> Result<bool, String> {
    let kind = rules.kind(id);
    match payload {
        ExemplarPayload::Event(event) => {
            let event = serde_json::to_value(event).map_err(|error| error.to_string())?;
            let is_it = |matching: Vec<&Arc<Card>>| matching.iter().any(|card| card.id == id);
            record::with(kind, &event, |record| is_it(rules.matching(record)))
        }
        ExemplarPayload::Sequence(events) => {
            let mut sigma = Sigma::new(Arc::clone(rules), Horizon::default());
            for (number, timed) in events.iter().enumerate() {
                let event = serde_json::to_value(&timed.event).map_err(|error| error.to_string())?;
                let event = record::dated(kind, event, at(timed.offset.seconds), number);
                record::with(kind, &event, |record| drop(sigma.hits(record)))?;
            }
            Ok(sigma.rest().iter().any(|hit| hit.rule.id == id))
        }
    }
}

/// When an event is, by its place in the series.
fn at(offset_secs: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(400_000) + Duration::from_secs(offset_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::pack;
    use std::collections::HashMap;

    #[test]
    fn every_rule_of_the_pack_does_what_its_examples_say() {
        let failed: Vec<_> = run(&pack::sources()).into_iter().filter(|tried| !tried.passed()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }

    #[test]
    fn every_rule_of_the_pack_has_an_example_for_and_one_against_it() {
        let (rules, _) = load::load(&pack::sources());
        let mut seen: HashMap<String, (bool, bool)> = HashMap::new();
        for tried in run(&pack::sources()) {
            let (positive, negative) = seen.entry(tried.id).or_default();
            *(if tried.expected { positive } else { negative }) = true;
        }
        let lacking = |id: &String| seen.get(id) != Some(&(true, true));
        let lacking: Vec<_> = rules.cards().iter().filter(|card| lacking(&card.id)).map(|card| &card.title).collect();
        assert!(lacking.is_empty(), "{lacking:#?}");
    }
}
