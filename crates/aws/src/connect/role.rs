//! An assumed role as a source of credentials. The SDK asks again when they are about to expire.

use super::{Access, ConnectError};
use crate::fault::{fault, need};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_types::SdkConfig;
use casebook::fault::Fault;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// A role, the session it is assumed for, and the credentials got when connecting.
#[derive(Debug)]
pub(super) struct Role {
    sts: aws_sdk_sts::Client,
    arn: String,
    external_id: Option<String>,
    session: String,
    first: Mutex<Option<Credentials>>,
}

impl Role {
    /// Assumes the role once, so that a refusal is known before anything begins.
    pub(super) async fn assume_first(config: &SdkConfig, arn: &str, access: &Access) -> Result<Self, ConnectError> {
        let role = Self {
            sts: aws_sdk_sts::Client::new(config),
            arn: arn.to_owned(),
            external_id: access.external_id.clone().filter(|id| !id.is_empty()),
            session: access.session.clone(),
            first: Mutex::new(None),
        };
        let credentials = role.assume().await.map_err(|fault| ConnectError::from_role(arn, &fault))?;
        *role.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(credentials);
        Ok(role)
    }

    async fn assume(&self) -> Result<Credentials, Fault> {
        let call = self.sts.assume_role().role_arn(&self.arn).role_session_name(&self.session);
        let answer = call.set_external_id(self.external_id.clone()).send().await.map_err(fault)?;
        let given = need(answer.credentials, "AssumeRole.Credentials")?;
        let expiry = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), expiry, "role"))
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(credentials) => Ok(credentials),
            None => self.assume().await.map_err(CredentialsError::provider_error),
        }
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
