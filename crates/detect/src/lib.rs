//! Detection: logs and findings in, alerts out.
//!
//! ```text
//! bytes ─read→ Record ─rules→ Hit ─┐
//!                     ─baseline→ ──┴─ suspect (which instance) → story → Alert
//! ```
//! Pure but for the reader that it is handed and the files that `source` opens: no network, no clock,
//! no thread. Memory is bounded whatever the input; what a bound cuts off is counted and named.

pub mod alert;
pub mod baseline;
pub mod count;
pub mod desk;
pub mod holdings;
pub mod order;
mod part;
pub mod read;
pub mod record;
pub mod rules;
pub mod scout;
pub mod seen;
pub mod short;
pub mod source;
pub mod story;
pub mod suspect;
#[cfg(test)]
mod testing;
pub mod timeline;
pub mod trigger;
mod turns;
