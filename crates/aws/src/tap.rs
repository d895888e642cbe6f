//! Listens to every request of one question or change: which action was asked, how AWS named the
//! request, what it answered. The sink hangs on the asynchronous task, so that answers of calls
//! that run side by side do not mix.
//!
//! Not for: secrets of ours. Requests are never kept; responses only of services whose answers
//! hold no credentials.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use casebook::fault::Fault;
use casebook::reading::{Answer, RawBody};
use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    static SINK: Arc<Mutex<Heard>>;
}

/// What was heard during one question or change.
#[derive(Default)]
struct Heard {
    calls: Vec<String>,
    raw: Vec<RawBody>,
}

/// Runs one question or change and adds what was sent and answered meanwhile.
pub(crate) async fn heard<T>(work: impl Future<Output = Result<T, Fault>>) -> Answer<T> {
    let sink = Arc::new(Mutex::new(Heard::default()));
    let value = SINK.scope(sink.clone(), work).await;
    let heard = std::mem::take(&mut *sink.lock().unwrap_or_else(PoisonError::into_inner));
    Answer { value, calls: heard.calls, raw: heard.raw }
}

/// Writes into the sink of the running task; outside of one (while connecting) nothing is kept.
fn note(write: impl FnOnce(&mut Heard)) {
    // An error here only means that nobody listens.
    let _ = SINK.try_with(|sink| write(&mut sink.lock().unwrap_or_else(PoisonError::into_inner)));
}

/// Whether a service's answers are kept as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// Kept as they came.
    Kept,
    /// Only counted: the answers hold tokens that open something (EBS block tokens).
    Dropped,
}

/// The listener on one service's client.
#[derive(Debug)]
pub(crate) struct Tap {
    service: &'static str,
    bodies: Bodies,
}

impl Tap {
    /// A listener for a service, named as IAM names it in `service:Action`.
    pub(crate) fn new(service: &'static str, bodies: Bodies) -> Self {
        Self { service, bodies }
    }

    fn action(&self, cfg: &ConfigBag) -> String {
        let operation = cfg.load::<Metadata>().map_or("?", Metadata::name);
        format!("{}:{operation}", self.service)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Tap {
    fn name(&self) -> &'static str {
        "Tap"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let action = self.action(cfg);
        note(|heard| heard.calls.push(action));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.bodies == Bodies::Kept
            && let Some(body) = raw_body(self.action(cfg), context.response())
        {
            note(|heard| heard.raw.push(body));
        }
        Ok(())
    }
}

/// The body of a response, if it is in memory (that of a streaming operation is not).
fn raw_body(action: String, response: &HttpResponse) -> Option<RawBody> {
    let body = response.body().bytes()?.to_vec();
    let header = |name| response.headers().get(name).unwrap_or_default().to_owned();
    let named = ["x-amzn-requestid", "x-amz-request-id"].map(header).into_iter().find(|id| !id.is_empty());
    let request = named.or_else(|| request_id_in(&body)).unwrap_or_default();
    Some(RawBody { action, request, date: header("date"), body })
}

/// EC2 and the query services name the request in the body as well.
fn request_id_in(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    ["<requestId>", "<RequestId>", "<RequestID>"].iter().find_map(|open| {
        let (_, rest) = text.split_once(open)?;
        Some(rest.split_once('<')?.0.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_is_found_in_the_body() {
        let body = b"<DescribeVpcsResponse><requestId>59dbff89</requestId></DescribeVpcsResponse>";
        assert_eq!(request_id_in(body).as_deref(), Some("59dbff89"));
        assert_eq!(request_id_in(b"{}"), None);
        assert_eq!(request_id_in(&[0xff]), None);
    }
}
