//! Where inputs come from.

pub mod files;
pub mod key;
pub mod message;
