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

#[test]
fn isolation_takes_at_most_eight_round_trips() {
    let end = Home::new().run(&["drill"]);
    let line = end.stderr.lines().find(|line| line.contains("Time to isolation")).expect("the figure");
    let trips = line.split_whitespace().find_map(|word| word.parse::<u32>().ok()).expect("a number");
    assert!(trips <= 8, "{line}");
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
