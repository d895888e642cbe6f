//! Bursts of refusals.

use super::*;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn refused_at(time: Timestamp) -> String {
    let raw = record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", Some("AccessDenied"));
    at(&time.to_string(), &raw)
}

fn time(minutes: i64) -> Timestamp {
    let begin: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a time");
    begin + SignedDuration::from_mins(minutes)
}

/// How many bursts are told of an instance that is refused in these minutes.
fn told(baseline: &mut Baseline, minutes: impl IntoIterator<Item = i64>) -> usize {
    minutes.into_iter().map(|minute| found(baseline, &refused_at(time(minute))).len()).sum()
}

#[test]
fn a_burst_of_refusals_is_told_once() {
    let mut baseline = learned(20);
    let raw = record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", Some("AccessDenied"));
    let told: Vec<_> = (0..30).flat_map(|_| judged(&mut baseline, &raw)).collect();
    assert_eq!(told, [(What::Denials, Level::Medium)]);
}

#[test]
fn a_burst_says_how_many_and_how_many_before() {
    let mut baseline = learned(20);
    told(&mut baseline, (0..100).map(|number| number * 600));
    let unusual = (0..10).flat_map(|_| found(&mut baseline, &refused_at(time(100_000)))).next().expect("a burst");
    assert_eq!(
        unusual.why,
        format!(
            "10 calls of {MINE} were refused within an hour, the last one s3.amazonaws.com GetObject; before it were 0.1 an hour"
        )
    );
}

#[test]
fn whoever_was_refused_before_is_still_told_of_and_of_each_burst() {
    let mut baseline = learned(20);
    assert_eq!(told(&mut baseline, (0..40).map(|number| number * 24 * 60)), 0, "one a day is no burst");
    assert_eq!(told(&mut baseline, [100_000; 30]), 1);
    assert_eq!(told(&mut baseline, [200_000; 30]), 1);
}

#[test]
fn an_attack_of_hours_is_told_once() {
    assert_eq!(told(&mut learned(20), 0..6 * 60), 1);
}

#[test]
fn what_is_refused_all_the_time_is_no_burst_until_it_is_many_times_as_much() {
    let mut baseline = learned(20);
    (0..7 * 24 * 60).step_by(3).for_each(|minute| baseline.learn(&call(&refused_at(time(minute)))));
    let from = 7 * 24 * 60;
    assert_eq!(told(&mut baseline, (from..from + 24 * 60).step_by(3)), 0, "twenty an hour as ever");
    assert_eq!(told(&mut baseline, [from + 24 * 60; 200]), 1);
}

proptest! {
    #[test]
    fn ten_within_an_hour_are_told_wherever_the_hour_begins(minutes in prop::collection::vec(0_i64..60, 10), begin in 0_i64..10_000) {
        let mut minutes: Vec<i64> = minutes.into_iter().map(|minute| begin + minute).collect();
        minutes.sort_unstable();
        prop_assert_eq!(told(&mut learned(20), minutes.iter().copied()), 1);
        prop_assert_eq!(told(&mut learned(20), minutes.into_iter().skip(1)), 0, "nine");
    }
}
