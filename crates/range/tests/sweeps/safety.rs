//! SAFETY.md names what is there: every checker, drills that exist, tests that exist, and the table of
//! planted defects as it is.

#![allow(clippy::disallowed_methods)] // it reads a document

use range::Script;
use range::proof::check;
use range::proof::flaw::Flaw;
use std::collections::BTreeSet;
use std::path::PathBuf;

const BEGIN: &str = "<!-- flaws: made by UPDATE=1 cargo test -p range --test sweeps safety -->\n";
const END: &str = "<!-- end of flaws -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn safety() -> String {
    std::fs::read_to_string(root().join("SAFETY.md")).expect("SAFETY.md can be read")
}

/// The cells of the rows of the constraints: held by, drill.
fn constraints() -> Vec<(String, String)> {
    let text = safety();
    let rows = text.lines().filter(|line| line.starts_with("| C"));
    let cells = rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect::<Vec<_>>());
    cells.map(|cells| (cells[4].clone(), cells[5].clone())).collect()
}

#[test]
fn every_checker_holds_a_constraint() {
    let named: BTreeSet<String> = constraints().into_iter().map(|(held, _)| held).collect();
    for checker in check::ALL {
        assert!(named.contains(checker.name), "{} is in no constraint", checker.name);
    }
    for held in named.iter().filter(|held| !held.ends_with(".rs")) {
        assert!(check::ALL.iter().any(|checker| checker.name == held), "there is no checker {held}");
    }
    for file in named.iter().filter(|held| held.ends_with(".rs")) {
        assert!(root().join(file).is_file(), "there is no {file}");
    }
}

#[test]
fn every_drill_that_is_named_exists() {
    let named: BTreeSet<String> = constraints().into_iter().map(|(_, drill)| drill).collect();
    let (tests, drills): (Vec<_>, Vec<_>) = named.into_iter().partition(|drill| drill.ends_with(".rs"));
    assert!(drills.len() >= 12, "{drills:?}");
    for file in tests {
        assert!(root().join(&file).is_file(), "there is no {file}");
    }
    for drill in drills {
        assert!(Script::names().any(|name| name == drill), "there is no drill {drill}");
    }
}

fn table() -> String {
    let rows = Flaw::all().map(|flaw| format!("| {} | {} | `{}` |\n", flaw.what, flaw.seen_in, flaw.caught_by));
    format!("| defect | seen in | caught by |\n|---|---|---|\n{}", rows.collect::<String>())
}

#[test]
fn the_table_of_defects_is_true() {
    let text = safety();
    let (before, rest) = text.split_once(BEGIN).expect("the table's begin");
    let (written, after) = rest.split_once(END).expect("the table's end");
    if std::env::var_os("UPDATE").is_some() {
        let new = format!("{before}{BEGIN}{}{END}{after}", table());
        std::fs::write(root().join("SAFETY.md"), new).expect("SAFETY.md can be written");
        return;
    }
    assert_eq!(written, table(), "UPDATE=1 cargo test -p range --test sweeps safety");
}
