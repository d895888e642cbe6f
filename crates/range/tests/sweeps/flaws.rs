//! Every checker can fail: each planted defect is caught by the checker that it names, and without
//! the defect the same case breaks no law.

use range::proof::check;
use range::proof::flaw::Flaw;
use std::collections::BTreeSet;

/// Checkers that no responder behind these ports can be made to break: the planner decides when the capture is written, and
/// the types and AWS keep the accounts apart. Each has a test beside it that feeds it a history of its own.
const FED: [&str; 2] = ["captured-first", "two-accounts"];

#[test]
fn every_flaw_is_caught() {
    let mut missed = Vec::new();
    for flaw in Flaw::all() {
        let breaches = flaw.play(true).breaches();
        if !breaches.iter().any(|breach| breach.checker == flaw.caught_by) {
            let caught: BTreeSet<_> = breaches.iter().map(|breach| breach.checker).collect();
            missed.push(format!("`{}` is not caught by {}, but by {caught:?}", flaw.what, flaw.caught_by));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn without_the_flaw_nothing_is_caught() {
    for flaw in Flaw::all() {
        assert_eq!(flaw.play(false).breaches(), [], "{}", flaw.what);
    }
}

#[test]
fn every_checker_has_its_flaw() {
    let caught: BTreeSet<&str> = Flaw::all().map(|flaw| flaw.caught_by).chain(FED).collect();
    let all: BTreeSet<&str> = check::ALL.iter().map(|checker| checker.name).collect();
    assert_eq!(caught, all);
}
