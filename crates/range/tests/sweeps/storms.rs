//! A short storm, the seeds that once broke a law, and the same bytes from the same seed.

use casebook::fault::FaultClass;
use casebook::step::StepName;
use range::Scenario;
use range::adversary::Strategy;
use range::proof::moment::Moment;
use range::proof::storm::{Choice, Hunt, Storm};
use std::process::{Command, Stdio};

/// Seeds that broke a law, before what they showed was mended: an original that somebody terminates,
/// capture with a gap, a profile on a stopped instance, a release without an instance, a step that failed and was then
/// proved by an old reading, an instance that AWS did not show for a moment while the window was open, interfaces that could
/// not be read any more while somebody opened the quarantine group, a step that waited and was then proved by an old reading,
/// a profile to be put back on a stopped instance, an instance that goes while it is being captured, a window that stayed open
/// because one call said that the interface is not there, or because AWS refused the way out of it; a checker that did not
/// know a snapshot of a single volume. They are seeds of the first storms, which knew less trouble.
const FIRST_BROKEN: [u64; 21] = [
    4, 8, 28, 37, 43, 46, 89, 120, 505, 567, 6913, 14_002, 24_384, 26_426, 36_172, 38_938, 51_381, 55_454, 59_858,
    72_223, 90_882,
];
/// The same of later storms: a role that only the captured instance showed, an instance that was isolated though one of
/// its protections could not be read, a step that was proved by two readings of minutes before, a checker for which an
/// instance that was terminated a moment ago has no address, a verdict that repeated what an earlier run had read of an
/// instance that shuts down, a registration that was left, because the instance could not be read, so that its group ended
/// it, a deny that an attacker took off while the original was being terminated, a role that one answer said not to be
/// there, a network that was said to be blocked because the groups were not read where the instance could not be (87307),
/// a checker for which an interface that the attacker had put elsewhere was still in the window (36349), and a window that
/// nobody was let out of and that kept the one rule that AWS refused once to take away (79600, 84859); and a guard that
/// waited for a quota of groups (49832).
const BROKEN: [u64; 13] =
    [1717, 9401, 21_648, 26_895, 36_349, 41_887, 49_832, 51_205, 52_665, 79_600, 84_859, 87_307, 213_598];
/// The same with one attacker alone: a checker for which what stood at the opening was what was captured, and an
/// interface that was closed, and one that was closed again, by a membership read before the attacker put the instance
/// back into its group; and a member that entered service and was asked to leave twelve times in a minute.
const BROKEN_BY: [(&str, u64); 4] =
    [("power-off", 175), ("rejoin-group", 1240), ("rejoin-group", 395), ("rejoin-group", 1168)];
/// How many more are tried each time.
const SHORT: u64 = 150;

fn weather(seeds: impl Iterator<Item = u64>, choice: Choice) {
    for seed in seeds {
        let after = Storm::new(seed, choice).run();
        assert_eq!(after.breaches, [], "seed {seed}");
    }
}

#[test]
fn what_once_broke_a_law_does_not_again() {
    weather(FIRST_BROKEN.into_iter(), Choice { first: true, ..Choice::default() });
    weather(BROKEN.into_iter(), Choice::default());
    for (strategy, seed) in BROKEN_BY {
        weather([seed].into_iter(), Choice { strategy: Strategy::named(strategy), ..Choice::default() });
    }
}

#[test]
fn a_short_storm_breaks_no_law() {
    weather(1_000..1_000 + SHORT, Choice::default());
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 1..12 {
        let [one, other] = [(); 2].map(|()| Storm::new(seed, Choice::default()).run());
        assert_eq!((one.head, one.history), (other.head, other.history), "seed {seed}");
    }
}

/// What breaks a law is shrunk to what is needed for it: nothing, where trouble has no part in it.
#[test]
fn a_storm_shrinks_to_what_breaks_the_law() {
    let storm = (1..200).map(|seed| Storm::new(seed, Choice::default())).find(|storm| storm.troubles.len() >= 4);
    let storm = storm.expect("some storm has four troubles");
    let kept = storm.shrunk(|smaller| smaller.troubles.len() >= 2);
    assert_eq!((kept.troubles.len(), kept.approved.len()), (2, 0));
}

/// What has been met is not looked for again, and what has not is.
#[test]
fn a_hunt_meets_what_was_left() {
    let wanted = |moment: &Moment| {
        moment.step == StepName::Protect && moment.fault == Some(FaultClass::Throttled) && moment.point != "not sent"
    };
    let met = Moment::all().into_iter().filter(|moment| !wanted(moment)).collect();
    let mut hunt = Hunt { met, ..Hunt::default() };
    hunt.through(Scenario::named("lone").expect("shipped"));
    assert_eq!((hunt.met, hunt.broken.len()), (Moment::all(), 0));
    assert!(hunt.storms < 50, "{} storms", hunt.storms);
}

#[test]
fn a_storm_whose_reader_goes_away_ends_quietly() {
    let mut storm = Command::new(env!("CARGO_BIN_EXE_storm"));
    storm.args(["--seed", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = storm.spawn().expect("it starts");
    drop(child.stdout.take());
    let end = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&end.stderr), "");
}
