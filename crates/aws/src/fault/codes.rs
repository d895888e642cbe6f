//! Which error code means what, as one table. Sources: EC2's error codes
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>) and the error
//! sections of the Auto Scaling, Elastic Load Balancing, IAM, KMS, EBS, CloudTrail,
//! S3 and SQS references.

use casebook::fault::FaultClass;

use FaultClass::{Conflict, Denied, Invalid, Limit, NotFound, Throttled, Unknown};

const TABLE: &[(FaultClass, &[&str])] = &[
    (
        Denied,
        &[
            "UnauthorizedOperation",
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "Blocked",
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "NotAuthorizedException",
            "OptInRequired",
            "OperationNotPermitted",
            "PendingVerification",
        ],
    ),
    (
        Throttled,
        &[
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "SlowDown",
            "PriorRequestNotComplete",
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "SnapshotCreationPerVolumeRateExceeded",
        ],
    ),
    (
        NotFound,
        &[
            "InvalidGroup.NotFound",
            "InvalidSecurityGroupID.NotFound",
            "NoSuchEntity",
            "NoSuchResourceException",
            "LoadBalancerNotFound",
            "TargetGroupNotFound",
            "InvalidInstance",
            "NotFoundException",
            "ResourceNotFoundException",
            "InvalidPermission.NotFound",
            "NoSuchBucket",
            "NoSuchKey",
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
        ],
    ),
    (
        Conflict,
        &[
            "DependencyViolation",
            "IncorrectState",
            "IncorrectInstanceState",
            "InvalidState",
            "IncorrectStateException",
            "InvalidGroup.InUse",
            "InvalidGroup.Duplicate",
            "InvalidPermission.Duplicate",
            "InvalidAMIName.Duplicate",
            "InvalidAMIID.Unavailable",
            "InvalidInstanceState",
            "InvalidVolume.ZoneMismatch",
            "VolumeInUse",
            "InvalidSnapshot.InUse",
            "OperationInProgress",
            "Resource.AlreadyAssociated",
            "Resource.AlreadyAssigned",
            "Server.InternalStateConflict",
            "ResourceInUse",
            "ResourceInUseFault",
            "ResourceContention",
            "ResourceContentionFault",
            "ScalingActivityInProgress",
            "ScalingActivityInProgressFault",
            "ConcurrentModification",
            "ConcurrentModificationException",
            "ConflictException",
            "KMSInvalidStateException",
            "DeleteConflict",
            "EntityTemporarilyUnmodifiable",
            "EntityAlreadyExists",
            "IdempotentParameterMismatch",
        ],
    ),
    (
        Limit,
        &[
            "LimitExceeded",
            "LimitExceededException",
            "ServiceQuotaExceededException",
            "ConcurrentSnapshotLimitExceeded",
            "ResourceLimitExceeded",
            "InstanceLimitExceeded",
            "VolumeLimitExceeded",
            "SnapshotLimitExceeded",
            "VcpuLimitExceeded",
            "MaxSpotInstanceCountExceeded",
            "SecurityGroupLimitExceeded",
            "SecurityGroupsPerInterfaceLimitExceeded",
            "SecurityGroupsPerInstanceLimitExceeded",
            "RulesPerSecurityGroupLimitExceeded",
            "TagLimitExceeded",
            "TagPolicyViolation",
            "NetworkAclLimitExceeded",
            "AddressLimitExceeded",
            "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
            "TooManyTargets",
            "TooManyRegistrationsForTargetId",
            "InsufficientInstanceCapacity",
            "InsufficientCapacity",
            "InsufficientVolumeCapacity",
            "Unsupported.CapacityExceeded",
        ],
    ),
    (
        Unknown,
        &[
            "InternalError",
            "InternalFailure",
            "InternalException",
            "InternalServerException",
            "InternalServerErrorException",
            "InternalServiceError",
            "InternalServiceFault",
            "ServiceFailure",
            "ServiceFailureException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "Unavailable",
            "DependencyTimeout",
            "DependencyTimeoutException",
            "KMSInternalException",
            "RequestTimeout",
            "RequestTimeoutException",
        ],
    ),
    (
        Invalid,
        &["DryRunOperation", "PermanentRedirect", "ValidationError", "ValidationException", "UnsupportedOperation"],
    ),
];

/// Endings that whole families of EC2 codes share.
const ENDINGS: &[(&str, FaultClass)] = &[
    (".NotFound", NotFound),
    (".Malformed", Invalid),
    (".Duplicate", Conflict),
    (".InUse", Conflict),
    ("LimitExceeded", Limit),
    ("QuotaExceeded", Limit),
    ("NotFound", NotFound),
    ("NotFoundException", NotFound),
    ("NotFoundFault", NotFound),
];

/// The class of a code; where it says nothing, the message or the HTTP status decides.
pub(super) fn class(code: &str, message: &str, status: u16) -> FaultClass {
    let said = by_message(code, message).or_else(|| exact(code)).or_else(|| by_ending(code));
    said.unwrap_or_else(|| by_status(status))
}

/// Auto Scaling has one code for everything: a wrong request, a group that does not exist, a
/// member in another state than the call needs.
fn by_message(code: &str, message: &str) -> Option<FaultClass> {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match code {
        "ValidationError" if says(&["not found"]) => Some(NotFound),
        "ValidationError" if says(&["is not in ", "not part of"]) => Some(Conflict),
        _ => None,
    }
}

fn exact(code: &str) -> Option<FaultClass> {
    TABLE.iter().find(|(_, codes)| codes.contains(&code)).map(|(class, _)| *class)
}

fn by_ending(code: &str) -> Option<FaultClass> {
    ENDINGS.iter().find(|(ending, _)| code.ends_with(ending)).map(|(_, class)| *class)
}

fn by_status(status: u16) -> FaultClass {
    match status {
        429 => Throttled,
        401 | 403 => Denied,
        404 => NotFound,
        409 => Conflict,
        400..=499 => Invalid,
        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_class() {
        let cases = [
            ("UnauthorizedOperation", 403, Denied),
            ("ExpiredTokenException", 400, Denied),
            ("RequestLimitExceeded", 503, Throttled),
            ("Throttling", 400, Throttled),
            ("InvalidInstanceID.NotFound", 400, NotFound),
            ("InvalidNetworkInterfaceID.NotFound", 400, NotFound),
            ("NoSuchEntity", 404, NotFound),
            ("TargetGroupNotFound", 400, NotFound),
            ("DependencyViolation", 400, Conflict),
            ("IncorrectState", 400, Conflict),
            ("ScalingActivityInProgress", 400, Conflict),
            ("SnapshotLimitExceeded", 400, Limit),
            ("SomethingNewLimitExceeded", 400, Limit),
            ("InsufficientInstanceCapacity", 500, Limit),
            ("InternalError", 500, Unknown),
            ("Unavailable", 503, Unknown),
            ("InvalidParameterValue", 400, Invalid),
            ("InvalidInstanceID.Malformed", 400, Invalid),
            ("NeverSeenBefore", 418, Invalid),
            ("NeverSeenBefore", 502, Unknown),
            ("", 500, Unknown),
            ("", 429, Throttled),
        ];
        for (code, status, expected) in cases {
            assert_eq!(class(code, "", status), expected, "{code} {status}");
        }
    }

    #[test]
    fn auto_scaling_is_read_by_its_words() {
        let of = |message| class("ValidationError", message, 400);
        assert_eq!(of("AutoScalingGroup name not found - no such group"), NotFound);
        assert_eq!(of("The instance i-1 is not in InService."), Conflict);
        assert_eq!(of("The instance i-1 is not part of Auto Scaling group web."), Conflict);
        assert_eq!(of("1 validation error detected"), Invalid);
    }

    #[test]
    fn no_code_stands_twice_in_the_table() {
        let mut codes: Vec<_> = TABLE.iter().flat_map(|(_, codes)| codes.iter()).collect();
        codes.sort();
        let twice: Vec<_> = codes.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
