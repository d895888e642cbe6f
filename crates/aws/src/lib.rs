//! The only crate that names an AWS SDK: [`casebook`]'s questions and changes become calls, and
//! the answers become plain data again.
//!
//! Not for: deciding anything, retrying, waiting, or keeping state. A call that fails comes back
//! as a [`casebook::fault::Fault`] whose class tells the engine what to do; the SDK's own retries
//! are off, so that every request sent is one that the engine asked for and can count. One exception:
//! CloudTrail's look-ups, of which an account may send two a second, keep that pace, and a page that
//! comes too early is asked for again, because a list that starts anew would never end.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))] // a test that unwraps nothing fails
#![allow(clippy::disallowed_methods)] // signatures and credentials have a time of their own

mod account;
mod both;
mod clients;
mod connect;
mod convert;
mod depot;
mod fault;
mod forensic;
mod intake;
mod mode;
mod pace;
mod page;
mod post;
mod presign;
mod source;
mod tap;
#[cfg(test)]
mod tests;
mod visibility;

pub use account::{ForensicAccount, SourceAccount};
pub use connect::{Access, ConnectError};
pub use depot::{Ask, Depot, Page, Stream};
pub use intake::{Backlog, Intake, Message};
pub use post::Webhook;
