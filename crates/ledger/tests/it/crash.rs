//! A process that is really killed, with SIGKILL, in the middle of its appends.

use std::io::{BufRead as _, BufReader, Write as _, stdout};
use std::path::Path;
use std::process::Stdio;

use ledger::{CaseFile, LedgerError, Store as _};

use crate::helpers::*;

const NAME: &str = "crash::a_killed_process_loses_no_acknowledged_entry_and_leaves_no_half_batch";

/// Entries of one append.
const BATCH: u64 = 3;

/// Runs in both processes: the parent starts this very test again as the child.
#[test]
fn a_killed_process_loses_no_acknowledged_entry_and_leaves_no_half_batch() {
    if let Some(state) = state_of_child() {
        append_until_killed(&state);
    }
    let state = tempfile::tempdir().expect("a directory");
    drop(CaseFile::create(state.path(), CASE, "parent").expect("created"));
    let mut total = 0;
    for round in 0..12 {
        let acknowledged = kill_after(state.path(), 1 + round * 7 % 40);
        // Looking first, while the log of the dead is still there.
        let seen = read_entries(state.path()).expect("whole").len() as u64;
        let case = CaseFile::open(state.path(), CASE, "parent").expect("the lock ended with its process");
        assert_eq!(case.len(), seen);
        assert!(seen >= acknowledged, "acknowledged {acknowledged}, found {seen}");
        assert_eq!(seen % BATCH, 0, "half a batch");
        assert!(seen > total, "the child did nothing");
        total = seen;
    }
}

fn append_until_killed(state: &Path) -> ! {
    let mut case = CaseFile::open(state, CASE, "child").expect("opened");
    loop {
        let n = case.len();
        case.append(AT, &[body(n), body(n + 1), body(n + 2)]).expect("appended");
        writeln!(stdout(), "acknowledged {}", case.len()).expect("told");
    }
}

/// Kills a child after it acknowledged `appends` batches; gives the last number it told.
fn kill_after(state: &Path, appends: usize) -> u64 {
    let mut child = same_test(NAME, state).stdout(Stdio::piped()).spawn().expect("spawned");
    let told = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut numbers = told.filter_map(|line| {
        let line = line.expect("text");
        line.split_once("acknowledged ").map(|(_, number)| number.parse::<u64>().expect("a number"))
    });
    let told = numbers.by_ref().take(appends).last().expect("at least one");
    let held = CaseFile::open(state, CASE, "parent").expect_err("the child has it");
    assert!(matches!(&held, LedgerError::Locked { pid, .. } if *pid == child.id()), "{held}");
    child.kill().expect("killed");
    child.wait().expect("ended");
    numbers.last().unwrap_or(told)
}
