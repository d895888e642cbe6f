//! Why there are no credentials to sign with. Nothing was sent then, so what passes is tried again
//! whatever the call was: a responder's run outlives its first session by hours, and one answer that
//! STS fails to give at a renewal must not end it.

use super::{chain, links, one_line, read};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use casebook::fault::{Fault, FaultClass};
use std::error::Error;

/// Reads a call that found no usable credentials; `None` when the call failed for another reason.
pub(super) fn within(error: &(dyn Error + 'static)) -> Option<Fault> {
    links(error).find_map(|link| link.downcast_ref::<CredentialsError>()).map(lack)
}

/// Reads a provider's failure: `Throttled` or `Network` when another try may help, else `Denied`.
pub(crate) fn lack(cause: &CredentialsError) -> Fault {
    let why = one_line(&chain(cause));
    if let Some(answer) = links(cause).find_map(answered) {
        return Fault::new(unsent(answer.class), &answer.code, why);
    }
    if matches!(cause, CredentialsError::ProviderTimedOut(_)) {
        return Fault::new(FaultClass::Network, "CredentialsTimeout", why);
    }
    if links(cause).any(is_transport) {
        return Fault::new(FaultClass::Network, "CredentialsUnreachable", why);
    }
    let code = if why.contains("xpired") { "ExpiredToken" } else { "NoCredentials" };
    Fault::new(FaultClass::Denied, code, why)
}

/// What the service that gives credentials has answered: to our own role, or to a profile's.
fn answered(link: &(dyn Error + 'static)) -> Option<Fault> {
    let own = link.downcast_ref::<Fault>().cloned();
    own.or_else(|| link.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>().map(read))
        .or_else(|| link.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>().map(read))
}

/// The class that a failure to get credentials has for the call that needed them. Of the rest none may
/// pass for an answer about the call's own resource.
fn unsent(class: FaultClass) -> FaultClass {
    match class {
        FaultClass::Throttled => FaultClass::Throttled,
        FaultClass::Network | FaultClass::Unknown => FaultClass::Network,
        _ => FaultClass::Denied,
    }
}

/// Whether a request for credentials broke on its way. Other services' errors than those of STS have
/// types that are not named here, but every SDK says this in the same words.
fn is_transport(link: &(dyn Error + 'static)) -> bool {
    let text = link.to_string();
    link.is::<ConnectorError>()
        || ["request has timed out", "dispatch failure", "response error"].contains(&text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;
    use std::time::Duration;

    fn seen(cause: CredentialsError) -> (FaultClass, String) {
        // As a call shows it: somewhere in the chain.
        let error = SdkError::<AssumeRoleError, HttpResponse>::construction_failure(cause);
        let fault = within(&error).unwrap();
        (fault.class, fault.code)
    }

    fn renewal(class: FaultClass, code: &str) -> (FaultClass, String) {
        seen(CredentialsError::provider_error(Fault::new(class, code, "m")))
    }

    #[test]
    fn a_renewal_that_may_succeed_later_is_tried_again() {
        use FaultClass::{Network, Throttled, Unknown};
        assert_eq!(renewal(Unknown, "InternalFailure"), (Network, "InternalFailure".into()));
        assert_eq!(renewal(Network, ""), (Network, String::new()));
        assert_eq!(renewal(Throttled, "Throttling"), (Throttled, "Throttling".into()));
    }

    #[test]
    fn a_renewal_that_is_refused_is_a_denial_and_says_nothing_about_the_calls_resource() {
        use FaultClass::{Denied, Invalid, NotFound};
        assert_eq!(renewal(Denied, "AccessDenied"), (Denied, "AccessDenied".into()));
        assert_eq!(renewal(NotFound, "NoSuchEntity").0, Denied);
        assert_eq!(renewal(Invalid, "ValidationError").0, Denied);
    }

    #[test]
    fn a_profiles_role_is_read_like_our_own() {
        let of = |status: u16, code: &str| {
            let error = AssumeRoleError::generic(ErrorMetadata::builder().code(code).message("m").build());
            let answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
            seen(CredentialsError::provider_error(SdkError::service_error(error, answer)))
        };
        assert_eq!(of(503, "ServiceUnavailable").0, FaultClass::Network);
        assert_eq!(of(400, "Throttling").0, FaultClass::Throttled);
        assert_eq!(of(403, "AccessDenied"), (FaultClass::Denied, "AccessDenied".into()));
    }

    #[test]
    fn a_request_that_broke_on_its_way_is_the_network() {
        let timeout = SdkError::<AssumeRoleError, HttpResponse>::timeout_error("no answer");
        assert_eq!(seen(CredentialsError::provider_error(timeout)).0, FaultClass::Network);
        let cut = ConnectorError::io("reset".into());
        assert_eq!(seen(CredentialsError::provider_error(cut)).0, FaultClass::Network);
        assert_eq!(seen(CredentialsError::provider_timed_out(Duration::from_secs(5))).1, "CredentialsTimeout");
    }

    #[test]
    fn missing_and_old_credentials_are_denials() {
        assert_eq!(seen(CredentialsError::not_loaded("no providers")), (FaultClass::Denied, "NoCredentials".into()));
        let old = CredentialsError::provider_error("the SSO session has expired");
        assert_eq!(seen(old), (FaultClass::Denied, "ExpiredToken".into()));
    }

    #[test]
    fn other_failures_are_none_of_credentials() {
        assert_eq!(within(&ConnectorError::io("reset".into())), None);
    }
}
