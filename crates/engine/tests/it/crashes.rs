//! A crash at every moment: whatever is lost, the next run reaches the same end.

use casebook::step::Phase;
use range::proof::{Crash, Failure, Finish, Trial};

/// The web tier, until it is contained.
const TIER: (&str, Phase) = ("web-tier", Phase::Contain);

fn trial((scenario, through): (&str, Phase)) -> Trial {
    Trial::new(scenario, through)
}

fn undisturbed(job: (&str, Phase)) -> Finish {
    let trial = trial(job);
    trial.drive();
    trial.outcome()
}

#[test]
fn a_ledger_that_cannot_be_written_stops_all_changes() {
    for n in 2..30 {
        let trial = trial(TIER);
        let error = trial.attempt(Failure::Before(n), &mut ()).expect_err("fails");
        assert!(error.to_string().contains("no space left"), "{error}");
        let written = trial.case().case().attempts.values().map(|attempt| u64::from(attempt.sent)).sum::<u64>();
        let changes = ["Create", "Modify", "Revoke", "Detach", "Set", "Lock", "Put", "Deregister", "Disassociate"];
        let is_change = |action: &str| {
            changes.iter().any(|verb| action.split(':').nth(1).is_some_and(|name| name.starts_with(verb)))
        };
        let sent = trial.range.calls().iter().filter(|call| is_change(&call.action)).count() as u64;
        assert!(sent <= written, "{sent} changes were sent, {written} written (append {n})");
    }
}

#[test]
fn dying_again_and_again_still_ends() {
    let expected = undisturbed(TIER);
    let trial = trial(TIER);
    let crashes = (0..).take_while(|_| trial.crash(Crash::Unheard(1))).count();
    assert!(crashes >= 5, "only {crashes} crashes");
    trial.drive();
    assert_eq!(trial.outcome(), expected);
}
