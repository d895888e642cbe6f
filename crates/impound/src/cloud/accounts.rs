//! Both accounts as one cloud. A query or an effect knows which one it is for, and their types
//! keep the credentials apart.

use aws::{Access, ConnectError, ForensicAccount, SourceAccount};
use casebook::effect::Effect;
use casebook::fault::{Fault, FaultClass};
use casebook::id::{AccountId, Region};
use casebook::query::{ForensicQuery, Query};
use casebook::reading::{Answer, Made, Reading};
use casebook::visibility::Sources;
use engine::Cloud;
use tokio::sync::OnceCell;

/// Both accounts, the forensic one not entered before it is needed.
#[derive(Debug)]
pub struct Accounts {
    source: SourceAccount,
    forensic: OnceCell<ForensicAccount>,
    way: Option<ForensicWay>,
}

/// How to enter the forensic account, and which one it must be.
#[derive(Clone, Debug)]
pub struct ForensicWay {
    /// Credentials, role and region.
    pub access: Access,
    /// Its number.
    pub account: AccountId,
}

impl Accounts {
    /// With the account under investigation entered already.
    pub fn new(source: SourceAccount, way: Option<ForensicWay>) -> Self {
        Self { source, forensic: OnceCell::new(), way }
    }

    /// The region of the account under investigation.
    pub fn region(&self) -> Region {
        self.source.region()
    }

    /// Which logs the account under investigation keeps.
    pub async fn sources(&self) -> Sources {
        self.source.sources().await
    }

    /// A failure is not kept: the next question tries again.
    async fn forensic(&self) -> Result<&ForensicAccount, Fault> {
        self.forensic.get_or_try_init(|| self.enter_forensic()).await
    }

    async fn enter_forensic(&self) -> Result<ForensicAccount, Fault> {
        let Some(way) = &self.way else {
            return Err(denied("NoForensicAccount", "no forensic account is set: set forensic.account_id"));
        };
        let account = ForensicAccount::connect(&way.access).await.map_err(|error| as_fault(&error))?;
        match account.observe(&ForensicQuery::Identity).await.value? {
            Reading::Identity(identity) if identity.account == way.account => Ok(account),
            Reading::Identity(identity) => Err(denied(
                "WrongForensicAccount",
                &format!(
                    "the forensic credentials belong to {}, not to {}: set forensic.role_arn",
                    identity.account, way.account
                ),
            )),
            _ => Err(Fault::new(FaultClass::Unknown, "MalformedAnswer", "sts:GetCallerIdentity gave no identity")),
        }
    }
}

impl Cloud for Accounts {
    async fn observe(&self, query: &Query) -> Answer<Reading> {
        match query {
            Query::Source(query) => self.source.observe(query).await,
            Query::Forensic(query) => match self.forensic().await {
                Ok(account) => account.observe(query).await,
                Err(fault) => unsent(fault),
            },
        }
    }

    async fn perform(&self, effect: &Effect) -> Answer<Made> {
        match effect {
            Effect::Source(effect) => self.source.perform(effect).await,
            Effect::Forensic(effect) => match self.forensic().await {
                Ok(account) => account.perform(effect).await,
                Err(fault) => unsent(fault),
            },
        }
    }

    async fn rehearse(&self, effect: &Effect) -> Answer<()> {
        match effect {
            Effect::Source(effect) => self.source.rehearse(effect).await,
            Effect::Forensic(effect) => match self.forensic().await {
                Ok(account) => account.rehearse(effect).await,
                Err(fault) => unsent(fault),
            },
        }
    }
}

/// The account could not be entered, so nothing of the call itself was sent. A lost answer on the
/// way in says nothing about the call either.
fn unsent<T>(fault: Fault) -> Answer<T> {
    let class = if fault.class == FaultClass::Unknown { FaultClass::Network } else { fault.class };
    Answer { value: Err(Fault { class, ..fault }), calls: Vec::new(), raw: Vec::new() }
}

fn as_fault(error: &ConnectError) -> Fault {
    let class = match error {
        ConnectError::Unreachable { .. } => FaultClass::Network,
        _ => FaultClass::Denied,
    };
    Fault::new(class, "ForensicAccount", error.to_string())
}

fn denied(code: &str, message: &str) -> Fault {
    Fault::new(FaultClass::Denied, code, message)
}
