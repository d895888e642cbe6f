//! Files cut short or damaged anywhere: never a panic, never a wrong reading, never a write.

use std::time::{Duration, Instant};

use ledger::{CaseFile, Entry, Store as _};

use crate::helpers::*;

const LEN: u64 = 12;
const DB: &str = "ledger.db";
const LOG: &str = "ledger.db-wal";
const SHM: &str = "ledger.db-shm";

/// What is done to the bytes of a file at an offset.
type Damage = fn(&mut Vec<u8>, usize);

const CUT: Damage = |bytes, at| bytes.truncate(at);
const FLIP: Damage = |bytes, at| bytes[at] ^= 0x41;

/// A case to be damaged, and the entries that it holds.
struct Whole {
    files: Image,
    truth: Vec<Entry>,
}

/// How many damaged images were tried, and how many of them were refused.
#[derive(Debug, PartialEq)]
struct Swept {
    tried: usize,
    refused: usize,
}

impl Whole {
    fn closed() -> Whole {
        let state = closed_case(LEN);
        Whole { files: image(state.path()), truth: read_entries(state.path()).expect("whole") }
    }

    /// As a crash leaves it: all entries in the write-ahead log.
    fn crashed() -> Whole {
        let state = tempfile::tempdir().expect("a directory");
        let case = open_case(state.path(), LEN);
        let truth = case.entries().expect("whole");
        Whole { files: image(state.path()), truth }
    }

    /// As a crash leaves it, copied without the shared memory.
    fn copied() -> Whole {
        let Whole { files, truth } = Whole::crashed();
        Whole { files: without(&files, SHM), truth }
    }

    fn len(&self, file: &str) -> usize {
        self.files.iter().find(|(name, _)| name == file).expect("a file").1.len()
    }

    fn sweep(&self, file: &str, stride: usize, damage: Damage) -> Swept {
        self.sweep_at((0..self.len(file)).step_by(stride), file, damage)
    }

    fn sweep_at(&self, offsets: impl Iterator<Item = usize>, file: &str, damage: Damage) -> Swept {
        let state = tempfile::tempdir().expect("a directory");
        let mut swept = Swept { tried: 0, refused: 0 };
        for at in offsets {
            place(state.path(), &with(&self.files, file, |bytes| damage(bytes, at)));
            swept.tried += 1;
            swept.refused += usize::from(!sound_or_refused(state.path(), &self.truth));
        }
        swept
    }
}

impl Swept {
    fn assert_all_refused(&self) {
        assert!(self.tried > 20 && self.refused == self.tried, "damage went unseen: {self:?}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    Whole::closed().sweep(DB, 97, CUT).assert_all_refused();
}

#[test]
fn a_damaged_byte_of_the_file_is_refused_or_harmless() {
    let swept = Whole::closed().sweep(DB, 61, FLIP);
    assert!(swept.refused > swept.tried / 4, "damage went unseen: {swept:?}");
}

#[test]
fn every_byte_of_the_file_header_may_be_damaged() {
    let swept = Whole::closed().sweep_at(0..140, DB, FLIP);
    assert!(swept.refused > 30, "damage went unseen: {swept:?}");
}

#[test]
fn a_log_cut_anywhere_is_refused() {
    Whole::crashed().sweep(LOG, 499, CUT).assert_all_refused();
    Whole::copied().sweep(LOG, 997, CUT).assert_all_refused();
}

#[test]
fn a_damaged_byte_of_the_log_is_refused() {
    Whole::crashed().sweep(LOG, 499, FLIP).assert_all_refused();
    Whole::copied().sweep(LOG, 997, FLIP).assert_all_refused();
}

#[test]
fn a_damaged_header_of_the_log_is_refused_at_once() {
    let begun = Instant::now();
    Whole::crashed().sweep_at(0..32, LOG, FLIP).assert_all_refused();
    assert!(begun.elapsed() < Duration::from_secs(10), "SQLite waited for a writer to repair it");
}

#[test]
fn damaged_shared_memory_is_harmless() {
    let swept = Whole::crashed().sweep(SHM, 499, FLIP);
    assert!(swept.tried > 20 && swept.refused == 0, "{swept:?}");
}

#[test]
fn a_lost_log_is_a_lost_tail() {
    let state = tempfile::tempdir().expect("a directory");
    place(state.path(), &without(&Whole::crashed().files, LOG));
    assert_eq!(broken_at(state.path()), 1);
}

#[test]
fn what_a_crash_left_is_read_and_goes_on() {
    for left in [Whole::crashed(), Whole::copied()] {
        let state = tempfile::tempdir().expect("a directory");
        place(state.path(), &left.files);
        assert!(sound_or_refused(state.path(), &left.truth));
        let mut case = CaseFile::open(state.path(), CASE, "test").expect("opened");
        case.append(AT, &[body(1)]).expect("goes on");
        assert_eq!(case.len(), LEN + 1);
    }
}

#[test]
fn a_half_written_entry_at_the_end_of_the_log_was_never_there() {
    let Whole { files, truth } = Whole::crashed();
    let torn = with(&files, LOG, |log| {
        let frame = log[log.len() - 4120..].to_vec();
        log.extend_from_slice(&frame[..2000]);
    });
    let state = tempfile::tempdir().expect("a directory");
    place(state.path(), &torn);
    assert!(sound_or_refused(state.path(), &truth));
}

/// Offsets 32 and 36 of an SQLite file: the first page of its free list, and how many there are.
#[test]
fn a_page_in_use_and_listed_as_free_is_refused_before_it_is_overwritten() {
    let files = with(&Whole::closed().files, DB, |bytes| {
        bytes[32..36].copy_from_slice(&2_u32.to_be_bytes());
        bytes[36..40].copy_from_slice(&1_u32.to_be_bytes());
    });
    let state = tempfile::tempdir().expect("a directory");
    place(state.path(), &files);
    assert_eq!(broken_at(state.path()), LEN + 1);
}
