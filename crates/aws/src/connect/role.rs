//! An assumed role as a source of credentials, which are kept until they are about to expire.

use super::{Access, ConnectError};
use crate::fault::{fault, need};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_types::SdkConfig;
use casebook::fault::Fault;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Credentials with less than this left are replaced.
const MARGIN: Duration = Duration::from_secs(300);

/// A role, the session it is assumed for, and the credentials held.
#[derive(Debug)]
pub(super) struct Role {
    sts: aws_sdk_sts::Client,
    arn: String,
    external_id: Option<String>,
    session: String,
    held: Mutex<Option<Credentials>>,
}

impl Role {
    /// Assumes the role once, so that a refusal is known before anything begins.
    pub(super) async fn assume_first(config: &SdkConfig, arn: &str, access: &Access) -> Result<Self, ConnectError> {
        let role = Self {
            sts: aws_sdk_sts::Client::new(config),
            arn: arn.to_owned(),
            external_id: access.external_id.clone().filter(|id| !id.is_empty()),
            session: access.session.clone(),
            held: Mutex::new(None),
        };
        role.renew().await.map_err(|fault| ConnectError::from_role(arn, &fault))?;
        Ok(role)
    }

    async fn assume(&self) -> Result<Credentials, Fault> {
        let call = self.sts.assume_role().role_arn(&self.arn).role_session_name(&self.session);
        let answer = call.set_external_id(self.external_id.clone()).send().await.map_err(fault)?;
        let given = need(answer.credentials, "AssumeRole.Credentials")?;
        let expiry = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), expiry, "role"))
    }

    async fn renew(&self) -> Result<Credentials, Fault> {
        let credentials = self.assume().await?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(credentials.clone());
        Ok(credentials)
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match held.filter(lasts) {
            Some(credentials) => Ok(credentials),
            None => self.renew().await.map_err(CredentialsError::provider_error),
        }
    }
}

fn lasts(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + MARGIN)
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
