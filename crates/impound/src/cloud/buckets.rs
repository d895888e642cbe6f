//! Logs in buckets: listed in the order of their keys, a few lists and a few objects ahead of whoever reads
//! them, so that waiting for S3 costs little time and memory stays bounded.

use super::entry::Door;
use super::runtime;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logs::{Fetched, Store};
use crate::preflight::unreachable;
use crate::stopping::unless_stopped;
use aws::{Ask, Depot};
use casebook::fault::{Fault, FaultClass};
use casebook::settings::Config;
use detect::source::bucket::Place;
use detect::source::key::Period;
use engine::Stop;
use listing::{Item, Listing};
use object::begin;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

mod listing;
mod object;

/// How many objects are held at once, whether they are fetched, wait, or are read.
const OBJECTS: usize = 16;
/// Pauses before a call that failed is made again.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_millis(800), Duration::from_millis(3200)];

/// Buckets that can be read.
struct Buckets {
    runtime: Runtime,
    stop: Stop,
    depot: Arc<Depot>,
    places: Vec<Place>,
}

/// Makes sure that every place is there.
///
/// # Errors
/// Code 2 when there is no such bucket, no such key, or the bucket is in another region; code 6 when AWS is not
/// reached or does not know the credentials.
pub fn buckets(context: &Context, places: Vec<Place>) -> Result<Box<dyn Store>, Failure> {
    let (runtime, stop) = runtime::begin()?;
    let looked = async {
        let depot = Door { context, config: &Config::default(), account: None, region: None }.depot().await?;
        for place in &places {
            probe(&depot, place).await?;
        }
        Ok(Arc::new(depot))
    };
    let depot = runtime.block_on(unless_stopped(&stop, looked))?;
    Ok(Box::new(Buckets { runtime, stop, depot, places }))
}

/// Lists the first page. That a list is denied is no reason not to read the other places: it is found again, and
/// named, when the place is read.
async fn probe(depot: &Depot, place: &Place) -> Result<(), Failure> {
    let ask = Ask { bucket: &place.bucket, prefix: &place.prefix, delimiter: Some("/"), page: None };
    let address = place.address(&place.prefix);
    match patiently(|| depot.list(ask)).await {
        Ok(page) if page.keys.is_empty() && page.folders.is_empty() && page.next.is_none() => {
            Err(Failure::usage(format!("cannot read {address}: no key in the bucket begins so")))
        }
        Ok(_) => Ok(()),
        Err(fault) => refused(&address, &fault),
    }
}

fn refused(address: &str, fault: &Fault) -> Result<(), Failure> {
    let tried = format!("cannot read {address}");
    match fault.code.as_str() {
        "OtherRegion" | "PermanentRedirect" => {
            Err(Failure::usage(format!("{tried}: {}", fault.message)).hint("give that region with --region"))
        }
        _ if fault.class == FaultClass::NotFound => Err(Failure::usage(format!("{tried}: there is no such bucket"))
            .hint("check the name; `aws s3 ls` lists the buckets of the account")),
        "AccessDenied" => Ok(()),
        _ if fault.passes() || fault.class == FaultClass::Denied => Err(unreachable(&tried, fault)),
        _ => Err(Failure::new(Exit::Usage, format!("{tried}: {fault}"))),
    }
}

/// Calls, and calls again while it may help.
async fn patiently<T, F: Future<Output = Result<T, Fault>>>(call: impl Fn() -> F) -> Result<T, Fault> {
    for pause in PAUSES {
        match call().await {
            Err(fault) if fault.passes() => tokio::time::sleep(pause).await,
            answer => return answer,
        }
    }
    call().await
}

impl Store for Buckets {
    fn stop(&self) -> Stop {
        self.stop.clone()
    }

    fn fetch(self: Box<Self>, period: Period, known: &dyn Fn(&str) -> bool, send: Sender<Fetched>) -> Vec<String> {
        let Self { runtime, stop, depot, places } = *self;
        let all = async {
            let room = Arc::new(Semaphore::new(OBJECTS));
            let mut told = Vec::new();
            for place in &places {
                let listing = Listing::new(&depot, place, period);
                told.push(read(&depot, listing, place, &room, known, (&stop, &send)).await);
            }
            drop(send);
            // Everything is read when nothing is held any more.
            drop(room.acquire_many(u32::try_from(OBJECTS).unwrap_or(u32::MAX)).await);
            told
        };
        let told = runtime.block_on(all);
        runtime::end(runtime);
        told
    }
}

/// Begins to read the objects of a place, one after the other, as room comes free.
async fn read(
    depot: &Arc<Depot>,
    mut listing: Listing<'_>,
    place: &Place,
    room: &Arc<Semaphore>,
    known: &dyn Fn(&str) -> bool,
    (stop, send): (&Stop, &Sender<Fetched>),
) -> String {
    let (mut begun, mut before) = (0_u64, 0_u64);
    while stop.times() == 0 {
        let Some(item) = listing.next().await else { break };
        let fetched = match item {
            Item::Lost(prefix, fault) => Fetched::Lost(place.address(&prefix), unlisted(&fault)),
            Item::Key(key) if known(&place.address(&key)) => {
                before += 1;
                continue;
            }
            Item::Key(key) => {
                begun += 1;
                let Ok(held) = room.clone().acquire_owned().await else { break };
                begin(depot.clone(), place, key, held)
            }
        };
        // Nobody reads any more only when a reader has panicked; that panic ends the program.
        if send.send(fetched).is_err() {
            break;
        }
    }
    let passed = listing.passed_over();
    format!(
        "{}: {begun} objects to read, {before} read before, {passed} folders or objects of other days passed over",
        place.address(&place.prefix)
    )
}

/// Why keys could not be listed, and what to do.
fn unlisted(fault: &Fault) -> String {
    let advice = if fault.class == FaultClass::Denied { "; allow s3:ListBucket" } else { "" };
    format!("the keys can not be listed: {fault}{advice}")
}
