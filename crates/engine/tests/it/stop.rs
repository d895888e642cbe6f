//! The operator's wish to stop.

use casebook::entry::{CaseStatus, Entry};
use casebook::query::{Query, SourceQuery};
use casebook::step::Phase;
use engine::{Event, Stop, Watcher};
use range::proof::{Failure, Trial};

/// Wishes to stop when a change is sent, once or twice.
struct Impatient {
    stop: Stop,
    wishes: u32,
}

impl Watcher for Impatient {
    fn saw(&mut self, event: &Event<'_>) {
        if matches!(event, Event::Changing { .. }) && self.stop.times() == 0 {
            (0..self.wishes).for_each(|_| self.stop.wish());
        }
    }
}

fn stopped(wishes: u32) -> Trial {
    stop(Trial::new("web-tier", Phase::Contain), wishes)
}

fn stop(trial: Trial, wishes: u32) -> Trial {
    let mut impatient = Impatient { stop: trial.stop.clone(), wishes };
    let end = trial.attempt(Failure::Never, &mut impatient).expect("ends");
    assert_eq!((end.status, end.interrupted), (CaseStatus::Held, true));
    trial
}

fn count(trial: &Trial, which: fn(&Entry) -> bool) -> usize {
    trial.entries().iter().filter(|entry| which(entry)).count()
}

#[test]
fn calls_under_way_come_to_their_end() {
    let trial = stopped(1);
    let intents = count(&trial, |entry| matches!(entry, Entry::Intent(_)));
    let outcomes = count(&trial, |entry| matches!(entry, Entry::Outcome(_)));
    assert!(intents > 0);
    assert_eq!(intents, outcomes);
    assert!(matches!(trial.entries().last(), Some(Entry::Ended(ended)) if ended.status == CaseStatus::Held));
}

#[test]
fn a_second_wish_waits_for_nothing() {
    let trial = stopped(2);
    assert!(count(&trial, |entry| matches!(entry, Entry::Intent(_))) > 0);
    assert_eq!(count(&trial, |entry| matches!(entry, Entry::Outcome(_))), 0);
}

#[test]
fn a_call_that_hangs_is_not_awaited_forever() {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.slow = |query| matches!(query, Query::Source(SourceQuery::SerialConsole));
    let begin = trial.now();
    let trial = stop(trial, 1);
    let took = trial.now().duration_since(begin);
    assert!((30..=40).contains(&took.as_secs()), "{took}");
}

#[test]
fn a_stopped_case_goes_on() {
    for wishes in [1, 2] {
        let mut trial = stopped(wishes);
        trial.stop = Stop::new();
        trial.drive();
        let undisturbed = Trial::new("web-tier", Phase::Contain);
        undisturbed.drive();
        assert_eq!(trial.outcome(), undisturbed.outcome());
    }
}

#[test]
fn a_wish_before_the_start_starts_nothing() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.stop.wish();
    let end = trial.drive();
    assert!(end.interrupted);
    assert_eq!(trial.range.calls(), []);
}
