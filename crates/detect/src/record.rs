//! What a log tells, one kind a file.

pub mod text;
pub mod trail;

/// A record of any kind.
#[derive(Debug)]
pub enum Record<'a> {
    /// An API call (CloudTrail).
    Trail(trail::Event<'a>),
}
