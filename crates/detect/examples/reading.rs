//! Measures reading and detecting: `reading FOLDER [--rules DIR]`. In one run and over the same gz files:
//! inflating alone; inflating and parsing alone; the reader with counters and duplicates; and detection as
//! `impound detect` does it, on one thread and on all processors, with the rules that come with the program and
//! with those of a folder. Figures are the best of three rounds, in seconds and megabytes of JSON.
//!
//! Seconds are those of the processor, which other programs disturb little. Several threads are compared with
//! one by the clock on the wall, which says something only when nothing else runs, and by what the busiest
//! of them has used of its processor.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that reads files and measures itself")]

use detect::count::{Fate, Tally};
use detect::desk::Desk;
use detect::holdings::Holdings;
use detect::order::Horizon;
use detect::read::Reader;
use detect::record::Record;
use detect::record::trail::Event;
use detect::rules::load::{self, Source};
use detect::rules::sigma::Rules;
use detect::rules::{Level, folder, pack};
use detect::scout::{Scout, Sighting};
use detect::seen::Seen;
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use libdeflater::Decompressor;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;
use std::{env, fs, thread};

const ROUNDS: usize = 3;
/// As `impound detect` has it: how many parcels of sightings may wait for the desk, and how many go into one.
const WAITING: usize = 8;
const PARCEL: usize = 64;

/// What one way through the corpus came to.
#[derive(Clone, Copy)]
struct Run {
    cpu: f64,
    wall: f64,
    bytes: u64,
    events: u64,
    alerts: usize,
    /// Seconds of the processor of the thread that has used most.
    busiest: f64,
}

/// A way through the corpus: its name, and what it reads and tells.
struct Way<'w> {
    name: String,
    go: Box<dyn Fn() -> Went + 'w>,
}

/// Bytes, events, alerts, and what the busiest thread has used, when there are several.
type Went = Result<(u64, u64, usize, Option<f64>), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (corpus, other) = match arguments.as_slice() {
        [corpus] => (corpus, None),
        [corpus, option, rules] if option == "--rules" => (corpus, Some(rules)),
        _ => return Err("usage: reading FOLDER [--rules DIR]".into()),
    };
    let found = Files::under([PathBuf::from(corpus)], Period::default());
    let files: Vec<_> =
        found.filter_map(|found| if let Found::File(path) = found { Some(path) } else { None }).collect();
    let threads = thread::available_parallelism()?.get();
    let packs = [Some(rules(&pack::sources())), other.map(|path| rules(&folder::read(Path::new(path)).0))];
    let mut ways = vec![
        Way { name: "inflate only".into(), go: Box::new(|| inflate_only(&files)) },
        Way { name: "inflate and parse".into(), go: Box::new(|| parse_only(&files)) },
        Way { name: "reader".into(), go: Box::new(|| reader(&files)) },
    ];
    for rules in packs.iter().flatten() {
        let count = rules.cards().len();
        ways.push(Way { name: format!("detect, {count} rules"), go: Box::new(|| one_thread(&files, rules)) });
        let name = format!("detect, {count} rules, {threads} threads");
        ways.push(Way { name, go: Box::new(|| several_threads(&files, rules, threads)) });
    }
    let best = measured(&ways)?;
    println!("{} files, {} MB of JSON, {} events", files.len(), best[0].bytes / 1_000_000, best[1].events);
    print(&ways, &best);
    println!("peak memory of all: {}", peak_memory());
    Ok(())
}

fn rules(sources: &[Source]) -> Arc<Rules> {
    Arc::new(load::load(sources).0)
}

/// The best round of each way.
fn measured(ways: &[Way<'_>]) -> Result<Vec<Run>, Box<dyn Error>> {
    let mut best: Vec<Option<Run>> = vec![None; ways.len()];
    for _ in 0..ROUNDS {
        for (way, best) in ways.iter().zip(&mut best) {
            let (begun, cpu) = (Instant::now(), cpu_seconds());
            let (bytes, events, alerts, busiest) = (way.go)()?;
            let (cpu, wall) = (cpu_seconds() - cpu, begun.elapsed().as_secs_f64());
            let busiest = busiest.unwrap_or(cpu);
            let known = best.unwrap_or(Run { cpu, wall, bytes, events, alerts, busiest });
            if (known.bytes, known.alerts) != (bytes, alerts) {
                return Err(format!("{} has not found the same again", way.name).into());
            }
            let (cpu, wall, busiest) = (known.cpu.min(cpu), known.wall.min(wall), known.busiest.min(busiest));
            *best = Some(Run { cpu, wall, busiest, ..known });
        }
    }
    Ok(best.into_iter().flatten().collect())
}

fn print(ways: &[Way<'_>], best: &[Run]) {
    println!(
        "{:29} {:>11} {:>6} {:>17} {:>12} {:>7}",
        "", "CPU seconds", "MB/s", "of inflate+parse", "wall seconds", "alerts"
    );
    for (way, run) in ways.iter().zip(best) {
        let (speed, share) = (run.bytes as f64 / 1e6 / run.cpu, best[1].cpu / run.cpu);
        println!("{:29} {:11.3} {speed:6.0} {share:17.2} {:12.3} {:7}", way.name, run.cpu, run.wall, run.alerts);
    }
    for (way, pair) in ways.iter().zip(best.windows(2)).skip(3).step_by(2) {
        let (wall, busiest) = (pair[0].wall / pair[1].wall, pair[0].cpu / pair[1].busiest);
        println!("{}: {wall:.2} times one by the clock, {busiest:.2} by the busiest thread", way.name);
    }
}

/// As `impound detect --jobs 1` does it, but for the thread that takes what is handed on.
fn one_thread(files: &[PathBuf], rules: &Arc<Rules>) -> Went {
    let (scout, mut desk) = detection(rules);
    let mut reader = Reader::default();
    for file in files {
        reader.read(&file.to_string_lossy(), fs::File::open(file)?, |record| {
            let (fate, sighting) = scout.look(&record);
            sighting.into_iter().for_each(|sighting| desk.take(sighting));
            fate
        });
    }
    told(desk, &reader.into_tally(), None)
}

/// As `impound detect` does it.
fn several_threads(files: &[PathBuf], rules: &Arc<Rules>, threads: usize) -> Went {
    let (scout, mut desk) = detection(rules);
    let (next, mut tally) = (AtomicUsize::new(0), Tally::default());
    let (begun, mut busiest) = (thread_seconds(), 0.0);
    thread::scope(|scope| {
        let (send, taken) = sync_channel(WAITING);
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (send, scout, next) = (send.clone(), &scout, &next);
                scope.spawn(move || worker(files, next, scout, &send))
            })
            .collect();
        drop(send);
        taken.into_iter().flatten().for_each(|sighting| desk.take(sighting));
        busiest = thread_seconds() - begun;
        for (counted, seconds) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            tally.merge(counted);
            busiest = busiest.max(seconds);
        }
    });
    told(desk, &tally, Some(busiest))
}

fn worker(files: &[PathBuf], next: &AtomicUsize, scout: &Scout, send: &SyncSender<Vec<Sighting>>) -> (Tally, f64) {
    let (mut reader, mut parcel) = (Reader::default(), Vec::new());
    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        let name = file.to_string_lossy();
        match fs::File::open(file) {
            Err(error) => reader.unreadable(&name, error.to_string()),
            Ok(opened) => reader.read(&name, opened, |record| {
                let (fate, sighting) = scout.look(&record);
                parcel.extend(sighting);
                if parcel.len() >= PARCEL {
                    send.send(std::mem::take(&mut parcel)).unwrap_or_default();
                }
                fate
            }),
        }
        if !parcel.is_empty() {
            send.send(std::mem::take(&mut parcel)).unwrap_or_default();
        }
    }
    (reader.into_tally(), thread_seconds())
}

fn detection(rules: &Arc<Rules>) -> (Scout, Desk) {
    let scout = Scout::new(rules.clone(), Holdings::new(), Period::default(), false);
    (scout, Desk::new(rules.clone(), Horizon::of_files(), None))
}

fn told(mut desk: Desk, tally: &Tally, busiest: Option<f64>) -> Went {
    desk.finish();
    let (bytes, events) = whole(tally)?;
    Ok((bytes, events, desk.tell(Level::Medium).len(), busiest))
}

/// Bytes and events, when nothing is missing.
fn whole(tally: &Tally) -> Result<(u64, u64), Box<dyn Error>> {
    let counts = &tally.counts;
    if counts.rejected + counts.duplicates > 0 || !counts.reconcile() {
        return Err(format!("the corpus is not whole: {counts:?}").into());
    }
    Ok((counts.bytes_raw, counts.parsed))
}

fn inflate_only(files: &[PathBuf]) -> Went {
    let mut inflater = Inflater::default();
    let mut bytes = 0;
    for file in files {
        bytes += black_box(inflater.inflate(&fs::read(file)?)?).len() as u64;
    }
    Ok((bytes, 0, 0, None))
}

fn parse_only(files: &[PathBuf]) -> Went {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct File<'a> {
        #[serde(borrow)]
        records: Vec<Event<'a>>,
    }
    let mut inflater = Inflater::default();
    let (mut bytes, mut events) = (0, 0);
    for file in files {
        let packed = fs::read(file)?;
        let plain = inflater.inflate(&packed)?;
        let file: File<'_> = serde_json::from_slice(plain)?;
        bytes += plain.len() as u64;
        events += black_box(file.records).len() as u64;
    }
    Ok((bytes, events, 0, None))
}

fn reader(files: &[PathBuf]) -> Went {
    let mut reader = Reader::default();
    let mut seen = Seen::default();
    for file in files {
        reader.read(&file.to_string_lossy(), fs::File::open(file)?, |record| match black_box(&record) {
            Record::Trail(event) if seen.before(event.id.as_str()) => Fate::Duplicate,
            _ => Fate::Unmatched,
        });
    }
    let (bytes, events) = whole(reader.tally())?;
    Ok((bytes, events, 0, None))
}

/// Inflates whole files into one buffer.
struct Inflater {
    inflater: Decompressor,
    buffer: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { inflater: Decompressor::new(), buffer: Vec::new() }
    }
}

impl Inflater {
    fn inflate(&mut self, packed: &[u8]) -> Result<&[u8], Box<dyn Error>> {
        let trailer = packed.last_chunk::<4>().ok_or("no gz")?;
        let size = u32::from_le_bytes(*trailer) as usize;
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        let length = self.inflater.gzip_decompress(packed, &mut self.buffer[..size])?;
        Ok(&self.buffer[..length])
    }
}

fn cpu_seconds() -> f64 {
    seconds(ClockId::ProcessCPUTime)
}

fn thread_seconds() -> f64 {
    seconds(ClockId::ThreadCPUTime)
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Where the system tells it.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known".to_owned(), |line| line.trim().to_owned())
}
