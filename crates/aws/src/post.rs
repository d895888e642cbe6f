//! Posting to a web address that is not AWS's, by the same way to speak HTTP.

use crate::fault::{chain, one_line};
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use casebook::fault::{Fault, FaultClass};
use std::time::Duration;

/// How long one post may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Posts JSON to one address.
#[derive(Debug)]
pub struct Webhook {
    url: String,
    connector: Connector,
}

impl Webhook {
    /// One that posts there.
    pub fn new(url: &str) -> Self {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        Self { url: url.to_owned(), connector: Connector::builder().tls_provider(provider).build() }
    }

    /// Posts a document. The address may hold a secret, so no fault names it.
    ///
    /// # Errors
    /// When it does not arrive, or the answer is not of success; of class `Invalid` when it refuses this document.
    pub async fn post(&self, json: &str) -> Result<(), Fault> {
        let mut request = HttpRequest::new(SdkBody::from(json));
        let unusable = |why: String| Fault::new(FaultClass::Invalid, "", format!("the address can not be used: {why}"));
        request.set_method("POST").map_err(|error| unusable(error.to_string()))?;
        request.set_uri(self.url.clone()).map_err(|error| unusable(error.to_string()))?;
        request.headers_mut().insert("content-type", "application/json");
        request.headers_mut().insert("content-length", json.len().to_string());
        let network = |why: String| Fault::new(FaultClass::Network, "", why);
        let answer = tokio::time::timeout(LIMIT, self.connector.call(request)).await;
        let answer = answer.map_err(|_| network(format!("no answer within {} s", LIMIT.as_secs())))?;
        let answer = answer.map_err(|error| network(one_line(&chain(&error)).replace(&self.url, "it")))?;
        let status = answer.status().as_u16();
        let why = format!("it answered with HTTP status {status}");
        match status {
            200..=299 => Ok(()),
            // Too slow, and too many: another time it may take it.
            408 | 429 => Err(network(why)),
            400..=499 => Err(Fault::new(FaultClass::Invalid, "", why)),
            _ => Err(network(why)),
        }
    }
}
