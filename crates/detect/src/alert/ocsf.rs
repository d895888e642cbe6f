//! An alert as an OCSF Detection Finding, schema 1.4.0, one JSON object
//! (<https://schema.ocsf.io/1.4.0/classes/detection_finding>).

use super::{Alert, Exhibit, Sign};
use crate::rules::Level;
use crate::suspect::Suspect;
use serde_json::{Value, json};

/// The schema's version.
const SCHEMA: &str = "1.4.0";
/// Detection Finding.
const CLASS: u64 = 2004;
/// Findings.
const CATEGORY: u64 = 2;
/// What a telling does, as OCSF numbers and names it.
const CREATE: (u64, &str) = (1, "Create");
const UPDATE: (u64, &str) = (2, "Update");

/// The object, to be written as one line. A first telling is a creation, a later one an update.
pub fn finding(alert: &Alert) -> Value {
    let activity = if alert.update == 0 { CREATE } else { UPDATE };
    json!({
        "class_uid": CLASS, "class_name": "Detection Finding",
        "category_uid": CATEGORY, "category_name": "Findings",
        "activity_id": activity.0, "activity_name": activity.1,
        "type_uid": CLASS * 100 + activity.0,
        "time": alert.last.as_millisecond(),
        "start_time": alert.first.as_millisecond(), "end_time": alert.last.as_millisecond(),
        "severity_id": severity(alert.level), "severity": severity_name(alert.level),
        "status_id": 1, "status": "New", "is_alert": true,
        "message": alert.headline(),
        "metadata": {
            "version": SCHEMA, "uid": format!("{}-{}", alert.id, alert.update), "profiles": ["cloud"],
            "product": { "name": "Impound", "vendor_name": "Impound", "version": env!("CARGO_PKG_VERSION") },
        },
        "cloud": cloud(alert),
        "finding_info": {
            "uid": alert.id, "title": alert.headline(), "desc": super::text::tell(alert),
            "first_seen_time": alert.first.as_millisecond(), "last_seen_time": alert.last.as_millisecond(),
            "created_time": alert.first.as_millisecond(), "modified_time": alert.last.as_millisecond(),
            "types": alert.signs.iter().map(|sign| sign.rule.title.as_str()).collect::<Vec<_>>(),
            "attacks": alert.techniques().into_iter().map(attack).collect::<Vec<_>>(),
            "related_events": alert.signs.iter().flat_map(|sign| sign.events.iter().map(related)).collect::<Vec<_>>(),
        },
        "resources": resources(alert),
        "evidences": alert.signs.iter().map(evidence).collect::<Vec<_>>(),
    })
}

/// How often the alert of such an object had been told before.
pub fn update(finding: &Value) -> u32 {
    let uid = finding["metadata"]["uid"].as_str().and_then(|uid| uid.rsplit('-').next());
    uid.and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Such an object told once more, as an update: with that sentence first, and with the mark at the end of the telling's
/// own id.
pub fn with_sentence(mut finding: Value, sentence: &str, mark: &str) -> Value {
    let desc = format!("{sentence}\n{}", finding["finding_info"]["desc"].as_str().unwrap_or_default());
    let uid = format!("{}{mark}", finding["metadata"]["uid"].as_str().unwrap_or_default());
    finding["activity_id"] = json!(UPDATE.0);
    finding["activity_name"] = json!(UPDATE.1);
    finding["type_uid"] = json!(CLASS * 100 + UPDATE.0);
    finding["message"] = json!(sentence);
    finding["comment"] = json!(sentence);
    finding["metadata"]["uid"] = json!(uid);
    finding["finding_info"]["desc"] = json!(desc);
    finding
}

/// The level as OCSF counts it.
pub fn severity(level: Level) -> u64 {
    match level {
        Level::Informational => 1,
        Level::Low => 2,
        Level::Medium => 3,
        Level::High => 4,
        Level::Critical => 5,
    }
}

fn severity_name(level: Level) -> &'static str {
    match level {
        Level::Informational => "Informational",
        Level::Low => "Low",
        Level::Medium => "Medium",
        Level::High => "High",
        Level::Critical => "Critical",
    }
}

fn cloud(alert: &Alert) -> Value {
    let mut cloud = json!({ "provider": "AWS", "account": { "uid": alert.suspect.account() } });
    if let Some(region) = alert.regions.first() {
        cloud["region"] = json!(region);
    }
    cloud
}

/// `T1552.005` is a sub-technique of `T1552`.
fn attack(technique: &str) -> Value {
    let mut attack = json!({ "version": "17.1", "technique": { "uid": technique } });
    if let Some((whole, _)) = technique.split_once('.') {
        attack["technique"]["uid"] = json!(whole);
        attack["sub_technique"] = json!({ "uid": technique });
    }
    attack
}

fn related(exhibit: &Exhibit) -> Value {
    json!({ "uid": exhibit.id, "desc": exhibit.what, "first_seen_time": exhibit.at.as_millisecond() })
}

/// Who it is, then what it was about.
fn resources(alert: &Alert) -> Vec<Value> {
    let who = match &alert.suspect {
        Suspect::Instance { instance, .. } => {
            json!({ "uid": instance, "type": "AWS::EC2::Instance", "labels": ["actor"] })
        }
        Suspect::Principal { arn, .. } => json!({ "uid": arn, "type": "AWS::IAM::Principal", "labels": ["actor"] }),
    };
    let about = alert
        .about
        .iter()
        .map(|instance| json!({ "uid": instance, "type": "AWS::EC2::Instance", "labels": ["target"] }));
    [who].into_iter().chain(about).collect()
}

/// A sign with its events' digests: whoever holds the log can prove that these are they.
fn evidence(sign: &Sign) -> Value {
    let events = sign.events.iter().map(|event| json!({ "uid": event.id, "sha256": event.sha256 }));
    json!({
        "data": {
            "rule": { "uid": sign.rule.id, "name": sign.rule.title, "level": sign.rule.level.as_str() },
            "hits": sign.hits, "shown": sign.shown, "events": events.collect::<Vec<_>>(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Stories;
    use crate::testing::{card, notice};

    #[test]
    fn a_sub_technique_stands_under_its_technique() {
        assert_eq!(attack("T1496"), json!({ "version": "17.1", "technique": { "uid": "T1496" } }));
        assert_eq!(attack("T1552.005")["technique"]["uid"], "T1552");
        assert_eq!(attack("T1552.005")["sub_technique"]["uid"], "T1552.005");
    }

    /// What the schema requires of the class and of its objects.
    #[test]
    fn every_required_attribute_is_there() {
        let mut stories = Stories::new();
        for (rule, activity) in [(1, 1), (2, 2)] {
            stories.take(notice("i-00000001", &card(rule, Level::High), 60));
            let object = finding(&stories.tell(Level::Medium)[0]);
            assert_eq!(update(&object), activity - 1);
            for path in [
                "/activity_id",
                "/category_uid",
                "/class_uid",
                "/type_uid",
                "/time",
                "/severity_id",
                "/metadata/version",
                "/metadata/product/vendor_name",
                "/finding_info/uid",
                "/finding_info/title",
                "/cloud/provider",
            ] {
                assert!(object.pointer(path).is_some_and(|value| !value.is_null()), "{path}");
            }
            assert_eq!(object["type_uid"], 200_400 + activity);
            let info = &object["finding_info"];
            assert_eq!(info["created_time"], info["first_seen_time"], "an update does not make it younger");
            assert_eq!(info["modified_time"], info["last_seen_time"]);
            assert_eq!(object["resources"][0]["uid"], "i-00000001");
            assert_eq!(object["evidences"][0]["data"]["events"][0]["sha256"].as_str().map(str::len), Some(64));
        }
    }
}
