//! The documents that are made from the code are committed; this holds them to it. After a change
//! `UPDATE=1 cargo test -p casebook --test docs` writes them anew.

#![allow(clippy::disallowed_methods)] // it compares files

use casebook::docs::{self, Document};
use casebook::hazards::{self, Hazard, Status};
use casebook::step::StepName;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn documents() -> Vec<Document> {
    docs::all().expect("every document can be made")
}

fn rows() -> Vec<Hazard> {
    hazards::all().expect("the table of hazards is readable")
}

#[test]
fn the_committed_documents_are_up_to_date() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    for Document { path, text } in documents() {
        let file = root().join(&path);
        if update {
            fs::create_dir_all(file.parent().expect("every document lies in a folder"))
                .expect("the folder can be made");
            fs::write(&file, text).expect("the document can be written");
        } else if fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "not as the code makes them (UPDATE=1 writes them anew): {}", stale.join(", "));
}

/// A phase that no longer needs a permission must not leave its policy behind.
#[test]
fn no_policy_is_left_over() {
    let made: BTreeSet<_> = documents().into_iter().map(|document| document.path).collect();
    for entry in fs::read_dir(root().join("docs/permissions")).expect("the policies are committed") {
        let name = entry.expect("readable").file_name().into_string().expect("a plain name");
        assert!(made.contains(&format!("docs/permissions/{name}")), "{name} is made by nothing");
    }
}

/// How many rows a section has; `C4b` stands beside `C4`.
const SECTIONS: [(char, usize); 18] = [
    ('A', 10),
    ('B', 14),
    ('C', 25),
    ('D', 8),
    ('E', 13),
    ('F', 13),
    ('G', 10),
    ('H', 14),
    ('I', 9),
    ('J', 10),
    ('K', 10),
    ('L', 5),
    ('M', 7),
    ('N', 8),
    ('O', 9),
    ('P', 9),
    ('Q', 9),
    ('R', 44),
];

fn expected() -> Vec<String> {
    let numbered = SECTIONS.iter().flat_map(|(section, rows)| (1..=*rows).map(move |row| format!("{section}{row}")));
    numbered.flat_map(|id| if id == "C4" { vec![id, "C4b".to_owned()] } else { vec![id] }).collect()
}

#[test]
fn every_hazard_stands_once_and_in_its_place() {
    let ids: Vec<_> = rows().into_iter().map(|hazard| hazard.id).collect();
    assert_eq!(ids, expected());
}

#[test]
fn every_hazard_names_a_step_or_a_file_that_is_there() {
    for Hazard { id, place, .. } in rows() {
        let step = StepName::ALL.iter().any(|step| step.as_str() == place);
        assert!(step || (place.contains('.') && root().join(&place).is_file()), "{id}: there is no {place}");
    }
}

#[test]
fn every_hazard_says_what_and_how_in_a_line() {
    for Hazard { id, what, how, source, .. } in rows() {
        for text in [&what, &how] {
            assert!(text.len() > 3 && !text.contains('\n') && !text.ends_with('.'), "{id}: {text:?}");
        }
        assert!(source.is_none_or(|url| url.starts_with("https://")), "{id}: its page is no address");
    }
}

/// The channels that residual rows name are channels that the verdict knows.
#[test]
fn every_channel_named_is_one_of_the_verdicts() {
    let files = ["residual.rs", "residual/paths.rs", "residual/tracked.rs"]
        .map(|file| root().join("crates/casebook/src/grade").join(file));
    let source = files.map(|file| fs::read_to_string(file).expect("readable")).concat();
    let known = |channel: &str| source.contains(&format!("\"{channel}\""));
    let residual = rows().into_iter().filter(|hazard| hazard.status == Status::Residual);
    for hazard in residual.filter(|hazard| hazard.how.contains("channel")) {
        let quoted: Vec<_> =
            hazard.how.split('`').skip(1).step_by(2).filter(|word| word.contains('-') || *word == "dns").collect();
        let named: Vec<_> = quoted.into_iter().filter(|word| !word.starts_with("new-flows")).collect();
        assert!(!named.is_empty() && named.iter().all(|name| known(name)), "{}: {named:?}", hazard.id);
    }
}

/// ARCHITECTURE.md names files, and for each law the test that holds it: all of them are there.
#[test]
fn the_architecture_names_what_is_there() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("committed");
    assert!(text.lines().count() <= 250, "it is meant to be read in one go");
    for named in text.split('`').skip(1).step_by(2).filter(|named| named.starts_with("crates/")) {
        let (file, test) = named.split_once("::").map_or((named, None), |(file, test)| (file, Some(test)));
        let path = root().join(file);
        assert!(path.exists(), "there is no {file}");
        if let Some(test) = test {
            let source = fs::read_to_string(&path).expect("a file of tests");
            assert!(source.contains(&format!("fn {test}(")), "{file} holds no test {test}");
        }
    }
}
