//! Findings of Security Hub as sightings. What GuardDuty sent is judged by its type, as GuardDuty's own findings are;
//! what others sent is told when it accuses an instance, by its label.

use super::finding::{self, Conclusion};
use super::{Sighting, concluded};
use crate::alert::Exhibit;
use crate::record::hub::Finding;
use crate::rules::Level;
use crate::suspect::{Lead, Trace};
use casebook::finding::Class;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Why a finding accuses no instance.
const NO_INSTANCE: &str = "it names no instance, neither as a resource nor by a session: look at its resources, then `impound respond INSTANCE_ID`";

/// A Security Hub finding, unless it is a sample or somebody is done with it. One of GuardDuty's that accuses no
/// instance says so.
pub fn security_hub(finding: &Finding<'_>) -> Option<Sighting> {
    let concerns = finding.types.iter().any(|kind| !kind.as_str().starts_with("Software and Configuration Checks"));
    if !concerns || finding.is_over() || finding.is_sample() {
        return None;
    }
    let (accused, level) = judged(finding)?;
    let at = finding.updated.as_str().parse().ok();
    let kind = finding.types.first().map(|kind| kind.as_str()).unwrap_or_default();
    let (id, title) = (format!("securityhub:{kind}"), format!("Security Hub: {}", finding.title.as_str()));
    let exhibit = Exhibit {
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        id: finding.id.as_str().to_owned(),
        sha256: hex::encode(Sha256::digest(finding.raw)),
        what: finding.title.as_str().to_owned(),
    };
    Some(finding::sighting(Conclusion {
        why: accused.is_empty().then(|| NO_INSTANCE.to_owned()),
        traces: if accused.is_empty() { vec![unresolved(finding)] } else { traces(&accused, finding) },
        card: finding::card(&id, &title, level, kind),
        exhibit,
        at,
        region: finding.region.as_str().to_owned(),
    }))
}

/// The instances that it accuses, and how grave that is.
type Judged<'f> = (BTreeSet<&'f str>, Level);

/// Security Hub's label says how grave a finding is, and not whether the instance acts or is acted upon: where GuardDuty
/// found it, its type says that.
fn judged<'f>(finding: &'f Finding<'_>) -> Option<Judged<'f>> {
    let label = of_label(finding.severity.label.as_str());
    let role = finding.resource_role();
    let level = match finding.guard_duty_type().map(|kind| Class::of(&kind)) {
        None => return accused(finding, label?),
        Some(Class::ExposureOnly) => return None,
        Some(Class::ByRole) if role == "TARGET" => return None,
        Some(Class::Credentials) => return Some(of_credentials(finding)),
        Some(Class::Compromised) => Level::High,
        Some(Class::ByRole) if role == "ACTOR" => Level::High,
        Some(_) => Level::Medium,
    };
    let of_nobody = if label.is_some_and(|label| label >= Level::High) { Level::Medium } else { Level::Low };
    Some(accused(finding, level).unwrap_or((BTreeSet::new(), of_nobody)))
}

/// The instances among the resources; else those after which sessions are named. A session's name alone is for a person:
/// whoever assumes a role chooses it.
fn accused<'f>(finding: &'f Finding<'_>, level: Level) -> Option<Judged<'f>> {
    let (instances, sessions): (BTreeSet<_>, BTreeSet<_>) =
        (finding.instances().collect(), finding.sessions().collect());
    match (instances.is_empty(), sessions.is_empty()) {
        (false, _) => Some((instances, level)),
        (true, false) => Some((sessions, level.min(Level::Medium))),
        (true, true) => None,
    }
}

/// Stolen credentials belong to the instance after which their session is named. Another instance among the resources
/// may be the thief's, so which of them it was is for a person.
fn of_credentials<'f>(finding: &'f Finding<'_>) -> Judged<'f> {
    let accused: BTreeSet<_> = finding.sessions().chain(finding.instances()).collect();
    let is_certain = accused.len() == 1 && finding.sessions().next().is_some();
    (accused, if is_certain { Level::Critical } else { Level::Medium })
}

/// Outside of stolen credentials, a session's name alone leads to an instance no better than in a log.
fn traces(accused: &BTreeSet<&str>, finding: &Finding<'_>) -> Vec<Trace> {
    let is_of_credentials = finding.guard_duty_type().is_some_and(|kind| Class::of(&kind) == Class::Credentials);
    let by_name = !is_of_credentials && finding.instances().next().is_none();
    let lead = if by_name { Lead::Name } else { Lead::Finding };
    accused.iter().map(|instance| Trace { lead, ..concluded(instance, finding.account.as_str()) }).collect()
}

/// Whose credentials it is about, else its first resource.
fn unresolved(finding: &Finding<'_>) -> Trace {
    let resource = || finding.resources.iter().map(|resource| resource.id.as_str()).find(|id| !id.is_empty());
    let name = finding.principals().next().or_else(resource);
    finding::unresolved(name, finding.id.as_str(), finding.account.as_str())
}

fn of_label(label: &str) -> Option<Level> {
    match label {
        "CRITICAL" => Some(Level::Critical),
        "HIGH" => Some(Level::High),
        "MEDIUM" => Some(Level::Medium),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suspect::Suspect;
    use serde_json::{Value, json};

    const INSTANCE: &str = "arn:aws:ec2:us-east-1:111111111111:instance/i-0123456789abcdef0";

    fn hub(of: &Value) -> Option<Level> {
        let raw = of.to_string();
        let finding: Finding<'_> = serde_json::from_str(&raw).expect("a finding");
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
        let mut attack = sent("UnauthorizedAccess:EC2-SSHBruteForce");
        assert_eq!(hub(&attack), Some(Level::Medium));
        for (role, level) in [("ACTOR", Some(Level::High)), ("TARGET", None)] {
            attack["ProductFields"] = json!({"aws/guardduty/service/resourceRole": role});
            assert_eq!(hub(&attack), level, "{role}");
        }
    }

    /// Stolen credentials, with these resources.
    fn stolen(resources: Value) -> Value {
        let mut finding = sent("UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS");
        finding["AwsAccountId"] = json!("111111111111");
        finding["Resources"] = resources;
        finding
    }

    /// The key of a session, as the format has it.
    fn key(principal: &str) -> Value {
        let details = json!({"AwsIamAccessKey": {"PrincipalId": principal, "PrincipalType": "AssumedRole"}});
        json!({"Type": "AwsIamAccessKey", "Id": "ASIAEXAMPLE", "Details": details})
    }

    fn accused_by(of: &Value) -> Vec<Trace> {
        let raw = of.to_string();
        let finding: Finding<'_> = serde_json::from_str(&raw).expect("a finding");
        security_hub(&finding).map(|sighting| sighting.traces).unwrap_or_default()
    }

    #[test]
    fn stolen_credentials_accuse_the_instance_whose_session_it_is() {
        let session = key("AROAEXAMPLE:i-0123456789abcdef0");
        let certain = stolen(json!([session]));
        assert_eq!(hub(&certain), Some(Level::Critical));
        assert_eq!(accused_by(&certain), [concluded("i-0123456789abcdef0", "111111111111")]);
        let itself = stolen(json!([session, {"Type": "AwsEc2Instance", "Id": INSTANCE}]));
        assert_eq!(hub(&itself), Some(Level::Critical), "both name the same");
        let two = stolen(json!([session, {"Type": "AwsEc2Instance", "Id": "i-0fedcba9876543210"}]));
        assert_eq!((hub(&two), accused_by(&two).len()), (Some(Level::Medium), 2), "which of the two is for a person");
        let unsaid = stolen(json!([{"Type": "AwsEc2Instance", "Id": INSTANCE}]));
        assert_eq!(hub(&unsaid), Some(Level::Medium), "whose credentials is not told");
    }

    #[test]
    fn what_accuses_no_instance_is_told_as_unresolved_where_guard_duty_found_it() {
        let named = |arn: &str| Trace {
            suspect: Suspect::Principal { account: "111111111111".into(), arn: arn.into() },
            lead: Lead::Unresolved,
        };
        for (resources, who) in [
            (json!([key("AROAEXAMPLE:build")]), "AROAEXAMPLE:build"),
            (json!([{"Type": "AwsEc2Instance", "Id": "web-1"}]), "web-1"),
            (json!([]), "the resource of finding f"),
        ] {
            for kind in ["InstanceCredentialExfiltration.InsideAWS", "AnomalousBehavior"] {
                let mut finding = stolen(resources.clone());
                finding["Id"] = json!("f");
                finding["Types"] = json!([format!("TTPs/Any/UnauthorizedAccess:IAMUser-{kind}")]);
                assert_eq!((hub(&finding), accused_by(&finding)), (Some(Level::Medium), vec![named(who)]), "{kind}");
                finding["ProductArn"] = json!("arn:aws:securityhub:us-east-1::product/aws/inspector");
                assert_eq!(hub(&finding), None, "of others there is much that is about no instance");
            }
        }
    }

    #[test]
    fn what_guard_duty_calls_low_and_is_about_no_instance_is_low() {
        let mut finding = stolen(json!([key("AIDAEXAMPLE")]));
        finding["Types"] = json!(["TTPs/Any/Policy:IAMUser-RootCredentialUsage"]);
        finding["Severity"]["Label"] = json!("LOW");
        assert_eq!(hub(&finding), Some(Level::Low));
        finding["Resources"] = json!([{"Type": "AwsEc2Instance", "Id": INSTANCE}]);
        assert_eq!(hub(&finding), Some(Level::Medium), "it names an instance");
    }

    #[test]
    fn a_session_that_others_name_is_for_a_person() {
        let mut finding = stolen(json!([key("AROAEXAMPLE:i-0123456789abcdef0")]));
        finding["ProductArn"] = json!("arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default");
        assert_eq!(hub(&finding), Some(Level::Medium), "whoever assumes a role chooses the name");
        assert_eq!(accused_by(&finding), [by_name()]);
        let mut odd = stolen(json!([key("AROAEXAMPLE:i-0123456789abcdef0")]));
        odd["Types"] = json!(["TTPs/UnauthorizedAccess:IAMUser-TorIPCaller"]);
        assert_eq!(accused_by(&odd), [by_name()], "GuardDuty only repeats that name");
    }

    fn by_name() -> Trace {
        Trace { lead: Lead::Name, ..concluded("i-0123456789abcdef0", "111111111111") }
    }

    /// As Security Hub lists them.
    #[test]
    fn types_are_read_as_security_hub_writes_them() {
        for (written, kind) in [
            ("TTPs/Discovery/IAMUser-AnomalousBehavior", "Discovery:IAMUser/AnomalousBehavior"),
            ("TTPs/Credential Access/IAMUser-AnomalousBehavior", "CredentialAccess:IAMUser/AnomalousBehavior"),
            ("TTPs/Discovery/RDS-MaliciousIPCaller", "Discovery:RDS/MaliciousIPCaller"),
            ("TTPs/PenTest:IAMUser/KaliLinux", "PenTest:IAMUser/KaliLinux"),
            ("TTPs/Discovery/Recon:EC2-Portscan", "Recon:EC2/Portscan"),
            ("TTPs/Command and Control/Backdoor:EC2-C&CActivity.B!DNS", "Backdoor:EC2/C&CActivity.B!DNS"),
            ("TTPs/UnauthorizedAccess:EC2-SSHBruteForce", "UnauthorizedAccess:EC2/SSHBruteForce"),
        ] {
            let mut finding = sent("");
            finding["Types"] = json!([written]);
            let raw = finding.to_string();
            let finding: Finding<'_> = serde_json::from_str(&raw).expect("a finding");
            assert_eq!(finding.guard_duty_type().as_deref(), Some(kind));
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
        ] {
            let mut finding = sent("Trojan:EC2-DropPoint");
            finding[field] = value;
            assert_eq!(hub(&finding), None, "{field}");
        }
        let mut told = sent("Trojan:EC2-DropPoint");
        told["Workflow"] = json!({"Status": "NOTIFIED"});
        assert_eq!(hub(&told), Some(Level::High));
    }
}
