//! One target never has two cases, and one case never two writers.

use crate::harness::{End, Incident};

#[test]
fn a_second_response_adopts_the_open_case_and_makes_nothing_twice() {
    let incident = Incident::new();
    let first = incident.respond(&["--through", "contain"]).ends_with(0);
    let mark = incident.mark();
    let second = incident.respond(&["--through", "contain"]).ends_with(0);
    assert_eq!((second.case(), incident.only_case()), (first.case(), first.case()));
    assert_eq!(incident.calls_since(mark).attempts().actions(), Vec::<String>::new());
    assert_eq!(incident.calls().of("CreateSnapshots").len(), 1);
}

#[test]
fn of_two_responses_at_once_one_is_told_who_holds_the_case() {
    let incident = Incident::new();
    let line = ["respond", incident.instance(), "--through", "contain"];
    let (one, other) = (incident.home.start(&line), incident.home.start(&line));
    let pids = [one.id(), other.id()];
    let ends = [End::of(one), End::of(other)];
    let winner = ends.iter().position(|end| end.code == Some(0)).unwrap_or_else(|| panic!("{ends:#?}"));
    let loser = &ends[1 - winner];
    assert_eq!(loser.code, Some(2), "{}", loser.stderr);
    assert!(loser.stderr.contains(&pids[winner].to_string()), "{}", loser.stderr);
    assert_eq!(incident.only_case(), ends[winner].case());
    assert_eq!(incident.calls().of("CreateSnapshots").len(), 1);
}

#[test]
fn a_case_that_another_process_holds_is_not_resumed() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "capture"]).ends_with(0).case();
    let holder = ledger::CaseFile::open(&incident.home.state(), &case, "the night shift").unwrap();
    let mark = incident.mark();
    let pid = std::process::id().to_string();
    incident.home.run(&["resume", &case]).fails_with(2, &[&pid, "the night shift"]);
    assert_eq!(incident.calls_since(mark).attempts().len(), 0);
    drop(holder);
    incident.home.run(&["resume", &case]).ends_with(0);
}

#[test]
fn the_tag_of_a_case_kept_elsewhere_is_reported_and_taken_over_only_on_request() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    let elsewhere = incident.other_home();
    let line = ["respond", incident.instance(), "--through", "contain"];
    let mark = incident.mark();
    elsewhere.run(&line).fails_with(2, &[&case, "--take-over"]);
    assert_eq!(incident.calls_since(mark).attempts().len(), 0);
    let taken = elsewhere.run(&[&line[..], &["--take-over"]].concat()).ends_with(0);
    assert_eq!(taken.case(), case);
    // A tag proves nothing to a ledger that did not make the snapshots: it takes a set of its own.
    assert_eq!(incident.calls().of("CreateSnapshots").len(), 2);
    assert_eq!(incident.calls().of("CreateSecurityGroup").len(), 1, "an empty group of ours is used again");
}
