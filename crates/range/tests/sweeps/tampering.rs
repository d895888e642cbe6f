//! A history that was changed afterwards is found, wherever it was changed and however little.

use casebook::step::Phase;
use ledger::{Entry, Store, verify};
use range::proof::Trial;
use serde_json::Value;

fn history() -> Vec<Entry> {
    let trial = Trial::new("lone", Phase::Contain);
    trial.drive();
    trial.book.entries().expect("readable")
}

/// Changes the first text in a body that is not empty.
fn alter(value: &mut Value) -> bool {
    match value {
        Value::String(text) if !text.is_empty() => {
            text.push('x');
            true
        }
        Value::Array(items) => items.iter_mut().any(alter),
        Value::Object(fields) => fields.values_mut().any(alter),
        _ => false,
    }
}

#[test]
fn a_history_as_it_was_written_holds() {
    verify(&history()).expect("unbroken");
}

#[test]
fn every_altered_entry_is_found() {
    let whole = history();
    for n in 0..whole.len() {
        let mut altered = whole.clone();
        assert!(alter(&mut altered[n].body), "entry {} says something", n + 1);
        verify(&altered).expect_err("altered");
    }
}

/// The last one missing is a shorter history that holds: the file beside the ledger and the tags in the
/// other account are for that.
#[test]
fn every_missing_or_swapped_entry_is_found() {
    let whole = history();
    for n in 0..whole.len() - 1 {
        let mut cut = whole.clone();
        cut.remove(n);
        verify(&cut).expect_err("an entry is missing");
        let mut swapped = whole.clone();
        swapped.swap(n, n + 1);
        verify(&swapped).expect_err("two entries are swapped");
    }
}
