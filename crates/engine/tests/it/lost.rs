//! Answers that are lost: the call took effect, or not, and nobody knows.

use crate::stage::{Stage, fault};
use casebook::fault::FaultClass;
use casebook::step::Phase;
use range::Injection;

/// Every action that changes something in an undisturbed run.
fn changes(through: Phase) -> Vec<String> {
    let stage = Stage::new("web-tier", through);
    let end = stage.drive();
    let asks = |action: &&String| {
        let name = action.split(':').nth(1).unwrap_or_default();
        !["Describe", "List", "Get", "Lookup"].iter().any(|verb| name.starts_with(verb))
    };
    end.calls.keys().filter(asks).cloned().collect()
}

fn check(through: Phase, strike: fn(&str) -> Injection) {
    let undisturbed = Stage::new("web-tier", through);
    undisturbed.drive();
    let (expected, changes) = (undisturbed.outcome(), changes(through));
    assert!(changes.len() >= 8, "{changes:?}");
    for action in changes {
        let stage = Stage::new("web-tier", through);
        stage.range.inject(strike(&action));
        stage.drive();
        assert_eq!(stage.outcome(), expected, "{action}");
    }
}

#[test]
fn a_change_that_took_effect_unheard_is_not_made_twice() {
    check(Phase::Custody, |action| Injection::after(action, fault(FaultClass::Unknown)));
}

#[test]
fn a_change_that_was_lost_on_the_way_is_made() {
    check(Phase::Custody, |action| Injection::before(action, fault(FaultClass::Unknown)));
}

#[test]
fn a_throttled_change_is_made_later() {
    check(Phase::Contain, |action| Injection::before(action, fault(FaultClass::Throttled)).times(3));
}
