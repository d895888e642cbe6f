//! The signed address that CopySnapshot wants for an encrypted snapshot: proof to the source's
//! region that the caller may read it. Other SDKs make it unasked, the Rust SDK does not
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>, `PresignedUrl`).

use crate::clients::Clients;
use crate::fault::{chain, one_line};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_ec2::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use casebook::fault::{Fault, FaultClass};
use casebook::id::SnapshotId;
use std::time::{Duration, SystemTime};

/// As long as other SDKs let it live.
const LIFE: Duration = Duration::from_secs(3600);

/// The signed address of a copy within the region.
pub(crate) async fn copy_url(clients: &Clients, snapshot: &SnapshotId) -> Result<String, Fault> {
    let endpoint = endpoint(clients).await?;
    let region = clients.region.as_str();
    let call = format!("Action=CopySnapshot&Version=2016-11-15&SourceRegion={region}");
    let url =
        format!("{}/?{call}&SourceSnapshotId={snapshot}&DestinationRegion={region}", endpoint.trim_end_matches('/'));
    signed(url, region, credentials(clients).await?)
}

async fn endpoint(clients: &Clients) -> Result<String, Fault> {
    if let Some(endpoint) = clients.config.endpoint_url() {
        return Ok(endpoint.to_owned());
    }
    let params = Params::builder().region(clients.region.as_str()).build().map_err(|error| unsigned(&error))?;
    let endpoint = DefaultResolver::new().resolve_endpoint(&params).await;
    endpoint.map(|endpoint| endpoint.url().to_owned()).map_err(|error| unsigned(error.as_ref()))
}

async fn credentials(clients: &Clients) -> Result<Credentials, Fault> {
    let none = || Fault::new(FaultClass::Denied, "NoCredentials", "no credentials to sign the copy with");
    let provider = clients.config.credentials_provider().ok_or_else(none)?;
    let denied = |error: &(dyn std::error::Error + 'static)| {
        Fault::new(FaultClass::Denied, "NoCredentials", one_line(&chain(error)))
    };
    provider.provide_credentials().await.map_err(|error| denied(&error))
}

fn signed(url: String, region: &str, credentials: Credentials) -> Result<String, Fault> {
    let identity = credentials.into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFE);
    let params = v4::SigningParams::builder().identity(&identity).region(region).name("ec2").time(SystemTime::now());
    let params = params.settings(settings).build().map_err(|error| unsigned(&error))?.into();
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]));
    let request = request.map_err(|error| unsigned(&error))?;
    let (instructions, _) = sign(request, &params).map_err(|error| unsigned(&error))?.into_parts();
    let signature = instructions.params().iter().map(|(name, value)| format!("&{name}={}", percent_encoded(value)));
    Ok(format!("{url}{}", signature.collect::<String>()))
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn unsigned(error: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::new(FaultClass::Invalid, "NotSigned", format!("the copy could not be signed: {}", one_line(&chain(error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_carries_call_and_signature_and_no_secret() {
        let credentials = Credentials::new("AKIDEXAMPLE", "very-secret", Some("a/token".into()), None, "test");
        let url = signed("http://127.0.0.1:1/?Action=CopySnapshot".into(), "eu-west-1", credentials).unwrap();
        for part in ["Action=CopySnapshot", "X-Amz-Signature=", "X-Amz-Expires=3600", "X-Amz-Security-Token=a%2Ftoken"]
        {
            assert!(url.contains(part), "{part} in {url}");
        }
        assert!(url.contains("X-Amz-Credential=AKIDEXAMPLE%2F") && !url.contains("very-secret"));
    }
}
