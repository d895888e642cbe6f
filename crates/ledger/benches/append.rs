//! Appends per second, beside what the disk can sync.
//!
//! The rival writes as many bytes to the end of a plain file as one append adds to a growing
//! write-ahead log, and calls fdatasync. Both are measured in turns, in one run. The ledger also
//! pays for its checkpoints; in return SQLite writes over its log once it is long enough, where
//! the plain file goes on growing.

#![allow(clippy::disallowed_methods)] // it measures the disk against the clock

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Write as _, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use ledger::{CaseFile, MemoryStore, Store};
use serde_json::{Value, json};

const AT: &str = "2026-03-01T12:00:00Z";
const ROUNDS: u32 = 10;
const APPENDS_PER_ROUND: u32 = 100;

/// The size of a usual intent: some 600 bytes of JSON.
fn body(n: u32) -> Value {
    json!({
        "kind": "intent", "step": "isolate", "call": "ModifyNetworkInterfaceAttribute", "n": n,
        "parameters": {"NetworkInterfaceId": "eni-0a1b2c3d4e5f60718", "Groups": ["sg-0123456789abcdef0"]},
        "undo": {"Groups": (0..5).map(|i| format!("sg-{i:017x}")).collect::<Vec<_>>()},
        "why": "the interface still carries groups that are not the quarantine group ".repeat(3),
    })
}

fn main() -> std::io::Result<()> {
    // On the disk under test: TMPDIR may be memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    ratio(dir.path())?;
    let mut criterion = Criterion::default().configure_from_args();
    appends(&mut criterion, dir.path());
    reads(&mut criterion, dir.path());
    criterion.final_summary();
    Ok(())
}

fn ratio(dir: &Path) -> std::io::Result<()> {
    let mut case = CaseFile::create(dir, "ratio", "bench").expect("created");
    let block = vec![7; bytes_per_append(dir, &mut case)?];
    let mut plain = File::create(dir.join("plain"))?;
    let (mut ledger_time, mut plain_time) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        ledger_time += timed(|n| case.append(AT, &[body(n)]).map(drop).map_err(std::io::Error::other))?;
        plain_time += timed(|_| plain.write_all(&block).and_then(|()| plain.sync_data()))?;
    }
    let rate = |time: Duration| f64::from(ROUNDS * APPENDS_PER_ROUND) / time.as_secs_f64();
    let (ours, disk) = (rate(ledger_time), rate(plain_time));
    writeln!(
        stdout(),
        "ledger {ours:.0} appends/s, disk {disk:.0} writes/s of {} bytes with fdatasync, ratio {:.2}",
        block.len(),
        ours / disk
    )
}

fn timed(mut once: impl FnMut(u32) -> std::io::Result<()>) -> std::io::Result<Duration> {
    let start = Instant::now();
    for n in 0..APPENDS_PER_ROUND {
        once(n)?;
    }
    Ok(start.elapsed())
}

/// What one append adds to the write-ahead log, in bytes.
fn bytes_per_append(dir: &Path, case: &mut CaseFile) -> std::io::Result<usize> {
    const SAMPLE: u32 = 50;
    let log = dir.join("cases/ratio/ledger.db-wal");
    let before = fs::metadata(&log)?.len();
    for n in 0..SAMPLE {
        case.append(AT, &[body(n)]).expect("appended");
    }
    let added = fs::metadata(&log)?.len() - before;
    Ok(usize::try_from(added / u64::from(SAMPLE)).expect("small"))
}

fn appends(criterion: &mut Criterion, dir: &Path) {
    let mut group = criterion.benchmark_group("append");
    for size in [1_u32, 8] {
        let bodies: Vec<Value> = (0..size).map(body).collect();
        group.throughput(Throughput::Elements(size.into()));
        let mut case = CaseFile::create(dir, &format!("append-{size}"), "bench").expect("created");
        group.bench_function(format!("file/{size}"), |b| b.iter(|| case.append(AT, &bodies).expect("appended")));
        let mut memory = MemoryStore::new();
        group.bench_function(format!("memory/{size}"), |b| b.iter(|| memory.append(AT, &bodies).expect("appended")));
    }
    group.finish();
}

fn reads(criterion: &mut Criterion, dir: &Path) {
    let mut case = CaseFile::create(dir, "read", "bench").expect("created");
    for n in 0..20 {
        let bodies: Vec<Value> = (0..50).map(|i| body(n * 50 + i)).collect();
        case.append(AT, &bodies).expect("appended");
    }
    criterion.bench_function("verify/1000", |b| {
        b.iter(|| black_box(CaseFile::read(dir, "read").expect("whole").len()));
    });
}
