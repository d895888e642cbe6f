//! Findings of GuardDuty as sightings: their type is the rule, what they say about the instance is how grave it
//! is. Samples, exposures and attacks upon an instance are not told.

use super::{Sighting, concluded, hit};
use crate::alert::Exhibit;
use crate::rules::sigma::Found;
use crate::rules::{Card, Level};
use crate::suspect::{Lead, Suspect, Trace};
use casebook::finding::{Advice, Class, Finding, ResourceRole};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// From there on GuardDuty calls a finding high
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html>).
const HIGH_SEVERITY: f64 = 7.0;

/// What another detector has concluded, about whom.
pub(super) struct Conclusion {
    pub traces: Vec<Trace>,
    pub card: Card,
    pub exhibit: Exhibit,
    pub at: Option<Timestamp>,
    pub region: String,
    /// Why it accuses no instance.
    pub why: Option<String>,
}

/// A GuardDuty finding, and how it stands in its file; one that accuses no instance says so. One that was archived
/// comes again only when it goes on
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html>), so it counts.
pub fn guard_duty(finding: &Finding, raw: &[u8]) -> Option<Sighting> {
    let (instances, level, why) = match finding.advice() {
        Advice::Respond { instances, .. } if finding.class == Class::Credentials => (instances, Level::Critical, None),
        Advice::Respond { instances, .. } => (instances, Level::High, None),
        Advice::AskAPerson { instances, .. } => (instances, Level::Medium, None),
        Advice::Refuse { .. } if is_harmless(finding) => return None,
        Advice::Refuse { why } => (Vec::new(), of_nobody(finding), Some(why)),
    };
    let told = finding.updated.as_ref().or(finding.created.as_ref());
    let at = told.and_then(|time| time.parse().ok());
    let sha256 = hex::encode(Sha256::digest(raw));
    let (id, title) = (format!("guardduty:{}", finding.kind), format!("GuardDuty: {}", finding.kind));
    let exhibit =
        Exhibit { at: at.unwrap_or(Timestamp::UNIX_EPOCH), id: finding.id.clone(), sha256, what: finding.kind.clone() };
    let traces = match why {
        None => instances.iter().map(|instance| concluded(instance, account(finding, instance))).collect(),
        Some(_) => vec![unresolved(finding.principal.as_deref(), &finding.id, &finding.account)],
    };
    let card = card(&id, &title, level, &finding.title);
    Some(sighting(Conclusion { traces, card, exhibit, at, region: finding.region.clone(), why }))
}

/// Nothing happened, or nothing came of it.
fn is_harmless(finding: &Finding) -> bool {
    let is_target = finding.class == Class::ByRole && finding.role == Some(ResourceRole::Target);
    finding.sample.is_some() || finding.class == Class::ExposureOnly || is_target
}

/// How grave a finding is that accuses no instance: worth a look where GuardDuty calls it high, or where it is about an
/// instance's credentials. Of buckets, databases and clusters there is much that wakes nobody.
fn of_nobody(finding: &Finding) -> Level {
    let is_high = finding.severity.is_none_or(|severity| severity >= HIGH_SEVERITY);
    if finding.class == Class::Credentials || is_high { Level::Medium } else { Level::Low }
}

/// The account of an instance that a finding accuses.
fn account<'f>(finding: &'f Finding, instance: &str) -> &'f str {
    let accused = finding.accused.iter().find(|accused| accused.instance == instance);
    accused.map_or(&finding.account, |accused| &accused.account)
}

/// A finding that accuses no instance: whose credentials it is about, or that it does not name what it is about.
pub(super) fn unresolved(principal: Option<&str>, id: &str, account: &str) -> Trace {
    let arn = principal.map_or_else(|| format!("the resource of finding {id}"), str::to_owned);
    Trace { suspect: Suspect::Principal { account: account.to_owned(), arn }, lead: Lead::Unresolved }
}

/// The sighting of a conclusion.
pub(super) fn sighting(conclusion: Conclusion) -> Sighting {
    let Conclusion { traces, card, exhibit, at, region, why } = conclusion;
    let shown = why.map(|why| ("why".to_owned(), why)).into_iter().collect();
    let found = Found::concluded(hit(card, exhibit.at, &exhibit.id, shown));
    Sighting { at, traces, about: BTreeSet::new(), found, exhibit, region, address: String::new(), call: None }
}

/// The type of a finding as a rule.
pub(super) fn card(id: &str, title: &str, level: Level, description: &str) -> Card {
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

    fn seen(of: &Value) -> Option<Sighting> {
        let raw = of.to_string();
        guard_duty(&casebook::finding::parse(raw.as_bytes()).expect("a finding")[0], raw.as_bytes())
    }

    fn guard(of: &Value) -> Option<Level> {
        seen(of).map(|sighting| sighting.found.hits[0].rule.level)
    }

    /// A finding of that type, about nothing.
    fn finding(kind: &str) -> Value {
        json!({
            "schemaVersion": "2.0", "id": "f", "accountId": "111111111111", "region": "us-east-1", "severity": 8,
            "type": kind, "title": "t", "service": {"serviceName": "guardduty"}, "resource": {},
        })
    }

    /// Whoever holds the file can prove that this is what was told.
    #[test]
    fn the_digest_is_that_of_what_stands_in_the_file() {
        let finding = finding("Trojan:EC2/DropPoint");
        let sighting = seen(&finding).expect("it is told");
        assert_eq!(sighting.exhibit.sha256, hex::encode(Sha256::digest(finding.to_string())));
    }

    #[test]
    fn a_finding_that_names_no_instance_is_told_as_unresolved() {
        let stolen = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS";
        for (kind, principal, who) in [
            ("Trojan:EC2/DropPoint", None, "the resource of finding f"),
            ("Behavior:EC2/NetworkPortUnusual", None, "the resource of finding f"),
            ("UnauthorizedAccess:EC2/SSHBruteForce", None, "the resource of finding f"),
            (stolen, Some("AROAEXAMPLE:build"), "AROAEXAMPLE:build"),
            ("Persistence:IAMUser/AnomalousBehavior", Some("AIDAEXAMPLE"), "AIDAEXAMPLE"),
        ] {
            let mut finding = finding(kind);
            finding["resource"] = json!({"accessKeyDetails": {"principalId": principal, "userName": principal}});
            let sighting = seen(&finding).expect(kind);
            let (account, arn) = ("111111111111".to_owned(), who.to_owned());
            let trace = Trace { suspect: Suspect::Principal { account, arn }, lead: Lead::Unresolved };
            assert_eq!(sighting.traces, [trace], "{kind}");
            let hit = &sighting.found.hits[0];
            assert_eq!(hit.rule.level, Level::Medium, "{kind}");
            assert!(hit.shown[0].1.contains("instance"), "{kind} says why: {:?}", hit.shown);
        }
    }

    #[test]
    fn what_names_no_instance_is_medium_where_guard_duty_calls_it_high() {
        for kind in ["Policy:IAMUser/RootCredentialUsage", "Trojan:EC2/DropPoint", "Discovery:RDS/MaliciousIPCaller"] {
            let mut finding = finding(kind);
            for (severity, level) in [(2.0, Level::Low), (6.9, Level::Low), (7.0, Level::Medium)] {
                finding["severity"] = json!(severity);
                assert_eq!(guard(&finding), Some(level), "{kind} {severity}");
            }
        }
        let mut stolen = finding("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS");
        stolen["severity"] = json!(5);
        assert_eq!(guard(&stolen), Some(Level::Medium), "an instance's credentials, whose ever they are");
    }

    #[test]
    fn samples_exposures_and_attacks_upon_an_instance_are_not_told() {
        assert!(guard(&finding("Recon:EC2/PortProbeUnprotectedPort")).is_none());
        let mut target = finding("UnauthorizedAccess:EC2/SSHBruteForce");
        target["service"]["resourceRole"] = json!("TARGET");
        assert!(guard(&target).is_none());
        let mut sample = finding("Trojan:EC2/DropPoint");
        sample["service"]["additionalInfo"] = json!({"sample": true});
        assert!(guard(&sample).is_none());
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
