//! The operator's wish to stop.

use crate::stage::Stage;
use crate::store::Failure;
use casebook::entry::{CaseStatus, Entry};
use casebook::query::{Query, SourceQuery};
use casebook::step::Phase;
use engine::{Event, Stop, Watcher};

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

fn stopped(wishes: u32) -> Stage {
    stop(Stage::new("web-tier", Phase::Contain), wishes)
}

fn stop(stage: Stage, wishes: u32) -> Stage {
    let mut impatient = Impatient { stop: stage.stop.clone(), wishes };
    let end = stage.attempt(Failure::Never, &mut impatient).expect("ends");
    assert_eq!((end.status, end.interrupted), (CaseStatus::Held, true));
    stage
}

fn count(stage: &Stage, which: fn(&Entry) -> bool) -> usize {
    stage.entries().iter().filter(|entry| which(entry)).count()
}

#[test]
fn calls_under_way_come_to_their_end() {
    let stage = stopped(1);
    let intents = count(&stage, |entry| matches!(entry, Entry::Intent(_)));
    let outcomes = count(&stage, |entry| matches!(entry, Entry::Outcome(_)));
    assert!(intents > 0);
    assert_eq!(intents, outcomes);
    assert!(matches!(stage.entries().last(), Some(Entry::Ended(ended)) if ended.status == CaseStatus::Held));
}

#[test]
fn a_second_wish_waits_for_nothing() {
    let stage = stopped(2);
    assert!(count(&stage, |entry| matches!(entry, Entry::Intent(_))) > 0);
    assert_eq!(count(&stage, |entry| matches!(entry, Entry::Outcome(_))), 0);
}

#[test]
fn a_call_that_hangs_is_not_awaited_forever() {
    let mut stage = Stage::new("web-tier", Phase::Contain);
    stage.slow = |query| matches!(query, Query::Source(SourceQuery::SerialConsole));
    let begin = stage.now();
    let stage = stop(stage, 1);
    let took = stage.now().duration_since(begin);
    assert!((30..=40).contains(&took.as_secs()), "{took}");
}

#[test]
fn a_stopped_case_goes_on() {
    for wishes in [1, 2] {
        let mut stage = stopped(wishes);
        stage.stop = Stop::new();
        stage.drive();
        let undisturbed = Stage::new("web-tier", Phase::Contain);
        undisturbed.drive();
        assert_eq!(stage.outcome(), undisturbed.outcome());
    }
}

#[test]
fn a_wish_before_the_start_starts_nothing() {
    let stage = Stage::new("web-tier", Phase::Contain);
    stage.stop.wish();
    let end = stage.drive();
    assert!(end.interrupted);
    assert_eq!(stage.range.calls(), []);
}
