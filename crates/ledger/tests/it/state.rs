//! The state directory: names, modes, artefacts, a disk that may not be written.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use ledger::{CaseFile, Digest, LedgerError, MemoryStore, Shelf, Store};
use serde_json::json;

use crate::helpers::*;

#[test]
fn everything_is_private() {
    let parent = tempfile::tempdir().expect("a directory");
    let state = parent.path().join("state");
    let mut case = open_case(&state, 3);
    case.put_artefact(b"console output").expect("kept");
    let mut seen = 0;
    for path in walk(&state) {
        let meta = fs::metadata(&path).expect("there");
        let mode = if meta.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(meta.mode() & 0o777, mode, "{}", path.display());
        seen += 1;
    }
    // state, cases, web-7, artefacts, its folder and file; ledger.db, -wal, -shm, head, lock
    assert_eq!(seen, 11);
}

fn walk(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![dir.to_owned()];
    for item in fs::read_dir(dir).expect("listed") {
        let path = item.expect("listed").path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn check_store(store: &mut dyn Store) {
    assert!(store.is_empty() && store.head() == Digest::ZERO);
    let digest = store.put_artefact(b"user data").expect("kept");
    assert_eq!(store.put_artefact(b"user data").expect("again"), digest);
    assert_eq!(store.artefact(&digest).expect("there"), b"user data");
    assert!(matches!(store.artefact(&Digest::ZERO), Err(LedgerError::Artefact { .. })));
    let added = store.append(AT, &[json!({"artefact": digest}), json!(2.0)]).expect("appended");
    assert_eq!(added[1].body, json!(2));
    assert!(store.append(AT, &[]).expect("nothing to do").is_empty());
    assert!(matches!(store.append("yesterday", &[json!(1)]), Err(LedgerError::Time { entry: 3, .. })));
    let refused = store.append(AT, &[json!(3), json!(u64::MAX)]);
    assert!(matches!(refused, Err(LedgerError::Body { entry: 4, .. })));
    assert_eq!((store.len(), store.head()), (2, added[1].hash), "a refused batch left something");
    assert_eq!(store.entries().expect("verified"), added);
}

#[test]
fn both_stores_keep_the_contract() {
    let state = tempfile::tempdir().expect("a directory");
    let mut on_disk = CaseFile::create(state.path(), CASE, "test").expect("created");
    let mut in_memory = MemoryStore::new();
    check_store(&mut on_disk);
    check_store(&mut in_memory);
    assert_eq!(on_disk.entries().expect("verified"), in_memory.entries().expect("verified"));
}

#[test]
fn an_altered_artefact_is_reported_and_not_replaced() {
    let state = tempfile::tempdir().expect("a directory");
    let mut case = CaseFile::create(state.path(), CASE, "test").expect("created");
    let digest = case.put_artefact(b"user data").expect("kept");
    let hex = digest.to_string();
    let path = case_dir(state.path()).join("artefacts").join(&hex[..2]).join(&hex[2..]);
    fs::write(&path, b"user date").expect("altered");
    for result in [case.artefact(&digest).map(|_| ()), case.put_artefact(b"user data").map(|_| ())] {
        assert!(matches!(result, Err(LedgerError::Artefact { digest: d, .. }) if d == digest));
    }
    assert_eq!(fs::read(&path).expect("there"), b"user date");
}

#[test]
fn cases_are_listed_and_strangers_are_not() {
    let state = tempfile::tempdir().expect("a directory");
    let shelf = Shelf::at(state.path());
    assert!(shelf.cases().expect("nothing yet").is_empty());
    for case in ["b", "a.1"] {
        CaseFile::create(state.path(), case, "test").expect("created");
    }
    fs::create_dir(state.path().join("cases/.new-1-c")).expect("a leftover");
    fs::write(state.path().join("cases/file"), b"").expect("a stranger");
    assert_eq!(shelf.cases().expect("listed"), ["a.1", "b"]);
}

#[test]
fn a_case_that_is_not_there_is_not_made() {
    let state = tempfile::tempdir().expect("a directory");
    for result in
        [CaseFile::open(state.path(), CASE, "test").map(|_| ()), CaseFile::read(state.path(), CASE).map(|_| ())]
    {
        assert!(matches!(result, Err(LedgerError::NoSuchCase { .. })));
    }
    assert!(matches!(CaseFile::create(state.path(), "../x", "test"), Err(LedgerError::BadName { .. })));
    assert_eq!(fs::read_dir(state.path()).expect("listed").count(), 0);
}

#[test]
fn a_case_that_was_killed_while_being_made_is_made_again() {
    let state = tempfile::tempdir().expect("a directory");
    let leftover = state.path().join(format!("cases/.new-{}-{CASE}", std::process::id()));
    fs::create_dir_all(&leftover).expect("made");
    for file in ["ledger.db", "ledger.db-wal", "head"] {
        fs::write(leftover.join(file), b"half of something").expect("written");
    }
    drop(open_case(state.path(), 2));
    assert_eq!(read_entries(state.path()).expect("whole").len(), 2);
    assert!(!leftover.exists());
}

#[test]
fn odd_characters_in_the_path_do_no_harm() {
    let parent = tempfile::tempdir().expect("a directory");
    let state = parent.path().join("a b?mode=rw#100%é");
    let case = open_case(&state, 3);
    assert_eq!(read_entries(&state).expect("live").len(), 3);
    drop(case);
    assert_eq!(read_entries(&state).expect("closed").len(), 3);
}

const READ_ONLY: &str = "state::a_state_directory_that_may_not_be_written_is_named_and_can_be_read";

/// The superuser may write everywhere, so the checks run in a child that is somebody else.
#[test]
fn a_state_directory_that_may_not_be_written_is_named_and_can_be_read() {
    if let Some(state) = state_of_child() {
        return check_read_only(&state);
    }
    let parent = tempfile::tempdir().expect("a directory");
    let state = parent.path().join("state");
    drop(open_case(&state, 3));
    let test = parent.path().join("test");
    fs::copy(env::current_exe().expect("this test"), &test).expect("copied");
    let mut child = test_in(&test, READ_ONLY, &state);
    child.current_dir("/");
    if fs::metadata(parent.path()).expect("there").uid() == 0 {
        let nobody = 65534;
        chown(parent.path(), Some(nobody), None).expect("given away");
        child.uid(nobody);
        walk(&state).iter().for_each(|path| chown(path, Some(nobody), None).expect("given away"));
    }
    fs::set_permissions(&test, Permissions::from_mode(0o755)).expect("runnable");
    for path in walk(&state) {
        let mode = if path.is_dir() { 0o500 } else { 0o400 };
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("closed");
    }
    let output = child.output().expect("ran");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    walk_back(&state);
}

fn check_read_only(state: &Path) {
    let refused = [
        CaseFile::open(state, CASE, "test").map(|_| ()),
        CaseFile::create(state, "another", "test").map(|_| ()),
        Shelf::at(state).opening_lock().map(|_| ()),
    ];
    for result in refused {
        let error = result.expect_err("not writable");
        assert!(matches!(error, LedgerError::ReadOnly { .. }), "{error}");
    }
    assert_eq!(read_entries(state).expect("readable").len(), 3);
}

/// Opens what was closed, top down, so that the directory can be removed.
fn walk_back(dir: &Path) {
    fs::set_permissions(dir, Permissions::from_mode(0o700)).expect("opened");
    for item in fs::read_dir(dir).expect("listed") {
        let path = item.expect("listed").path();
        if path.is_dir() {
            walk_back(&path);
        }
    }
}

/// A ledger may be larger than memory: who reads it entry by entry sees what who reads it whole does.
#[test]
fn entries_are_handed_on_one_by_one_and_one_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let case = open_case(dir.path(), 5);
    let (all, mut each) = (case.entries().expect("read"), Vec::new());
    case.each(|entry| each.push(entry)).expect("read");
    assert_eq!((all.len(), &each), (5, &all));
    for entry in &all {
        assert_eq!(&case.entry(entry.seq).expect("it is there"), entry);
    }
    for none in [0, 6, u64::MAX] {
        assert!(matches!(case.entry(none), Err(LedgerError::Broken { .. })), "{none}");
    }
}
