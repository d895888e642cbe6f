//! What the program says about itself.

use crate::program::Home;

const COMMANDS: [&str; 16] = [
    "drill",
    "respond",
    "plan",
    "resume",
    "approve",
    "guard",
    "watch",
    "status",
    "release",
    "verify",
    "report",
    "runbook",
    "permissions",
    "doctor",
    "completions",
    "man",
];

#[test]
fn the_long_help_teaches() {
    let end = Home::new().run(&["--help"]);
    end.succeeds();
    for word in ["impound drill", "Exit codes:", "IMPOUND_STATE", "AWS_PROFILE", "4  held"] {
        assert!(end.stdout.contains(word), "no `{word}` in {}", end.stdout);
    }
    for command in COMMANDS {
        assert!(end.stdout.contains(command), "no `{command}` in {}", end.stdout);
    }
}

#[test]
fn every_command_has_help_and_a_place_in_the_manual() {
    let home = Home::new();
    let manual = home.run(&["man"]);
    manual.succeeds();
    for command in COMMANDS {
        home.run(&[command, "--help"]).succeeds();
        let section = format!(".SH \"IMPOUND {}\"", command.to_uppercase());
        assert!(manual.stdout.contains(&section), "no section {section}");
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let end = Home::new().run(&["completions", shell]);
        assert!(end.succeeds().stdout.contains("respond"), "{shell}");
    }
}

#[test]
fn runbooks_are_listed_drawn_and_described() {
    let home = Home::new();
    let list = home.run(&["runbook", "list"]);
    assert!(list.succeeds().stdout.contains("standard") && list.stdout.contains("classic"));
    let drawn = home.run(&["runbook", "show", "standard"]);
    assert!(drawn.succeeds().stdout.contains("│ isolate"), "{}", drawn.stdout);
    let schema = home.run(&["runbook", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&schema.succeeds().stdout).expect("JSON");
    assert_eq!(schema["title"], "Runbook");
}

#[test]
fn permissions_are_a_policy_for_each_account_and_one_for_logs() {
    let end = Home::new().run(&["permissions"]);
    let both: serde_json::Value = serde_json::from_str(&end.succeeds().stdout).expect("JSON");
    for side in ["source", "forensic", "logs"] {
        assert_eq!(both[side]["Version"], "2012-10-17", "{side}");
    }
    let contain = both["source"]["Statement"].as_array().expect("statements");
    let contain = contain.iter().find(|statement| statement["Sid"] == "Contain").expect("a statement for contain");
    let actions = contain["Action"].as_array().expect("actions");
    assert!(actions.iter().any(|action| action == "ec2:ModifyNetworkInterfaceAttribute"), "{actions:?}");
}

#[test]
fn colours_are_only_for_those_who_want_them() {
    let home = Home::new();
    let plain = home.run(&["respond", "i-0"]);
    assert!(!plain.stderr.contains('\u{1b}'), "{}", plain.stderr);
    let coloured = home.run(&["--color", "always", "respond", "i-0"]);
    assert!(coloured.stderr.contains('\u{1b}'), "{}", coloured.stderr);
}
