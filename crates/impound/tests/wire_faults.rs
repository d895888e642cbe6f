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
#[path = "wire_faults/references.rs"]
mod references;
#[path = "wire_faults/secrets.rs"]
mod secrets;
#[path = "wire_faults/shelf.rs"]
mod shelf;
#[path = "wire_faults/throttling.rs"]
mod throttling;
