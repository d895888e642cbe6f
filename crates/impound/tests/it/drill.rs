//! Drills: that each ends as its script says and tells it well, the score, the explanations, and what
//! a wrong script is answered.

use crate::program::{End, Home};
use range::Script;
use serde_json::Value;
use std::path::PathBuf;

mod scripts;

/// A drill of a name.
fn drill(name: &str) -> End {
    Home::new().run(&["drill", "--scenario", name])
}

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

/// What a drill must admit in its summary.
const ADMITS: [(&str, &str); 10] = [
    ("web-tier", "tracked-connections"),
    ("prepared", "automatically-tracked-connections"),
    ("lone", "dns: queries"),
    ("spot", "is a Spot Instance: AWS takes no termination or stop protection for it"),
    ("shared-role", "onward-sessions"),
    ("marketplace", "no image is copied: the image"),
    ("no-share-key", "source.share_kms_key_arn"),
    ("open-enclave", "rebuild: no instance is started"),
    ("big-account", "tracked-connections"),
    ("reverts", "NOT contained"),
];

#[test]
fn a_drill_admits_what_it_could_not_do() {
    for (name, admits) in ADMITS {
        let end = drill(name);
        assert!(end.stdout.contains(admits), "{name} does not say `{admits}`: {}", end.stdout);
    }
}

/// The exit code that a script's end means.
fn code(script: &Script) -> i32 {
    match format!("{:?}", script.ends.status).as_str() {
        "Done" => 0,
        "Waiting" => 3,
        "Held" => 4,
        "Unverified" => 7,
        other => panic!("a script ends {other}"),
    }
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/drills").join(format!("{name}.txt"))
}

/// What is told, and the first lines of the result; without how long it took on this machine.
fn transcript(end: &End) -> String {
    let told = end.stderr.lines().map(|line| match line.split_once(" s of the range's time, ") {
        Some((played, _)) => format!("{played} s of the range's time"),
        None => line.trim_end().to_owned(),
    });
    let result = end.stdout.lines().take(1).map(str::to_owned);
    told.chain(result).map(|line| line + "\n").collect()
}

/// `UPDATE=1` writes them anew. Each is one that a person can read to its end.
#[test]
fn every_drill_is_told_as_it_was_and_ends_as_its_script_says() {
    for name in Script::names() {
        let script = Script::named(name).expect("shipped").expect("sound");
        let end = drill(name);
        assert_eq!(end.code, Some(code(&script)), "{name}: {end:?}");
        assert!(!end.stderr.contains("the script says"), "{name}: {}", end.stderr);
        let told = transcript(&end);
        assert!(told.lines().count() <= 150, "{name} is told in {} lines", told.lines().count());
        assert!(!told.contains('\u{1b}'), "{name} has colours");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(golden(name), &told).expect("the transcript is written");
        }
        let known = std::fs::read_to_string(golden(name)).unwrap_or_default();
        if let Some((was, is)) = known.lines().zip(told.lines()).find(|(was, is)| was != is) {
            panic!("{name} is told otherwise (UPDATE=1 accepts it)\nwas: {was}\nis:  {is}");
        }
        assert_eq!(known.lines().count(), told.lines().count(), "{name} is told longer or shorter");
    }
}

#[test]
fn no_transcript_is_of_a_drill_that_is_gone() {
    let kept = std::fs::read_dir(golden("x").parent().expect("a folder")).expect("readable");
    let kept = kept.map(|file| file.expect("readable").path().file_stem().expect("a name").to_owned());
    let mut kept: Vec<String> = kept.map(|name| name.into_string().expect("UTF-8")).collect();
    let mut shipped: Vec<String> = Script::names().map(str::to_owned).collect();
    kept.sort();
    shipped.sort();
    assert_eq!(kept, shipped);
}

/// The call that assumes the role is one of them.
#[test]
fn isolation_takes_at_most_eight_round_trips_and_five_where_a_group_stands_ready() {
    for (scenario, most) in [("web-tier", 8), ("prepared", 5)] {
        let end = drill(scenario);
        let line = end.stderr.lines().find(|line| line.contains("Time to isolation")).expect("the figure");
        let trips = line.split_whitespace().find_map(|word| word.parse::<u32>().ok()).expect("a number");
        assert!((1..=most).contains(&trips), "{scenario}: {line}");
    }
}

/// The score is the world's: what the verdict only lists, it knows.
#[test]
fn the_score_says_what_leaked_and_who_was_at_work() {
    let said = |name: &str, words: &[&str]| {
        let end = drill(name);
        words.iter().for_each(|word| assert!(end.stderr.contains(word), "{name}: no `{word}` in {}", end.stderr));
    };
    said("nat-shell", &["reverse shell through the NAT gateway lived to the end", "3 of 3 volumes"]);
    said(
        "open-window",
        &["reverse shell through the NAT gateway lived to the end", "beacon through the internet gateway lived until"],
    );
    said("no-share-key", &["0 of 3 volumes"]);
    said("reverts", &["Stood open again: 9 times", "build-agent (18 calls taken, 0 refused)"]);
    said("policy-in-force", &["build-agent (0 calls taken", "0 of its changes again"]);
    said("whole-role", &["Cut off besides: the batch worker"]);
    said("lone", &["SSH session of the attacker lived until 0.38 s"]);
    said("protected", &["Time to isolation: 492.20 s, in which a person decided at a gate\n"]);
    said("spot", &["Open by the verdict until it was terminated: "]);
}

/// An original that is gone offers nothing to cut, and a hint names only what there is to do.
#[test]
fn the_end_is_told_as_it_is() {
    let end = drill("spot");
    assert!(end.stdout.contains("terminated, and not by this case: there is nothing left"), "{}", end.stdout);
    assert!(!end.stdout.contains("to cut them"), "{}", end.stdout);
    assert!(end.stderr.contains("hint: this drill ends here: the instance is gone"), "{}", end.stderr);
    for name in ["reverts", "no-share-key"] {
        let end = drill(name);
        assert!(end.stderr.contains("in an incident, mend what the error names"), "{}", end.stderr);
    }
    let end = drill("deletes-snapshots");
    assert!(!end.stdout.contains("its evidence is kept"), "{}", end.stdout);
    assert!(end.stdout.contains("is terminated. Deleted of its evidence: snap-"), "{}", end.stdout);
    assert!(end.stdout.contains("other items are kept"), "{}", end.stdout);
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

/// With attackers, faults and a process that dies as well.
#[test]
fn the_same_seed_gives_the_same_drill() {
    for name in ["web-tier", "deletes-snapshots", "lost-answers", "crash"] {
        let run = |seed| {
            let end = Home::new().run(&["--output", "json", "drill", "--scenario", name, "--seed", seed]);
            (transcript(&end), end.stdout)
        };
        assert_eq!(run("7"), run("7"), "{name}");
        assert_ne!(run("7"), run("8"), "{name}");
    }
}

/// The seven steps of the classic order, each explained before its first change and after its last.
#[test]
fn step_by_step_every_step_is_explained_before_and_after() {
    let end = Home::new().run(&["drill", "--step", "--scenario", "classic"]);
    end.succeeds();
    for step in ["capture", "protect", "isolate", "detach", "deregister", "snapshot", "tag"] {
        let place = |words: String| end.stderr.find(&words).unwrap_or_else(|| panic!("no `{words}` in {}", end.stderr));
        let (before, after) = (place(format!("┌ step {step}: ")), place(format!("✔ {step}\n")));
        assert!(before < after, "{step}");
        assert!(end.stderr[before..after].contains("In plain words: "), "{step}");
        assert!(end.stderr[after..].contains(&format!("  └ {step} ")), "{step}");
    }
    for word in ["by the AWS call ec2:CreateSnapshots", "Why now: it comes after deregister", "How it is undone: "] {
        assert!(end.stderr.contains(word), "no `{word}` in {}", end.stderr);
    }
    for bare in ["it comes after capture.\n", "it comes after isolate.\n", "it comes after detach.\n"] {
        assert!(!end.stderr.contains(bare), "only `{bare}`, and not why");
    }
}

/// Rules of both directions are made by two calls, and each is named.
#[test]
fn step_by_step_each_call_is_named_as_it_is() {
    let end = Home::new().run(&["drill", "--step", "--scenario", "open-window"]);
    for word in ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"] {
        assert!(end.stderr.contains(&format!("by the AWS call {word}")), "no `{word}` in {}", end.stderr);
    }
}
