//! Failures as AWS answers them, with the class that the casebook acts on.

use casebook::fault::{Fault, FaultClass};

/// `X.NotFound`: there is no such thing in this account and region.
pub(crate) fn missing(code: &str, id: impl AsRef<str>) -> Fault {
    Fault::new(FaultClass::NotFound, code, format!("'{}' does not exist", id.as_ref()))
}

/// The same code for something made a moment ago, which is not visible everywhere yet
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
pub(crate) fn invisible(code: &str, id: impl AsRef<str>) -> Fault {
    Fault::new(FaultClass::NotFoundYet, code, format!("'{}' does not exist", id.as_ref()))
}

/// The state forbids it for now.
pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(FaultClass::Conflict, code, message)
}

/// The request is wrong.
pub(crate) fn invalid(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(FaultClass::Invalid, code, message)
}

/// A quota is used up.
pub(crate) fn limit(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(FaultClass::Limit, code, message)
}

/// It belongs to somebody else.
pub(crate) fn denied(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(FaultClass::Denied, code, message)
}
