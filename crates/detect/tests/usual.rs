//! What is told of calls that are out of the ordinary does not depend on the order in which they come, as far as the
//! horizon reaches, whatever was learned before.

use detect::baseline::Baseline;
use detect::desk::Desk;
use detect::holdings::Holdings;
use detect::order::Horizon;
use detect::record::Record;
use detect::record::trail::Event;
use detect::rules::sigma::Rules;
use detect::rules::{Level, load};
use detect::scout::Scout;
use detect::source::key::Period;
use jiff::Timestamp;
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use std::sync::{Arc, LazyLock};

/// What only the baseline tells.
static NO_RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(load::load(&[]).0));

const HORIZON: i64 = 15 * 60;
const NAMES: [(&str, &str); 5] = [
    ("s3", "GetObject"),
    ("iam", "CreateUser"),
    ("secretsmanager", "GetSecretValue"),
    ("ec2", "DescribeInstances"),
    ("sqs", "ReceiveMessage"),
];
const PLACES: [&str; 4] = ["198.51.100.7", "203.0.113.9", "192.0.2.1", "10.0.0.5"];

/// When, whose, what, from where; every third one is refused.
type Made = (i64, usize, usize, usize, usize);

/// Calls of six instances of two roles within two hours, each with its delay; some come twice, and few come from
/// elsewhere than the others.
fn calls() -> impl Strategy<Value = Vec<(Made, i64, bool)>> {
    let place = (0_usize..30).prop_map(|drawn| drawn.saturating_sub(26));
    let made = (0_i64..7_200, 0_usize..6, 0..NAMES.len(), place, 0_usize..3);
    proptest::collection::vec((made, 0..HORIZON, proptest::bool::ANY), 1..200)
}

fn record(number: usize, (second, whose, what, place, refused): Made) -> (i64, String) {
    let time = Timestamp::from_second(1_700_000_000 + second).expect("a time");
    let arn = format!("arn:aws:sts::111122223333:assumed-role/role{}/i-0123456789abcdef{whose}", whose % 2);
    let ((service, name), address) = (NAMES[what], PLACES[place]);
    let through = if place == 3 { r#""vpcEndpointId":"vpce-1","# } else { "" };
    let error = if refused == 0 { r#""errorCode":"AccessDenied","# } else { "" };
    let text = format!(
        r#"{{{through}{error}"eventID":"{number}","eventTime":"{time}","eventName":"{name}","eventSource":"{service}.amazonaws.com","awsRegion":"us-east-1","sourceIPAddress":"{address}","userIdentity":{{"arn":"{arn}"}}}}"#
    );
    (second, text)
}

/// A desk that has seen these.
fn desk<'a>(usual: &Baseline, texts: impl Iterator<Item = &'a String>) -> Desk {
    let scout = Scout::new(NO_RULES.clone(), Holdings::new(), Period::default(), true);
    let horizon = Horizon { events: 1_000, ..Horizon::default() };
    let mut desk = Desk::new(NO_RULES.clone(), horizon, Some(usual.clone()));
    for text in texts {
        let event = Event::of(text.as_bytes()).expect("a record");
        scout.look(&Record::Trail(event)).1.into_iter().for_each(|sighting| desk.take(sighting));
    }
    desk
}

/// All of the alerts, and what was learned.
fn told(mut desk: Desk) -> (Vec<String>, Option<Baseline>) {
    desk.finish();
    let alerts = desk.tell(Level::Informational).iter().map(|alert| format!("{alert:?}")).collect();
    (alerts, desk.baseline().cloned())
}

/// One that has learned all but the last hours of a day from one instance of each role.
fn learned() -> Baseline {
    let mut baseline = Baseline::default();
    for number in 0..200 {
        let (_, text) = record(number, (number as i64 * 400 - 23 * 3_600, number % 2, 0, 0, 1));
        baseline.learn(&Event::of(text.as_bytes()).expect("a record"));
    }
    baseline
}

/// The property below compares something.
#[test]
fn of_such_calls_something_is_told() {
    let made = |n: usize| (n as i64 * 60, n % 6, n % NAMES.len(), usize::from(n == 100), n % 3);
    let texts: Vec<_> = (0..120).map(|number| record(number, made(number)).1).collect();
    for usual in [Baseline::of_places(), Baseline::default(), learned()] {
        assert_ne!(told(desk(&usual, texts.iter())).0, Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_late_and_twice_within_the_horizon_gives_the_same_alerts(calls in calls()) {
        let record = |(number, (made, delay, twice)): (usize, &(Made, i64, bool))| {
            let (second, text) = record(number, *made);
            (second, second + delay, *twice, text)
        };
        let mut in_order: Vec<_> = calls.iter().enumerate().map(record).collect();
        in_order.sort();
        let mut arrivals: Vec<_> = in_order.iter().map(|(_, at, _, text)| (*at, text)).collect();
        arrivals.extend(in_order.iter().filter(|call| call.2).map(|(second, .., text)| (second + HORIZON - 1, text)));
        arrivals.sort();
        for usual in [Baseline::of_places(), Baseline::default(), learned()] {
            let expected = told(desk(&usual, in_order.iter().map(|(.., text)| text)));
            let shuffled = told(desk(&usual, arrivals.iter().map(|(_, text)| *text)));
            prop_assert_eq!(expected, shuffled);
        }
    }
}
