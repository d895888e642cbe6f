//! Detection: logs and findings in, alerts out.
//!
//! ```text
//! bytes ─read→ Record ─rules→ Hit ─┐
//!                     ─baseline→ ──┴─ suspect (which instance) → story → Alert
//! ```
//! Pure but for the reader that it is handed: no network, no clock, no thread. Memory is bounded
//! whatever the input; what a bound cuts off is counted and named.

pub mod count;
pub mod order;
pub mod read;
pub mod record;
pub mod rules;
