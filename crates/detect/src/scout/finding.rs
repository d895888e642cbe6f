//! Findings of other detectors as sightings: their type is the rule, what they say about the instance is
//! how grave it is. Samples and exposures are not told.

use super::{Sighting, concluded, hit};
use crate::alert::Exhibit;
use crate::record::hub;
use crate::rules::sigma::Found;
use crate::rules::{Card, Level};
use casebook::finding::{Advice, Class, Finding};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A GuardDuty finding that accuses an instance.
pub fn guard_duty(finding: &Finding) -> Option<Sighting> {
    let (instances, level) = match finding.advice() {
        Advice::Respond { instances, .. } => (instances, Level::High),
        Advice::AskAPerson { instances, .. } => (instances, Level::Medium),
        Advice::Refuse { .. } => return None,
    };
    let level = if finding.class == Class::Credentials { Level::Critical } else { level };
    let account = |instance: &String| {
        let accused = finding.accused.iter().find(|accused| accused.instance == *instance);
        accused.map_or(&finding.account, |accused| &accused.account).clone()
    };
    let told = finding.updated.as_ref().or(finding.created.as_ref());
    let at = told.and_then(|time| time.parse().ok());
    let sha256 = serde_json::to_vec(finding).map(|bytes| hex::encode(Sha256::digest(bytes))).unwrap_or_default();
    let card =
        card(&format!("guardduty:{}", finding.kind), &format!("GuardDuty: {}", finding.kind), level, &finding.title);
    let exhibit =
        Exhibit { at: at.unwrap_or(Timestamp::UNIX_EPOCH), id: finding.id.clone(), sha256, what: finding.kind.clone() };
    Some(Sighting {
        at,
        traces: instances.iter().map(|instance| concluded(instance, &account(instance))).collect(),
        about: BTreeSet::new(),
        found: Found::only(hit(card, exhibit.at, &finding.id, Vec::new())),
        exhibit,
        region: finding.region.clone(),
        address: String::new(),
        call: None,
    })
}

/// A Security Hub finding whose resources hold an instance. Those that GuardDuty sent are left to
/// GuardDuty's own.
pub fn security_hub(finding: &hub::Finding<'_>) -> Option<Sighting> {
    let level = match finding.severity.label.as_str() {
        "CRITICAL" => Level::Critical,
        "HIGH" => Level::High,
        "MEDIUM" => Level::Medium,
        _ => return None,
    };
    let instances: Vec<&str> = finding.instances().collect();
    let concerns = finding.types.iter().any(|kind| !kind.as_str().starts_with("Software and Configuration Checks"));
    if instances.is_empty() || !concerns || finding.state.as_str() == "ARCHIVED" {
        return None;
    }
    let at = finding.updated.as_str().parse().ok();
    let kind = finding.types.first().map(|kind| kind.as_str()).unwrap_or_default();
    let card = card(&format!("securityhub:{kind}"), &format!("Security Hub: {}", finding.title.as_str()), level, kind);
    let exhibit = Exhibit {
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        id: finding.id.as_str().to_owned(),
        sha256: hex::encode(Sha256::digest(finding.raw)),
        what: finding.title.as_str().to_owned(),
    };
    Some(Sighting {
        at,
        traces: instances.into_iter().map(|instance| concluded(instance, finding.account.as_str())).collect(),
        about: BTreeSet::new(),
        found: Found::only(hit(card, exhibit.at, finding.id.as_str(), Vec::new())),
        exhibit,
        region: finding.region.as_str().to_owned(),
        address: String::new(),
        call: None,
    })
}

fn card(id: &str, title: &str, level: Level, description: &str) -> Card {
    Card {
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        techniques: Vec::new(),
        description: description.to_owned(),
        false_positives: Vec::new(),
        fields: Vec::new(),
    }
}
