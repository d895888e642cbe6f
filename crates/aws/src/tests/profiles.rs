//! Profiles of the shared files whose credentials are a role's: STS is asked, in the region that is
//! worked in.

use super::login::{refusal, session};
use super::run;
use crate::clients::Clients;
use crate::connect::{Access, ConnectError, Machine, connect_from};
use aws_credential_types::provider::ProvideCredentials;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use std::sync::{Arc, Mutex};

const FILES: &str = "[profile responder]
role_arn = arn:aws:iam::111111111111:role/ir
source_profile = keys
region = eu-north-1

[profile keys]
aws_access_key_id = AKIDFAKE
aws_secret_access_key = fake
";

/// STS, without a network: one answer for everything, and every request's address and signature.
#[derive(Clone, Debug)]
struct Sts {
    answer: Option<(u16, String)>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Sts {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let signature = request.headers().get("authorization").unwrap_or_default();
        self.asked.lock().unwrap().push(format!("{} {signature}", request.uri()));
        HttpConnectorFuture::ready(match &self.answer {
            Some((status, body)) => Ok(HttpResponse::new((*status).try_into().unwrap(), SdkBody::from(body.as_str()))),
            None => Err(ConnectorError::timeout("no answer".into())),
        })
    }
}

/// Connects by the profile with a role, and what STS was asked.
fn enter(answer: Option<(u16, String)>) -> (Result<Clients, ConnectError>, Vec<String>) {
    let sts = Sts { answer, asked: Arc::default() };
    let asked = sts.asked.clone();
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(sts.clone()));
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, FILES).build();
    let (profile, region) = (Some("responder".to_owned()), Some("eu-west-1".to_owned()));
    let access = Access { profile, region, session: "impound-c1".into(), ..Access::default() };
    let entered = run(connect_from(Machine { files, http }, &access));
    let asked = asked.lock().unwrap().clone();
    (entered, asked)
}

#[test]
fn a_profiles_role_is_assumed_in_the_region_that_is_worked_in() {
    let (entered, asked) = enter(Some((200, session("2099-01-01T00:00:00Z"))));
    let clients = entered.unwrap();
    assert_eq!(clients.region.as_str(), "eu-west-1");
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(request.starts_with("https://sts.eu-west-1.amazonaws.com/"), "{request}");
    assert!(request.contains("/eu-west-1/sts/aws4_request"), "{request}");
    let keys = run(clients.config.credentials_provider().unwrap().provide_credentials()).unwrap();
    assert_eq!(keys.access_key_id(), "ASIAFAKE");
}

#[test]
fn a_profiles_role_that_sts_does_not_answer_for_is_no_wrong_key() {
    let (entered, asked) = enter(None);
    assert!(matches!(entered, Err(ConnectError::Unreachable { .. })), "{entered:?}");
    assert_eq!(asked.len(), 1, "nothing is retried here");
    let (entered, _) = enter(Some((400, refusal("Throttling"))));
    assert!(matches!(entered, Err(ConnectError::Unreachable { .. })), "{entered:?}");
    let (entered, _) = enter(Some((403, refusal("InvalidClientTokenId"))));
    assert!(matches!(entered, Err(ConnectError::WrongCredentials { .. })), "{entered:?}");
}
