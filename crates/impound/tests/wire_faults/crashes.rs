//! SIGKILL: before each call that changes something, after the effect of such calls, and between the
//! entries of the ledger. `resume` then reaches the end of a run that nobody disturbed.
//!
//! Every point costs a whole job: so of the effects every other one is swept, besides a case that is
//! killed after one upon the other, and the ledger is swept with a stride, besides a case that is
//! killed again and again. Each entry is swept by the engine's own tests, in process.

use crate::SIDE_BY_SIDE;
use crate::harness::{End, Incident};
use crate::outcome::{CASE, JOB, assert_as_undisturbed};
use serde_json::json;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Changes that a job makes at the least: fewer would mean that the sweep ended early.
const CHANGES: usize = 35;
/// Entries that a job writes at the least.
const ENTRIES: usize = 250;
/// How many entries lie between two places of the ledger where the program is killed.
const STRIDE: usize = 29;
/// How many entries a process may write that is killed again and again.
const LEASE: usize = 9;
/// How often the ledger's head is looked at.
const LOOK: Duration = Duration::from_micros(200);

#[test]
fn killed_before_the_effect_of_each_change_it_ends_as_if_never_killed() {
    let killed = sweep(|place| crash_at_change(place + 1, "before"));
    assert!(killed >= CHANGES, "{killed}");
}

#[test]
fn killed_after_the_effect_of_every_other_change_it_ends_as_if_never_killed() {
    let killed = sweep(|place| crash_at_change(place * 2 + 1, "after"));
    assert!(killed >= CHANGES / 2, "{killed}");
}

#[test]
fn killed_after_the_effect_of_change_upon_change_it_ends_as_if_never_killed() {
    let incident = Incident::new();
    let mut kills = 0;
    let mut end = crash(&incident, &[&["respond", incident.instance()], &JOB[..]].concat(), (1, "after"));
    while end.code.is_none() {
        kills += 1;
        end = crash(&incident, &["resume", CASE], (1, "after"));
    }
    // What is sent together is cut off together, so there are fewer lives than changes.
    assert!(kills >= CHANGES / 4, "{kills}");
    assert_as_undisturbed(&incident, &end, "killed after change upon change");
}

#[test]
fn killed_all_along_the_ledger_it_ends_as_if_never_killed() {
    let killed = sweep(|place| crash_at_entry(place * STRIDE + 1));
    assert!(killed >= ENTRIES / STRIDE, "{killed}");
}

#[test]
fn killed_again_and_again_between_entries_it_ends_as_if_never_killed() {
    let incident = Incident::new();
    let mut process = incident.home.start(&[&["respond", incident.instance()], &JOB[..]].concat());
    let mut kills = 0;
    while killed_at(&incident, &mut process, head(&incident) + LEASE) {
        End::of(process);
        kills += 1;
        process = incident.home.start(&["resume", CASE]);
    }
    assert!(kills >= 10, "{kills}");
    assert_as_undisturbed(&incident, &End::of(process), "killed again and again");
}

/// Visits places from 0 on, several at once, until one lies behind the end of the job; how many did not.
fn sweep(visit: impl Fn(usize) -> bool + Sync) -> usize {
    let (next, over, killed) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicUsize::new(0));
    let work = || {
        while !over.load(Ordering::SeqCst) {
            if visit(next.fetch_add(1, Ordering::SeqCst)) {
                killed.fetch_add(1, Ordering::SeqCst);
            } else {
                over.store(true, Ordering::SeqCst);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(work);
        }
    });
    killed.into_inner()
}

/// Whether the job had so many changes, and so was killed.
fn crash_at_change(nth: usize, when: &str) -> bool {
    let incident = Incident::new();
    let end = crash(&incident, &[&["respond", incident.instance()], &JOB[..]].concat(), (nth, when));
    conclude(&incident, end.code.is_none(), &format!("killed {when} change {nth}"))
}

/// Runs the program with a trap at one of its changes.
fn crash(incident: &Incident, args: &[&str], (nth, when): (usize, &str)) -> End {
    let file = incident.home.path().join("pid");
    let trap = json!({"pidfile": file, "nth": nth, "when": when, "mutating": true});
    incident.server.control("trap", &trap);
    let process = incident.home.start(args);
    std::fs::write(&file, process.id().to_string()).unwrap();
    End::of(process)
}

/// Whether the job had so many entries, and so was killed.
fn crash_at_entry(length: usize) -> bool {
    let incident = Incident::new();
    let mut process = incident.home.start(&[&["respond", incident.instance()], &JOB[..]].concat());
    let killed = killed_at(&incident, &mut process, length);
    End::of(process);
    conclude(&incident, killed, &format!("killed at entry {length}"))
}

fn conclude(incident: &Incident, killed: bool, what: &str) -> bool {
    if killed {
        let end = incident.home.run(&["resume", CASE]);
        assert_as_undisturbed(incident, &end, what);
    }
    killed
}

/// Kills a process once the ledger is so long; false when it ended by itself before.
fn killed_at(incident: &Incident, process: &mut Child, length: usize) -> bool {
    loop {
        if head(incident) >= length {
            process.kill().unwrap();
            return true;
        }
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::park_timeout(LOOK);
    }
}

/// How long the ledger says it is.
fn head(incident: &Incident) -> usize {
    let file = incident.home.state().join("cases").join(CASE).join("head");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.split(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
