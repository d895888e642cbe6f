//! Old and new programs on one ledger.
//!
//! | writer \ reader | this program |
//! |---|---|
//! | the first format, spelled out here | reads and continues |
//! | newer program, same format, new fields in bodies | reads and continues |
//! | newer program, newer format of the file or of an entry | `Newer`, nothing changed |

use std::fs;
use std::path::Path;

use ledger::{CaseFile, Digest, FORMAT, LedgerError, Store as _};
use rusqlite::Connection;
use serde_json::json;

use crate::helpers::*;

/// Writes a ledger of format 1 as its first program did, apart from any code of this crate.
fn write_format_1(state: &Path) {
    let zeros = "0".repeat(64);
    let first = format!(r#"{{"at":"2026-03-01T12:00:00Z","body":{{"kind":"opened"}},"prev":"{zeros}","seq":1,"v":1}}"#);
    let first_hash = Digest::of(first.as_bytes()).to_string();
    let second = format!(
        r#"{{"at":"2026-03-01T12:00:01.5Z","body":{{"from a later program":[1,2.5],"kind":"intent"}},"prev":"{first_hash}","seq":2,"v":1}}"#
    );
    let second_hash = Digest::of(second.as_bytes()).to_string();
    fs::create_dir_all(case_dir(state)).expect("made");
    let conn = Connection::open(db(state)).expect("opened");
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x494d5044; PRAGMA user_version = 1;
         CREATE TABLE entry (seq INTEGER PRIMARY KEY, text TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    )
    .expect("made");
    conn.execute("INSERT INTO entry VALUES (1, ?1, ?2), (2, ?3, ?4)", (first, first_hash, second, &second_hash))
        .expect("inserted");
    fs::write(case_dir(state).join("head"), format!("{:020} {second_hash}\n", 2)).expect("written");
}

#[test]
fn a_ledger_of_the_first_format_is_read_and_continued() {
    let state = tempfile::tempdir().expect("a directory");
    write_format_1(state.path());
    let mut case = CaseFile::open(state.path(), CASE, "test").expect("opened");
    case.append(AT, &[json!({"kind": "outcome"})]).expect("continued");
    let entries = case.entries().expect("verified");
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[0].body, json!({"kind": "opened"}));
    assert_eq!(entries[1].body["from a later program"], json!([1, 2.5]));
}

#[test]
fn this_program_writes_the_first_format_byte_for_byte() {
    let (theirs, ours) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    write_format_1(theirs.path());
    let mut case = CaseFile::create(ours.path(), CASE, "test").expect("created");
    case.append("2026-03-01T12:00:00Z", &[json!({"kind": "opened"})]).expect("appended");
    case.append("2026-03-01T12:00:01.5Z", &[json!({"kind": "intent", "from a later program": [1.0, 2.5]})])
        .expect("appended");
    drop(case);
    assert_eq!(dump(theirs.path()), dump(ours.path()));
}

/// What a program sees that reads the file with plain SQL.
fn dump(state: &Path) -> Vec<String> {
    let conn = Connection::open(db(state)).expect("opened");
    let mut query = conn
        .prepare(
            "SELECT seq || ' ' || hash || ' ' || text FROM entry
             UNION ALL SELECT name || ': ' || sql FROM sqlite_schema
             UNION ALL SELECT application_id || ' ' || user_version FROM pragma_application_id, pragma_user_version",
        )
        .expect("a query");
    query.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a row")).collect()
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let state = closed_case(3);
    Connection::open(db(state.path())).expect("opened").pragma_update(None, "user_version", FORMAT + 1).expect("set");
    assert_newer(state.path(), FORMAT + 1);
}

#[test]
fn a_newer_entry_is_refused_and_left_alone() {
    let state = closed_case(3);
    let prev = read_entries(state.path()).expect("whole")[2].hash;
    let text = format!(r#"{{"at":"2026-03-01T12:00:00Z","body":null,"clock":7,"prev":"{prev}","seq":4,"v":9}}"#);
    Connection::open(db(state.path()))
        .expect("opened")
        .execute("INSERT INTO entry VALUES (4, ?1, ?2)", (&text, Digest::of(text.as_bytes()).to_string()))
        .expect("inserted");
    assert_newer(state.path(), 9);
}

fn assert_newer(state: &Path, version: u32) {
    let before = without(&image(state), "lock");
    let results = [CaseFile::read(state, CASE).map(|_| ()), CaseFile::open(state, CASE, "test").map(|_| ())];
    for result in results {
        let error = result.expect_err("newer");
        assert!(matches!(error, LedgerError::Newer { found, known: FORMAT, .. } if found == version), "{error}");
    }
    assert!(before == without(&image(state), "lock"), "a newer ledger was changed");
}

/// Whoever may tag what is captured chooses a key; the JSON library takes this one for raw text, the ledger does not.
#[test]
fn a_key_of_any_name_is_written_and_read_back() {
    for tags in [
        json!({"$serde_json::private::RawValue": "no JSON"}),
        json!({"$serde_json::private::RawValue": "{\"another\": 1}"}),
        json!({"$serde_json::private::RawValue": "[]", "Name": "web"}),
        json!({"$serde_json::private::Number": "1"}),
    ] {
        let state = tempfile::tempdir().expect("a directory");
        let mut case = CaseFile::create(state.path(), CASE, "test").expect("created");
        case.append(AT, &[json!({"kind": "captured", "tags": tags})]).expect("appended");
        drop(case);
        let entries = read_entries(state.path()).expect("readable");
        assert_eq!(entries[0].body["tags"], tags);
    }
}
