//! What is found does not depend on the order in which records arrive, as far as the horizon reaches.

use detect::desk::Desk;
use detect::holdings::Holdings;
use detect::order::Horizon;
use detect::record::Record;
use detect::record::flow::{Flow, Format};
use detect::record::trail::Event;
use detect::rules::sigma::{Rules, Sigma};
use detect::rules::{Level, Matcher, load, pack};
use detect::scout::Scout;
use detect::source::key::Period;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, proptest};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(load::load(&pack::sources()).0));

const HORIZON: Horizon = Horizon { events: 1_000, time: SignedDuration::from_mins(15) };
const CALLS: [&str; 6] =
    ["GetCallerIdentity", "ListBuckets", "ListRoles", "DescribeTrails", "DescribeInstances", "StopLogging"];

/// Some calls by two instances within two hours.
fn calls() -> impl Strategy<Value = Vec<(i64, usize, usize)>> {
    proptest::collection::vec((0_i64..7_200, 0..CALLS.len(), 0_usize..2), 1..60)
}

fn record(number: usize, (second, call, instance): (i64, usize, usize)) -> (i64, String) {
    let time = Timestamp::from_second(1_700_000_000 + second).expect("a time");
    let source = if call == 5 { "cloudtrail.amazonaws.com" } else { "any.amazonaws.com" };
    let arn = format!("arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef{instance}");
    let name = CALLS[call];
    let text = format!(
        r#"{{"eventID":"{number}","eventTime":"{time}","eventName":"{name}","eventSource":"{source}","userIdentity":{{"arn":"{arn}"}}}}"#
    );
    (second, text)
}

fn hits<'a>(records: impl Iterator<Item = &'a (i64, String)>) -> (BTreeSet<(String, String, Vec<String>)>, u64) {
    let mut sigma = Sigma::new(Arc::clone(&RULES), HORIZON);
    let mut found = Vec::new();
    for (_, text) in records {
        let event = Event::of(text.as_bytes()).expect("a record");
        found.extend(sigma.hits(&Record::Trail(event)));
        found.extend(sigma.due());
    }
    found.extend(sigma.rest());
    let found = found.into_iter().map(|hit| (hit.rule.title.clone(), hit.at.to_string(), hit.events)).collect();
    (found, sigma.late())
}

#[test]
fn a_flood_of_traffic_makes_no_call_late() {
    let mut sigma = Sigma::new(Arc::clone(&RULES), HORIZON);
    for number in 0..2_000 {
        let (host, end) = (number % 250, 1_700_000_600 + number / 100);
        let text = format!("10.0.{}.5 203.0.113.{host} 51234 22 6 REJECT {end}", number / 250);
        sigma.hits(&Record::Flow(line(&text)));
        sigma.due();
    }
    let (_, call) = record(0, (0, 0, 0));
    sigma.hits(&Record::Trail(Event::of(call.as_bytes()).expect("a record")));
    assert_eq!(sigma.late(), 0, "ten minutes before the traffic");
}

fn line(text: &str) -> Flow<'_> {
    static FORMAT: LazyLock<Format> =
        LazyLock::new(|| Format::of_header("srcaddr dstaddr srcport dstport protocol action end").expect("a header"));
    Flow::parse(text, &FORMAT).expect("a line")
}

/// Calls wait that are later than the last one, then there is more traffic than anything has room for, and twice.
#[test]
fn traffic_that_fills_what_waits_makes_no_call_late_and_pushes_none_out_of_an_alert() {
    let scout = Scout::new(Arc::clone(&RULES), Holdings::new(), Period::default(), false);
    let mut desk = Desk::new(Arc::clone(&RULES), Horizon::of_files(), None);
    let call = |desk: &mut Desk, number: usize, what: (i64, usize, usize)| {
        let (_, text) = record(number, what);
        let event = Event::of(text.as_bytes()).expect("a record");
        scout.look(&Record::Trail(event)).1.into_iter().for_each(|sighting| desk.take(sighting));
    };
    (4..1_000).for_each(|number| call(&mut desk, number, (86_400 + number as i64, 0, 1)));
    for number in 0..20_000 {
        let (low, high, end) = (number % 250, number / 250, 1_700_000_001 + number / 40);
        let text = format!("10.0.{high}.5 203.0.113.{low} 51234 22 6 REJECT {end}");
        scout.look(&Record::Flow(line(&text))).1.into_iter().for_each(|sighting| desk.take(sighting));
    }
    (0..4).for_each(|number| call(&mut desk, number, (number as i64, number, 0)));
    assert_eq!(desk.late(), 0);
    desk.finish();
    let alerts = desk.tell(Level::Informational);
    let thief = alerts.iter().find(|alert| alert.suspect.to_string().ends_with("abcdef0")).expect("four calls");
    let sign = thief.signs.iter().find(|sign| sign.rule.title.contains("enumerate the account")).expect("of a kind");
    assert_eq!(sign.events.len(), 4);
}

/// Arrival: each record is delayed by less than the horizon.
fn delayed() -> impl Strategy<Value = (Vec<(i64, String)>, Vec<i64>)> {
    calls().prop_flat_map(|calls| {
        let records: Vec<_> = calls.into_iter().enumerate().map(|(number, call)| record(number, call)).collect();
        let delays = proptest::collection::vec(0_i64..900, records.len());
        (Just(records), delays)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn delays_within_the_horizon_change_nothing((records, delays) in delayed()) {
        let mut in_order = records.clone();
        in_order.sort();
        let mut arrival: Vec<_> = records.iter().zip(&delays).collect();
        arrival.sort_by_key(|((second, _), delay)| second + **delay);
        let (expected, _) = hits(in_order.iter());
        let (found, late) = hits(arrival.into_iter().map(|(record, _)| record));
        prop_assert_eq!(late, 0);
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_burst_is_told_once_and_names_its_events() {
    let burst: Vec<_> = (0..40).map(|n| record(n, (n as i64, n % 4, 0))).collect();
    let (found, _) = hits(burst.iter());
    let told: Vec<_> = found.iter().filter(|(title, ..)| title.contains("enumerate the account")).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].2, ["0", "1", "2", "3"]);
}

/// Two calls of the thief's, then one of them a thousand times, then two others.
#[test]
fn the_same_call_again_and_again_pushes_nothing_out() {
    let calls = [(0, 0), (1, 1)].into_iter().chain((2..1_002).map(|n| (2 + n / 10, 0))).chain([(110, 2), (111, 3)]);
    let storm: Vec<_> = calls.enumerate().map(|(n, (second, call))| record(n, (second, call, 0))).collect();
    let (found, _) = hits(storm.iter());
    assert!(found.iter().any(|(title, ..)| title.contains("enumerate the account")), "{found:?}");
}

#[test]
fn what_is_late_is_matched_by_itself_counted_and_left_out_of_what_adds_up() {
    let mut records: Vec<_> = (0..3).map(|n| record(n, (n as i64, n, 0))).collect();
    records.push(record(3, (5_000, 4, 1)));
    records.push(record(4, (4, 3, 0)));
    records.push(record(5, (5, 5, 0)));
    let (found, late) = hits(records.iter());
    assert_eq!(late, 2);
    assert!(found.iter().any(|(title, ..)| title == "Trail stopped or deleted"), "{found:?}");
    assert!(!found.iter().any(|(title, ..)| title.contains("enumerate the account")), "{found:?}");
}

/// A folder is read after another one for the same days: what was counted of the first is remembered when its
/// turn comes, however much of the second has come by then.
#[test]
fn a_burst_is_told_though_much_of_later_times_has_come_before_its_turn() {
    let scout = Scout::new(Arc::clone(&RULES), Holdings::new(), Period::default(), false);
    let mut desk = Desk::new(Arc::clone(&RULES), Horizon::of_files(), None);
    let mut take = |number: usize, what: (i64, usize, usize)| {
        let (_, text) = record(number, what);
        let event = Event::of(text.as_bytes()).expect("a record");
        scout.look(&Record::Trail(event)).1.into_iter().for_each(|sighting| desk.take(sighting));
    };
    (0..4).for_each(|n| take(n, (n as i64, n, 0)));
    (4..12_000).for_each(|n| take(n, (86_400 + 1_000 * n as i64, 0, 1)));
    desk.finish();
    let suspects: Vec<String> = desk.tell(Level::Informational).iter().map(|alert| alert.suspect.to_string()).collect();
    assert!(suspects.iter().any(|suspect| suspect.ends_with("abcdef0")), "{suspects:?}");
}

/// A field nested as deep as the parser goes is no value to group by, and no reason to stop.
#[test]
fn a_record_nested_as_deep_as_can_be_is_survived() {
    let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let records: Vec<_> = (0..3)
        .map(|n| {
            let (second, text) = record(n, (n as i64, n, 0));
            (second, text.replacen('{', &format!(r#"{{"sourceIPAddress":{deep},"#), 1))
        })
        .collect();
    assert!(records.iter().all(|(_, text)| serde_json::from_str::<serde_json::Value>(text).is_err()));
    assert_eq!(hits(records.iter()).1, 0);
}

#[test]
fn a_rule_that_only_serves_others_tells_nothing() {
    let text = "title: A\nname: a\nid: one\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {eventName: A}, condition: s}\n---\ntitle: C\nid: two\ncorrelation: {type: event_count, rules: [a], group-by: [userIdentity.arn], timespan: 5m, condition: {gte: 2}}\n";
    let (rules, _) = load::load(&[load::Source { name: "r.yml".into(), text: text.into() }]);
    assert_eq!(["one", "two", "three"].map(|id| rules.tells(id)), [false, true, false]);
}

/// A thousand sessions a minute, each told of by two calls: those that were under way and forgotten are counted.
#[test]
fn groups_that_are_too_many_at_once_are_forgotten_and_counted() {
    let text = "title: A\nname: a\nid: one\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {eventName: A}, condition: s}\n---\ntitle: C\nid: two\ncorrelation: {type: event_count, rules: [a], group-by: [userIdentity.arn], timespan: 5m, condition: {gte: 2}}\n";
    let (rules, _) = load::load(&[load::Source { name: "r.yml".into(), text: text.into() }]);
    let rules = Arc::new(rules);
    let overfull = |sessions: i64, seconds: i64| {
        let mut sigma = Sigma::new(Arc::clone(&rules), HORIZON);
        for number in 0..sessions {
            let time = Timestamp::from_second(1_700_000_000 + number * seconds / 1_000).expect("a time");
            let text = format!(
                r#"{{"eventID":"{number}","eventTime":"{time}","eventName":"A","eventSource":"any.amazonaws.com","userIdentity":{{"arn":"arn:{number}"}}}}"#
            );
            sigma.hits(&Record::Trail(Event::of(text.as_bytes()).expect("a record")));
            sigma.due();
        }
        assert_eq!(sigma.rest().len(), 0);
        sigma.overfull()
    };
    assert_eq!(overfull(3_072, 60), 0, "all of them have room");
    assert_eq!(overfull(3_073, 60), 1);
    assert_eq!(overfull(20_000, 60), 55, "a tenth makes room for a tenth");
    assert_eq!(overfull(20_000, 120), 0, "it gets full, and then the windows of half of them have run out");
    assert_eq!(overfull(20_000, 600), 0, "by then the windows of the first have run out");
}

/// Two thousand hosts reach three hundred others each, by names as long as names are kept, all within a minute.
#[test]
fn what_groups_hold_has_an_end_and_a_burst_after_it_is_told() {
    let rule = |name: &str, service: &str, call: &str, by: &str, what: &str| {
        format!(
            "title: {name}\nname: {name}\nid: {name}1\nlogsource: {{product: aws, service: {service}}}\ndetection: {{s: {call}, condition: s}}\n---\ntitle: {name}2\nid: {name}2\ncorrelation: {{type: value_count, rules: [{name}], group-by: [{by}], timespan: 5m, condition: {{field: {what}, gte: 300}}}}\n---\n"
        )
    };
    let text = rule("flows", "vpcflow", "{dstport: 22}", "srcaddr", "dstaddr")
        + &rule("calls", "cloudtrail", "{eventName: A}", "userIdentity.arn", "sourceIPAddress");
    let (rules, warnings) = load::load(&[load::Source { name: "r.yml".into(), text }]);
    assert_eq!(warnings, []);
    let mut sigma = Sigma::new(Arc::new(rules), HORIZON);
    let mut told = Vec::new();
    let mut call = |sigma: &mut Sigma, who: usize, address: usize, second: i64| {
        let time = Timestamp::from_second(second).expect("a time");
        let text = format!(
            r#"{{"eventID":"{who}-{address}","eventTime":"{time}","eventName":"A","eventSource":"any.amazonaws.com","sourceIPAddress":"{}{address}","userIdentity":{{"arn":"arn:{who}"}}}}"#,
            "x".repeat(200)
        );
        sigma.hits(&Record::Trail(Event::of(text.as_bytes()).expect("a record")));
        told.extend(sigma.due());
    };
    for address in 0..299 {
        (0..200).for_each(|who| call(&mut sigma, who, address, 1_700_000_000 + address as i64 / 5));
    }
    assert!(sigma.overfull() > 0, "sixty thousand long texts");
    (0..300).for_each(|address| call(&mut sigma, 1_000, address, 1_700_000_100));
    told.extend(sigma.rest());
    let groups: Vec<_> = told.iter().map(|hit| hit.shown[0].1.as_str()).collect();
    assert_eq!(groups, ["arn:1000"]);
}
