//! From settings to clients: credentials, region, endpoint, role. Every way in which this fails
//! has its own sentence, because it is what people meet first.
//!
//! Not for: proving permissions; the first call does that.

use crate::clients::Clients;
use crate::fault::{chain, one_line};
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region as SdkRegion;
use std::time::Duration;

mod error;
mod role;

pub use error::ConnectError;
use role::Role;

/// How to get into one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// A profile of the shared configuration files; when named here, it outranks the credentials in the
    /// environment, as it does in the AWS CLI.
    pub profile: Option<String>,
    /// The region; else that of the environment or the profile.
    pub region: Option<String>,
    /// An endpoint in the place of AWS's; else that of the environment or the profile.
    pub endpoint: Option<String>,
    /// The ARN of a role to assume, with the account filled in.
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The name of the role session, which CloudTrail shows.
    pub session: String,
}

/// How long the three steps of a connection may take together.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long one request may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Connects to one account.
pub(crate) async fn connect(access: &Access) -> Result<Clients, ConnectError> {
    if let Some(profile) = &access.profile {
        known_profile(profile).await?;
    }
    let config = loader(access).load().await;
    let region = config.region().cloned().ok_or(ConnectError::NoRegion)?;
    ambient_credentials(&config).await?;
    let config = match &access.role_arn {
        None => config,
        Some(arn) => with_role(config, arn, access).await?,
    };
    Ok(Clients::new(config, &region))
}

fn loader(access: &Access) -> ConfigLoader {
    let http = http_client();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts());
    if let Some(region) = &access.region {
        loader = loader.region(SdkRegion::new(region.clone()));
    }
    if let Some(endpoint) = &access.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile).credentials_provider(profile_credentials(profile, http));
    }
    loader
}

fn profile_credentials(profile: &str, http: SharedHttpClient) -> ProfileFileCredentialsProvider {
    let config = ProviderConfig::without_region().with_http_client(http);
    ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build()
}

/// TLS by rustls; plain HTTP where an endpoint says so.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).operation_attempt_timeout(ANSWER_LIMIT).build()
}

/// The default chain passes over a profile that does not exist; a person who named it must know.
async fn known_profile(profile: &str) -> Result<(), ConnectError> {
    let files = EnvConfigFiles::default();
    let loaded = aws_config::profile::load(&Fs::real(), &Env::real(), &files, Some(profile.to_owned().into())).await;
    let profiles: ProfileSet = loaded.map_err(|error| ConnectError::Configuration { why: one_line(&chain(&error)) })?;
    match profiles.get_profile(profile) {
        Some(_) => Ok(()),
        None => Err(ConnectError::UnknownProfile { profile: profile.to_owned() }),
    }
}

async fn ambient_credentials(config: &SdkConfig) -> Result<(), ConnectError> {
    let none = || ConnectError::NoCredentials { why: "no provider is configured".to_owned() };
    let provider = config.credentials_provider().ok_or_else(none)?;
    provider.provide_credentials().await.map(|_| ()).map_err(|error| ConnectError::from_credentials(&error))
}

pub(crate) async fn with_role(config: SdkConfig, arn: &str, access: &Access) -> Result<SdkConfig, ConnectError> {
    let role = Role::assume_first(&config, arn, access).await?;
    Ok(config.to_builder().credentials_provider(SharedCredentialsProvider::new(role)).build())
}
