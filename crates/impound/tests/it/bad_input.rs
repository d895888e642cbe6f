//! Bad input: one line, the contract's exit code, no panic, nothing written.

use crate::program::Home;

const INSTANCE: &str = "i-0123456789abcdef0";

#[test]
fn an_instance_id_is_checked_before_anything_is_asked() {
    for wrong in ["i-123", "0123456789abcdef0", "i-0123456789ABCDEF0", "vol-0123456789abcdef0"] {
        Home::new().run(&["respond", wrong]).fails_with(2, &[wrong, "not an instance id", "hexadecimal"]);
    }
}

#[test]
fn terminate_is_never_approved_ahead() {
    let end = Home::new().run(&["respond", INSTANCE, "--approve", "terminate"]);
    end.fails_with(2, &["terminate", "ahead"]);
}

#[test]
fn unknown_gates_phases_and_commands_are_usage() {
    for line in [
        &["respond", INSTANCE, "--approve", "everything"][..],
        &["respond", INSTANCE, "--through", "the-end"],
        &["respnd", INSTANCE],
        &["respond"],
        &["approve", "../x", "terminate"],
    ] {
        let end = Home::new().run(line);
        assert_eq!(end.code, Some(2), "{line:?}: {end:?}");
    }
}

#[test]
fn a_configuration_is_refused_by_line_and_reason() {
    let home = Home::new();
    let unknown = home.write("unknown.toml", "[policy]\nlock_day = 3\n");
    home.run(&["--config", &unknown, "respond", INSTANCE]).fails_with(2, &["unknown.toml", "line 2", "lock_day"]);
    let same = home.write(
        "same.toml",
        "[source]\nrole_arn = \"arn:aws:iam::222222222222:role/Ir\"\n[forensic]\naccount_id = \"222222222222\"\n",
    );
    home.run(&["--config", &same, "respond", INSTANCE]).fails_with(2, &["222222222222", "separate forensic account"]);
    home.run(&["--config", "absent.toml", "respond", INSTANCE]).fails_with(2, &["absent.toml", "no such file"]);
}

#[test]
fn findings_that_cannot_be_read_say_why() {
    let home = Home::new();
    let finding = |name: &str, text: &str| home.write(name, text);
    let cases = [
        (finding("empty.json", ""), "empty"),
        (finding("cut.json", "{\"detail\": {\"id\""), "JSON"),
        (finding("foreign.json", "{\"hello\": 1}"), "not a GuardDuty finding"),
        ("absent.json".to_owned(), "cannot read the finding"),
    ];
    for (file, words) in cases {
        home.run(&["respond", "--finding", &file]).fails_with(2, &[words]);
    }
}

const SAMPLE: &str = r#"{"Id":"f1","AccountId":"111111111111","Region":"us-east-1","Partition":"aws",
  "Type":"Backdoor:EC2/C&CActivity.B","Title":"t","Severity":8,"SchemaVersion":"2.0",
  "CreatedAt":"2026-03-01T12:00:00Z","UpdatedAt":"2026-03-01T12:00:00Z",
  "Arn":"arn:aws:guardduty:us-east-1:111111111111:detector/d/finding/f1",
  "Resource":{"ResourceType":"Instance","InstanceDetails":{"InstanceId":"i-0123456789abcdef0"}},
  "Service":{"ServiceName":"guardduty","ResourceRole":"TARGET","Count":1,"Archived":false,
    "AdditionalInfo":{"Value":"{\"sample\":true}","Type":"default"}}}"#;

#[test]
fn a_sample_is_refused_with_a_document() {
    let home = Home::new();
    let file = home.write("sample.json", SAMPLE);
    let end = home.run(&["--output", "json", "respond", "--finding", &file]);
    end.fails_with(5, &["nothing done", "sample"]);
    let document: serde_json::Value = serde_json::from_str(&end.stdout).expect("JSON");
    assert_eq!(document["schema"], "impound.case/1");
    assert_eq!(document["status"], "refused");
    assert_eq!(document["target"]["instance"], INSTANCE);
}

#[test]
fn a_runbook_that_breaks_a_law_is_refused_with_the_law() {
    let home = Home::new();
    let file = home.write(
        "mine.toml",
        "name = \"mine\"\ntitle = \"t\"\n[[step]]\nstep = \"capture\"\n[[step]]\nstep = \"isolate\"\nafter = [\"capture\"]\n",
    );
    home.run(&["runbook", "check", &file]).fails_with(2, &["isolate", "detach", "the law"]);
    home.run(&["respond", INSTANCE, "--runbook", &file]).fails_with(2, &["isolate", "the law"]);
    home.run(&["respond", INSTANCE, "--runbook", "clasic"]).fails_with(2, &["clasic", "standard, classic"]);
}

#[test]
fn an_unknown_scenario_lists_what_there_is() {
    Home::new().run(&["drill", "--scenario", "moon"]).fails_with(2, &["moon", "web-tier"]);
}

#[test]
fn a_case_that_is_not_there_is_named_with_its_place() {
    let home = Home::new();
    for command in ["status", "verify", "resume", "release", "report"] {
        home.run(&["--state", "nowhere", command, "case-1"]).fails_with(2, &["case-1", "nowhere"]);
    }
    home.run(&["--state", "nowhere", "approve", "case-1", "boot-image"]).fails_with(2, &["case-1", "nowhere"]);
    assert!(!home.path().join("nowhere").exists(), "looking makes no directory");
}

#[cfg(not(feature = "cloud"))]
#[test]
fn without_the_feature_cloud_a_response_says_so() {
    for line in [&["respond", INSTANCE][..], &["plan", INSTANCE], &["doctor"]] {
        Home::new().run(line).fails_with(2, &["built without the feature `cloud`"]);
    }
}
