//! Where inputs come from.

pub mod bucket;
pub mod files;
pub mod key;
pub mod message;
