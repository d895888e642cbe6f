//! A ledger that is shorter than what the forensic account holds.

use crate::field::Field;
use casebook::effect::{Effect, ForensicEffect};
use casebook::entry::Entry;
use casebook::step::Phase;
use casebook::tags;
use engine::Session;
use impound::verification::{Check, Found, in_cloud};
use ledger::{CaseFile, MemoryStore, Store};

/// The case as its first entries tell it.
fn cut(field: &Field, entries: usize) -> Session<MemoryStore> {
    let mut store = MemoryStore::new();
    let ledger = CaseFile::read(field.shelf().path(), field.case().as_str()).expect("readable");
    for entry in ledger.entries().expect("entries").into_iter().take(entries) {
        store.append(&entry.at, std::slice::from_ref(&entry.body)).expect("memory can be written");
    }
    Session::load(store).expect("a case")
}

fn verify(field: &Field, session: &Session<MemoryStore>) -> Vec<Check> {
    let entries = session.entries().expect("entries");
    range::run(&field.range.clock(), in_cloud(&field.cloud(), session.case(), &entries))
}

fn wrong(checks: &[Check]) -> Vec<&Check> {
    checks.iter().filter(|check| check.found == Found::Wrong).collect()
}

fn in_custody() -> Field {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Custody))).expect("in custody");
    field
}

#[test]
fn a_ledger_cut_back_to_before_custody_is_found_out() {
    let field = in_custody();
    let entries = field.history().entries;
    let whole = verify(&field, &cut(&field, entries.len()));
    assert_eq!(wrong(&whole), Vec::<&Check>::new());
    let custody = entries.iter().position(
        |written| matches!(&written.entry, Entry::Intent(intent) if matches!(intent.effect, Effect::Forensic(_))),
    );
    let short = verify(&field, &cut(&field, custody.expect("a change in the forensic account")));
    let copies = wrong(&short).into_iter().filter(|check| check.why.contains(tags::LEDGER)).count();
    assert!(copies >= 3, "{short:#?}");
}

#[test]
fn what_carries_the_cases_tag_and_stands_in_no_entry_is_found() {
    let field = in_custody();
    let history = field.history();
    let snapshot = history.case.evidence.values().find(|item| item.id.starts_with("snap-")).expect("a snapshot");
    let tags = tags::with(tags::of(&history.case.id, "copy"), tags::LEDGER, history.head.clone());
    let forged = ForensicEffect::CopySnapshot {
        snapshot: snapshot.id.as_str().into(),
        key: field.range.briefing().forensic_key.clone(),
        description: "not ours".into(),
        tags,
    };
    let made = range::run(&field.range.clock(), field.range.perform(&forged.into())).value.expect("copied");
    let checks = verify(&field, &cut(&field, history.entries.len()));
    let named = wrong(&checks);
    assert_eq!(named.len(), 1, "{checks:#?}");
    assert!(named[0].what.contains(&made.ids[0]) && named[0].why.contains("no entry"), "{named:?}");
}
