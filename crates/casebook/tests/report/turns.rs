//! Cases that went another way: nothing done, cut off, held, gone back, released, terminated, or with
//! entries that contradict each other.

use crate::ledger::{FORENSIC, SOURCE, Writer, item};
use crate::story::plain;
use casebook::entry::{CaseStatus, Entry, Person};
use casebook::evidence::{Evidence, EvidenceKind, EvidenceState};
use casebook::gate::Gate;
use casebook::report::{History, Line, Report, ReportError, build, headline, html, markdown};
use casebook::step::{StepName, StepStatus};
use casebook::verdict::Verdict;

fn told(change: impl FnOnce(&mut Writer)) -> Report {
    let mut story = plain();
    change(&mut story.ledger);
    build(&story.ledger.history())
}

/// Only the first entries of the story.
fn cut(entries: usize) -> Report {
    let lines: Vec<Line> = plain().ledger.history().lines()[..entries].to_vec();
    build(&History::new(lines).unwrap())
}

#[test]
fn a_ledger_that_opens_no_case_is_refused() {
    assert_eq!(History::new(Vec::new()).unwrap_err(), ReportError::Empty);
    let second = plain().ledger.history().lines()[1].clone();
    assert_eq!(History::new(vec![second]).unwrap_err(), ReportError::NotOpened(2));
}

#[test]
fn every_prefix_of_a_ledger_has_a_report_that_claims_no_containment_too_early() {
    let lines = plain().ledger.history().lines().to_vec();
    let graded = lines.iter().position(|line| matches!(line.entry, Entry::Verdict(_))).unwrap();
    for entries in 1..=lines.len() {
        let report = cut(entries);
        assert_eq!(headline(&report).starts_with("Not contained"), entries <= graded, "{entries}");
        assert!(html(&report, &[]).ends_with("</html>") && markdown(&report).contains("## What this report is not"));
    }
}

#[test]
fn a_run_that_was_cut_off_is_not_called_done() {
    let report = cut(30);
    assert_eq!(report.status, None);
    assert!(markdown(&report).contains("or was cut off before it wrote its end"));
    assert!(markdown(&report).contains("impound resume 2026-11-21-web-7"));
}

#[test]
fn an_intent_without_an_outcome_is_a_lost_answer() {
    let lines = plain().ledger.history().lines().to_vec();
    let intent = lines.iter().position(|line| matches!(line.entry, Entry::Intent(_))).unwrap();
    let report = cut(intent + 1);
    assert_eq!((report.changes.len(), report.changes[0].outcome_seq), (1, None));
    assert!(report.changes[0].why.starts_with("no answer was written; it may have taken effect"));
}

#[test]
fn a_held_case_says_what_holds_it() {
    let report = told(|ledger| {
        ledger.step(StepName::Rebuild, StepStatus::Failed, "forensic.subnet_id is not set: set it", &[], &[]);
        ledger.end(CaseStatus::Held, "rebuild cannot go on");
    });
    let text = markdown(&report).replace('\\', "");
    assert!(text.contains("The step rebuild cannot go on: forensic.subnet_id is not set: set it"));
    assert!(text.contains("impound resume 2026-11-21-web-7"));
}

#[test]
fn a_network_that_opens_again_takes_the_headline_back() {
    let report = told(|ledger| {
        ledger.write(Entry::Verdict(Verdict::default()));
    });
    assert_eq!(
        headline(&report),
        "Not contained: the network is open, or not known to be closed; sessions of its role may still work"
    );
    assert!(report.timeline.moments.iter().any(|moment| moment.what == "Verdict: the network is open again"));
}

#[test]
fn a_release_is_told_by_its_end_and_leaves_the_steps_as_they_stood() {
    let begun = told(|ledger| {
        ledger.write(Entry::Releasing(Person { name: "maria".into(), identity: None }));
        ledger.step(StepName::Isolate, StepStatus::Waiting, "the groups go back", &[], &[]);
    });
    assert_eq!(headline(&begun), "Release asked for and not finished");
    let done = told(|ledger| {
        ledger.write(Entry::Releasing(Person { name: "maria".into(), identity: None }));
        ledger.step(StepName::Isolate, StepStatus::Waiting, "the groups go back", &[], &[]);
        ledger.end(CaseStatus::Done, "everything is as it was captured");
    });
    assert_eq!(headline(&done), "Released: the containment was undone");
    let isolate = done.steps.iter().find(|row| row.step == StepName::Isolate).unwrap();
    assert_eq!(isolate.status, StepStatus::Done);
    assert!(markdown(&done).contains("maria (AWS was not asked who that is)"));
}

#[test]
fn a_release_that_was_held_is_not_finished() {
    let report = told(|ledger| {
        ledger.write(Entry::Releasing(Person { name: "maria".into(), identity: None }));
        ledger.end(CaseStatus::Held, "the target group is gone");
    });
    assert_eq!(headline(&report), "Release asked for and not finished");
    assert!(markdown(&report).contains("not finished: held"));
}

#[test]
fn termination_is_claimed_only_when_it_was_read_back() {
    let waiting = told(|ledger| ledger.step(StepName::Terminate, StepStatus::Waiting, "under way", &[], &[]));
    assert!(!headline(&waiting).contains("terminated"));
    let done =
        told(|ledger| ledger.step(StepName::Terminate, StepStatus::Done, "", &["the instance is terminated"], &[]));
    assert_eq!(headline(&done), "The instance was terminated; the sessions of its role are revoked");
}

#[test]
fn a_step_of_which_nothing_is_left_to_do_keeps_what_was_read_back_before() {
    let report = told(|ledger| {
        ledger.step(StepName::Deregister, StepStatus::Done, "", &["i-0a1b2c3d4e5f60718:80 is draining"], &[]);
        ledger.wait_ms(5_000).step(StepName::Deregister, StepStatus::Skipped, "no balancer knows it", &[], &[]);
    });
    let row = report.steps.iter().find(|row| row.step == StepName::Deregister).unwrap();
    assert_eq!((row.status, row.achieved()), (StepStatus::Skipped, StepStatus::Done));
    assert!(row.first_ended < row.finished);
    assert!(markdown(&report).contains("i-0a1b2c3d4e5f60718:80 is draining<br>Last, "));
}

#[test]
fn a_step_that_failed_in_between_is_finished_from_then_on() {
    let report = told(|ledger| {
        ledger.wait_ms(1_000).step(StepName::Isolate, StepStatus::Failed, "a third interface was attached", &[], &[]);
        ledger.wait_ms(1_000).step(StepName::Isolate, StepStatus::Done, "", &["all three are in the group"], &[]);
    });
    let row = report.steps.iter().find(|row| row.step == StepName::Isolate).unwrap();
    assert_eq!(row.first_ended, row.finished);
    assert!(markdown(&report).contains("a third interface was attached"));
}

#[test]
fn a_long_reason_is_cut_in_the_lead_and_whole_at_its_gate() {
    let long = "the volume is copied; ".repeat(40);
    let report = told(|ledger| {
        ledger.ask(Gate::Terminate, StepName::Terminate, &[&long], "d1");
        ledger.end(CaseStatus::Waiting, &long);
    });
    let text = markdown(&report);
    assert!(text.lines().nth(4).unwrap().chars().count() < 220);
    assert!(text.contains(&long) && text.contains("impound approve 2026-11-21-web-7 terminate"));
}

#[test]
fn digests_that_differ_outshout_the_state() {
    let report = told(|ledger| {
        let source = "snap-0aaa1111000000001";
        let copy = item(EvidenceKind::Snapshot, "snap-0f0f1111000000021", FORENSIC, source, EvidenceState::Verified);
        ledger.evidence(Evidence { locked: true, sha256: Some("00".repeat(32)), ..copy });
    });
    let sentence = "snap-0f0f1111000000021 is NOT EQUAL to snap-0aaa1111000000001: their digests differ.";
    assert!(report.unproved.iter().any(|line| line == sentence), "{:?}", report.unproved);
    assert!(html(&report, &[]).contains("NOT EQUAL to its source's"));
}

#[test]
fn a_circle_in_the_lineage_ends() {
    let report = told(|ledger| {
        ledger.evidence(item(EvidenceKind::Volume, "vol-a", SOURCE, "vol-b", EvidenceState::Copied));
        ledger.evidence(item(EvidenceKind::Volume, "vol-b", SOURCE, "vol-a", EvidenceState::Copied));
    });
    let count = |id: &str| report.evidence.iter().filter(|item| item.evidence.id == id).count();
    assert_eq!((count("vol-a"), count("vol-b")), (1, 1));
}

#[test]
fn entries_of_a_newer_program_are_gaps() {
    let report = told(|ledger| {
        ledger.write(Entry::Unread);
    });
    assert!(report.gaps.iter().any(|gap| gap.why.starts_with("a newer program wrote it")));
}

#[test]
fn unread_volumes_are_not_taken_for_secured_ones() {
    let report = cut(2);
    assert!(report.unproved[0].contains("were not read"), "{:?}", report.unproved);
}
