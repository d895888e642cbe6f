//! The watch: what comes from a queue is looked at, alerts are told, and the response that a trigger
//! names is started, once. What it did and decided stands in a ledger of its own, so that a crash
//! loses nothing and starts nothing twice.

pub mod accusation;
pub mod journal;
pub mod lately;
pub mod lookout;
pub mod orders;
pub mod outcome;
pub mod told;
