//! A crash at every moment: whatever is lost, the next run reaches the same end.

use crate::stage::{Finish, Stage};
use crate::store::Failure;
use casebook::step::Phase;
use engine::EngineError;

fn undisturbed(through: Phase) -> Finish {
    let stage = Stage::new("web-tier", through);
    stage.drive();
    stage.outcome()
}

/// Lets one append after the other fail until a run needs no more of them.
fn sweep(through: Phase, failure: fn(usize) -> Failure) {
    let expected = undisturbed(through);
    for n in 1.. {
        let stage = Stage::new("web-tier", through);
        match stage.attempt(failure(n), &mut ()) {
            Ok(_) => {
                assert!(n > 20, "only {n} appends were tried");
                return;
            }
            Err(error) => assert!(matches!(error, EngineError::Ledger(_)), "{error}"),
        }
        stage.drive();
        assert_eq!(stage.outcome(), expected, "{:?}", failure(n));
    }
}

#[test]
fn no_lost_append_changes_the_end() {
    sweep(Phase::Contain, Failure::Before);
}

#[test]
fn no_append_that_is_reported_as_lost_changes_the_end() {
    sweep(Phase::Contain, Failure::After);
}

#[test]
fn a_ledger_that_cannot_be_written_stops_all_changes() {
    for n in 2..30 {
        let stage = Stage::new("web-tier", Phase::Contain);
        let error = stage.attempt(Failure::Before(n), &mut ()).expect_err("fails");
        assert!(error.to_string().contains("no space left"), "{error}");
        let written = stage.case().case().attempts.values().map(|attempt| u64::from(attempt.sent)).sum::<u64>();
        let changes = ["Create", "Modify", "Revoke", "Detach", "Set", "Lock", "Put", "Deregister", "Disassociate"];
        let is_change = |action: &str| changes.iter().any(|verb| action.split(':').nth(1).is_some_and(|name| name.starts_with(verb)));
        let sent = stage.range.calls().iter().filter(|call| is_change(&call.action)).count() as u64;
        assert!(sent <= written, "{sent} changes were sent, {written} written (append {n})");
    }
}

#[test]
fn a_process_that_dies_at_any_change_is_taken_up() {
    let expected = undisturbed(Phase::Contain);
    let mut n = 1;
    loop {
        let stage = Stage::new("web-tier", Phase::Contain);
        if !stage.crash_after(n) {
            break;
        }
        stage.drive();
        assert_eq!(stage.outcome(), expected, "after moment {n}");
        n += 1;
    }
    assert!(n > 40, "only {n} moments were tried");
}

#[test]
fn dying_again_and_again_still_ends() {
    let expected = undisturbed(Phase::Contain);
    let stage = Stage::new("web-tier", Phase::Contain);
    let crashes = (1..).map(|n| 2 * n).take_while(|moments| stage.crash_after(*moments)).count();
    assert!(crashes >= 5, "only {crashes} crashes");
    stage.drive();
    assert_eq!(stage.outcome(), expected);
}
