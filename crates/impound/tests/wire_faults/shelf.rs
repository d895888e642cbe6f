//! The state directory: not writable, of a newer program, altered, held by another process.

use crate::harness::{End, Incident};
use std::path::PathBuf;

/// The ledger's file of a case.
fn ledger_of(incident: &Incident, case: &str) -> PathBuf {
    incident.home.state().join("cases").join(case).join("ledger.db")
}

/// The program with its state elsewhere.
fn respond_at(incident: &Incident, state: &str) -> End {
    End::of(incident.home.program(&["respond", incident.instance()]).env("IMPOUND_STATE", state).spawn().unwrap())
}

#[test]
fn a_directory_that_can_not_be_written() {
    let incident = Incident::new();
    // Nobody, not even root, makes a directory there.
    respond_at(&incident, "/sys/impound").fails_with(2, &["/sys/impound"]);
    assert_eq!(incident.calls().attempts().len(), 0);
}

#[test]
fn a_directory_that_is_a_file() {
    let incident = Incident::new();
    incident.home.write("taken", "");
    let taken = incident.home.path().join("taken");
    respond_at(&incident, taken.to_str().unwrap()).fails_with(2, &["taken"]);
    assert_eq!(incident.calls().attempts().len(), 0);
    assert_eq!(std::fs::read(taken).unwrap(), b"");
}

#[test]
fn a_case_of_a_newer_program_is_left_alone() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "contain"]).ends_with(0).case();
    let file = ledger_of(&incident, &case);
    let mut bytes = std::fs::read(&file).unwrap();
    // The user version, four bytes, big end first (<https://www.sqlite.org/fileformat2.html#user_version_number>).
    bytes[60..64].copy_from_slice(&9u32.to_be_bytes());
    std::fs::write(&file, &bytes).unwrap();
    let mark = incident.mark();
    for line in [
        &["resume", &case][..],
        &["status", &case],
        &["verify", &case],
        &["release", &case, "--yes"],
        &["respond", incident.instance()],
    ] {
        incident.home.run(line).fails_with(2, &["format 9", "newer program"]);
    }
    // With the case's tag on the instance there is no second case beside it.
    assert_eq!(incident.only_case(), case);
    assert_eq!(incident.calls_since(mark).attempts().len(), 0);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[test]
fn an_altered_ledger_is_reported_and_not_gone_on_with() {
    let incident = Incident::new();
    let case = incident.respond(&["--through", "capture"]).ends_with(0).case();
    let file = ledger_of(&incident, &case);
    let mut bytes = std::fs::read(&file).unwrap();
    let word = b"\"program\":\"impound";
    let places: Vec<_> = (0..bytes.len() - word.len()).filter(|at| bytes[*at..].starts_with(word)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + word.len() - 1] = b'D';
    }
    std::fs::write(&file, &bytes).unwrap();
    let mark = incident.mark();
    for line in [&["resume", &case][..], &["verify", &case], &["report", &case, "--format", "md", "-o", "report.md"]] {
        incident.home.run(line).fails_with(7, &[&case, "entry 1"]);
    }
    assert_eq!(incident.calls_since(mark).attempts().len(), 0);
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "nothing is overwritten");
    // It had set no tag yet, so nothing ties it to the instance: a response is not held up, and says so.
    let second = incident.respond(&["--through", "capture"]).ends_with(0);
    assert_ne!(second.case(), case);
    assert!(second.stderr.contains(&format!("the case {case} can not be read")), "{}", second.stderr);
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "nothing is overwritten");
}
