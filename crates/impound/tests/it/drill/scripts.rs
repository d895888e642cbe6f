//! Scripts of one's own, and what a wrong one is answered: file, line, word, what there is instead.

use crate::program::Home;
use serde_json::Value;

/// A sound script; the mistakes are made in it.
const SOUND: &str = r#"name = "mine"
title = "one of my own"
story = "Somebody is logged in."
lesson = "Look first."
world = "lone"

[responder]
through = "custody"

[ends]
status = "done"
instance = "contained"
"#;

#[test]
fn a_script_of_ones_own_is_played_under_its_name() {
    let home = Home::new();
    let file = home.write("mine.toml", SOUND);
    let end = home.run(&["drill", "--scenario", &file]);
    assert!(end.succeeds().stderr.contains("mine: one of my own"), "{}", end.stderr);
    assert!(end.stdout.contains("drill-mine-1"), "{}", end.stdout);
}

#[test]
fn a_drill_that_ends_otherwise_than_told_fails_and_says_how_it_ended() {
    let home = Home::new();
    let file = home.write("mine.toml", &SOUND.replace("contained", "terminated"));
    let end = home.run(&["drill", "--scenario", &file]);
    end.fails_with(7, &["the script says that mine ends done with the instance terminated", "the instance contained"]);
}

/// What is put into the script, and what is said of it because it never comes.
const IDLE: [(&str, &str); 6] = [
    ("[[fault]]\naction = \"ec2:CreateSnapshots\"\nnth = 90", "the fault of ec2:CreateSnapshots from its call 90 on"),
    ("[[denied]]\nactions = [\"iam:PutRolePolicy\"]", "the denial of iam:PutRolePolicy"),
    ("[killers.guest-shutdown]\nafter = \"23h\"", "the shutdown from inside the guest"),
    ("[[killers.alarm]]\nname = \"x\"\ndoes = \"stop\"\nafter = \"23h\"", "the alarm x"),
    ("[[crash]]\nafter_changes = 900", "the crash after 900 changes"),
    ("[[adversary]]\nstrategy = \"squat\"\nfirst = \"23h\"\nevery = \"1m\"", "the attacker squat"),
];

#[test]
fn a_script_that_names_what_never_strikes_fails_and_says_what() {
    let home = Home::new();
    for (idle, said) in IDLE {
        let file = home.write("mine.toml", &SOUND.replace("\n\n[responder]", &format!("\n{idle}\n\n[responder]")));
        home.run(&["drill", "--scenario", &file]).fails_with(7, &["names what never struck: ", said]);
    }
}

/// The gate that is opened for the network ACL is not offered again, and what the ACL stops is over.
#[test]
fn a_network_acl_is_told_in_the_score_and_in_the_summary() {
    let home = Home::new();
    let gate = "[[approval]]\ngate = \"subnet-nacl\"\nby = \"Ada\"\nwhen = \"ahead\"";
    let script = SOUND.replace("world = \"lone\"\n", &format!("world = \"web-tier\"\n{gate}\n"));
    let end = home.run(&["drill", "--scenario", &home.write("mine.toml", &script)]);
    let told = &end.succeeds().stderr;
    let shell = told.lines().find(|line| line.contains("reverse shell through the NAT gateway lived")).expect("told");
    assert!(shell.ends_with("(cut off by the network ACL)"), "{shell}");
    assert!(told.contains("DNS tunnel through Amazon's resolver lived to the end"), "{told}");
    assert!(end.stdout.contains("its network ACL cuts off what leaves the subnet"), "{}", end.stdout);
    assert!(!end.stdout.contains("with everyone in the subnet: "), "{}", end.stdout);
}

/// What is put into the script after its world, the line of the mistake, and what is said of it.
const WRONG: [(&str, &str, &[&str]); 22] = [
    ("wrold = \"lone\"", "line 6", &["`wrold`", "`world`"]),
    ("[killers]\nmeteor = 1", "line 7", &["`meteor`", "`spot-notice`"]),
    ("[killers.spot-notice]\nafter = \"9s\"", "line 6", &["`spot-notice`", "no Spot Instance", "`spot`"]),
    ("[[killers.janitor]]\ntag = \"team\"\nevery = \"9s\"", "line 7", &["`team`", "impound:status", "Name"]),
    ("[[killers.janitor]]\ntag = \"Name\"\nevery = \"0s\"", "line 8", &["`every`", "1s"]),
    ("[[killers.alarm]]\nname = \"x\"\ndoes = \"burn\"\nafter = \"9s\"", "line 8", &["`burn`", "`terminate`"]),
    ("[killers.guest-shutdown]\nafter = \"soon\"", "line 7", &["`soon`", "30s"]),
    ("[killers.guest-shutdown]\nafter = \"25h\"", "line 7", &["`25h`", "at most 24h"]),
    ("[[adversary]]\nstrategy = \"charm\"\nfirst = \"1s\"\nevery = \"9s\"", "line 7", &["`charm`", "revert-groups"]),
    (
        "[[adversary]]\nstrategy = \"strip-deny\"\nfirst = \"1s\"\nevery = \"9s\"",
        "line 7",
        &["`strip-deny`", "no role"],
    ),
    ("[[adversary]]\nstrategy = \"detach-volume\"\nfirst = \"1s\"\nevery = \"9s\"", "line 7", &["root volume only"]),
    ("[[fault]]\naction = \"ec2:StopInstances\"", "line 7", &["`ec2:StopInstances`", "ec2:CreateSnapshots"]),
    ("[[fault]]\naction = \"ec2:CreateTags\"\nclass = \"odd\"", "line 8", &["`odd`", "`throttled`"]),
    (
        "[[fault]]\naction = \"ec2:CreateTags\"\nclass = \"unknown\"\nmoment = \"twice\"",
        "line 8",
        &["`class`", "twice"],
    ),
    ("[[denied]]\nactions = [\"s3:GetObject\"]", "line 7", &["`s3:GetObject`", "ec2"]),
    ("[[approval]]\ngate = \"terminate\"\nby = \"Ada\"\nwhen = \"ahead\"", "line 7", &["`terminate`", "ahead"]),
    ("[[approval]]\ngate = \"terminate\"\nby = \"Ada\"", "line 7", &["`terminate`", "never reached", "`custody`"]),
    ("[[approval]]\ngate = \"open-window\"\nby = \"Ada\"", "line 7", &["`open-window`", "convert"]),
    ("[[approval]]\ngate = \"shared-role\"\nby = \"Ada\"", "line 7", &["`shared-role`", "revoke"]),
    ("[[approval]]\ngate = \"moat\"\nby = \"Ada\"", "line 7", &["`moat`", "boot-image"]),
    (
        "[[approval]]\ngate = \"boot-image\"\nby = \"Ada\"\n[[approval]]\ngate = \"boot-image\"\nby = \"Bob\"",
        "line 10",
        &["`boot-image`", "twice"],
    ),
    ("[[crash]]\nafter_changes = 0", "line 7", &["`after_changes`"]),
];

#[test]
fn a_wrong_script_is_answered_with_file_line_word_and_what_there_is() {
    let home = Home::new();
    for (wrong, line, words) in WRONG {
        let file = home.write("mine.toml", &SOUND.replace("\n\n[responder]", &format!("\n{wrong}\n\n[responder]")));
        let end = home.run(&["drill", "--scenario", &file]);
        end.fails_with(2, &[&["mine.toml", line][..], words].concat());
        assert_eq!(end.stdout, "", "{wrong}");
    }
}

#[test]
fn a_world_a_runbook_and_a_name_must_exist() {
    let home = Home::new();
    for (from, to, words) in [
        ("world = \"lone\"", "world = \"moon\"", &["line 5", "`moon`", "web-tier"][..]),
        ("through = \"custody\"", "runbook = \"odd\"", &["line 8", "`odd`", "classic"]),
        ("name = \"mine\"", "name = \"My Own\"", &["line 1", "`My Own`", "a-z"]),
        ("story = \"Somebody is logged in.\"", "story = \"\"", &["line 3", "nothing"]),
        ("status = \"done\"", "status = \"refused\"", &["line 11", "`refused`", "`held`"]),
        ("[ends]\nstatus = \"done\"\n", "[ends]\n", &["line 10", "`status`"]),
    ] {
        let file = home.write("mine.toml", &SOUND.replace(from, to));
        home.run(&["drill", "--scenario", &file]).fails_with(2, &[&["mine.toml"][..], words].concat());
    }
}

#[test]
fn what_is_no_scenario_no_file_or_no_seed_says_what_there_is() {
    let home = Home::new();
    home.run(&["drill", "--scenario", "moon"]).fails_with(2, &["`moon`", "web-tier", "nat-shell", ".toml"]);
    home.run(&["drill", "--scenario", "absent.toml"]).fails_with(2, &["absent.toml", "No such file"]);
    home.run(&["drill", "--seed", "seven"]).fails_with(2, &["seven", "whole number"]);
    assert_eq!(home.run(&["drill", "--list", "--step"]).code, Some(2));
}

#[test]
fn the_list_has_every_script_for_people_and_for_programs() {
    let home = Home::new();
    let list = home.run(&["drill", "--list"]);
    let json = home.run(&["--output", "json", "drill", "--list"]);
    let document: Value = serde_json::from_str(&json.succeeds().stdout).expect("one JSON document");
    let drills = document["drills"].as_array().expect("a list");
    assert!(drills.len() >= 12 && drills.len() == range::Script::names().count());
    for drill in drills {
        for word in [&drill["name"], &drill["title"]] {
            assert!(list.succeeds().stdout.contains(word.as_str().expect("a word")), "{word}");
        }
    }
}
