//! Every question and every change against the strict emulator of tests/wire: what is sent is
//! understood, and what comes back is read. The emulator is not AWS; what it proves is the wire.
//!
//! The SDK reads its keys from the environment, so each test starts the emulator and then itself
//! again as a child with its own environment.

#![allow(clippy::unwrap_used)] // in tests

#[path = "wire/emulator.rs"]
mod emulator;
#[path = "wire/handover.rs"]
mod handover;
#[path = "wire/questions.rs"]
mod questions;
#[path = "wire/response.rs"]
mod response;

use emulator::{World, in_world};

#[test]
fn every_question_to_the_source_account_is_answered() {
    in_world("every_question_to_the_source_account_is_answered", questions::source);
}

#[test]
fn every_change_of_containment_reads_back() {
    in_world("every_change_of_containment_reads_back", response::contain_and_undo);
}

#[test]
fn snapshots_and_images_reach_the_forensic_account() {
    in_world("snapshots_and_images_reach_the_forensic_account", handover::whole);
}

#[test]
fn a_rehearsal_changes_nothing_and_sees_a_denial() {
    in_world("a_rehearsal_changes_nothing_and_sees_a_denial", response::rehearse);
}

#[test]
fn failures_have_their_class() {
    in_world("failures_have_their_class", response::fail);
}
