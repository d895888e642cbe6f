use super::role::{MOST_AGENTS, MOST_CALLERS, MOST_DOORS, MOST_ENDPOINTS, MOST_REGIONS};
use super::*;
use crate::rules::Level;
use crate::testing::call;
use jiff::Timestamp;
use serde_json::json;

mod bounds;
mod doors;
mod places;
mod refusals;
mod regions;

const MINE: &str = "i-0123456789abcdef0";
const PEER: &str = "i-0fedcba9876543210";

fn record(instance: &str, service: &str, name: &str, address: &str, error: Option<&str>) -> String {
    json!({
        "eventTime": "2026-03-01T12:00:00Z", "eventSource": service, "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": address, "userAgent": "Boto3/1.0", "errorCode": error,
        "userIdentity": {
            "type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{instance}"),
            "arn": format!("arn:aws:sts::111111111111:assumed-role/web/{instance}")
        }
    })
    .to_string()
}

/// Two peers that have read from S3.
fn learned(calls: usize) -> Baseline {
    let mut baseline = of_a_day();
    for instance in [MINE, PEER] {
        let raw = record(instance, "s3.amazonaws.com", "GetObject", "198.51.100.7", None);
        (0..calls).for_each(|_| baseline.learn(&call(&raw)));
    }
    baseline
}

/// One that has learned for a day, and nothing.
fn of_a_day() -> Baseline {
    let mut baseline = Baseline::default();
    baseline.hours.between(Timestamp::UNIX_EPOCH, Timestamp::MAX);
    baseline
}

fn found(baseline: &mut Baseline, raw: &str) -> Vec<Unusual> {
    baseline.judge(&Call::of(&call(raw), &Holdings::new()).expect("an instance's"))
}

fn judged(baseline: &mut Baseline, raw: &str) -> Vec<(What, Level)> {
    found(baseline, raw).into_iter().map(|unusual| (unusual.what, unusual.level)).collect()
}

/// The same record at another time.
fn at(time: &str, raw: &str) -> String {
    raw.replace("2026-03-01T12:00:00Z", time)
}

/// The same record in another region.
fn there(region: &str, raw: &str) -> String {
    raw.replace("us-east-1", region)
}

#[test]
fn a_first_call_counts_by_its_weight_and_is_told_once() {
    let mut baseline = learned(2_000);
    for (service, name, level) in [
        ("iam.amazonaws.com", "CreateAccessKey", Level::High),
        ("secretsmanager.amazonaws.com", "GetSecretValue", Level::Medium),
        ("ec2.amazonaws.com", "DescribeInstances", Level::Low),
        ("sqs.amazonaws.com", "ReceiveMessage", Level::Informational),
    ] {
        let raw = record(MINE, service, name, "198.51.100.7", None);
        assert_eq!(judged(&mut baseline, &raw), [(What::FirstCall, level)], "{name}");
        assert_eq!(judged(&mut baseline, &raw), [], "{name} is known now");
    }
    let agent = record(MINE, "ssm.amazonaws.com", "UpdateInstanceInformation", "198.51.100.7", None);
    assert_eq!(judged(&mut baseline, &agent), [], "nearly every instance does");
}

#[test]
fn what_a_peer_of_the_same_role_does_is_not_told() {
    let mut baseline = learned(2_000);
    baseline.learn(&call(&record(PEER, "secretsmanager.amazonaws.com", "GetSecretValue", "198.51.100.7", None)));
    let raw = record(MINE, "secretsmanager.amazonaws.com", "GetSecretValue", "198.51.100.7", None);
    assert_eq!(judged(&mut baseline, &raw), []);
}

#[test]
fn a_habit_of_more_instances_than_are_told_apart_is_everybodys() {
    let mut baseline = of_a_day();
    let raw = |number: usize| {
        record(&format!("i-{number:017x}"), "iam.amazonaws.com", "CreateAccessKey", "198.51.100.7", None)
    };
    (0..MOST_CALLERS * 5).for_each(|number| baseline.learn(&call(&raw(number))));
    assert_eq!(judged(&mut baseline, &raw(MOST_CALLERS * 5 - 1)), [], "it has made the call, beyond the bound");
    assert_eq!(judged(&mut baseline, &raw(MOST_CALLERS * 5)), [], "all its peers have");
    let other = record(MINE, "iam.amazonaws.com", "CreateUser", "198.51.100.7", None);
    assert_eq!(judged(&mut baseline, &other), [(What::FirstCall, Level::High)], "what nobody does is still told");
}

#[test]
fn made_up_names_of_programs_do_not_fill_the_memory() {
    let mut baseline = Baseline::default();
    let raw = record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", None);
    (0..1_000).for_each(|number| baseline.learn(&call(&raw.replace("Boto3", &format!("program{number}")))));
    let kept: Vec<usize> =
        baseline.roles.values().flat_map(|role| role.instances.values()).map(|member| member.agents.len()).collect();
    assert_eq!(kept, [MOST_AGENTS]);
}

#[test]
fn in_the_first_hour_only_what_matters_anywhere_is_worth_a_look_and_it_says_how_sure_it_is() {
    let mut baseline = Baseline::default();
    let grave = record(MINE, "iam.amazonaws.com", "CreateUser", "198.51.100.7", None);
    let unusual = found(&mut baseline, &grave);
    assert_eq!((unusual[0].level, unusual[0].sure), (Level::Medium, 0.0));
    assert_eq!(
        unusual[0].why,
        format!(
            "first CreateUser of iam.amazonaws.com by {MINE} in us-east-1; nothing was learned of its role yet (0 % sure); \
             only 0 of 24 hours are learned yet"
        )
    );
    let heavy = record(MINE, "secretsmanager.amazonaws.com", "GetSecretValue", "198.51.100.7", None);
    assert_eq!(judged(&mut baseline, &heavy), [(What::FirstCall, Level::Low)]);
}

#[test]
fn on_the_first_day_nothing_is_graver_than_worth_a_look_and_on_the_second_it_is() {
    let raw = record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", None);
    let stolen = record(PEER, "iam.amazonaws.com", "CreateUser", "198.51.100.7", None);
    let elsewhere = record(MINE, "s3.amazonaws.com", "GetObject", "203.0.113.9", None);
    for (hours, level) in [(23, Level::Medium), (24, Level::High)] {
        let mut baseline = Baseline::default();
        for hour in 0..hours {
            let time = format!("2026-02-28T{hour:02}:00:00Z");
            (0..20).for_each(|_| baseline.learn(&call(&at(&time, &raw))));
        }
        assert_eq!(judged(&mut baseline.clone(), &stolen), [(What::FirstCall, level)], "{hours}");
        assert_eq!(judged(&mut baseline, &elsewhere), [(What::Elsewhere, level)], "{hours}");
    }
}

#[test]
fn one_late_record_makes_no_day_of_an_hour_and_older_logs_no_hour_of_a_month() {
    let raw = record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", None);
    let stolen = record(MINE, "iam.amazonaws.com", "CreateUser", "198.51.100.7", None);
    let mut new = Baseline::default();
    new.learn(&call(&raw));
    new.learn(&call(&at("2026-02-20T12:00:00Z", &raw)));
    assert_eq!(judged(&mut new, &stolen), [(What::FirstCall, Level::Medium)]);
    let before = at("2025-01-01T00:00:00Z", &stolen);
    assert_eq!(judged(&mut learned(3), &before), [(What::FirstCall, Level::High)]);
}

#[test]
fn a_role_that_is_new_to_a_baseline_of_long_ago_is_judged_as_ever() {
    let mut baseline = learned(3);
    let stolen =
        record(MINE, "iam.amazonaws.com", "CreateUser", "198.51.100.7", None).replace("role/web", "role/admin");
    assert_eq!(judged(&mut baseline, &stolen), [(What::FirstCall, Level::High)]);
}

#[test]
fn a_baseline_is_read_as_it_was_written_and_what_is_none_is_refused() {
    let baseline = learned(3);
    let mut file = Vec::new();
    write(&baseline, &mut file).expect("written");
    assert_eq!(read(&file[..]).expect("read"), baseline);
    let cut = read(&file[..file.len() / 2]);
    assert!(cut.is_err(), "{cut:?}");
    let newer = zstd::encode_all(&br#"{"format": 99, "shape": "unknown"}"#[..], 0).expect("compressed");
    assert!(matches!(read(&newer[..]), Err(StoreError::Newer(99))));
}

#[test]
fn a_file_of_the_first_format_is_read_and_used() {
    let member = r#"{"first":"2026-01-01T00:00:00Z","last":"2026-03-01T00:00:00Z","calls":2000,"denied":12,
        "networks":{"198.51.100.0/24":2000},"agents":["Boto3"]}"#;
    let kind = format!(r#"{{"calls":2000,"callers":["{MINE}"],"regions":["us-east-1"]}}"#);
    let role = format!(r#"{{"kinds":{{"ec2.amazonaws.com RunInstances":{kind}}},"instances":{{"{MINE}":{member}}}}}"#);
    let text = format!(r#"{{"format":1,"baseline":{{"roles":{{"111111111111:assumed-role/web":{role}}}}}}}"#);
    let mut baseline = read(&zstd::encode_all(text.as_bytes(), 0).expect("compressed")[..]).expect("read");
    let raw = record(MINE, "ec2.amazonaws.com", "RunInstances", "198.51.100.7", None);
    assert_eq!(judged(&mut baseline, &raw), [], "it is known");
    assert_eq!(judged(&mut baseline, &there("ap-south-1", &raw)), [(What::FirstCall, Level::Medium)]);
    let refused = record(MINE, "ec2.amazonaws.com", "RunInstances", "198.51.100.7", Some("AccessDenied"));
    let told: Vec<_> = (0..30).flat_map(|_| judged(&mut baseline, &refused)).collect();
    assert_eq!(told, [(What::Denials, Level::Medium)]);
    let mut file = Vec::new();
    write(&baseline, &mut file).expect("written");
    assert_eq!(read(&file[..]).expect("read"), baseline);
}

#[test]
fn made_up_regions_services_and_networks_do_not_fill_the_memory() {
    let mut baseline = learned(20);
    let raws: Vec<String> = (0..3_000)
        .map(|number| {
            let address = format!("11.{}.{}.9", number / 256, number % 256);
            let raw = record(MINE, "s3.amazonaws.com", "DeleteObject", &address, None);
            there(&format!("region-{number}"), &raw)
        })
        .collect();
    raws.iter().for_each(|raw| baseline.learn(&call(&places::by_endpoint(raw))));
    raws.iter().for_each(|raw| drop(judged(&mut baseline, raw)));
    let role = baseline.roles.values().next().expect("a role");
    let member = &role.instances[MINE];
    assert_eq!((member.regions.len(), member.endpoints.len()), (MOST_REGIONS, MOST_ENDPOINTS));
    assert!(role.kinds.values().all(|kind| kind.regions.len() <= MOST_REGIONS));
    assert_eq!((role.told.len(), member.networks.len()), (told::MOST, 1));
}
