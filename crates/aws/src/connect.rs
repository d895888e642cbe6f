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

/// What a connection takes from the machine it starts on.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// The shared configuration files.
    pub(crate) files: EnvConfigFiles,
    /// The way to speak HTTP.
    pub(crate) http: SharedHttpClient,
}

/// Connects to one account.
pub(crate) async fn connect(access: &Access) -> Result<Clients, ConnectError> {
    connect_from(Machine { files: EnvConfigFiles::default(), http: http_client() }, access).await
}

pub(crate) async fn connect_from(machine: Machine, access: &Access) -> Result<Clients, ConnectError> {
    if let Some(profile) = &access.profile {
        known_profile(&machine.files, profile).await?;
    }
    let config = loader(&machine, access).load().await;
    let region = config.region().cloned().ok_or(ConnectError::NoRegion)?;
    let config = match &access.profile {
        None => config,
        Some(profile) => with_profile(config, profile, machine, &region),
    };
    ambient_credentials(&config).await?;
    let config = match &access.role_arn {
        None => config,
        Some(arn) => with_role(config, arn, access).await?,
    };
    Ok(Clients::new(config, &region))
}

fn loader(machine: &Machine, access: &Access) -> ConfigLoader {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(machine.http.clone())
        .profile_files(machine.files.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts());
    if let Some(region) = &access.region {
        loader = loader.region(SdkRegion::new(region.clone()));
    }
    if let Some(endpoint) = &access.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(profile) = &access.profile {
        // Its credentials need the region, which is known only when this is loaded.
        loader = loader.profile_name(profile).no_credentials();
    }
    loader
}

/// The credentials of a profile, and of no other place. A profile that names a role makes a request to
/// STS in the region given (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>).
fn with_profile(config: SdkConfig, profile: &str, machine: Machine, region: &SdkRegion) -> SdkConfig {
    let around = ProviderConfig::without_region().with_region(Some(region.clone()));
    let around = around.with_http_client(machine.http).with_timeout_config(timeouts());
    let around = around.with_retry_config(RetryConfig::disabled());
    let provider = ProfileFileCredentialsProvider::builder().configure(&around);
    let provider = provider.profile_files(machine.files).profile_name(profile).build();
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

/// TLS by rustls; plain HTTP where an endpoint says so.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).operation_attempt_timeout(ANSWER_LIMIT).build()
}

/// The default chain passes over a profile that does not exist; a person who named it must know.
async fn known_profile(files: &EnvConfigFiles, profile: &str) -> Result<(), ConnectError> {
    let loaded = aws_config::profile::load(&Fs::real(), &Env::real(), files, Some(profile.to_owned().into())).await;
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
