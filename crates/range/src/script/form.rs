//! A script as it is written: every key, its place in the file, and its default. What the words mean
//! together is looked at in [`super::check`].

use super::{Asset, Outcome, ShareKey, Until, When};
use casebook::entry::CaseStatus;
use casebook::fault::FaultClass;
use casebook::settings::{RevokeScope, ScalingPolicy, TrackedConnections};
use casebook::step::Phase;
use jiff::SignedDuration;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
pub(super) use toml::Spanned;

/// The place of a word, in bytes, and what is wrong with it.
pub(super) type Fault = (usize, String);

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) name: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) story: Spanned<String>,
    pub(super) lesson: Spanned<String>,
    pub(super) world: Spanned<String>,
    #[serde(default)]
    pub(super) asset: Asset,
    #[serde(default)]
    pub(super) organisation: Organisation,
    #[serde(default)]
    pub(super) responder: Responder,
    #[serde(default, rename = "fault")]
    pub(super) faults: Vec<FaultForm>,
    #[serde(default, rename = "denied")]
    pub(super) denied: Vec<DenialForm>,
    #[serde(default)]
    pub(super) killers: Killers,
    #[serde(default)]
    pub(super) adversary: Vec<AttackForm>,
    #[serde(default, rename = "approval")]
    pub(super) approvals: Vec<ApprovalForm>,
    #[serde(default, rename = "crash")]
    pub(super) crashes: Vec<CrashForm>,
    pub(super) ends: EndsForm,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Organisation {
    #[default]
    None,
    InForce,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Responder {
    pub(super) runbook: Option<Spanned<String>>,
    pub(super) asg: ScalingPolicy,
    pub(super) tracked_connections: TrackedConnections,
    pub(super) revoke: RevokeScope,
    pub(super) share_key: ShareKey,
    pub(super) through: Phase,
}

impl Default for Responder {
    fn default() -> Self {
        Self {
            runbook: None,
            asg: ScalingPolicy::default(),
            tracked_connections: TrackedConnections::default(),
            revoke: RevokeScope::default(),
            share_key: ShareKey::default(),
            through: Phase::Eradicate,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultForm {
    pub(super) action: Spanned<String>,
    #[serde(default = "one")]
    pub(super) nth: Spanned<u32>,
    #[serde(default = "one")]
    pub(super) times: Spanned<u32>,
    pub(super) class: Option<Spanned<FaultClass>>,
    #[serde(default)]
    pub(super) moment: Moment,
}

fn one() -> Spanned<u32> {
    Spanned::new(0..0, 1)
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Moment {
    #[default]
    Before,
    After,
    Twice,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DenialForm {
    pub(super) actions: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) until: Until,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Killers {
    pub(super) spot_notice: Option<Spanned<SpotForm>>,
    pub(super) guest_shutdown: Option<Later>,
    pub(super) maintenance: Vec<MaintenanceForm>,
    pub(super) alarm: Vec<AlarmForm>,
    pub(super) janitor: Vec<JanitorForm>,
    pub(super) restore: Option<RestoreForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpotForm {
    pub(super) after: Time,
    #[serde(default = "two_minutes")]
    pub(super) notice: Spanned<Time>,
}

fn two_minutes() -> Spanned<Time> {
    Spanned::new(0..0, Time(crate::world::killers::SPOT_NOTICE))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Later {
    pub(super) after: Time,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MaintenanceForm {
    pub(super) kind: MaintenanceKind,
    pub(super) after: Time,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MaintenanceKind {
    Retirement,
    Stop,
    Reboot,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlarmForm {
    pub(super) name: String,
    pub(super) does: AlarmDoes,
    pub(super) after: Time,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AlarmDoes {
    Stop,
    Terminate,
    Reboot,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JanitorForm {
    pub(super) tag: Spanned<String>,
    pub(super) every: Spanned<Time>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestoreForm {
    pub(super) every: Spanned<Time>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttackForm {
    pub(super) strategy: Spanned<String>,
    pub(super) first: Time,
    pub(super) every: Spanned<Time>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalForm {
    pub(super) gate: Spanned<String>,
    pub(super) by: Spanned<String>,
    #[serde(default)]
    pub(super) when: When,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrashForm {
    pub(super) after_changes: Spanned<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndsForm {
    pub(super) status: Spanned<CaseStatus>,
    pub(super) instance: Outcome,
}

/// A stretch of time: `"30s"`, `"2m"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) SignedDuration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        time(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no time such as 30s, 2m or 1h, at most 24h")))
    }
}

impl<'de> Deserialize<'de> for Until {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "never" => Ok(Self::Never),
            "held" => Ok(Self::Held),
            _ => time(&text).map(Self::After).ok_or_else(|| {
                D::Error::custom(format!(
                    "`{text}` is neither `never` nor `held` nor a time such as 30s or 2m, at most 24h"
                ))
            }),
        }
    }
}

fn time(text: &str) -> Option<SignedDuration> {
    text.parse().ok().filter(|time: &SignedDuration| !time.is_negative() && *time <= SignedDuration::from_hours(24))
}

impl Form {
    /// Reads the text.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            (at, error.message().split_whitespace().collect::<Vec<_>>().join(" "))
        })
    }
}

/// The line of a place, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.get(..at).map_or(1, |before| before.matches('\n').count() + 1)
}
