//! What stands in the ledger, and in which order.

use casebook::entry::Entry;
use casebook::query::{Query, SourceQuery};
use casebook::scene::instance::Attribute;
use casebook::step::{Phase, StepName};
use engine::{EngineError, Session};
use ledger::{MemoryStore, Store};
use range::proof::{Failure, Trial};
use serde_json::json;
use std::collections::BTreeMap;

#[test]
fn the_first_tier_is_written_before_the_first_intent() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    let entries = trial.entries();
    let first = entries.iter().position(|entry| matches!(entry, Entry::Intent(_))).expect("something was changed");
    let session = trial.case();
    for query in casebook::steps::capture::first_tier(session.case()) {
        let at = entries.iter().position(|entry| matches!(entry, Entry::Captured(c) if c.query == query));
        assert!(at.is_some_and(|at| at < first), "{query:?} is at {at:?}, the first intent at {first}");
    }
}

#[test]
fn every_intent_has_one_outcome() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    let mut open = Vec::new();
    for (seq, entry) in (1..).zip(trial.entries()) {
        match entry {
            Entry::Intent(_) => open.push(seq),
            Entry::Outcome(outcome) => {
                let at = open.iter().position(|intent| *intent == outcome.intent).expect("an open intent");
                open.remove(at);
            }
            _ => {}
        }
    }
    assert_eq!(open, Vec::<u64>::new());
}

#[test]
fn no_entry_is_repeated_without_a_change() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    let mut last: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in trial.entries() {
        let Some(subject) = subject(&entry) else { continue };
        if let Some(before) = last.insert(subject.clone(), entry.clone()) {
            assert_ne!(before, entry, "{subject} is written twice");
        }
    }
}

/// What an entry tells the state of.
fn subject(entry: &Entry) -> Option<String> {
    match entry {
        Entry::Captured(captured) => Some(format!("captured {:?}", captured.query)),
        Entry::Observed(observed) => Some(format!("observed {:?}", observed.query)),
        Entry::Step(step) => Some(format!("step {}", step.step)),
        Entry::Asked(asked) => Some(format!("gate {}", asked.gate)),
        Entry::Evidence(evidence) => Some(format!("evidence {}", evidence.id)),
        Entry::Verdict(_) => Some("verdict".into()),
        _ => None,
    }
}

#[test]
fn user_data_stands_beside_the_ledger_and_never_in_it() {
    const SECRET: &str = "export DB_PASSWORD=correct-horse";
    let trial = Trial::new("web-tier", Phase::Contain);
    let instance = trial.range.target().instance;
    trial.range.with_world(|world| {
        world.compute.instances.get_mut(&instance).expect("the target").user_data = Some(SECRET.into());
    });
    trial.drive();
    let session = trial.case();
    let query: Query = SourceQuery::Attribute(instance, Attribute::UserData).into();
    let kept = session.case().baseline.artefacts[&query].first().expect("a file");
    let bytes = session.store().artefact(&kept.sha256.parse().expect("a digest")).expect("kept");
    assert!(String::from_utf8(bytes).expect("canonical JSON").contains(SECRET));
    let ledger = format!("{:?}", session.store().entries().expect("readable"));
    assert!(!ledger.contains(SECRET));
}

#[test]
fn a_loaded_case_is_the_case_that_was_driven() {
    let trial = Trial::new("web-tier", Phase::Contain);
    let mut session = trial.session(Failure::Never).expect("opens");
    trial.drive_session(&mut session, &mut ()).expect("ends");
    assert_eq!(format!("{:?}", trial.case().case()), format!("{:?}", session.case()));
}

#[test]
fn entries_of_newer_programs_are_passed_over() {
    let trial = Trial::new("web-tier", Phase::Capture);
    trial.session(Failure::Never).expect("opens");
    let mut book = trial.book.clone();
    book.append("2026-03-01T12:00:00Z", &[json!({"entry": "sealed-by-notary", "notary": 7})]).expect("appended");
    let entries = trial.entries();
    assert_eq!(entries[1], Entry::Unread);
    assert!(trial.case().case().steps.is_empty());
}

#[test]
fn a_body_that_is_not_what_it_says_names_its_entry() {
    let trial = Trial::new("web-tier", Phase::Capture);
    trial.session(Failure::Never).expect("opens");
    let mut book = trial.book.clone();
    book.append("2026-03-01T12:00:00Z", &[json!({"entry": "outcome", "intent": "first"})]).expect("appended");
    let error = Session::load(book).expect_err("not understood");
    assert!(matches!(&error, EngineError::Entry { entry: 2, .. }), "{error:?}");
    assert!(error.to_string().starts_with("entry 2 of the ledger cannot be understood"), "{error}");
}

#[test]
fn a_ledger_of_something_else_is_no_case() {
    let mut book = MemoryStore::new();
    assert!(matches!(Session::load(book.clone()), Err(EngineError::NotACase)));
    book.append("2026-03-01T12:00:00Z", &[json!({"entry": "releasing", "name": "x"})]).expect("appended");
    assert!(matches!(Session::load(book), Err(EngineError::NotACase)));
}

#[test]
fn a_second_case_is_not_opened_in_the_same_ledger() {
    let trial = Trial::new("web-tier", Phase::Capture);
    trial.session(Failure::Never).expect("opens");
    let again = Session::open(trial.book.clone(), trial.opened(), trial.now());
    assert!(matches!(again, Err(EngineError::NotEmpty { entries: 1 })));
}

#[test]
fn evidence_survives_the_way_through_the_ledger() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    let session = trial.case();
    let record = &session.case().steps[&StepName::Snapshot];
    assert!(!record.head.is_empty());
    let snapshots = session.case().evidence.values().filter(|item| item.id.starts_with("snap-")).count();
    assert_eq!(snapshots, 3, "{:?}", session.case().evidence);
}
