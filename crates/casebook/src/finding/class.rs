//! What a finding type says about an EC2 instance. The type decides; the role of the resource
//! counts for the brute-force types alone.
//!
//! The types are those of
//! <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html>,
//! <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-ec2.html>,
//! <https://docs.aws.amazon.com/guardduty/latest/ug/findings-runtime-monitoring.html>,
//! <https://docs.aws.amazon.com/guardduty/latest/ug/findings-malware-protection.html>,
//! <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-attack-sequence-finding-types.html> and
//! <https://docs.aws.amazon.com/guardduty/latest/ug/findings-custom-detection-rules.html>.
//! The grouping is ours.

use serde::Serialize;

/// What the type of a finding says about an instance it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The instance itself acts for somebody else.
    Compromised,
    /// Compromised if the instance is the actor, attacked if it is the target.
    ByRole,
    /// May be an incident or a change nobody announced: a person decides.
    AskAPerson,
    /// Somebody looks at an open door. Nothing came through it.
    ExposureOnly,
    /// The credentials of the instance's role are used elsewhere.
    Credentials,
    /// About something that is no instance: a bucket, a user, a cluster, a snapshot.
    NotAnInstance,
    /// A type this version does not know.
    UnknownType,
}

/// One row: a type, or the start of one when it ends in `*`.
type Row = (&'static str, Class);

/// The first row that fits decides, so exceptions stand above their family.
const ROWS: &[Row] = &[
    ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration*", Class::Credentials),
    ("UnauthorizedAccess:EC2/SSHBruteForce", Class::ByRole),
    ("UnauthorizedAccess:EC2/RDPBruteForce", Class::ByRole),
    ("Recon:EC2/PortProbe*", Class::ExposureOnly),
    ("Behavior:EC2/*", Class::AskAPerson),
    ("Impact:EC2/SuspiciousDomainRequest*", Class::AskAPerson),
    ("Impact:EC2/MaliciousDomainRequest.Custom", Class::AskAPerson),
    ("Impact:Runtime/SuspiciousDomainRequest*", Class::AskAPerson),
    ("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", Class::AskAPerson),
    ("UnauthorizedAccess:EC2/MetadataDNSRebind", Class::AskAPerson),
    ("UnauthorizedAccess:Runtime/MetadataDNSRebind", Class::AskAPerson),
    ("DefenseEvasion:EC2/Unusual*", Class::AskAPerson),
    ("CredentialAccess:EC2/*", Class::AskAPerson),
    ("DefenseImpairment:EC2/*", Class::AskAPerson),
    ("Backdoor:EC2/*", Class::Compromised),
    ("CryptoCurrency:EC2/*", Class::Compromised),
    ("Trojan:EC2/*", Class::Compromised),
    ("Impact:EC2/AbusedDomainRequest.Reputation", Class::Compromised),
    ("Impact:EC2/BitcoinDomainRequest.Reputation", Class::Compromised),
    ("Impact:EC2/MaliciousDomainRequest.Reputation", Class::Compromised),
    ("Impact:EC2/PortSweep", Class::Compromised),
    ("Impact:EC2/WinRMBruteForce", Class::Compromised),
    ("Recon:EC2/Portscan", Class::Compromised),
    ("UnauthorizedAccess:EC2/TorClient", Class::Compromised),
    ("UnauthorizedAccess:EC2/TorRelay", Class::Compromised),
    ("Execution:EC2/MaliciousFile", Class::Compromised),
    ("Execution:EC2/SuspiciousFile", Class::Compromised),
    ("Execution:EC2/MaliciousFile!*", Class::NotAnInstance),
    ("AttackSequence:EC2/CompromisedInstanceGroup", Class::Compromised),
    ("AttackSequence:EC2/*", Class::UnknownType),
    ("AttackSequence:*", Class::NotAnInstance),
];

/// The middle part of a type that is about no instance of its own.
const OTHER_RESOURCES: [&str; 11] = [
    "IAMUser",
    "S3",
    "Kubernetes",
    "EKS",
    "ECS",
    "Container",
    "Lambda",
    "RDS",
    "Bedrock",
    "SageMaker",
    "Organizations",
];

impl Class {
    /// The class of a finding type.
    pub fn of(kind: &str) -> Self {
        let row = ROWS.iter().find(|(pattern, _)| fits(kind, pattern));
        row.map_or_else(|| Self::of_resource(kind), |(_, class)| *class)
    }

    /// By the resource in `ThreatPurpose:Resource/Family`: everything that Runtime Monitoring
    /// reports runs on the instance itself.
    fn of_resource(kind: &str) -> Self {
        let resource = kind.split_once(':').and_then(|(_, rest)| rest.split_once('/')).map_or("", |(name, _)| name);
        if resource.eq_ignore_ascii_case("Runtime") {
            Self::Compromised
        } else if OTHER_RESOURCES.iter().any(|other| other.eq_ignore_ascii_case(resource)) {
            Self::NotAnInstance
        } else {
            Self::UnknownType
        }
    }
}

fn fits(kind: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => kind.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => kind.eq_ignore_ascii_case(pattern),
    }
}
