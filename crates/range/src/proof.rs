//! The proving ground: cases driven on the range, disturbed in every way, and watched by checkers
//! that know the world and trust nothing that the responder says.
//!
//! The world below knows nothing of this: it neither plans nor predicts.

mod book;
pub mod check;
pub mod flaw;
mod history;
pub mod moment;
mod sky;
pub mod storm;
pub mod sweep;
pub mod telling;
mod trial;
mod witness;

pub use book::{Book, Failure};
pub use history::{History, Line};
pub use trial::{Crash, Finish, Trial, fault};
pub use witness::Breach;
