//! What earlier runs have told: a watch that goes on with the records of the last hours comes to the same alerts
//! again, and tells of them only what is new.

use crate::watch::outcome;
use detect::alert::{Alert, Sign, ocsf};
use detect::rules::Level;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most alerts of which it is known what was told of them; with more, the eighth of them that was told longest ago
/// is told once more if it comes again.
const MOST: usize = 4_096;

/// The alerts that earlier runs have told.
#[derive(Debug, Default)]
pub struct Told {
    /// By id: when it was written, and what its reader knows.
    last: BTreeMap<String, (Timestamp, Known)>,
    /// How often those that this run goes on with were told before.
    before: BTreeMap<String, u32>,
}

/// What a reader knows of an alert.
#[derive(Debug)]
struct Known {
    severity: u64,
    /// By rule: the hits, and the events that are named.
    signs: BTreeMap<String, (u64, BTreeSet<String>)>,
    update: u32,
}

impl Told {
    /// An alert was written as this, in OCSF.
    pub fn remember(&mut self, alert: String, at: Timestamp, finding: &Value) {
        if !outcome::is_one(finding) {
            self.last.insert(alert, (at, Known::of(finding)));
        }
        if self.last.len() > MOST {
            let mut oldest: Vec<_> = self.last.iter().map(|(id, (at, _))| (*at, id.clone())).collect();
            oldest.sort_unstable();
            oldest.truncate(MOST / 8);
            oldest.iter().for_each(|(_, id)| drop(self.last.remove(id)));
        }
    }

    /// What was written last of all may not have been told any more.
    pub fn doubt(&mut self, from: Timestamp) {
        self.last.retain(|_, (at, _)| *at < from);
    }

    /// The alert, counted on from what was told before; `None` when it says nothing of that level that was not told.
    pub fn news(&mut self, mut alert: Alert, at_least: Level) -> Option<Alert> {
        if let Some((_, known)) = self.last.remove(&alert.id) {
            let covered = known.covers(&alert, at_least);
            self.before.insert(alert.id.clone(), known.update + u32::from(!covered));
            if covered {
                return None;
            }
        }
        alert.update += self.before.get(&alert.id).copied().unwrap_or_default();
        Some(alert)
    }
}

impl Known {
    fn of(finding: &Value) -> Self {
        let evidences = finding["evidences"].as_array().into_iter().flatten().map(|evidence| &evidence["data"]);
        let events = |data: &Value| {
            let events = data["events"].as_array().into_iter().flatten();
            events.filter_map(|event| event["uid"].as_str().map(str::to_owned)).collect()
        };
        let sign =
            |data: &Value| Some((data["rule"]["uid"].as_str()?.to_owned(), (data["hits"].as_u64()?, events(data))));
        let severity = finding["severity_id"].as_u64().unwrap_or_default();
        Self { severity, signs: evidences.filter_map(sign).collect(), update: ocsf::update(finding) }
    }

    /// Whether it holds all that the alert says.
    fn covers(&self, alert: &Alert, at_least: Level) -> bool {
        let mut signs = alert.signs.iter().filter(|sign| sign.rule.level >= at_least);
        let told = |sign: &Sign| {
            let known = self.signs.get(&sign.rule.id);
            known.is_some_and(|(hits, events)| {
                *hits >= sign.hits && sign.events.iter().all(|event| events.contains(&event.id))
            })
        };
        self.severity >= ocsf::severity(alert.level) && signs.all(told)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use detect::alert::Exhibit;
    use detect::rules::Card;
    use detect::suspect::Suspect;
    use std::sync::Arc;

    /// An alert with a sign of high level that has so many hits.
    pub fn alert(hits: u64, update: u32) -> Alert {
        let (id, title) = ("rule-1".to_owned(), "rule".to_owned());
        let card = Card {
            id,
            title,
            level: Level::High,
            techniques: Vec::new(),
            description: String::new(),
            false_positives: Vec::new(),
            fields: Vec::new(),
        };
        let at = Timestamp::UNIX_EPOCH;
        let exhibit = Exhibit { at, id: "event-1".into(), sha256: "0".repeat(64), what: "a call".into() };
        let (leads, events, shown) = (BTreeSet::new(), vec![exhibit], BTreeMap::new());
        let sign = Sign { rule: Arc::new(card), leads: leads.clone(), hits, first: at, last: at, events, shown };
        Alert {
            id: "alert-1".into(),
            suspect: Suspect::Instance { account: "111111111111".into(), instance: "i-00000001".into() },
            leads,
            about: BTreeSet::new(),
            level: Level::High,
            levels: BTreeMap::new(),
            first: at,
            last: at,
            regions: BTreeSet::new(),
            addresses: BTreeSet::new(),
            signs: vec![sign],
            crowded: false,
            update,
        }
    }

    fn told(update: u32) -> Told {
        let mut told = Told::default();
        told.remember("alert-1".into(), Timestamp::UNIX_EPOCH, &ocsf::finding(&alert(2, update)));
        told
    }

    fn updates(told: &mut Told, alerts: &[Alert]) -> Vec<Option<u32>> {
        alerts.iter().map(|alert| told.news(alert.clone(), Level::Medium).map(|alert| alert.update)).collect()
    }

    #[test]
    fn what_was_told_is_not_told_again_and_what_is_new_is_an_update() {
        assert_eq!(updates(&mut told(3), &[alert(2, 0), alert(3, 1)]), [None, Some(4)]);
        assert_eq!(updates(&mut told(3), &[alert(3, 0), alert(4, 1)]), [Some(4), Some(5)]);
        assert_eq!(updates(&mut Told::default(), &[alert(2, 0), alert(3, 1)]), [Some(0), Some(1)]);
    }

    #[test]
    fn another_event_of_the_same_kind_is_new() {
        let mut other = alert(2, 0);
        other.signs[0].events[0].id = "another".into();
        assert_eq!(updates(&mut told(0), &[other]), [Some(1)]);
    }

    #[test]
    fn what_was_written_last_may_not_have_been_told() {
        let mut told = told(0);
        told.doubt(Timestamp::UNIX_EPOCH);
        assert_eq!(updates(&mut told, &[alert(2, 0)]), [Some(0)]);
    }

    #[test]
    fn of_too_many_that_were_told_the_latest_stay_known() {
        let (mut told, document) = (Told::default(), ocsf::finding(&alert(2, 0)));
        let at = |second| Timestamp::from_second(second).expect("a time");
        for second in 0..20_000 {
            told.remember(format!("alert-{second}"), at(second), &document);
            assert!(told.last.len() <= MOST);
        }
        let mut at_once = Told::default();
        (0..MOST * 2).for_each(|number| at_once.remember(format!("alert-{number}"), at(0), &document));
        assert!(at_once.last.len() > MOST / 2, "of one moment not all are forgotten: {}", at_once.last.len());
        let of = |id: &str| Alert { id: id.to_owned(), ..alert(2, 0) };
        assert_eq!(updates(&mut told, &[of("alert-19999"), of("alert-0")]), [None, Some(0)]);
    }

    #[test]
    fn how_a_response_ended_is_no_alert() {
        let mut told = told(0);
        let document = ocsf::finding(&alert(1, 0)).to_string();
        told.remember("alert-1".into(), Timestamp::UNIX_EPOCH, &outcome::finding(document.as_bytes(), "contained"));
        assert_eq!(updates(&mut told, &[alert(2, 0)]), [None]);
    }
}
