//! Input that is wrong: one line that says what was tried and why it failed, the contract's exit code,
//! nothing changed, no case opened.

use crate::harness::{End, Incident};

/// It ended without a change and without a case.
fn refused(incident: &Incident, end: End, code: i32, words: &[&str]) {
    end.fails_with(code, words);
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
    assert!(ledger::Shelf::at(incident.home.state()).cases().unwrap().is_empty());
}

#[test]
fn an_instance_that_is_not_there() {
    let incident = Incident::new();
    let unknown = "i-0123456789abcdef0";
    let end = incident.home.run(&["respond", unknown]);
    refused(&incident, end, 2, &[unknown, "111111111111", "us-east-1", "region"]);
}

#[test]
fn an_id_of_the_wrong_form_is_not_even_asked_for() {
    let incident = Incident::new();
    for wrong in ["i-123", "eni-0123456789abcdef0", "", "i-0123456789abcdef0 "] {
        let end = incident.home.run(&["respond", wrong]);
        refused(&incident, end, 2, &["instance id"]);
    }
    assert_eq!(incident.calls().0.len(), 0);
}

#[test]
fn an_instance_that_is_terminated() {
    let incident = Incident::new();
    incident.server.change(&["terminate", incident.instance()]);
    refused(&incident, incident.respond(&[]), 2, &[incident.instance(), "terminated"]);
}

#[test]
fn the_wrong_region() {
    let incident = Incident::new();
    let end = incident.home.run(&["--region", "eu-west-1", "respond", incident.instance()]);
    refused(&incident, end, 2, &[incident.instance(), "eu-west-1", "--region"]);
}

#[test]
fn a_configuration_that_can_not_be_meant() {
    let incident = Incident::new();
    for (text, words) in [
        ("[policy]\nlock_day = 3\n", ["impound.toml", "lock_day"]),
        ("[forensic]\naccount_id = \"111111111111\"\n", ["111111111111", "separate forensic account"]),
        ("[policy]\nrevoke = \"everything\"\n", ["impound.toml", "everything"]),
        ("[source\n", ["impound.toml", "line 1"]),
    ] {
        incident.home.write("impound.toml", text);
        refused(&incident, incident.respond(&[]), 2, &words);
    }
}

#[test]
fn a_finding_that_can_not_be_read() {
    let incident = Incident::new();
    for (text, word) in
        [("", "empty"), ("{\"Findings\": [{\"Id\": ", "JSON"), ("{\"hello\": 1}", "GuardDuty"), ("[]", "finding")]
    {
        let file = incident.home.write("finding.json", text);
        let end = incident.home.run(&["respond", "--finding", &file]);
        refused(&incident, end, 2, &[word]);
    }
    assert_eq!(incident.calls().0.len(), 0, "AWS is not asked about what can not be read");
}

#[test]
fn a_runbook_that_breaks_a_law() {
    let incident = Incident::new();
    let file = incident.home.write(
        "mine.toml",
        "name = \"mine\"\ntitle = \"t\"\n[[step]]\nstep = \"capture\"\n[[step]]\nstep = \"isolate\"\nafter = [\"capture\"]\n",
    );
    refused(&incident, incident.respond(&["--runbook", &file]), 2, &["isolate", "the law"]);
    assert_eq!(incident.calls().0.len(), 0);
}
