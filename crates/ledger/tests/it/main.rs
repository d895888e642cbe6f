//! The ledger on a real disk: altered, torn, locked, killed, of other versions.

mod crash;
mod formats;
mod helpers;
mod holders;
mod state;
mod tamper;
mod torn;
