//! Findings on a target that has an open case: nothing of them is thrown away.

use crate::field::{Field, finding};
use casebook::entry::Entry;
use casebook::step::Phase;
use impound::args::ReportFormat;
use impound::commands::report::render;
use impound::exit::Exit;
use impound::history;
use impound::verification::{Found, kept_here};
use ledger::{Digest, Store};

#[test]
fn a_second_finding_is_kept_counted_and_reported() {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    assert!(!field.history().case.revoke_first);
    let file = br#"{"a":"finding"}"#;
    let mut response = field.response(field.charge(Phase::Contain));
    response.plan.charge.findings = vec![finding("f2", true, file)];
    response.file = Some(file);
    assert_eq!(field.respond(response).expect("contained"), Exit::Done);
    let history = field.history();
    assert!(history.case.revoke_first, "from then on the role goes first");
    let md = render(&history, ReportFormat::Md, &[]).expect("a report");
    assert!(md.contains("Further finding") && md.contains("Kind:EC2/f2"), "{md}");
    let json = render(&history, ReportFormat::Json, &[]).expect("a report");
    assert!(json.contains("further_findings") && json.contains(&Digest::of(file).to_string()), "{json}");
    let session = history::session(field.shelf().path(), &field.case()).expect("readable");
    assert_eq!(session.store().artefact(&Digest::of(file)).expect("kept"), file);
    assert!(kept_here(session.case(), session.store()).iter().all(|check| check.found == Found::Good));
}

#[test]
fn the_same_finding_again_is_written_once() {
    let field = Field::new();
    let file = b"{}";
    for _ in 0..2 {
        let mut response = field.response(field.charge(Phase::Capture));
        response.plan.charge.findings = vec![finding("f1", false, file), finding("f2", false, file)];
        response.file = Some(file);
        field.respond(response).expect("captured");
    }
    let history = field.history();
    assert_eq!(history.case.finding.map(|note| note.id).as_deref(), Some("f1"));
    let further = history.entries.iter().filter(|written| matches!(written.entry, Entry::Finding(_)));
    assert_eq!(further.count(), 1);
}
