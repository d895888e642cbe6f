//! A crash at every moment: whatever is lost, the next run reaches the same end.

use crate::stage::{Finish, Stage};
use crate::store::Failure;
use casebook::step::Phase;
use engine::EngineError;

/// One machine alone, all the way; and the web tier, until it is contained.
const LONE: (&str, Phase) = ("lone", Phase::Custody);
const TIER: (&str, Phase) = ("web-tier", Phase::Contain);

fn stage((scenario, through): (&str, Phase)) -> Stage {
    Stage::new(scenario, through)
}

fn undisturbed(job: (&str, Phase)) -> Finish {
    let stage = stage(job);
    stage.drive();
    stage.outcome()
}

/// Lets one append after the other fail until a run needs no more of them.
fn sweep(job: (&str, Phase), failure: fn(usize) -> Failure) {
    let expected = undisturbed(job);
    for n in 1.. {
        let stage = stage(job);
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
    sweep(TIER, Failure::Before);
}

#[test]
fn no_append_that_is_reported_as_lost_changes_the_end() {
    sweep(TIER, Failure::After);
}

#[test]
fn no_lost_append_changes_the_end_of_custody() {
    sweep(LONE, Failure::Before);
}

#[test]
fn a_ledger_that_cannot_be_written_stops_all_changes() {
    for n in 2..30 {
        let stage = stage(TIER);
        let error = stage.attempt(Failure::Before(n), &mut ()).expect_err("fails");
        assert!(error.to_string().contains("no space left"), "{error}");
        let written = stage.case().case().attempts.values().map(|attempt| u64::from(attempt.sent)).sum::<u64>();
        let changes = ["Create", "Modify", "Revoke", "Detach", "Set", "Lock", "Put", "Deregister", "Disassociate"];
        let is_change = |action: &str| {
            changes.iter().any(|verb| action.split(':').nth(1).is_some_and(|name| name.starts_with(verb)))
        };
        let sent = stage.range.calls().iter().filter(|call| is_change(&call.action)).count() as u64;
        assert!(sent <= written, "{sent} changes were sent, {written} written (append {n})");
    }
}

/// Lets the process die at one change after the other until a run makes no more of them.
fn die_everywhere(job: (&str, Phase)) {
    let expected = undisturbed(job);
    for n in 1.. {
        let stage = stage(job);
        if !stage.crash_after(n) {
            assert!(n > 30, "only {n} moments were tried");
            return;
        }
        stage.drive();
        assert_eq!(stage.outcome(), expected, "after moment {n}");
    }
}

#[test]
fn a_process_that_dies_at_any_change_is_taken_up() {
    die_everywhere(TIER);
}

#[test]
fn a_process_that_dies_on_the_way_to_custody_is_taken_up() {
    die_everywhere(LONE);
}

#[test]
fn dying_again_and_again_still_ends() {
    let expected = undisturbed(TIER);
    let stage = stage(TIER);
    let crashes = (1..).map(|n| 2 * n).take_while(|moments| stage.crash_after(*moments)).count();
    assert!(crashes >= 5, "only {crashes} crashes");
    stage.drive();
    assert_eq!(stage.outcome(), expected);
}
