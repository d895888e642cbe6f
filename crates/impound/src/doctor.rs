//! What would hold a run tonight, asked without changing anything: identities, keys, the sealed
//! subnet, quotas, and the permissions that EC2 can rehearse.

use crate::failure::Failure;
use crate::preflight::unreachable;
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, InstanceId, Region, SubnetId};
use casebook::permissions;
use casebook::query::{ForensicQuery as F, Query, SourceQuery as S};
use casebook::reading::{Identity, Reading};
use casebook::scene::storage::Key;
use casebook::settings::{Config, ForensicSettings, Settings, same_account};
use engine::Cloud;
use serde::Serialize;

mod custody;
mod quotas;
mod rehearsal;

/// How one point stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It will work.
    Ok,
    /// It will work with less.
    Warn,
    /// It will hold a run.
    Fail,
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// How it stands.
    pub health: Health,
    /// What was found, and what to do about it.
    pub detail: String,
}

impl Finding {
    pub(crate) fn new(what: &str, health: Health, detail: impl Into<String>) -> Self {
        Self { what: what.to_owned(), health, detail: detail.into() }
    }

    /// A question that could not be answered.
    fn unread(what: &str, query: &Query, fault: &Fault) -> Self {
        Self::new(what, Health::Fail, format!("{fault}; allow {}", query.actions().join(", ")))
    }
}

/// Looks at everything.
///
/// # Errors
/// Code 6 when AWS is not reached or refuses the credentials.
pub async fn examine<C: Cloud>(
    cloud: &C,
    config: &Config,
    region: &Region,
    instance: Option<&InstanceId>,
) -> Result<Vec<Finding>, Failure> {
    let settings = config.settings(region);
    let mut findings = vec![source(cloud, config).await?];
    findings.extend(forensic(cloud, settings.forensic.as_ref()).await);
    findings.extend(share_key(cloud, &settings).await);
    findings.extend(profile(cloud, &settings).await);
    findings.push(console(cloud).await);
    findings.push(quarantine(cloud).await);
    findings.extend(quotas::examine(cloud, settings.forensic.is_some()).await);
    match instance {
        Some(id) => findings.extend(rehearsal::rehearse(cloud, id, &settings).await),
        None => findings.push(Finding::new(
            "permissions",
            Health::Warn,
            "not rehearsed: EC2 rehearses a call on a real instance only; name one: impound doctor INSTANCE_ID",
        )),
    }
    if let Some(forensic) = &settings.forensic {
        findings.extend(custody::rehearse(cloud, forensic, settings.policy.lock_days).await);
    }
    findings.push(unrehearsed());
    Ok(findings)
}

/// That these are allowed, only a run can show.
fn unrehearsed() -> Finding {
    let calls: Vec<&str> = permissions::unrehearsed().into_iter().collect();
    Finding::new("calls without a dry run", Health::Warn, format!("can not be rehearsed: {}", calls.join(", ")))
}

/// Without the account under investigation there is nothing to examine.
async fn source<C: Cloud>(cloud: &C, config: &Config) -> Result<Finding, Failure> {
    let what = "source account";
    let tried = "could not ask AWS whose credentials these are (sts:GetCallerIdentity)";
    match cloud.observe(&S::Identity.into()).await.value {
        Ok(Reading::Identity(identity)) if config.forensic.account_id == identity.account.as_str() => {
            Ok(Finding::new(what, Health::Fail, same_account(identity.account.as_str())))
        }
        Ok(Reading::Identity(identity)) => {
            Ok(Finding::new(what, Health::Ok, format!("{} as {}", identity.account, identity.arn)))
        }
        Ok(_) => Ok(Finding::new(what, Health::Fail, "AWS answered with something else")),
        Err(fault) => Err(unreachable(tried, &fault)),
    }
}

async fn forensic<C: Cloud>(cloud: &C, settings: Option<&ForensicSettings>) -> Vec<Finding> {
    let Some(settings) = settings else {
        let why = "not set: a run contains and preserves, and holds at custody; set forensic.account_id and role_arn";
        return vec![Finding::new("forensic account", Health::Fail, why)];
    };
    let what = "forensic account";
    let who = match cloud.observe(&F::Identity.into()).await.value {
        Ok(Reading::Identity(identity)) if identity.account == settings.account => {
            Finding::new(what, Health::Ok, format!("{} as {}", identity.account, identity.arn))
        }
        Ok(Reading::Identity(identity)) => Finding::new(what, Health::Fail, foreign(&identity, &settings.account)),
        Ok(_) => return vec![Finding::new(what, Health::Fail, "AWS answered with something else")],
        Err(fault) => return vec![Finding::new(what, Health::Fail, format!("{fault}; check credentials and role"))],
    };
    vec![who, forensic_key(cloud, settings).await, subnet(cloud, settings.subnet.as_ref()).await]
}

fn foreign(identity: &Identity, expected: &AccountId) -> String {
    format!("these credentials belong to {}, not to {expected}; set forensic.role_arn", identity.account)
}

/// A copy under a key of another account could be taken away by its owner: `copy` holds on it.
async fn forensic_key<C: Cloud>(cloud: &C, settings: &ForensicSettings) -> Finding {
    let what = "forensic key";
    let Some(arn) = &settings.key else {
        return Finding::new(what, Health::Fail, "not set: a run holds at copy; set forensic.kms_key_arn");
    };
    let finding = key_finding(cloud, what, F::Key(arn.clone()).into()).await;
    if finding.health != Health::Ok || arn.account() == settings.account {
        return finding;
    }
    let (owner, own) = (arn.account(), &settings.account);
    let why = format!("{arn} belongs to {owner}, not to {own}: a run holds at copy; set a key of {own}");
    Finding::new(what, Health::Fail, why)
}

/// A key must be enabled and customer managed: what `aws/ebs` encrypts can not be shared
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>).
async fn key_finding<C: Cloud>(cloud: &C, what: &str, query: Query) -> Finding {
    match cloud.observe(&query).await.value {
        Ok(Reading::Key(Key { enabled: true, aws_managed: false, arn, .. })) => {
            Finding::new(what, Health::Ok, format!("{arn} is enabled and customer managed"))
        }
        Ok(Reading::Key(key)) if key.aws_managed => {
            Finding::new(what, Health::Fail, format!("{} is managed by AWS; name a customer-managed key", key.arn))
        }
        Ok(Reading::Key(key)) => Finding::new(what, Health::Fail, format!("{} is {}; enable it", key.arn, key.state)),
        Ok(_) => Finding::new(what, Health::Fail, "AWS answered with something else"),
        Err(fault) => Finding::unread(what, &query, &fault),
    }
}

async fn share_key<C: Cloud>(cloud: &C, settings: &Settings) -> Vec<Finding> {
    let Some(arn) = &settings.share_key else {
        let why = "not set: a run with a volume under aws/ebs holds at share; set source.share_kms_key_arn";
        return vec![Finding::new("share key", Health::Warn, why)];
    };
    let mut findings = vec![key_finding(cloud, "share key", S::Key(arn.clone()).into()).await];
    if settings.forensic.is_some() {
        findings
            .push(key_finding(cloud, "share key, as the forensic account sees it", F::Key(arn.clone()).into()).await);
    }
    findings
}

async fn subnet<C: Cloud>(cloud: &C, subnet: Option<&SubnetId>) -> Finding {
    let what = "sealed subnet";
    let Some(subnet) = subnet else {
        return Finding::new(what, Health::Fail, "not set: a run holds at rebuild; set forensic.subnet_id");
    };
    let query = F::Enclave(subnet.clone()).into();
    match cloud.observe(&query).await.value {
        Ok(Reading::Enclave(enclave)) if enclave.openings().is_empty() => {
            Finding::new(what, Health::Ok, format!("{subnet} in {} is sealed", enclave.subnet.zone))
        }
        Ok(Reading::Enclave(enclave)) => Finding::new(
            what,
            Health::Warn,
            format!("no instance will be started there, volumes will: {}", enclave.openings().join("; ")),
        ),
        Ok(_) => Finding::new(what, Health::Fail, "AWS answered with something else"),
        Err(fault) => Finding::unread(what, &query, &fault),
    }
}

async fn profile<C: Cloud>(cloud: &C, settings: &Settings) -> Option<Finding> {
    let what = "quarantine profile";
    let arn = Some(Arn::new(settings.policy.quarantine_profile_arn.clone())).filter(|arn| !arn.as_str().is_empty())?;
    let query = S::Profile(arn.name().to_owned()).into();
    Some(match cloud.observe(&query).await.value {
        Ok(_) => Finding::new(what, Health::Ok, format!("{arn} is there")),
        Err(fault) => Finding::unread(what, &query, &fault),
    })
}

/// An open serial console is a way in that no security group closes.
async fn console<C: Cloud>(cloud: &C) -> Finding {
    let what = "serial console";
    let query = S::SerialConsole.into();
    match cloud.observe(&query).await.value {
        Ok(Reading::Flag(false)) => Finding::new(what, Health::Ok, "off in this account and region"),
        Ok(_) => Finding::new(what, Health::Warn, "on in this account and region: isolation does not close it"),
        Err(fault) => Finding::unread(what, &query, &fault),
    }
}

async fn quarantine<C: Cloud>(cloud: &C) -> Finding {
    let what = "quarantine groups";
    let query = S::QuarantineGroups.into();
    match cloud.observe(&query).await.value {
        Ok(Reading::Groups(groups)) if groups.is_empty() => {
            Finding::new(what, Health::Ok, "none yet: the first case in a VPC makes one")
        }
        Ok(Reading::Groups(groups)) => Finding::new(what, Health::Ok, format!("{}, verified when used", groups.len())),
        Ok(_) => Finding::new(what, Health::Fail, "AWS answered with something else"),
        Err(fault) => Finding::unread(what, &query, &fault),
    }
}
