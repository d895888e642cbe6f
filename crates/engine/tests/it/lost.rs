//! Answers that are lost: the call took effect, or not, and nobody knows.

use casebook::fault::FaultClass;
use casebook::step::Phase;
use jiff::SignedDuration;
use range::Injection;
use range::proof::{Trial, fault};

/// Every action that changes something in an undisturbed run.
fn changes(through: Phase) -> Vec<String> {
    let trial = Trial::new("web-tier", through);
    let end = trial.drive();
    let asks = |action: &&String| {
        let name = action.split(':').nth(1).unwrap_or_default();
        !["Describe", "List", "Get", "Lookup"].iter().any(|verb| name.starts_with(verb))
    };
    end.calls.keys().filter(asks).cloned().collect()
}

fn check(through: Phase, strike: fn(&str) -> Injection) {
    sweep(through, changes(through), SignedDuration::ZERO, strike);
}

/// Strikes one action after the other, where AWS shows what was made only after a while.
fn sweep(through: Phase, actions: Vec<String>, lag: SignedDuration, strike: fn(&str) -> Injection) {
    let undisturbed = Trial::new("web-tier", through);
    undisturbed.drive();
    let expected = undisturbed.outcome();
    assert!(actions.len() >= 7, "{actions:?}");
    for action in actions {
        let trial = Trial::new("web-tier", through);
        trial.range.with_world(|world| (world.settings.group_lag, world.settings.storage_lag) = (lag, lag));
        trial.range.inject(strike(&action));
        trial.drive();
        assert_eq!(trial.outcome(), expected, "{action}, shown {lag} late");
    }
}

/// The calls that make something that could be made twice.
fn late(seconds: i64, strike: fn(&str) -> Injection) {
    let makes =
        |action: &String| ["Create", "Copy", "Put", "Run"].iter().any(|verb| action.contains(&format!(":{verb}")));
    let actions = changes(Phase::Custody).into_iter().filter(makes).collect();
    sweep(Phase::Custody, actions, SignedDuration::from_secs(seconds), strike);
}

fn heard_nothing(action: &str) -> Injection {
    Injection::after(action, fault(FaultClass::Unknown))
}

fn never_arrived(action: &str) -> Injection {
    Injection::before(action, fault(FaultClass::Unknown))
}

#[test]
fn a_change_that_took_effect_unheard_is_not_made_twice() {
    check(Phase::Custody, heard_nothing);
}

#[test]
fn a_change_that_was_lost_on_the_way_is_made() {
    check(Phase::Custody, never_arrived);
}

#[test]
fn what_is_shown_two_seconds_late_is_not_made_twice() {
    late(2, heard_nothing);
}

#[test]
fn what_is_shown_two_seconds_late_is_made_when_it_was_lost() {
    late(2, never_arrived);
}

#[test]
fn what_is_shown_twenty_seconds_late_is_not_made_twice() {
    late(20, heard_nothing);
}

#[test]
fn what_is_shown_twenty_seconds_late_is_made_when_it_was_lost() {
    late(20, never_arrived);
}

#[test]
fn a_throttled_change_is_made_later() {
    check(Phase::Contain, |action| Injection::before(action, fault(FaultClass::Throttled)).times(3));
}
