//! What the tests share: a state directory with a case in it, and images of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledger::{CaseFile, Entry, LedgerError, Store as _};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const AT: &str = "2026-03-01T12:00:00Z";
pub const CASE: &str = "web-7";

/// Bodies of unequal size; the longest need overflow pages.
pub fn body(n: u64) -> Value {
    json!({"kind": "intent", "n": n, "text": "évidence ".repeat(usize::try_from(n * n % 7 * 90).expect("small"))})
}

/// A state directory with one closed case of `len` entries.
pub fn closed_case(len: u64) -> TempDir {
    let state = tempfile::tempdir().expect("a directory");
    drop(open_case(state.path(), len));
    state
}

/// One case of `len` entries, each appended in a transaction of its own.
pub fn open_case(state: &Path, len: u64) -> CaseFile {
    let mut case = CaseFile::create(state, CASE, "test").expect("created");
    for n in 1..=len {
        case.append(AT, &[body(n)]).expect("appended");
    }
    case
}

pub fn case_dir(state: &Path) -> PathBuf {
    state.join("cases").join(CASE)
}

pub fn db(state: &Path) -> PathBuf {
    case_dir(state).join("ledger.db")
}

/// Every file of a case (artefacts apart) with its bytes.
pub type Image = Vec<(String, Vec<u8>)>;

/// Reads an image. Of an open case it is what a crash would leave: call it with nothing under
/// way, and drop the case next (closing these files ends SQLite's own locks on them).
pub fn image(state: &Path) -> Image {
    let mut files: Image = fs::read_dir(case_dir(state))
        .expect("listed")
        .map(|item| item.expect("listed"))
        .filter(|item| item.path().is_file())
        .map(|item| (item.file_name().into_string().expect("a name"), fs::read(item.path()).expect("read")))
        .collect();
    files.sort();
    files
}

/// Puts an image into a state directory, in place of what is there.
pub fn place(state: &Path, files: &Image) {
    let dir = case_dir(state);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("artefacts")).expect("made");
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).expect("written");
    }
}

/// An image with the bytes of one of its files changed.
pub fn with(files: &Image, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Image {
    let mut files = files.clone();
    let file = files.iter_mut().find(|(found, _)| found == name).expect("a file of the image");
    change(&mut file.1);
    files
}

/// An image without one of its files.
pub fn without(files: &Image, name: &str) -> Image {
    files.iter().filter(|(found, _)| found != name).cloned().collect()
}

pub fn read_entries(state: &Path) -> Result<Vec<Entry>, LedgerError> {
    CaseFile::read(state, CASE)?.entries()
}

/// The entry at which reading and opening both say that the case is broken; asserts that
/// neither of them changed a byte (what the lock file says apart).
pub fn broken_at(state: &Path) -> u64 {
    let before = without(&image(state), "lock");
    let read = expect_broken(CaseFile::read(state, CASE).map(|_| ()));
    let opened = expect_broken(CaseFile::open(state, CASE, "test").map(|_| ()));
    assert_eq!(read, opened, "reading and opening disagree");
    assert!(before == without(&image(state), "lock"), "a broken case was changed");
    read
}

fn expect_broken(result: Result<(), LedgerError>) -> u64 {
    match result {
        Err(LedgerError::Broken { entry, .. }) => entry,
        other => panic!("expected a broken ledger, got {other:?}"),
    }
}

/// Whatever was done to the image in `state`: it reads as `truth`, or it is refused with a
/// reason and not a byte of it is changed. Says which.
pub fn sound_or_refused(state: &Path, truth: &[Entry]) -> bool {
    let before = without(&image(state), "lock");
    let read = read_entries(state);
    assert!(before == without(&image(state), "lock"), "reading changed the case");
    match (read, CaseFile::open(state, CASE, "test")) {
        (Ok(entries), opened) => {
            assert!(entries == truth, "an altered ledger was read as whole");
            match opened {
                Ok(case) => assert!(case.entries().expect("verified") == truth),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
            true
        }
        (Err(error), opened) => {
            assert!(opened.is_err(), "not readable ({error}) and yet opened for writing");
            assert!(before == without(&image(state), "lock"), "opening changed a refused case");
            false
        }
    }
}

/// Set for a child: the state directory it works in.
const CHILD_STATE: &str = "LEDGER_TEST_CHILD_STATE";

/// This very program, to run one test as a child that finds itself by [`state_of_child`].
pub fn same_test(name: &str, state: &Path) -> Command {
    test_in(&env::current_exe().expect("this test"), name, state)
}

/// The same from a copy of this program.
pub fn test_in(program: &Path, name: &str, state: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", "--nocapture", name]).env(CHILD_STATE, state);
    command
}

/// In a child, the state directory it works in.
pub fn state_of_child() -> Option<PathBuf> {
    env::var_os(CHILD_STATE).map(PathBuf::from)
}
