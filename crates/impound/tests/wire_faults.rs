//! What goes wrong over the wire: the program is killed at every change and between the entries of its
//! ledger, answers are lost, calls are throttled and refused, input is bad. The end is always the one
//! of a run that nobody disturbed, or a sentence that says why not. The job itself is in wire.rs.

#![cfg(feature = "cloud")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the tests read and write files")]

#[path = "wire/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with wire.rs, which uses the rest")]
mod harness;

#[path = "wire_faults/bad_input.rs"]
mod bad_input;
#[path = "wire_faults/crashes.rs"]
mod crashes;
#[path = "wire_faults/credentials.rs"]
mod credentials;
#[path = "wire_faults/denials.rs"]
mod denials;
#[path = "wire_faults/lost.rs"]
mod lost;
#[path = "wire_faults/outcome.rs"]
mod outcome;
#[path = "wire_faults/questions.rs"]
mod questions;
#[path = "wire_faults/references.rs"]
mod references;
#[path = "wire_faults/secrets.rs"]
mod secrets;
#[path = "wire_faults/shelf.rs"]
mod shelf;
#[path = "wire_faults/throttling.rs"]
mod throttling;

/// How many jobs of one test run at once: most of each is waiting.
const SIDE_BY_SIDE: usize = 4;

/// Visits all items, several at once.
fn side_by_side<T: Sync>(items: &[T], visit: impl Fn(&T) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
                    visit(item);
                }
            });
        }
    });
}
