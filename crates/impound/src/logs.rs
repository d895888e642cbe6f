//! Reading logs: files and objects side by side, each record looked at in its thread, what is worth more
//! handed to one taker.

use crate::args::Logs;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::text::text;
use cursor::Cursor;
use detect::count::{Fate, Rejection, Tally};
use detect::read::{Limits, Named, Reader};
use detect::record::Record;
use detect::source::bucket::Place;
use detect::source::files::{Files, Found};
use detect::source::key::Period;
use engine::Stop;
use listing::Listing;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub mod cursor;
mod listing;

/// How many parcels of results may wait for the taker: a bound on memory.
const WAITING: usize = 8;
/// How many results go into a parcel at the most. One by one, each would wake the taker.
const PARCEL: usize = 64;
/// How many rejections are named on the terminal; the rest is counted.
const NAMED: usize = 20;
/// Standard input, as a path.
pub const STDIN: &str = "-";

/// Something that comes from a bucket.
pub enum Fetched {
    /// An object that is being read.
    Object(Box<dyn Object>),
    /// Something that could not be listed or read, and why.
    Lost(String, String),
}

/// An object that is being read.
pub trait Object: Read + Send {
    /// Its address.
    fn address(&self) -> &str;

    /// Waits until it is open.
    ///
    /// # Errors
    /// In a sentence, why it can not be opened.
    fn begin(&mut self) -> Result<(), String>;

    /// Whether nothing broke off so far.
    fn is_whole(&self) -> bool;
}

/// Buckets that can be read.
pub trait Store: Send {
    /// Whether somebody wishes to stop.
    fn stop(&self) -> Stop;

    /// Lists what is in them and begins to read it, a bounded number of objects ahead, until everything is read or
    /// somebody wishes to stop. Gives a sentence about each place.
    fn fetch(self: Box<Self>, period: Period, known: &dyn Fn(&str) -> bool, send: Sender<Fetched>) -> Vec<String>;
}

/// What came of reading.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What was counted.
    pub tally: Tally,
    /// The addresses of the objects that were read to their end, where a cursor asks for them.
    pub read: Vec<String>,
    /// Whether it was stopped before everything was read.
    pub stopped: bool,
}

/// Of which time.
pub fn period(args: &Logs) -> Period {
    Period { since: args.since, until: args.until }
}

/// What more is wanted of a reading.
#[derive(Clone, Copy, Default)]
pub struct Options<'o> {
    /// Objects that it knows are not read again.
    pub cursor: Option<&'o Cursor>,
    /// A new file for what can not be read, all of it.
    pub rejections: Option<&'o Path>,
}

/// Reads everything that is named, but objects that the cursor knows. `look` is asked about each record, in
/// several threads; `take` gets what it hands on, in one.
///
/// # Errors
/// When something that was named is not there: a wrong path is no empty log.
pub fn read<T: Send>(
    context: &Context,
    args: &Logs,
    options: Options<'_>,
    look: impl Fn(&Record<'_>) -> (Fate, Option<T>) + Sync,
    mut take: impl FnMut(T),
) -> Result<Gathered, Failure> {
    if args.paths.is_empty() {
        return Err(
            Failure::usage("no logs are named").hint("name files, folders, s3://BUCKET/PREFIX, or `-` for stdin")
        );
    }
    let Sources { stdin, paths, places } = sources(&args.paths)?;
    let store = (!places.is_empty()).then(|| open(context, places)).transpose()?;
    let listing = options.rejections.map(Listing::new).transpose()?.map(Arc::new);
    let stop = store.as_ref().map(|store| store.stop()).unwrap_or_default();
    let (fetched, objects) = channel();
    let files = Files::under(paths, period(args));
    let (files, objects, keep) = (Mutex::new(files), Mutex::new(objects), options.cursor.is_some());
    let inputs = Inputs { files, objects, keep, stop: stop.clone() };
    let jobs = args.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let mut gathered = Gathered::default();
    thread::scope(|scope| {
        let fetching = store.map(|store| {
            let known = |address: &str| options.cursor.is_some_and(|cursor| cursor.has(address));
            scope.spawn(move || store.fetch(period(args), &known, fetched))
        });
        let (send, taken) = sync_channel(WAITING);
        let workers: Vec<_> = (0..jobs)
            .map(|_| {
                let (reader, inputs, look, send) = (reader(args, listing.as_ref()), &inputs, &look, send.clone());
                scope.spawn(move || worker(reader, inputs, Outbox::new(&send), look))
            })
            .collect();
        let piped = stdin.then(|| {
            let (reader, look, send) = (reader(args, listing.as_ref()), &look, send.clone());
            scope.spawn(move || pipe(reader, Outbox::new(&send), look))
        });
        drop(send);
        taken.into_iter().flatten().for_each(&mut take);
        for worker in workers.into_iter().chain(piped) {
            gathered.add(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        let told = fetching.map(|fetching| fetching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        told.into_iter().flatten().for_each(|line| context.terminal.log(&text!("{}", line)));
    });
    if stop.times() > 0 {
        gathered.stop(listing.as_deref());
    }
    listing.and_then(|listing| listing.end()).iter().for_each(|why| context.terminal.warn(why));
    gathered.tally.rejections.sort_by(|a, b| (&a.input, a.offset).cmp(&(&b.input, b.offset)));
    Ok(gathered)
}

fn reader(args: &Logs, listing: Option<&Arc<Listing>>) -> Reader {
    let named = listing.cloned().map(|listing| -> Named { Arc::new(move |rejection| listing.add(rejection)) });
    Reader::new(Limits::default(), args.flow_format.clone().unwrap_or_default()).naming(named)
}

impl Gathered {
    fn add(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.read.extend(other.read);
    }

    /// What was not begun is unknown: it counts as one thing that was not read.
    fn stop(&mut self, listing: Option<&Listing>) {
        self.stopped = true;
        let why = "the reading was stopped by the operator; what had not been begun was not read".to_owned();
        let rest = Rejection { input: "the rest".to_owned(), offset: 0, bytes: 0, why };
        listing.into_iter().for_each(|listing| listing.add(&rest));
        self.tally.rejected(rest);
    }
}

/// What was named, by kind.
struct Sources {
    stdin: bool,
    paths: Vec<PathBuf>,
    places: Vec<Place>,
}

fn sources(all: &[PathBuf]) -> Result<Sources, Failure> {
    let mut sources = Sources { stdin: false, paths: Vec::new(), places: Vec::new() };
    for path in all {
        match path.to_str().and_then(Place::parse) {
            Some(place) => sources.places.push(place.map_err(Failure::usage)?),
            None if path == Path::new(STDIN) => sources.stdin = true,
            None if path.exists() => sources.paths.push(path.clone()),
            None => return Err(Failure::usage(format!("cannot read {}: no such file or folder", path.display()))),
        }
    }
    Ok(sources)
}

#[cfg(feature = "cloud")]
fn open(context: &Context, places: Vec<Place>) -> Result<Box<dyn Store>, Failure> {
    crate::cloud::buckets(context, places)
}

#[cfg(not(feature = "cloud"))]
fn open(_: &Context, places: Vec<Place>) -> Result<Box<dyn Store>, Failure> {
    let first = places.first().map(|place| place.address(&place.prefix)).unwrap_or_default();
    Err(Failure::only_with_cloud(&format!("reading {first}")))
}

/// What is still to be read.
struct Inputs {
    files: Mutex<Files>,
    objects: Mutex<Receiver<Fetched>>,
    /// Whether it is kept which objects were read: there may be millions.
    keep: bool,
    stop: Stop,
}

impl Inputs {
    fn file(&self) -> Option<Found> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stop.times() > 0 { None } else { files.next() }
    }

    /// The next object; `None` when there is no other one.
    fn object(&self) -> Option<Fetched> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }
}

/// Reads files, then objects, until there is none left.
fn worker<T>(
    mut reader: Reader,
    inputs: &Inputs,
    mut outbox: Outbox<'_, T>,
    look: &impl Fn(&Record<'_>) -> (Fate, Option<T>),
) -> Gathered {
    while let Some(found) = inputs.file() {
        match found {
            Found::Unreadable(path, why) => reader.unreadable(&path.display().to_string(), why),
            Found::File(path) => {
                let name = path.display().to_string();
                match File::open(&path) {
                    Ok(file) => reader.read(&name, file, |record| outbox.put(look(&record))),
                    Err(error) => reader.unreadable(&name, error.to_string()),
                }
            }
        }
        outbox.send();
    }
    let mut read = Vec::new();
    while let Some(fetched) = inputs.object() {
        match fetched {
            Fetched::Lost(address, why) => reader.unreadable(&address, why),
            Fetched::Object(mut object) => {
                let address = object.address().to_owned();
                match object.begin() {
                    Ok(()) => reader.read(&address, &mut object, |record| outbox.put(look(&record))),
                    Err(why) => reader.unreadable(&address, why),
                }
                if inputs.keep && object.is_whole() {
                    read.push(address);
                }
            }
        }
        outbox.send();
    }
    Gathered { tally: reader.into_tally(), read, stopped: false }
}

/// Reads standard input.
fn pipe<T>(
    mut reader: Reader,
    mut outbox: Outbox<'_, T>,
    look: &impl Fn(&Record<'_>) -> (Fate, Option<T>),
) -> Gathered {
    reader.read("stdin", io::stdin().lock(), |record| outbox.put(look(&record)));
    outbox.send();
    Gathered { tally: reader.into_tally(), ..Gathered::default() }
}

/// Results of one thread on their way to the taker.
struct Outbox<'s, T> {
    parcel: Vec<T>,
    to: &'s SyncSender<Vec<T>>,
}

impl<'s, T> Outbox<'s, T> {
    fn new(to: &'s SyncSender<Vec<T>>) -> Self {
        Self { parcel: Vec::new(), to }
    }

    fn put(&mut self, (fate, worth): (Fate, Option<T>)) -> Fate {
        self.parcel.extend(worth);
        if self.parcel.len() >= PARCEL {
            self.send();
        }
        fate
    }

    /// What is held goes on its way; at the end of an input it does, or others would come before it.
    fn send(&mut self) {
        if !self.parcel.is_empty() {
            // Nobody takes any more only when the taker has panicked; that panic ends the program.
            self.to.send(std::mem::take(&mut self.parcel)).ok();
        }
    }
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
        terminal
            .warn(&text!("and {} more that were not read; `impound detect --rejections FILE` lists all of it", more));
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Whole;

    impl Read for Whole {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }

    impl Object for Whole {
        fn address(&self) -> &str {
            "s3://logs/a.json.gz"
        }

        fn begin(&mut self) -> Result<(), String> {
            Ok(())
        }

        fn is_whole(&self) -> bool {
            true
        }
    }

    #[test]
    fn which_objects_were_read_is_kept_only_for_a_cursor() {
        for keep in [true, false] {
            let (fetched, objects) = channel();
            (0..3).for_each(|_| fetched.send(Fetched::Object(Box::new(Whole))).expect("somebody takes it"));
            drop(fetched);
            let files = Mutex::new(Files::under(Vec::new(), Period::default()));
            let inputs = Inputs { files, objects: Mutex::new(objects), keep, stop: Stop::new() };
            let (send, _taken) = sync_channel::<Vec<()>>(WAITING);
            let look = |_: &Record<'_>| (Fate::Unmatched, None);
            let gathered = worker(Reader::default(), &inputs, Outbox::new(&send), &look);
            assert_eq!((gathered.read.len(), gathered.tally.counts.files), (if keep { 3 } else { 0 }, 3));
        }
    }
}
