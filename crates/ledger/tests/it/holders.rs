//! One writer per case; readers at any time.

use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use ledger::{CaseFile, LedgerError, Shelf, Store as _};

use crate::helpers::*;

#[test]
fn the_second_writer_is_told_who_has_the_case() {
    let state = tempfile::tempdir().expect("a directory");
    let case = CaseFile::create(state.path(), CASE, "respond").expect("created");
    let error = CaseFile::open(state.path(), CASE, "resume").expect_err("held");
    let line = error.to_string();
    assert!(matches!(&error, LedgerError::Locked { program, .. } if program == "respond"), "{line}");
    assert!(line.contains(&format!("process {}", std::process::id())), "{line}");
    drop(case);
    CaseFile::open(state.path(), CASE, "resume").expect("free");
}

#[test]
fn a_case_is_made_once() {
    let state = closed_case(2);
    let error = CaseFile::create(state.path(), CASE, "test").expect_err("exists");
    assert!(matches!(error, LedgerError::Exists { .. }), "{error}");
    assert_eq!(read_entries(state.path()).expect("as it was").len(), 2);
}

#[test]
fn of_many_who_make_one_case_one_succeeds() {
    for _ in 0..20 {
        let state = tempfile::tempdir().expect("a directory");
        let made = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..2).map(|_| scope.spawn(|| CaseFile::create(state.path(), CASE, "test"))).collect();
            threads.into_iter().map(|t| t.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert_eq!(made.iter().filter(|case| case.is_ok()).count(), 1, "{made:?}");
        drop(made);
        assert!(read_entries(state.path()).expect("whole").is_empty());
    }
}

#[test]
fn a_reader_sees_a_growing_ledger_whole_at_every_moment() {
    let state = tempfile::tempdir().expect("a directory");
    let mut case = CaseFile::create(state.path(), CASE, "test").expect("created");
    let (stop, stopped) = mpsc::channel::<()>();
    let path = state.path();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let (mut seen, mut looks) = (0, 0);
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                let len = read_entries(path).expect("whole").len();
                assert!(len >= seen, "the ledger became shorter");
                (seen, looks) = (len, looks + 1);
            }
            looks
        });
        for n in 0..300 {
            case.append(AT, &[body(n), body(n + 1)]).expect("appended");
            if n % 50 == 49 {
                // Closing folds the log into the file, under the reader's eyes.
                case = reopened(case, path);
            }
        }
        stop.send(()).expect("the reader lives");
        assert!(reader.join().expect("no panic") > 0);
    });
    assert_eq!(read_entries(path).expect("whole").len(), 600);
}

fn reopened(case: CaseFile, state: &Path) -> CaseFile {
    drop(case);
    CaseFile::open(state, CASE, "test").expect("opened")
}

#[test]
fn a_reader_writes_nothing_and_does_not_wait_for_the_lock() {
    let state = tempfile::tempdir().expect("a directory");
    let case = open_case(state.path(), 3);
    let mut reader = CaseFile::read(state.path(), CASE).expect("read");
    assert_eq!((reader.len(), reader.head()), (3, case.head()));
    assert!(matches!(reader.append(AT, &[body(1)]), Err(LedgerError::ReadOnly { .. })));
    assert!(matches!(reader.put_artefact(b"x"), Err(LedgerError::ReadOnly { .. })));
    drop(case);
    let before = image(state.path());
    read_entries(state.path()).expect("whole");
    assert!(before == image(state.path()));
}

#[test]
fn openings_take_turns() {
    let state = tempfile::tempdir().expect("a directory");
    let shelf = Shelf::at(state.path().join("new"));
    thread::scope(|scope| {
        for _ in 0..3 {
            let shelf = &shelf;
            scope.spawn(move || {
                let _turn = shelf.opening_lock().expect("a turn");
                if shelf.cases().expect("listed").is_empty() {
                    CaseFile::create(shelf.path(), CASE, "test").expect("the only one");
                }
            });
        }
    });
    assert_eq!(shelf.cases().expect("listed"), [CASE]);
}

const OTHER_PROCESS: &str = "holders::a_reader_follows_a_writer_in_another_process";

/// Runs in both processes: the child writes, closes and opens the case; the parent reads.
#[test]
fn a_reader_follows_a_writer_in_another_process() {
    if let Some(state) = state_of_child() {
        return write_and_reopen(&state);
    }
    let state = tempfile::tempdir().expect("a directory");
    drop(open_case(state.path(), 0));
    let mut child = same_test(OTHER_PROCESS, state.path()).stdout(Stdio::null()).spawn().expect("spawned");
    let mut seen = 0;
    while child.try_wait().expect("a child").is_none() {
        let len = read_entries(state.path()).expect("whole").len();
        assert!(len >= seen, "the ledger became shorter");
        seen = len;
    }
    assert!(child.wait().expect("ended").success());
    assert_eq!(read_entries(state.path()).expect("whole").len(), 400);
    assert!(seen > 0, "nothing was read while the other wrote");
}

fn write_and_reopen(state: &Path) {
    let mut case = CaseFile::open(state, CASE, "child").expect("opened");
    for n in 0..200 {
        case.append(AT, &[body(n), body(n + 1)]).expect("appended");
        if n % 7 == 6 {
            case = reopened(case, state);
        }
    }
}
