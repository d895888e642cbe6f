//! The incident report: what it names, what it never shows, and that no text in it becomes markup.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "report/contents.rs"]
mod contents;
#[path = "report/hostile.rs"]
mod hostile;
#[path = "report/ledger.rs"]
mod ledger;
#[path = "report/story.rs"]
mod story;
#[path = "report/turns.rs"]
mod turns;
