//! A case that a drill has left: what can be done with it afterwards, and what not.

use crate::program::Home;
use serde_json::Value;

const CASE: &str = "drill-web-tier-1";

fn drilled() -> Home {
    let home = Home::new();
    home.run(&["-q", "--state", "s", "drill"]).succeeds();
    home
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON document")
}

#[test]
fn a_drills_case_can_be_looked_at_and_not_gone_on_with() {
    let home = drilled();
    let listed = home.run(&["--state", "s", "status"]);
    assert!(listed.succeeds().stdout.contains(CASE), "{}", listed.stdout);
    let one = home.run(&["--state", "s", "status", CASE]);
    assert!(one.succeeds().stdout.contains("is terminated"), "{}", one.stdout);
    for (form, mark) in [("md", "#"), ("html", "<html"), ("json", "impound.report/1")] {
        let report = home.run(&["--state", "s", "report", CASE, "--format", form]);
        assert!(report.succeeds().stdout.contains(mark), "{form}");
    }
    home.run(&["--state", "s", "timeline", CASE]).fails_with(2, &["has captured no call of CloudTrail", CASE]);
    for line in [&["resume", CASE][..], &["release", CASE, "--yes"], &["approve", CASE, "boot-image"]] {
        let line = [&["--state", "s"], line].concat();
        home.run(&line).fails_with(2, &["of a drill"]);
    }
}

#[test]
fn the_document_is_the_contracts() {
    let home = drilled();
    let document = json(&home.run(&["--state", "s", "--output", "json", "status", CASE]).succeeds().stdout);
    assert_eq!(document["schema"], "impound.case/1");
    assert_eq!(document["case"], CASE);
    assert_eq!(document["status"], "done");
    assert_eq!(document["verdict"]["network"], "new-flows-blocked");
    assert_eq!(document["ledger"]["head"].as_str().map(str::len), Some(64));
    let steps = document["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 13);
    assert!(steps.iter().all(|step| step["started"].is_string() && step["finished"].is_string()), "{steps:?}");
    let evidence = document["evidence"].as_array().expect("evidence");
    let copies = evidence.iter().filter(|item| item["kind"] == "snapshot" && item["state"] == "verified");
    assert!(copies.clone().count() > 0, "{evidence:?}");
    assert!(copies.into_iter().all(|copy| copy["locked"] == true && copy["sha256"].is_string()), "{evidence:?}");
}

#[test]
fn an_altered_ledger_is_unverified_and_left_alone() {
    let home = drilled();
    let ledger = home.path().join("s/cases").join(CASE).join("ledger.db");
    let mut bytes = std::fs::read(&ledger).expect("the ledger");
    let place = bytes.windows(8).rposition(|window| window == b"isolated").or(bytes.len().checked_sub(200));
    bytes[place.expect("a ledger of more than 200 bytes")] ^= 1;
    std::fs::write(&ledger, &bytes).expect("altered");
    let end = home.run(&["--state", "s", "--output", "json", "verify", CASE]);
    end.fails_with(7, &["broken"]);
    assert_eq!(json(&end.stdout)["status"], "unverified");
    assert_eq!(std::fs::read(&ledger).expect("the ledger"), bytes);
}

#[test]
fn an_altered_file_is_unverified_by_name() {
    let home = drilled();
    home.run(&["--state", "s", "verify", CASE]);
    let files = home.path().join("s/cases").join(CASE).join("artefacts");
    let shelf = std::fs::read_dir(&files).expect("artefacts").next().expect("one").expect("readable").path();
    let file = std::fs::read_dir(shelf).expect("a shelf").next().expect("one").expect("readable").path();
    std::fs::write(&file, b"something else").expect("altered");
    home.run(&["--state", "s", "verify", CASE]).fails_with(7, &["altered"]);
}
