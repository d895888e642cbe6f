//! Measures the reader on one core: `reading FOLDER`. In one run and over the same gz files: inflating
//! alone, inflating and parsing alone, and the reader with counters and duplicates. Figures are the best
//! of three rounds, in seconds of CPU and megabytes of JSON.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that reads files and measures itself")]

use detect::count::Fate;
use detect::read::Reader;
use detect::record::Record;
use detect::record::trail::Event;
use detect::seen::Seen;
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use libdeflater::Decompressor;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::{env, fs};

const ROUNDS: usize = 3;

/// What one way through the corpus came to.
#[derive(Clone, Copy, Default)]
struct Run {
    seconds: f64,
    bytes: u64,
    events: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: reading FOLDER")?;
    let found = Files::under([PathBuf::from(folder)], Period::default());
    let files: Vec<_> =
        found.filter_map(|found| if let Found::File(path) = found { Some(path) } else { None }).collect();
    let mut best = [Run { seconds: f64::MAX, ..Run::default() }; 3];
    for _ in 0..ROUNDS {
        for (way, best) in [inflate_only, parse_only, reader].into_iter().zip(&mut best) {
            let begun = cpu_seconds();
            let (bytes, events) = way(&files)?;
            let run = Run { seconds: cpu_seconds() - begun, bytes, events };
            if run.seconds < best.seconds {
                *best = run;
            }
        }
    }
    let [inflate, parse, ours] = best;
    if (inflate.bytes, parse.events) != (ours.bytes, ours.events) {
        return Err("the three ways have not read the same".into());
    }
    println!("{} files, {} MB of JSON, {} events", files.len(), ours.bytes / 1_000_000, ours.events);
    for (name, run) in [("inflate only", inflate), ("inflate and parse", parse), ("reader", ours)] {
        println!("{name:18} {:7.3} CPU seconds {:7.0} MB/s", run.seconds, run.bytes as f64 / 1e6 / run.seconds);
    }
    println!("reader / inflate and parse: {:.2}", parse.seconds / ours.seconds);
    println!("peak memory: {}", peak_memory());
    Ok(())
}

/// Bytes and events.
type Way = Result<(u64, u64), Box<dyn Error>>;

fn inflate_only(files: &[PathBuf]) -> Way {
    let mut inflater = Inflater::default();
    let mut bytes = 0;
    for file in files {
        bytes += black_box(inflater.inflate(&fs::read(file)?)?).len() as u64;
    }
    Ok((bytes, 0))
}

fn parse_only(files: &[PathBuf]) -> Way {
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
    Ok((bytes, events))
}

fn reader(files: &[PathBuf]) -> Way {
    let mut reader = Reader::default();
    let mut seen = Seen::default();
    for file in files {
        reader.read(&file.to_string_lossy(), fs::File::open(file)?, |record| match black_box(&record) {
            Record::Trail(event) if seen.before(event.id.as_str()) => Fate::Duplicate,
            _ => Fate::Unmatched,
        });
    }
    let counts = &reader.tally().counts;
    if counts.rejected + counts.duplicates > 0 || !counts.reconcile() {
        return Err(format!("the corpus is not whole: {counts:?}").into());
    }
    Ok((counts.bytes_raw, counts.parsed))
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
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Where the system tells it.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known".to_owned(), |line| line.trim().to_owned())
}
