//! What an SDK error means for the engine: whether the request was sent, whether it may have taken
//! effect, and what AWS said, in one line without secrets.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use casebook::fault::{Fault, FaultClass};
use std::error::Error;

mod codes;
mod credentials;
mod words;

pub(crate) use credentials::lack;
pub(crate) use words::one_line;

/// Reads a failed call.
pub(crate) fn fault<E>(error: SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    credentials::within(&error).unwrap_or_else(|| read(&error))
}

/// The fault of a bucket that was asked for in another region than its own, which S3 names
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>).
pub(crate) fn in_other_region<E>(error: &SdkError<E, HttpResponse>) -> Option<Fault> {
    let answer = error.raw_response()?;
    let region = answer.headers().get("x-amz-bucket-region")?;
    let elsewhere = matches!(answer.status().as_u16(), 301 | 307 | 400);
    elsewhere.then(|| Fault::new(FaultClass::Invalid, "OtherRegion", format!("the bucket is in {}", one_line(region))))
}

fn read<E>(error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(answer) => service_fault(answer.err(), answer.raw().status().as_u16()),
        SdkError::DispatchFailure(failure) => failure.as_connector_error().map_or_else(lost, connector_fault),
        SdkError::TimeoutError(_) => Fault::new(FaultClass::Unknown, "Timeout", "no answer within the time limit"),
        SdkError::ResponseError(answer) => unreadable(answer.raw().status().as_u16(), &one_line(&chain(error))),
        SdkError::ConstructionFailure(_) => Fault::new(FaultClass::Invalid, "NotBuilt", one_line(&chain(error))),
        _ => lost(),
    }
}

/// An answer without a field that its description promises.
pub(crate) fn malformed(field: &str) -> Fault {
    Fault::new(FaultClass::Unknown, "MalformedAnswer", format!("malformed answer: it has no usable {field}"))
}

/// The value of a field that must be there.
///
/// # Errors
/// A fault that names the field when there is none.
pub(crate) fn need<T>(value: Option<T>, field: &str) -> Result<T, Fault> {
    value.ok_or_else(|| malformed(field))
}

/// In a change, a "not found" of something that the program itself makes means that it is not
/// visible everywhere yet
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
pub(crate) fn in_change(mut fault: Fault) -> Fault {
    const OURS: [&str; 6] = [
        "InvalidGroup.NotFound",
        "InvalidSecurityGroupID.NotFound",
        "InvalidNetworkAclID.NotFound",
        "InvalidSnapshot.NotFound",
        "InvalidAMIID.NotFound",
        "InvalidVolume.NotFound",
    ];
    // A group of another network is there, and will never fit.
    let elsewhere = fault.message.contains("different networks");
    if OURS.contains(&fault.code.as_str()) && !elsewhere {
        fault.class = FaultClass::NotFoundYet;
    }
    fault
}

fn service_fault(error: &dyn ProvideErrorMetadata, status: u16) -> Fault {
    let code = error.code().unwrap_or_default();
    let message = error.message().map_or_else(|| format!("HTTP status {status} without a message"), one_line);
    Fault::new(codes::class(code, &message, status), code, message)
}

/// An answer that is no answer: a proxy's page, half a body.
fn unreadable(status: u16, why: &str) -> Fault {
    let class = match status {
        429 => FaultClass::Throttled,
        _ => FaultClass::Unknown,
    };
    Fault::new(class, "UnreadableAnswer", format!("HTTP status {status}: {why}"))
}

fn lost() -> Fault {
    Fault::new(FaultClass::Unknown, "", "the request was sent and no answer came")
}

fn connector_fault(error: &ConnectorError) -> Fault {
    let why = one_line(&chain(error));
    if error.is_user() {
        return Fault::new(FaultClass::Invalid, "NotBuilt", why);
    }
    if never_sent(error) {
        return Fault::new(FaultClass::Network, "", format!("the endpoint was not reached: {why}"));
    }
    Fault::new(FaultClass::Unknown, "", format!("the connection broke before the answer: {why}"))
}

/// Whether the connection was never made: only then it is certain that nothing took effect.
fn never_sent(error: &ConnectorError) -> bool {
    links(error).skip(1).any(|link| {
        let text = link.to_string();
        ["client error (Connect)", "HTTP connect", "dns error"].iter().any(|mark| text.contains(mark))
    })
}

/// An error and its causes.
fn links<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let link = next?;
        next = link.source();
        Some(link)
    })
}

/// An error and its causes as text, each once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for text in links(error).map(ToString::to_string) {
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_field_is_named() {
        let fault = need(None::<u8>, "Volume.VolumeId").unwrap_err();
        assert_eq!((fault.class, fault.code.as_str()), (FaultClass::Unknown, "MalformedAnswer"));
        assert!(fault.message.contains("Volume.VolumeId"));
    }

    #[test]
    fn a_group_not_found_in_a_change_is_not_visible_yet() {
        let of = |code| in_change(Fault::new(FaultClass::NotFound, code, "")).class;
        assert_eq!(of("InvalidGroup.NotFound"), FaultClass::NotFoundYet);
        assert_eq!(of("InvalidInstanceID.NotFound"), FaultClass::NotFound);
    }

    #[test]
    fn a_bucket_elsewhere_is_said_with_its_region_and_a_refusal_is_not_taken_for_it() {
        use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Error;
        let answered = |status: u16| {
            let mut answer = HttpResponse::new(status.try_into().unwrap(), "".into());
            answer.headers_mut().insert("x-amz-bucket-region", "eu-west-1");
            in_other_region(&SdkError::service_error(ListObjectsV2Error::unhandled("x"), answer))
        };
        let fault = answered(301).expect("elsewhere");
        assert_eq!((fault.code.as_str(), fault.message.as_str()), ("OtherRegion", "the bucket is in eu-west-1"));
        assert_eq!(answered(403), None);
    }

    #[test]
    fn a_proxys_page_may_hide_an_effect() {
        assert_eq!(unreadable(200, "expected `<`").class, FaultClass::Unknown);
        assert_eq!(unreadable(429, "").class, FaultClass::Throttled);
    }
}
