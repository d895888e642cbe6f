//! Records for tests.

use crate::alert::Exhibit;
use crate::record::trail::Event;
use crate::rules::{Card, Level};
use crate::story::Notice;
use crate::suspect::{Lead, Suspect, Trace};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A call, as the reader gives it.
pub fn call(raw: &str) -> Event<'_> {
    Event::of(raw.as_bytes()).expect("a record")
}

/// A rule of that number.
pub fn card(number: usize, level: Level) -> Arc<Card> {
    let (id, title) = (format!("rule-{number}"), format!("rule {number}"));
    Arc::new(Card {
        id,
        title,
        level,
        techniques: vec!["T1552.005".into()],
        description: String::new(),
        false_positives: Vec::new(),
        fields: Vec::new(),
    })
}

/// A notice about an instance, so many seconds after the epoch.
pub fn notice(instance: &str, rule: &Arc<Card>, seconds: i64) -> Notice {
    let suspect = Suspect::Instance { account: "111111111111".into(), instance: instance.into() };
    let at = Timestamp::from_second(seconds).expect("within time");
    Notice {
        rule: rule.clone(),
        trace: Trace { suspect, lead: Lead::Session },
        exhibit: Exhibit {
            at,
            id: format!("{instance}-{seconds}-{}", rule.id),
            sha256: "0".repeat(64),
            what: "a call".into(),
        },
        about: BTreeSet::new(),
        region: String::new(),
        address: String::new(),
        shown: Vec::new(),
    }
}
