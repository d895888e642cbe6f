//! Reading logs: files side by side, each record looked at in its thread, what is worth more handed to
//! one taker.

use crate::args::Logs;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::text::text;
use detect::count::{Fate, Tally};
use detect::read::Reader;
use detect::record::Record;
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many results may wait for the taker: a bound on memory.
const WAITING: usize = 1024;
/// How many rejections are named on the terminal; the rest is counted.
const NAMED: usize = 20;
/// Standard input, as a path.
const STDIN: &str = "-";

/// Of which time.
pub fn period(args: &Logs) -> Period {
    Period { since: args.since, until: args.until }
}

/// Reads everything that is named. `look` is asked about each record, in several threads; `take` gets what
/// it hands on, in one.
///
/// # Errors
/// When something that was named is not there: a wrong path is no empty log.
pub fn read<T: Send>(
    args: &Logs,
    look: impl Fn(&Record<'_>) -> (Fate, Option<T>) + Sync,
    mut take: impl FnMut(T),
) -> Result<Tally, Failure> {
    missing(&args.paths)?;
    let (stdin, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        args.paths.iter().cloned().partition(|path| path == Path::new(STDIN));
    let files = Mutex::new(Files::under(paths, period(args)));
    let jobs = args.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let (send, taken) = sync_channel(WAITING);
        let workers: Vec<_> = (0..jobs)
            .map(|_| {
                let (files, look, send) = (&files, &look, send.clone());
                scope.spawn(move || worker(files, look, &send))
            })
            .collect();
        let piped = (!stdin.is_empty()).then(|| {
            let (look, send) = (&look, send.clone());
            scope.spawn(move || {
                let mut reader = Reader::default();
                reader.read("stdin", std::io::stdin().lock(), |record| hand_on(look(&record), &send));
                reader.into_tally()
            })
        });
        drop(send);
        taken.into_iter().for_each(&mut take);
        for worker in workers.into_iter().chain(piped) {
            tally.merge(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    tally.rejections.sort_by(|a, b| (&a.input, a.offset).cmp(&(&b.input, b.offset)));
    Ok(tally)
}

fn missing(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().find(|path| *path != Path::new(STDIN) && !path.exists()) {
        Some(path) => Err(Failure::usage(format!("cannot read {}: no such file or folder", path.display()))),
        None => Ok(()),
    }
}

/// Reads files until there is none left.
fn worker<T>(files: &Mutex<Files>, look: &impl Fn(&Record<'_>) -> (Fate, Option<T>), send: &SyncSender<T>) -> Tally {
    let mut reader = Reader::default();
    loop {
        let next = files.lock().unwrap_or_else(PoisonError::into_inner).next();
        match next {
            None => return reader.into_tally(),
            Some(Found::Unreadable(path, why)) => reader.unreadable(&path.display().to_string(), why),
            Some(Found::File(path)) => {
                let name = path.display().to_string();
                match File::open(&path) {
                    Ok(file) => reader.read(&name, file, |record| hand_on(look(&record), send)),
                    Err(error) => reader.unreadable(&name, error.to_string()),
                }
            }
        }
    }
}

fn hand_on<T>((fate, worth): (Fate, Option<T>), send: &SyncSender<T>) -> Fate {
    if let Some(worth) = worth {
        // Nobody takes any more only when the taker has panicked; that panic ends the program.
        send.send(worth).ok();
    }
    fate
}

/// Says how much was read, and names what was not.
pub fn tell(terminal: Terminal, tally: &Tally) {
    for rejection in tally.rejections.iter().take(NAMED) {
        let place = text!("{} at byte {}", rejection.input, rejection.offset);
        terminal.warn(&text!("not read: {}: {}", place, rejection.why));
    }
    let counts = &tally.counts;
    let more = usize::try_from(counts.rejected).unwrap_or(usize::MAX).saturating_sub(NAMED);
    if more > 0 {
        terminal.warn(&text!("and {} more that were not read", more));
    }
    terminal.log(&text!(
        "read {} files, {} MB, {} records: {} understood, {} rejected; {} duplicates, {} matched\n",
        counts.files,
        counts.bytes_raw / 1_000_000,
        counts.read,
        counts.parsed,
        counts.rejected,
        counts.duplicates,
        counts.matched
    ));
}
