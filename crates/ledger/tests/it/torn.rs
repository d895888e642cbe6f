//! Files cut short or damaged anywhere: never a panic, never a wrong reading, never a write.

use ledger::{CaseFile, Entry, Store as _};

use crate::helpers::*;

const LEN: u64 = 12;

/// What is done to the bytes of a file at an offset.
type Damage = fn(&mut Vec<u8>, usize);

/// A closed case, and its entries.
fn closed() -> (Image, Vec<Entry>) {
    let state = closed_case(LEN);
    (
        image(state.path()),
        read_entries(state.path()).expect("whole"),
    )
}

/// A case as a crash leaves it: most of it in the write-ahead log.
fn crashed() -> (Image, Vec<Entry>) {
    let state = tempfile::tempdir().expect("a directory");
    let case = open_case(state.path(), LEN);
    let truth = case.entries().expect("whole");
    (image(state.path()), truth)
}

/// Damages `file` at every `stride`th byte and counts how often that was refused.
fn sweep(whole: &Image, truth: &[Entry], file: &str, stride: usize, damage: Damage) -> usize {
    let state = tempfile::tempdir().expect("a directory");
    let len = whole
        .iter()
        .find(|(name, _)| name == file)
        .expect("a file")
        .1
        .len();
    let mut refused = 0;
    for at in (0..len).step_by(stride) {
        place(state.path(), &with(whole, file, |bytes| damage(bytes, at)));
        refused += usize::from(!sound_or_refused(state.path(), truth));
    }
    refused
}

fn cut(bytes: &mut Vec<u8>, at: usize) {
    bytes.truncate(at);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let (whole, truth) = closed();
    let len = whole
        .iter()
        .find(|(name, _)| name == "ledger.db")
        .expect("a file")
        .1
        .len();
    let offsets = len.div_ceil(97);
    assert_eq!(
        sweep(&whole, &truth, "ledger.db", 97, cut),
        offsets,
        "a cut file was taken for whole"
    );
}

#[test]
fn a_damaged_byte_of_the_file_is_refused_or_harmless() {
    let (whole, truth) = closed();
    assert!(
        sweep(&whole, &truth, "ledger.db", 101, |bytes, at| bytes[at] ^=
            0x41)
            > 100,
        "damage went unseen"
    );
}

#[test]
fn every_byte_of_the_file_header_may_be_damaged() {
    let (whole, truth) = closed();
    let header: Damage = |bytes, at| bytes[at % 140] ^= 0x83;
    let stride = whole
        .iter()
        .find(|(name, _)| name == "ledger.db")
        .expect("a file")
        .1
        .len()
        / 140;
    assert!(
        sweep(&whole, &truth, "ledger.db", stride, header) > 0,
        "damage went unseen"
    );
}

#[test]
fn a_log_cut_anywhere_is_refused() {
    let (whole, truth) = crashed();
    let len = whole
        .iter()
        .find(|(name, _)| name == "ledger.db-wal")
        .expect("a log")
        .1
        .len();
    let refused = sweep(&whole, &truth, "ledger.db-wal", 997, cut);
    assert_eq!(refused, len.div_ceil(997), "a cut log was taken for whole");
}

#[test]
fn a_damaged_byte_of_the_log_is_refused() {
    let (whole, truth) = crashed();
    let len = whole
        .iter()
        .find(|(name, _)| name == "ledger.db-wal")
        .expect("a log")
        .1
        .len();
    assert_eq!(
        sweep(&whole, &truth, "ledger.db-wal", 997, |bytes, at| bytes
            [at] ^=
            0x41),
        len.div_ceil(997),
        "damage went unseen"
    );
}

#[test]
fn a_damaged_log_without_its_shared_memory_is_refused() {
    let (whole, truth) = crashed();
    let whole = without(&whole, "ledger.db-shm");
    let len = whole
        .iter()
        .find(|(name, _)| name == "ledger.db-wal")
        .expect("a log")
        .1
        .len();
    assert_eq!(
        sweep(&whole, &truth, "ledger.db-wal", 499, |bytes, at| bytes
            [at] ^=
            0x41),
        len.div_ceil(499),
        "damage went unseen"
    );
}

#[test]
fn damaged_shared_memory_is_harmless() {
    let (whole, truth) = crashed();
    assert_eq!(
        sweep(&whole, &truth, "ledger.db-shm", 499, |bytes, at| bytes
            [at] ^=
            0x41),
        0
    );
}

#[test]
fn a_lost_log_is_a_lost_tail() {
    let (whole, _) = crashed();
    let state = tempfile::tempdir().expect("a directory");
    place(state.path(), &without(&whole, "ledger.db-wal"));
    assert_eq!(broken_at(state.path()), 1);
}

#[test]
fn what_a_crash_left_is_read_and_goes_on() {
    let (whole, truth) = crashed();
    let state = tempfile::tempdir().expect("a directory");
    for left in [whole.clone(), without(&whole, "ledger.db-shm")] {
        place(state.path(), &left);
        assert!(sound_or_refused(state.path(), &truth));
        let mut case = CaseFile::open(state.path(), CASE, "test").expect("opened");
        case.append(AT, &[body(1)]).expect("goes on");
        assert_eq!(case.len(), LEN + 1);
    }
}

#[test]
fn a_half_written_entry_at_the_end_of_the_log_was_never_there() {
    let (whole, truth) = crashed();
    let state = tempfile::tempdir().expect("a directory");
    let torn = with(&whole, "ledger.db-wal", |log| {
        let frame = log[log.len() - 4120..].to_vec();
        log.extend_from_slice(&frame[..2000]);
    });
    place(state.path(), &torn);
    assert!(sound_or_refused(state.path(), &truth));
}
