//! An alert as what accuses an instance: what of it stands in the case, and whom it charges.

use crate::charges::Charge;
use crate::watch::journal::Start;
use casebook::entry::{EventNote, FindingEntry, FindingNote, SignNote};
use casebook::id::{AccountId, InstanceId, Region};
use detect::alert::{Alert, Exhibit, Sign};

/// How many signs stand in a case, the gravest first; all of them stand in the alert's document.
const SIGNS: usize = 10;
/// How many events of each.
const EVENTS: usize = 5;
/// Credentials taken from the instance's metadata service
/// (<https://attack.mitre.org/techniques/T1552/005/>).
const TAKEN: &str = "T1552.005";

/// What of an alert stands in the case; its document is kept under that digest.
pub fn finding(alert: &Alert, sha256: &str) -> FindingEntry {
    let note = FindingNote {
        id: alert.id.clone(),
        kind: "alert".to_owned(),
        title: alert.headline(),
        sha256: sha256.to_owned(),
        signs: alert.signs.iter().take(SIGNS).map(sign).collect(),
    };
    FindingEntry { note, revoke_first: alert.signs.iter().any(tells_of_theft) }
}

/// Whoever holds the credentials elsewhere is not reached by isolating the instance: the role comes first.
fn tells_of_theft(sign: &Sign) -> bool {
    let rule = &sign.rule;
    rule.techniques.iter().any(|technique| technique == TAKEN) || rule.id.contains("InstanceCredentialExfiltration")
}

fn sign(sign: &Sign) -> SignNote {
    SignNote {
        rule: sign.rule.id.clone(),
        title: sign.rule.title.clone(),
        level: sign.rule.level.as_str().to_owned(),
        hits: sign.hits,
        events: sign.events.iter().take(EVENTS).map(event).collect(),
    }
}

fn event(event: &Exhibit) -> EventNote {
    EventNote { id: event.id.clone(), at: event.at, what: event.what.clone(), sha256: event.sha256.clone() }
}

/// The charge of a response that was started, in a region.
pub fn charge(start: &Start, region: Option<Region>) -> Charge {
    Charge {
        instance: InstanceId::new(start.instance.clone()),
        account: Some(&start.account).filter(|account| !account.is_empty()).cloned().map(AccountId::new),
        region,
        through: start.order.through,
        findings: vec![start.finding.clone()],
        advice: Some(format!("alert {}: {}", start.finding.note.id, start.finding.note.title)),
    }
}
