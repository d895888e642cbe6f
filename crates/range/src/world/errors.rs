//! Failures as AWS answers them. The code decides the class, because a client sees nothing else.

use casebook::fault::{Fault, FaultClass};

/// `X.NotFound`: there is no such thing in this account and region.
pub(crate) fn missing(code: &str, id: impl AsRef<str>) -> Fault {
    refused(code, format!("'{}' does not exist", id.as_ref()))
}

/// A refusal by code
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
pub(crate) fn refused(code: &str, message: impl Into<String>) -> Fault {
    let message = message.into();
    Fault::new(class(code, &message), code, message)
}

fn class(code: &str, message: &str) -> FaultClass {
    match code {
        "AuthFailure"
        | "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "OperationNotPermitted" => FaultClass::Denied,
        "RequestLimitExceeded" | "Throttling" => FaultClass::Throttled,
        "NoSuchEntity"
        | "NoSuchAssociation"
        | "LoadBalancerNotFound"
        | "TargetGroupNotFound"
        | "NotFoundException"
        | "ResourceNotFoundException"
        | "InvalidInstance" => FaultClass::NotFound,
        "DependencyViolation"
        | "IncorrectState"
        | "IncorrectInstanceState"
        | "InvalidAMIID.Unavailable"
        | "Resource.AlreadyAssociated"
        | "VolumeInUse"
        | "AddressMoved"
        | "IdempotentParameterMismatch" => FaultClass::Conflict,
        "LimitExceeded" => FaultClass::Limit,
        // Auto Scaling has one code for everything, and only the words tell.
        "ValidationError" if message.contains("not found") => FaultClass::NotFound,
        "ValidationError" if message.contains("is not in ") || message.contains("not part of") => FaultClass::Conflict,
        _ if code.ends_with(".NotFound") => FaultClass::NotFound,
        _ if code.ends_with(".Duplicate") || code.ends_with(".InUse") => FaultClass::Conflict,
        _ if code.ends_with("LimitExceeded") => FaultClass::Limit,
        _ => FaultClass::Invalid,
    }
}

/// In a change, a "not found" of something that a responder makes itself may mean that it is not
/// visible everywhere yet: nobody can tell the two apart
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
pub(crate) fn in_change(mut fault: Fault) -> Fault {
    const MADE_BY_RESPONDERS: [&str; 5] = [
        "InvalidGroup.NotFound",
        "InvalidNetworkAclID.NotFound",
        "InvalidSnapshot.NotFound",
        "InvalidAMIID.NotFound",
        "InvalidVolume.NotFound",
    ];
    if MADE_BY_RESPONDERS.contains(&fault.code.as_str()) {
        fault.class = FaultClass::NotFoundYet;
    }
    fault
}
