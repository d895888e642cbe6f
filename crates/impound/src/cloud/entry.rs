//! The way into the accounts: which credentials, which role, which region.

use super::accounts::{Accounts, ForensicWay};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::preflight::unreachable;
use crate::system;
use aws::{Access, ConnectError, Depot, Intake, SourceAccount};
use casebook::id::{AccountId, Region};
use casebook::query::SourceQuery;
use casebook::reading::{Identity, Reading};
use casebook::settings::Config;
use engine::Cloud;

/// Stands in source.role_arn for the account under investigation.
const PLACEHOLDER: &str = "{account}";

/// Where to go in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door<'a> {
    /// The options.
    pub(super) context: &'a Context,
    /// The configuration.
    pub(super) config: &'a Config,
    /// The account under investigation, where it is known.
    pub(super) account: Option<&'a AccountId>,
    /// The region, where it is known.
    pub(super) region: Option<&'a Region>,
}

impl Door<'_> {
    /// Enters the account under investigation, in its role if one is set.
    ///
    /// # Errors
    /// When there are no credentials, they are refused, or AWS is not reached.
    pub(super) async fn enter(&self) -> Result<Accounts, Failure> {
        let source = &self.config.source;
        let access = match self.role().await? {
            None => self.ambient(),
            Some(role) => Access { role_arn: Some(role), external_id: filled(&source.external_id), ..self.ambient() },
        };
        let account = SourceAccount::connect(&access).await.map_err(refused)?;
        let way = self.forensic_way(&account.region());
        Ok(Accounts::new(account, way))
    }

    /// Enters with the credentials as they are, without a role: to know who is asking.
    ///
    /// # Errors
    /// As [`Door::enter`].
    pub(super) async fn enter_as_oneself(&self) -> Result<Accounts, Failure> {
        let account = SourceAccount::connect(&self.ambient()).await.map_err(refused)?;
        Ok(Accounts::new(account, None))
    }

    /// The way to the queue: with the credentials as they are, in its region.
    ///
    /// # Errors
    /// As [`Door::enter`].
    pub(super) async fn intake(&self) -> Result<Intake, Failure> {
        Intake::connect(&self.ambient()).await.map_err(refused)
    }

    /// The way to buckets with logs: with the credentials as they are.
    ///
    /// # Errors
    /// As [`Door::enter`].
    pub(super) async fn depot(&self) -> Result<Depot, Failure> {
        Depot::connect(&self.ambient()).await.map_err(refused)
    }

    /// The role with the account filled in: the finding's, else the one that the credentials are of.
    async fn role(&self) -> Result<Option<String>, Failure> {
        let Some(role) = filled(&self.config.source.role_arn) else { return Ok(None) };
        if !role.contains(PLACEHOLDER) {
            return Ok(Some(role));
        }
        let account = match self.account {
            Some(account) => account.clone(),
            None => identity(&self.enter_as_oneself().await?).await?.account,
        };
        Ok(Some(role.replace(PLACEHOLDER, account.as_str())))
    }

    fn ambient(&self) -> Access {
        let global = &self.context.global;
        Access {
            profile: global.profile.clone(),
            region: self.region.map(ToString::to_string).or_else(|| global.region.clone()),
            endpoint: global.endpoint_url.clone(),
            role_arn: None,
            external_id: None,
            session: session_name(&system::user()),
        }
    }

    fn forensic_way(&self, region: &Region) -> Option<ForensicWay> {
        let forensic = &self.config.forensic;
        let account = AccountId::new(filled(&forensic.account_id)?);
        let access = Access {
            region: Some(region.to_string()),
            role_arn: filled(&forensic.role_arn),
            external_id: filled(&forensic.external_id),
            ..self.ambient()
        };
        Some(ForensicWay { access, account })
    }
}

/// Who the credentials of the account under investigation belong to.
///
/// # Errors
/// When AWS is not reached or refuses.
pub(super) async fn identity(accounts: &Accounts) -> Result<Identity, Failure> {
    match accounts.observe(&SourceQuery::Identity.into()).await.value {
        Ok(Reading::Identity(identity)) => Ok(identity),
        Ok(_) => Err(Failure::new(Exit::Bug, "the question for the identity was answered with something else")),
        Err(fault) => Err(unreachable("could not ask AWS whose credentials these are (sts:GetCallerIdentity)", &fault)),
    }
}

/// A wrong setting is usage; what AWS or the network refuses is not.
fn refused(error: ConnectError) -> Failure {
    let exit = match error {
        ConnectError::UnknownProfile { .. } | ConnectError::Configuration { .. } | ConnectError::NoRegion => {
            Exit::Usage
        }
        ConnectError::NoCredentials { .. }
        | ConnectError::ExpiredCredentials { .. }
        | ConnectError::WrongCredentials { .. }
        | ConnectError::Unreachable { .. }
        | ConnectError::RoleRefused { .. } => Exit::Unreachable,
    };
    Failure::new(exit, format!("{error}; nothing was changed"))
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// What CloudTrail shows: letters, digits and `=,.@-`, at most 64
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
fn session_name(user: &str) -> String {
    let clean: String = user.chars().filter(|c| c.is_ascii_alphanumeric() || "=,.@-".contains(*c)).take(50).collect();
    format!("impound-{clean}")
}
