//! The program over the wire: the real binary with the AWS SDK inside against the strict emulator of
//! tests/wire, both accounts, the ledger on disk. The emulator is not AWS: what it proves is what the
//! program sends, in which order, and that it believes nothing it did not read back.

#![cfg(feature = "cloud")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the tests read and write files")]

#[path = "wire/harness/mod.rs"]
mod harness;

#[path = "wire/adoption.rs"]
mod adoption;
#[path = "wire/buckets.rs"]
mod buckets;
#[path = "wire/complete.rs"]
mod complete;
#[path = "wire/conformance.rs"]
mod conformance;
#[path = "wire/containment.rs"]
mod containment;
#[path = "wire/custody.rs"]
mod custody;
#[path = "wire/doctor.rs"]
mod doctor;
#[path = "wire/escalation.rs"]
mod escalation;
#[path = "wire/findings.rs"]
mod findings;
#[path = "wire/gates.rs"]
mod gates;
#[path = "wire/guard.rs"]
mod guard;
#[path = "wire/planning.rs"]
mod planning;
#[path = "wire/release.rs"]
mod release;
#[path = "wire/reporting.rs"]
mod reporting;
#[path = "wire/watch.rs"]
mod watch;
