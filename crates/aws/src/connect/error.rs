//! Why an account could not be entered, and what to do: one line each.

use crate::fault::lack;
use aws_credential_types::provider::error::CredentialsError;
use casebook::fault::{Fault, FaultClass};

/// Why an account could not be entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The named profile is in none of the shared files.
    #[error(
        "profile {profile:?} is not in the AWS configuration files: check its name, or list them with `aws configure list-profiles`"
    )]
    UnknownProfile {
        /// As it was given.
        profile: String,
    },
    /// The shared files can not be read.
    #[error("the AWS configuration can not be used ({why}): correct the file or the profile")]
    Configuration {
        /// What is wrong with it.
        why: String,
    },
    /// No region anywhere.
    #[error("no AWS region is set: give --region, set AWS_REGION, or set one in the profile")]
    NoRegion,
    /// No provider of the chain has credentials.
    #[error("no AWS credentials were found ({why}): set AWS_PROFILE or the access keys, or give --profile")]
    NoCredentials {
        /// What was looked through.
        why: String,
    },
    /// The credentials were good once.
    #[error("the AWS credentials have expired ({why}): log in again")]
    ExpiredCredentials {
        /// In the service's words.
        why: String,
    },
    /// The service does not know the key, or the signature is wrong.
    #[error("AWS does not accept the credentials ({why}): check the access key, its secret and the session token")]
    WrongCredentials {
        /// In the service's words.
        why: String,
    },
    /// Nothing answers.
    #[error("the AWS endpoint can not be reached ({why}): check the network, the region and --endpoint-url")]
    Unreachable {
        /// What failed.
        why: String,
    },
    /// The role is there or not, but it is not given to these credentials.
    #[error(
        "the role {role} can not be assumed ({why}): check that it exists, that its trust policy names these credentials, and the external id"
    )]
    RoleRefused {
        /// Its ARN.
        role: String,
        /// In the service's words.
        why: String,
    },
}

impl ConnectError {
    /// Reads the failure of the ambient credentials. What did not come through, or may pass, is no
    /// fault of theirs.
    pub(super) fn from_credentials(error: &CredentialsError) -> Self {
        let fault = lack(error);
        let why = fault.message;
        match error {
            _ if fault.class != FaultClass::Denied => Self::Unreachable { why },
            _ if why.contains("xpired") => Self::ExpiredCredentials { why },
            CredentialsError::CredentialsNotLoaded(_) => Self::NoCredentials { why },
            CredentialsError::InvalidConfiguration(_) => Self::Configuration { why },
            _ => Self::WrongCredentials { why },
        }
    }

    /// Reads the failure of AssumeRole
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
    pub(super) fn from_role(role: &str, fault: &Fault) -> Self {
        let why = fault.to_string();
        match (fault.code.as_str(), fault.class) {
            ("ExpiredToken" | "ExpiredTokenException" | "RequestExpired", _) => Self::ExpiredCredentials { why },
            (code, _) if KEY_CODES.contains(&code) => Self::WrongCredentials { why },
            ("NoCredentials", _) => Self::NoCredentials { why },
            (_, FaultClass::Network | FaultClass::Unknown | FaultClass::Throttled) => Self::Unreachable { why },
            _ => Self::RoleRefused { role: role.to_owned(), why },
        }
    }
}

/// What STS answers to a key or signature that it does not accept.
const KEY_CODES: [&str; 5] = [
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "IncompleteSignature",
];

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sts::operation::assume_role::AssumeRoleError;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

    fn role_error(class: FaultClass, code: &str) -> String {
        ConnectError::from_role("arn:aws:iam::1:role/ir", &Fault::new(class, code, "because")).to_string()
    }

    #[test]
    fn each_failure_of_assume_role_has_its_own_sentence() {
        assert!(
            role_error(FaultClass::Denied, "AccessDenied").contains("role arn:aws:iam::1:role/ir can not be assumed")
        );
        assert!(role_error(FaultClass::Denied, "ExpiredToken").contains("expired"));
        assert!(role_error(FaultClass::Denied, "InvalidClientTokenId").contains("does not accept"));
        assert!(role_error(FaultClass::Network, "").contains("can not be reached"));
        assert!(!role_error(FaultClass::Network, "").contains('\n'));
    }

    #[test]
    fn what_did_not_come_through_is_no_fault_of_the_credentials() {
        let io = || ConnectorError::io("connection reset".into());
        let causes = [
            CredentialsError::provider_error(SdkError::<AssumeRoleError, HttpResponse>::timeout_error("no answer")),
            CredentialsError::provider_error(SdkError::<AssumeRoleError, HttpResponse>::dispatch_failure(io())),
            CredentialsError::provider_error(ConnectorError::other("invalid peer certificate: Expired".into(), None)),
            CredentialsError::provider_timed_out(std::time::Duration::from_secs(5)),
        ];
        for cause in causes {
            let error = ConnectError::from_credentials(&cause);
            assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
            assert!(!error.to_string().contains("access key"), "{error}");
        }
    }

    #[test]
    fn ambient_failures_are_told_apart() {
        let none = ConnectError::from_credentials(&CredentialsError::not_loaded("no providers in chain"));
        assert!(matches!(none, ConnectError::NoCredentials { .. }));
        let old = ConnectError::from_credentials(&CredentialsError::provider_error("the SSO session has expired"));
        assert!(matches!(old, ConnectError::ExpiredCredentials { .. }));
        let refused = ConnectError::from_credentials(&CredentialsError::provider_error("no such user"));
        assert!(matches!(refused, ConnectError::WrongCredentials { .. }));
    }
}
