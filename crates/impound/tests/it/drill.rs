//! The whole job, as README's first command shows it.

use crate::program::Home;
use serde_json::Value;

#[test]
fn the_whole_story_ends_well_and_is_told() {
    let end = Home::new().run(&["drill"]);
    end.succeeds();
    for word in ["GuardDuty says", "isolate", "read back", "`terminate`", "Time to isolation", "round trips"] {
        assert!(end.stderr.contains(word), "no `{word}` in {}", end.stderr);
    }
    assert!(end.stdout.contains("is terminated"), "{}", end.stdout);
    assert!(end.stdout.contains("verified"), "{}", end.stdout);
}

/// How a drill of a scenario ends: its exit code, its first line after the instance, and what else
/// it must admit.
const ENDS: [(&str, i32, &str, &str); 9] = [
    ("web-tier", 0, GONE, "tracked-connections"),
    ("prepared", 0, GONE, "automatically-tracked-connections"),
    ("lone", 0, GONE, "dns: queries"),
    ("spot", 0, GONE, "is a Spot Instance: AWS takes no termination or stop protection for it"),
    ("shared-role", 0, GONE, "onward-sessions"),
    ("marketplace", 0, GONE, "no image is copied: the image"),
    ("no-share-key", 4, CONTAINED, "source.share_kms_key_arn"),
    ("open-enclave", 0, GONE, "rebuild: no instance is started"),
    ("big-account", 0, GONE, "tracked-connections"),
];
const GONE: &str = "is terminated; its evidence is kept.";
const CONTAINED: &str = "is contained for new flows; existing connections may still be alive.";

fn instance(line: &str) -> bool {
    let digits = line.split(' ').next().and_then(|word| word.strip_prefix("i-"));
    digits.is_some_and(|digits| digits.len() == 17 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

#[test]
fn every_scenario_ends_as_it_should_and_says_so_first() {
    let home = Home::new();
    for (scenario, code, first, admits) in ENDS {
        let end = home.run(&["drill", "--scenario", scenario]);
        assert_eq!(end.code, Some(code), "{scenario}: {end:?}");
        let line = end.stdout.lines().next().unwrap_or_default();
        assert!(instance(line) && line.ends_with(first), "{scenario}: {line}");
        assert!(end.stdout.contains(admits), "{scenario} does not say `{admits}`: {}", end.stdout);
        let errors = end.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, usize::from(code != 0), "{scenario}: {}", end.stderr);
    }
}

/// A scenario that nobody drills is a scenario that nobody knows to work.
#[test]
fn no_scenario_is_left_out() {
    let shipped: Vec<&str> = range::Scenario::list().into_iter().map(|(name, _)| name).collect();
    assert_eq!(shipped, ENDS.map(|(name, ..)| name));
}

/// The call that assumes the role is one of them.
#[test]
fn isolation_takes_at_most_eight_round_trips_and_five_where_a_group_stands_ready() {
    for (scenario, most) in [("web-tier", 8), ("prepared", 5)] {
        let end = Home::new().run(&["drill", "--scenario", scenario]);
        let line = end.stderr.lines().find(|line| line.contains("Time to isolation")).expect("the figure");
        let trips = line.split_whitespace().find_map(|word| word.parse::<u32>().ok()).expect("a number");
        assert!((1..=most).contains(&trips), "{scenario}: {line}");
    }
}

#[test]
fn quiet_says_only_the_result_and_json_is_one_document() {
    let end = Home::new().run(&["-q", "--output", "json", "drill"]);
    assert_eq!(end.succeeds().stderr, "");
    let document: Value = serde_json::from_str(&end.stdout).expect("one JSON document");
    assert_eq!(document["status"], "done");
}

#[test]
fn verbose_counts_the_calls_by_action() {
    let end = Home::new().run(&["-v", "drill"]);
    assert!(end.succeeds().stderr.contains("ec2:CreateSnapshots"), "{}", end.stderr);
    assert!(end.stderr.contains("calls in all"), "{}", end.stderr);
}

#[test]
fn the_same_seed_gives_the_same_drill() {
    let run = |seed| Home::new().run(&["-q", "--output", "json", "drill", "--seed", seed]).stdout;
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}
