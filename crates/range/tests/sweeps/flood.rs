//! Who floods the calls of a response holds it up for as long as the flood lasts, and no longer.

use casebook::entry::{CaseStatus, Entry};
use casebook::step::{Phase, StepName, StepStatus};
use jiff::SignedDuration;
use range::adversary::Strategy;
use range::proof::Trial;

/// How long it takes until isolation is read back, with an attacker of this habit or without one.
fn time_to_isolation(habit: Option<&str>) -> SignedDuration {
    let trial = Trial::new("web-tier", Phase::Contain);
    let (target, begin) = (trial.range.target().instance, trial.now());
    if let Some(strategy) = habit.and_then(Strategy::named) {
        let (first, every) = (SignedDuration::ZERO, SignedDuration::from_secs(30));
        trial.range.with_world(|world| world.set_loose(strategy, &target, first, every));
        trial.pass(SignedDuration::from_secs(1));
    }
    assert_eq!(trial.drive().status, CaseStatus::Done);
    assert_eq!(trial.breaches(), []);
    let history = trial.history();
    let isolated = history.lines.iter().find(
        |line| matches!(&line.entry, Entry::Step(step) if step.step == StepName::Isolate && step.status == StepStatus::Done),
    );
    isolated.expect("it is isolated").at.duration_since(begin)
}

#[test]
fn a_flood_holds_isolation_up_and_does_not_prevent_it() {
    let (calm, flooded) = (time_to_isolation(None), time_to_isolation(Some("drain")));
    assert!(calm < SignedDuration::from_secs(10), "{calm}");
    assert!(flooded > calm + SignedDuration::from_secs(10), "{flooded} instead of {calm}");
    assert!(flooded < SignedDuration::from_mins(3), "{flooded}");
}
