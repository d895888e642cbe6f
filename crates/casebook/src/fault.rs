//! Why a call failed, as far as it decides what to do next.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The class of a failure. It alone decides whether to retry, wait, adopt or hold; only what closes an open window when
/// nothing else is left is tried again whatever the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultClass {
    /// The credentials may not do this. Retrying is noise: hold.
    Denied,
    /// Too many calls: retry with growing pauses.
    Throttled,
    /// The resource was made a moment ago and is not visible everywhere yet: retry
    /// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
    NotFoundYet,
    /// The resource does not exist: observe again, what is missing may be done by others.
    NotFound,
    /// The resource is in a state that forbids this now: wait and observe again.
    Conflict,
    /// A quota is used up: wait, and say which.
    Limit,
    /// The request never reached AWS (no route, refused, name not resolved): retry.
    Network,
    /// The request was sent and the answer was lost, or the service failed: it may have taken effect.
    Unknown,
    /// AWS refused the request as wrong: retrying changes nothing: hold.
    Invalid,
}

impl FaultClass {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Denied,
        Self::Throttled,
        Self::NotFoundYet,
        Self::NotFound,
        Self::Conflict,
        Self::Limit,
        Self::Network,
        Self::Unknown,
        Self::Invalid,
    ];
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Fault {
    /// What to do about it.
    pub class: FaultClass,
    /// The service's error code, such as `UnauthorizedOperation`; empty when there was no answer.
    pub code: String,
    /// The service's message, one line, free of secrets.
    pub message: String,
}

impl Fault {
    /// A fault of a class with a code and a message.
    pub fn new(class: FaultClass, code: &str, message: impl Into<String>) -> Self {
        Self { class, code: code.to_owned(), message: message.into() }
    }

    /// Whether asking again later can help.
    pub fn passes(&self) -> bool {
        !matches!(self.class, FaultClass::Denied | FaultClass::Invalid | FaultClass::NotFound)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() { write!(f, "{}", self.message) } else { write!(f, "{}: {}", self.code, self.message) }
    }
}
