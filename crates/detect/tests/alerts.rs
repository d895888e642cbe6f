//! The alerts of recorded events (`testdata/invictus`) do not depend on how the events arrive: in what
//! order, how often, how late within the horizon, in one input or in several read side by side; whatever was learned
//! before of what is usual.

use detect::alert::Alert;
use detect::baseline::Baseline;
use detect::desk::Desk;
use detect::holdings::Holdings;
use detect::order::Horizon;
use detect::read::Reader;
use detect::record::Record;
use detect::record::trail::Event;
use detect::rules::sigma::Rules;
use detect::rules::{Level, load, pack};
use detect::scout::{Scout, Sighting};
use detect::source::key::Period;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock};
use std::thread;

const FILES: &[u8] = include_bytes!("../testdata/invictus/files.jsonl.gz");

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(load::load(&pack::sources()).0));
/// The events in the order of their times.
static EVENTS: LazyLock<Vec<(Timestamp, Vec<u8>)>> = LazyLock::new(|| {
    let (mut reader, mut events) = (Reader::default(), Vec::new());
    reader.read("files", FILES, |record| {
        if let Record::Trail(event) = &record {
            events.push((event.at().expect("a time"), event.raw.to_vec()));
        }
        detect::count::Fate::Unmatched
    });
    events.sort();
    events
});
static IN_ORDER: LazyLock<Vec<String>> = LazyLock::new(|| told(None, EVENTS.iter().map(|(_, raw)| raw.as_slice())));
/// By what may be usual before anything comes: alerts of the events in order.
static BY_USUAL: LazyLock<Vec<(Baseline, Vec<String>)>> = LazyLock::new(|| {
    let mut learned = Baseline::default();
    EVENTS.iter().step_by(3).for_each(|(_, raw)| learned.learn(&Event::of(raw).expect("an event")));
    let usual = [Baseline::of_places(), Baseline::default(), learned].into_iter();
    usual.map(|usual| (usual.clone(), told(Some(usual), EVENTS.iter().map(|(_, raw)| raw.as_slice())))).collect()
});

/// As `watch` has it, and so short that order matters within the recorded hours.
fn horizon() -> Horizon {
    Horizon { events: 100_000, time: SignedDuration::from_mins(15) }
}

fn scout() -> Scout {
    Scout::new(RULES.clone(), Holdings::new(), Period::default(), true)
}

fn seen(scout: &Scout, raw: &[u8]) -> Option<Sighting> {
    scout.look(&Record::Trail(Event::of(raw).expect("an event"))).1
}

fn told<'e>(usual: Option<Baseline>, arrivals: impl Iterator<Item = &'e [u8]>) -> Vec<String> {
    let (scout, mut desk) = (scout(), Desk::new(RULES.clone(), horizon(), usual));
    arrivals.filter_map(|raw| seen(&scout, raw)).for_each(|sighting| desk.take(sighting));
    alerts(desk)
}

/// All of the alerts: ids, signs, hits, evidence, what is shown.
fn alerts(mut desk: Desk) -> Vec<String> {
    desk.finish();
    assert_eq!(desk.late(), 0, "all came within the horizon");
    let alerts: Vec<Alert> = desk.tell(Level::Informational);
    alerts.iter().map(|alert| format!("{alert:?}")).collect()
}

/// Every event arrives up to the horizon after its time, and one in four twice.
fn delayed(seed: u64) -> Vec<&'static [u8]> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut arrivals = Vec::new();
    for (at, raw) in EVENTS.iter() {
        for _ in 0..if random.u8(..4) == 0 { 2 } else { 1 } {
            arrivals.push((*at + SignedDuration::from_secs(random.i64(0..15 * 60)), random.u64(..), raw.as_slice()));
        }
    }
    arrivals.sort_unstable();
    arrivals.into_iter().map(|(.., raw)| raw).collect()
}

#[test]
fn what_is_recorded_holds_correlations_and_grave_alerts() {
    let correlated = RULES.cards().iter().filter(|card| IN_ORDER.iter().any(|alert| alert.contains(&card.id)));
    let titles: Vec<_> = correlated.map(|card| card.title.as_str()).collect();
    assert!(titles.contains(&"Many secrets read") || titles.contains(&"Secrets read wholesale"), "{titles:?}");
    assert!(titles.contains(&"Trail stopped or deleted"), "{titles:?}");
    for (_, alerts) in BY_USUAL.iter() {
        assert!(alerts.iter().any(|alert| alert.contains("baseline:elsewhere")), "the stolen credentials");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_arrives_shuffled_twice_and_late_within_the_horizon_gives_the_same_alerts(seed in any::<u64>()) {
        let arrivals = delayed(seed);
        prop_assert_eq!(&told(None, arrivals.iter().copied()), &*IN_ORDER);
        for (usual, in_order) in BY_USUAL.iter() {
            prop_assert_eq!(&told(Some(usual.clone()), arrivals.iter().copied()), in_order);
        }
    }

    #[test]
    fn two_inputs_read_side_by_side_give_the_same_alerts(seed in any::<u64>()) {
        let (scout, mut desk) = (scout(), Desk::new(RULES.clone(), Horizon::of_files(), None));
        let mut random = fastrand::Rng::with_seed(seed);
        // Some events stand in both inputs.
        let inputs = [1, 2].map(|one| {
            EVENTS.iter().filter(|_| random.u8(1..=3) & one > 0).map(|(_, raw)| raw.as_slice()).collect::<Vec<_>>()
        });
        let mut all: Vec<&[u8]> = inputs.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        let (send, taken) = channel();
        thread::scope(|scope| {
            for input in &inputs {
                let (send, scout) = (send.clone(), scout.clone());
                scope.spawn(move || {
                    input.iter().filter_map(|raw| seen(&scout, raw)).for_each(|s| send.send(s).expect("taken"));
                });
            }
            drop(send);
            taken.into_iter().for_each(|sighting| desk.take(sighting));
        });
        prop_assert_eq!(alerts(desk), told_in_order(all));
    }
}

fn told_in_order(mut raws: Vec<&[u8]>) -> Vec<String> {
    raws.sort_by_key(|raw| Event::of(raw).expect("an event").at());
    told(None, raws.into_iter())
}

#[test]
fn a_finding_of_long_ago_is_told_and_nothing_is_late_for_it() {
    let finding = r#"{"schemaVersion":"2.0","id":"f","accountId":"111111111111","region":"us-east-1","severity":8,
        "type":"Trojan:EC2/DropPoint","title":"t","updatedAt":"2020-01-01T00:00:00Z","service":{"serviceName":"guardduty"},
        "resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0123456789abcdef0"}}}"#;
    let (scout, mut desk) = (scout(), Desk::new(RULES.clone(), horizon(), None));
    let sightings = EVENTS.iter().filter_map(|(_, raw)| seen(&scout, raw));
    sightings.for_each(|sighting| desk.take(sighting));
    Reader::default().read("finding", finding.as_bytes(), |record| {
        let (fate, sighting) = scout.look(&record);
        sighting.into_iter().for_each(|sighting| desk.take(sighting));
        fate
    });
    assert!(alerts(desk).iter().any(|alert| alert.contains("GuardDuty: Trojan:EC2/DropPoint")));
}

#[test]
fn a_finding_that_names_no_instance_is_told_and_counts_for_no_rule_that_looks_at_several() {
    let finding = r#"{"schemaVersion":"2.0","id":"f","accountId":"111111111111","region":"us-east-1","severity":8,
        "type":"Trojan:EC2/DropPoint","title":"t","service":{"serviceName":"guardduty"},"resource":{}}"#;
    let (scout, mut desk) = (scout(), Desk::new(RULES.clone(), horizon(), None));
    Reader::default().read("finding", finding.as_bytes(), |record| {
        let (fate, sighting) = scout.look(&record);
        sighting.into_iter().for_each(|sighting| desk.take(sighting));
        fate
    });
    assert_eq!(desk.undated(), 0, "no rule would have counted it, so none has missed it");
    let alerts = alerts(desk);
    assert!(alerts.len() == 1 && alerts[0].contains("the resource of finding f"), "{alerts:?}");
}

/// Who writes records chooses how long their texts are; what is kept of them is no longer for that.
#[test]
fn a_record_full_of_long_texts_is_told_in_short_ones() {
    let long = |name: &str| format!("{name}{}", "x".repeat(1 << 20));
    let id = "e".repeat(1 << 20);
    let (scout, mut desk) = (scout(), Desk::new(RULES.clone(), horizon(), None));
    for number in 0..3 {
        let raw = serde_json::json!({
            "eventID": format!("{number}{id}"), "eventTime": "2026-03-01T12:00:00Z", "awsRegion": long("region"),
            "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "sourceIPAddress": long("address"),
            "userAgent": long("agent"), "requestParameters": {"name": long("trail")},
            "userIdentity": {"type": "IAMUser", "arn": long("arn:aws:iam::111111111111:user/"), "accountId": "111111111111"},
        });
        seen(&scout, raw.to_string().as_bytes()).into_iter().for_each(|sighting| desk.take(sighting));
    }
    desk.finish();
    let alerts = desk.tell(Level::Informational);
    assert_eq!(alerts.len(), 1, "of one user");
    assert_eq!(alerts[0].signs[0].events.len(), 3, "and of three events");
    let told = format!("{:?}", alerts[0]);
    assert!(
        told.len() < 200 * detect::short::LONGEST && told.contains("user/x") && !told.contains(&"x".repeat(1_000)),
        "{}",
        told.len()
    );
}

/// A record without an id is known by its digest: delivered twice it counts once, and another one counts for itself.
#[test]
fn a_record_without_an_id_that_comes_twice_counts_once() {
    use detect::count::Fate;
    let record = |call: &str| {
        format!(r#"{{"eventTime":"2026-03-03T09:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"{call}"}}"#)
    };
    let scout = scout();
    let fate = |call: &str| scout.look(&Record::Trail(Event::of(record(call).as_bytes()).expect("an event"))).0;
    assert_ne!(fate("DescribeInstances"), Fate::Duplicate);
    assert_eq!(fate("DescribeInstances"), Fate::Duplicate);
    assert_ne!(fate("DescribeVpcs"), Fate::Duplicate);
}
