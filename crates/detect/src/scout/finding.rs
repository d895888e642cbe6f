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

/// A GuardDuty finding that accuses an instance. One that was archived comes again only when it goes on
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html>), so it counts.
pub fn guard_duty(finding: &Finding) -> Option<Sighting> {
    let (instances, level) = match finding.advice() {
        Advice::Respond { instances, .. } if finding.class == Class::Credentials => (instances, Level::Critical),
        Advice::Respond { instances, .. } => (instances, Level::High),
        Advice::AskAPerson { instances, .. } => (instances, Level::Medium),
        Advice::Refuse { .. } => return None,
    };
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

/// A Security Hub finding whose resources hold an instance, unless it is a sample or somebody is done with it.
pub fn security_hub(finding: &hub::Finding<'_>) -> Option<Sighting> {
    let level = match finding.guard_duty_type() {
        Some(kind) => of_guard_duty(&kind, finding.resource_role())?,
        None => of_label(finding.severity.label.as_str())?,
    };
    let instances: Vec<&str> = finding.instances().collect();
    let concerns = finding.types.iter().any(|kind| !kind.as_str().starts_with("Software and Configuration Checks"));
    if instances.is_empty() || !concerns || finding.is_over() || finding.is_sample() {
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

fn of_label(label: &str) -> Option<Level> {
    match label {
        "CRITICAL" => Some(Level::Critical),
        "HIGH" => Some(Level::High),
        "MEDIUM" => Some(Level::Medium),
        _ => None,
    }
}

/// What GuardDuty sent is judged by its type, as GuardDuty's own findings are: Security Hub's label says how grave
/// it is, and not whether the instance acts or is acted upon. Whose credentials were used is not told in this
/// format, so that is for a person.
fn of_guard_duty(kind: &str, role: &str) -> Option<Level> {
    match Class::of(kind) {
        Class::Compromised => Some(Level::High),
        Class::ByRole if role == "ACTOR" => Some(Level::High),
        Class::ByRole if role == "TARGET" => None,
        Class::ExposureOnly => None,
        Class::ByRole | Class::AskAPerson | Class::Credentials | Class::NotAnInstance | Class::UnknownType => {
            Some(Level::Medium)
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const INSTANCE: &str = "arn:aws:ec2:us-east-1:111111111111:instance/i-0123456789abcdef0";

    fn hub(of: &Value) -> Option<Level> {
        let raw = of.to_string();
        let finding: hub::Finding<'_> = serde_json::from_str(&raw).expect("a finding");
        security_hub(&finding).map(|sighting| sighting.found.hits[0].rule.level)
    }

    /// What GuardDuty has sent to Security Hub, always with the label HIGH.
    fn sent(kind: &str) -> Value {
        json!({
            "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty", "Types": [format!("TTPs/Any/{kind}")],
            "Severity": {"Label": "HIGH"}, "Resources": [{"Type": "AwsEc2Instance", "Id": INSTANCE}],
        })
    }

    #[test]
    fn what_guard_duty_sent_to_security_hub_is_judged_by_its_type() {
        assert_eq!(hub(&sent("Trojan:EC2-DropPoint")), Some(Level::High));
        assert_eq!(hub(&sent("Recon:EC2-PortProbeUnprotectedPort")), None, "somebody looked at a door");
        assert_eq!(hub(&sent("Behavior:EC2-NetworkPortUnusual")), Some(Level::Medium));
        let stolen = "UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS";
        assert_eq!(hub(&sent(stolen)), Some(Level::Medium), "whose credentials is not told");
        let mut attack = sent("UnauthorizedAccess:EC2-SSHBruteForce");
        assert_eq!(hub(&attack), Some(Level::Medium));
        for (role, level) in [("ACTOR", Some(Level::High)), ("TARGET", None)] {
            attack["ProductFields"] = json!({"aws/guardduty/service/resourceRole": role});
            assert_eq!(hub(&attack), level, "{role}");
        }
    }

    #[test]
    fn others_are_judged_by_their_label() {
        let mut finding = sent("Backdoor");
        finding["ProductArn"] = json!("arn:aws:securityhub:us-east-1::product/aws/inspector");
        assert_eq!(hub(&finding), Some(Level::High));
        finding["Severity"]["Label"] = json!("LOW");
        assert_eq!(hub(&finding), None);
    }

    #[test]
    fn samples_and_what_somebody_is_done_with_are_not_told() {
        for (field, value) in [
            ("Title", json!("[SAMPLE] The instance talks to a drop point")),
            ("ProductFields", json!({"aws/guardduty/service/additionalInfo/sample": "true"})),
            ("RecordState", json!("ARCHIVED")),
            ("Workflow", json!({"Status": "SUPPRESSED"})),
            ("Workflow", json!({"Status": "RESOLVED"})),
            ("Resources", json!([{"Id": "i-like-this-name"}])),
        ] {
            let mut finding = sent("Trojan:EC2-DropPoint");
            finding[field] = value;
            assert_eq!(hub(&finding), None, "{field}");
        }
        let mut told = sent("Trojan:EC2-DropPoint");
        told["Workflow"] = json!({"Status": "NOTIFIED"});
        assert_eq!(hub(&told), Some(Level::High));
    }

    fn guard(of: &Value) -> Option<Level> {
        let findings = casebook::finding::parse(of.to_string().as_bytes()).expect("a finding");
        guard_duty(&findings[0]).map(|sighting| sighting.found.hits[0].rule.level)
    }

    #[test]
    fn stolen_credentials_are_critical_only_where_one_instance_is_accused() {
        let mut stolen = json!({
            "schemaVersion": "2.0", "id": "f", "accountId": "111111111111", "region": "us-east-1", "severity": 8,
            "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS", "title": "t",
            "service": {"serviceName": "guardduty", "archived": false},
            "resource": {
                "resourceType": "AccessKey",
                "accessKeyDetails": {"principalId": "AROAEXAMPLE:i-0123456789abcdef0"},
                "instanceDetails": {"instanceId": "i-0123456789abcdef0"},
            },
        });
        assert_eq!(guard(&stolen), Some(Level::Critical));
        stolen["resource"]["instanceDetails"]["instanceId"] = json!("i-0fedcba9876543210");
        assert_eq!(guard(&stolen), Some(Level::Medium), "which of the two is for a person");
        stolen["resource"]["instanceDetails"]["instanceId"] = json!("i-0123456789abcdef0");
        stolen["service"]["archived"] = json!(true);
        assert_eq!(guard(&stolen), Some(Level::Critical), "it goes on though somebody has put it away");
    }
}
