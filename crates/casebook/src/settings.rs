//! What a person decided before the incident: `impound.toml`, and what of it holds for one case.

use crate::id::{AccountId, Arn, InstanceId, Region, SubnetId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `impound.toml` says about responses, every key optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The account under investigation.
    pub source: SourceConfig,
    /// The forensic account.
    pub forensic: ForensicConfig,
    /// How to respond.
    pub policy: Policy,
}

/// How to reach the account under investigation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// The role to assume there; may hold `{account}`; empty: the ambient credentials.
    pub role_arn: String,
    /// The external id of that role's trust.
    pub external_id: String,
    /// A customer-managed key there that the forensic account may use.
    pub share_kms_key_arn: String,
}

/// How to reach the forensic account, and what there is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForensicConfig {
    /// Its number.
    pub account_id: String,
    /// The role to assume there.
    pub role_arn: String,
    /// The external id of that role's trust.
    pub external_id: String,
    /// A customer-managed key of that account: copies are encrypted under it.
    pub kms_key_arn: String,
    /// The sealed subnet.
    pub subnet_id: String,
    /// Key and subnet in other regions.
    pub regions: BTreeMap<String, ForensicRegion>,
}

/// The forensic account's key and subnet in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForensicRegion {
    /// A customer-managed key there.
    pub kms_key_arn: String,
    /// The sealed subnet there.
    pub subnet_id: String,
}

/// What becomes of an Auto Scaling group's member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingPolicy {
    /// It leaves, and the group starts a replacement.
    #[default]
    DetachReplace,
    /// It leaves, and the group is one smaller.
    DetachDecrement,
    /// It stays a member without service or health check.
    Standby,
}

/// What to do about connections that a group change does not cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrackedConnections {
    /// List them as residual.
    #[default]
    Report,
    /// Cut them by a bounded open window, behind the gate `open-window`.
    Convert,
}

/// Whose sessions a deny reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevokeScope {
    /// This instance's.
    #[default]
    Instance,
    /// Every session of the role that is older than the deny.
    Role,
}

/// How copies are proved equal to their sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    /// Block by block up to a size, by state above it.
    #[default]
    Auto,
    /// Block by block, whatever the size.
    Blocks,
    /// By state alone.
    State,
}

/// How to respond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// `standard`, `classic` or a file.
    pub runbook: String,
    /// What becomes of an Auto Scaling group's member.
    pub asg: ScalingPolicy,
    /// What to do about tracked connections.
    pub tracked_connections: TrackedConnections,
    /// Whose sessions a deny reaches.
    pub revoke: RevokeScope,
    /// The profile that replaces the instance's; empty: the association is removed.
    pub quarantine_profile_arn: String,
    /// `key=value` tags of protected assets.
    pub protected_tags: Vec<String>,
    /// Ids of protected assets.
    pub protected_instances: Vec<String>,
    /// Days of governance lock on every snapshot; 0 = none.
    pub lock_days: u16,
    /// How copies are proved equal.
    pub verify: Verify,
    /// Up to how many GiB `auto` compares block by block.
    pub verify_max_gib: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            runbook: "standard".into(),
            asg: ScalingPolicy::default(),
            tracked_connections: TrackedConnections::default(),
            revoke: RevokeScope::default(),
            quarantine_profile_arn: String::new(),
            protected_tags: vec!["impound:protected=true".into()],
            protected_instances: Vec::new(),
            lock_days: 30,
            verify: Verify::default(),
            verify_max_gib: 64,
        }
    }
}

/// What holds for one case: the configuration as far as the plan needs it. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The forensic account, if one is configured.
    pub forensic: Option<ForensicSettings>,
    /// The key under which disks are copied before they are shared.
    pub share_key: Option<Arn>,
    /// How to respond.
    pub policy: Policy,
}

/// The forensic account in the target's region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForensicSettings {
    /// Its number.
    pub account: AccountId,
    /// The key of the copies.
    pub key: Option<Arn>,
    /// The sealed subnet.
    pub subnet: Option<SubnetId>,
}

impl Config {
    /// What the form of the file does not say.
    ///
    /// # Errors
    /// One line: the key, and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        check_account(&self.forensic.account_id)?;
        check_arn("source.role_arn", &self.source.role_arn, ":iam:")?;
        check_arn("source.share_kms_key_arn", &self.source.share_kms_key_arn, ":kms:")?;
        check_arn("forensic.role_arn", &self.forensic.role_arn, ":iam:")?;
        check_arn("forensic.kms_key_arn", &self.forensic.kms_key_arn, ":kms:")?;
        check_arn("policy.quarantine_profile_arn", &self.policy.quarantine_profile_arn, ":iam:")?;
        let source = Arn::from(self.source.role_arn.as_str()).account();
        if !self.forensic.account_id.is_empty() && source.as_str() == self.forensic.account_id {
            return Err(same_account(&self.forensic.account_id));
        }
        let bad = self.policy.protected_tags.iter().find(|tag| !tag.contains('='));
        bad.map_or(Ok(()), |tag| Err(format!("policy.protected_tags: `{tag}` is not of the form key=value")))
    }

    /// What holds for a case in this region.
    pub fn settings(&self, region: &Region) -> Settings {
        let here = self.forensic.regions.get(region.as_str());
        let pick = |own: fn(&ForensicRegion) -> &String, all: &String| {
            here.map(own).filter(|text| !text.is_empty()).unwrap_or(all).clone()
        };
        let forensic = filled(&self.forensic.account_id).map(|account| ForensicSettings {
            account: account.into(),
            key: filled(&pick(|r| &r.kms_key_arn, &self.forensic.kms_key_arn)).map(Arn::new),
            subnet: filled(&pick(|r| &r.subnet_id, &self.forensic.subnet_id)).map(SubnetId::new),
        });
        Settings {
            forensic,
            share_key: filled(&self.source.share_kms_key_arn).map(Arn::new),
            policy: self.policy.clone(),
        }
    }
}

impl Settings {
    /// Whether the configuration or a tag makes this instance a protected asset.
    pub fn protects(&self, instance: &InstanceId, tags: &crate::scene::instance::Tags) -> Option<String> {
        if self.policy.protected_instances.iter().any(|id| id == instance.as_str()) {
            return Some(format!("{instance} is in policy.protected_instances"));
        }
        let names = |tag: &String, key: &str, value: &str| {
            tag.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')).is_some_and(|rest| rest == value)
        };
        let listed = |key: &str, value: &str| self.policy.protected_tags.iter().any(|tag| names(tag, key, value));
        let (key, value) = tags.iter().find(|(key, value)| listed(key, value))?;
        Some(format!("{instance} carries the tag {key}={value}, which policy.protected_tags lists"))
    }
}

/// The sentence for a configuration that investigates and keeps evidence in one account.
pub fn same_account(account: &str) -> String {
    format!(
        "the account {account} is both under investigation and forensic.account_id: evidence would stay where the attacker is; set a separate forensic account"
    )
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn check_account(id: &str) -> Result<(), String> {
    let shaped = id.is_empty() || (id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()));
    if shaped { Ok(()) } else { Err(format!("forensic.account_id: `{id}` is not an account number of 12 digits")) }
}

/// Whether a key holds nothing, or an ARN of that service.
///
/// # Errors
/// One line: the key and what it holds.
pub fn check_arn(key: &str, text: &str, service: &str) -> Result<(), String> {
    let shaped = text.is_empty() || (text.starts_with("arn:") && text.contains(service));
    if shaped { Ok(()) } else { Err(format!("{key}: `{text}` is not an ARN of {}", service.trim_matches(':'))) }
}

/// toml's error in one line: place and reason.
pub fn describe(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message().replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| describe(text, &error))?;
        config.check().map(|()| config)
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        let config = parse("").expect("parses");
        assert_eq!((config.policy.lock_days, config.policy.verify_max_gib), (30, 64));
        assert_eq!(config.settings(&"us-east-1".into()).forensic, None);
    }

    #[test]
    fn unknown_keys_and_wrong_values_name_their_line() {
        let error = parse("[policy]\nlock_day = 3\n").expect_err("unknown key");
        assert!(error.starts_with("line 2: unknown field `lock_day`"), "{error}");
        let error = parse("[policy]\nasg = \"detach\"\n").expect_err("wrong value");
        assert!(error.contains("line 2") && error.contains("detach-replace"), "{error}");
    }

    #[test]
    fn one_account_on_both_sides_is_refused() {
        let text =
            "[source]\nrole_arn = \"arn:aws:iam::222222222222:role/Ir\"\n[forensic]\naccount_id = \"222222222222\"\n";
        assert!(parse(text).expect_err("same account").contains("separate forensic account"));
    }

    #[test]
    fn a_region_has_its_own_key_and_subnet() {
        let text = "[forensic]\naccount_id = \"222222222222\"\nkms_key_arn = \"arn:aws:kms:us-east-1:222222222222:key/a\"\n\
                    [forensic.regions.eu-west-1]\nkms_key_arn = \"arn:aws:kms:eu-west-1:222222222222:key/b\"\n";
        let settings = parse(text).expect("parses").settings(&"eu-west-1".into());
        assert_eq!(settings.forensic.and_then(|f| f.key), Some("arn:aws:kms:eu-west-1:222222222222:key/b".into()));
    }
}
