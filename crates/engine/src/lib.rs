//! The loop that drives a case: ask what the planner wants to know, write what it wants to change,
//! change it, write what became of it, and plan again. It decides nothing: what is asked, changed,
//! repeated or awaited is the planner's business, and only the [`Cloud`], the [`Clock`] and the
//! ledger are touched.
//!
//! Every change stands in the ledger before its call is sent, so that a process which dies at any
//! moment leaves a case that can be taken up: see [`Session::load`].

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod drive;
mod end;
mod error;
mod flights;
mod harvest;
mod landing;
mod lanes;
mod minutes;
mod ports;
mod seal;
mod session;
mod stop;
#[cfg(test)]
mod testing;

pub use drive::{Ports, drive};
pub use end::{RunEnd, end_of};
pub use error::EngineError;
pub use ports::{Clock, Cloud, Event, Watcher};
pub use session::{Session, Written};
pub use stop::Stop;
