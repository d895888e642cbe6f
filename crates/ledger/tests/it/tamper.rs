//! Whoever alters a stored entry is found, at the entry.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ledger::{CaseFile, Digest, Store as _};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::helpers::*;

fn sql(state: &Path, statements: &str) {
    Connection::open(db(state)).expect("opened").execute_batch(statements).expect("executed");
}

/// Flips one bit of one stored entry, behind SQLite's back as far as the chain is concerned.
fn flip(state: &Path, seq: u64, column: &str, byte: usize, bit: u8) {
    let conn = Connection::open(db(state)).expect("opened");
    let select = format!("SELECT CAST({column} AS BLOB) FROM entry WHERE seq = ?1");
    let mut bytes: Vec<u8> = conn.query_row(&select, [seq.cast_signed()], |row| row.get(0)).expect("a row");
    let at = byte % bytes.len();
    bytes[at] ^= 1 << bit;
    // The cast keeps bytes that are not UTF-8.
    let update = format!("UPDATE entry SET {column} = CAST(?1 AS TEXT) WHERE seq = ?2");
    conn.execute(&update, (bytes, seq.cast_signed())).expect("updated");
}

/// A closed case of nine entries, made once.
fn nine() -> &'static Image {
    static NINE: LazyLock<Image> = LazyLock::new(|| image(closed_case(9).path()));
    &NINE
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_of_any_entry_is_found_there(
        seq in 1_u64..=9,
        column in prop::sample::select(vec!["text", "hash"]),
        byte in 0_usize..10_000,
        bit in 0_u8..8,
    ) {
        let state = tempfile::tempdir().expect("a directory");
        place(state.path(), nine());
        flip(state.path(), seq, column, byte, bit);
        prop_assert_eq!(broken_at(state.path()), seq);
    }

    #[test]
    fn what_is_appended_is_what_is_read(bodies in prop::collection::vec(any_json(), 1..6)) {
        let state = tempfile::tempdir().expect("a directory");
        let mut case = CaseFile::create(state.path(), CASE, "test").expect("created");
        let appended = case.append(AT, &bodies).expect("appended");
        prop_assert_eq!(&case.entries().expect("verified"), &appended);
        prop_assert_eq!(&read_entries(state.path()).expect("verified"), &appended);
        prop_assert_eq!(ledger::verify(&appended), Ok(case.head()));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53)..=1 << 53).prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

#[test]
fn every_byte_of_a_small_entry_counts() {
    let state = tempfile::tempdir().expect("a directory");
    let mut case = CaseFile::create(state.path(), CASE, "test").expect("created");
    case.append(AT, &[json!({"a": 1}), json!({"b": "c"}), json!(null)]).expect("appended");
    drop(case);
    let whole = image(state.path());
    for column in ["text", "hash"] {
        for byte in 0..190 {
            place(state.path(), &whole);
            flip(state.path(), 2, column, byte, 5);
            assert_eq!(broken_at(state.path()), 2, "byte {byte} of {column}");
        }
    }
}

#[test]
fn lost_swapped_and_foreign_rows_are_found_where_they_are() {
    let changes = [
        ("DELETE FROM entry WHERE seq = 4", 4),
        ("DELETE FROM entry WHERE seq = 1", 1),
        ("DELETE FROM entry", 1),
        ("DELETE FROM entry WHERE seq = 9", 9),
        ("DELETE FROM entry WHERE seq > 5", 6),
        (
            "UPDATE entry SET seq = 100 WHERE seq = 5; UPDATE entry SET seq = 5 WHERE seq = 6; UPDATE entry SET seq = 6 WHERE seq = 100",
            5,
        ),
        (
            "UPDATE entry SET text = (SELECT text FROM entry WHERE seq = 2), hash = (SELECT hash FROM entry WHERE seq = 2) WHERE seq = 7",
            7,
        ),
        ("INSERT INTO entry SELECT 0, text, hash FROM entry WHERE seq = 1", 1),
        ("INSERT INTO entry SELECT 10, text, hash FROM entry WHERE seq = 9", 10),
        ("UPDATE entry SET text = ' ' || text WHERE seq = 3", 3),
        ("UPDATE entry SET text = '' WHERE seq = 3", 3),
        ("UPDATE entry SET hash = upper(hash) WHERE seq = 3", 3),
        ("DROP TABLE entry", 1),
        ("ALTER TABLE entry RENAME COLUMN text TO words", 1),
        ("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END", 1),
        ("PRAGMA application_id = 7", 1),
        ("PRAGMA user_version = 0", 1),
    ];
    for (change, entry) in changes {
        let state = closed_case(9);
        sql(state.path(), change);
        assert_eq!(broken_at(state.path()), entry, "{change}");
    }
}

/// Rewrites entry 3 with a hash that fits: `text` says what it becomes.
fn forge(state: &Path, text: impl Fn(String) -> String) {
    let conn = Connection::open(db(state)).expect("opened");
    let old: String = conn.query_row("SELECT text FROM entry WHERE seq = 3", [], |row| row.get(0)).expect("a row");
    let new = text(old);
    let hash = Digest::of(new.as_bytes()).to_string();
    conn.execute("UPDATE entry SET text = ?1, hash = ?2 WHERE seq = 3", (new, hash)).expect("updated");
}

#[test]
fn a_forged_entry_with_a_fitting_hash_breaks_the_next_one_or_itself() {
    type Forgery = fn(String) -> String;
    let forgeries: [(&str, Forgery, u64); 6] = [
        ("another body", |t| t.replace("intent", "outcome"), 4),
        ("another number", |t| t.replace("\"seq\":3", "\"seq\":4"), 3),
        ("another order of keys", |t| t.replace(",\"v\":1}", "}").replacen('{', "{\"v\":1,", 1), 3),
        ("a number in another spelling", |t| t.replace("\"n\":3", "\"n\":3.0"), 3),
        ("an unknown field", |t| t.replace("\"v\":1}", "\"v\":1,\"w\":1}"), 3),
        ("no format", |t| t.replace(",\"v\":1}", "}"), 3),
    ];
    for (what, forgery, entry) in forgeries {
        let state = closed_case(9);
        forge(state.path(), forgery);
        assert_eq!(broken_at(state.path()), entry, "{what}");
    }
}

#[test]
fn the_last_entry_forged_with_a_fitting_hash_differs_from_the_head() {
    let state = closed_case(3);
    forge(state.path(), |t| t.replace("intent", "outcome"));
    assert_eq!(broken_at(state.path()), 3);
}

#[test]
fn an_older_copy_put_back_is_a_lost_tail() {
    let state = tempfile::tempdir().expect("a directory");
    drop(open_case(state.path(), 5));
    let older = fs::read(db(state.path())).expect("read");
    let mut case = CaseFile::open(state.path(), CASE, "test").expect("opened");
    case.append(AT, &[json!(6), json!(7)]).expect("appended");
    drop(case);
    fs::write(db(state.path()), older).expect("put back");
    assert_eq!(broken_at(state.path()), 6);
}

#[test]
fn a_head_that_is_gone_or_altered_is_not_ignored() {
    let state = closed_case(3);
    let whole = image(state.path());
    place(state.path(), &without(&whole, "head"));
    assert_eq!(broken_at(state.path()), 4);
    for byte in 0..86 {
        place(state.path(), &with(&whole, "head", |bytes| bytes[byte] ^= 1));
        assert!((2..=4).contains(&broken_at(state.path())), "byte {byte}");
    }
}

#[test]
fn files_that_are_no_ledger_are_left_as_they_are() {
    let state = closed_case(3);
    let whole = image(state.path());
    let foreign = [Vec::new(), b"not a database at all, by far".to_vec(), vec![0; 8192], b"SQLite format 3\0".to_vec()];
    for bytes in foreign {
        place(state.path(), &with(&whole, "ledger.db", |file| *file = bytes));
        assert_eq!(broken_at(state.path()), 1);
    }
    place(state.path(), &without(&whole, "ledger.db"));
    assert_eq!(broken_at(state.path()), 1);
}
