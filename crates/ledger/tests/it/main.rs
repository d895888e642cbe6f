//! The ledger on a real disk: altered, torn, locked, killed, of other versions.

#![allow(clippy::disallowed_methods)] // the tests tear, alter and lock files on purpose

mod crash;
mod formats;
mod helpers;
mod holders;
mod state;
mod tamper;
mod torn;
