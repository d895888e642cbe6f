use super::*;
use crate::rules::Level;
use crate::testing::call;
use serde_json::json;

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

/// Two peers that have read from S3 for a while.
fn learned(calls: usize) -> Baseline {
    let mut baseline = Baseline::default();
    for instance in [MINE, PEER] {
        let raw = record(instance, "s3.amazonaws.com", "GetObject", "198.51.100.7", None);
        (0..calls).for_each(|_| baseline.learn(&call(&raw)));
    }
    baseline
}

fn judged(baseline: &mut Baseline, raw: &str) -> Vec<(What, Level)> {
    baseline
        .judge(&Call::of(&call(raw)).expect("an instance's"))
        .into_iter()
        .map(|unusual| (unusual.what, unusual.level))
        .collect()
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
    let mut baseline = Baseline::default();
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
fn in_the_first_hour_only_what_matters_anywhere_is_grave_and_it_says_how_sure_it_is() {
    let mut baseline = Baseline::default();
    let grave = record(MINE, "iam.amazonaws.com", "CreateUser", "198.51.100.7", None);
    let unusual = baseline.judge(&Call::of(&call(&grave)).expect("an instance's"));
    assert_eq!((unusual[0].level, unusual[0].sure), (Level::High, 0.0));
    assert_eq!(
        unusual[0].why,
        format!(
            "first CreateUser of iam.amazonaws.com by {MINE} in us-east-1; nothing was learned of its role yet (0 % sure)"
        )
    );
    let heavy = record(MINE, "secretsmanager.amazonaws.com", "GetSecretValue", "198.51.100.7", None);
    assert_eq!(judged(&mut baseline, &heavy), [(What::FirstCall, Level::Low)]);
}

#[test]
fn credentials_used_from_elsewhere_are_told() {
    let mut baseline = learned(100);
    let raw = |address| record(MINE, "s3.amazonaws.com", "GetObject", address, None);
    assert_eq!(judged(&mut baseline, &raw("198.51.100.9")), [], "the same network");
    let through_endpoint = raw("10.0.0.5").replacen('{', r#"{"vpcEndpointId": "vpce-1","#, 1);
    assert_eq!(judged(&mut baseline, &through_endpoint), []);
    assert_eq!(judged(&mut baseline, &raw("ec2.amazonaws.com")), [], "a service on its behalf");
    assert_eq!(judged(&mut baseline, &raw("203.0.113.9")), [(What::Elsewhere, Level::High)]);
    assert_eq!(judged(&mut baseline, &raw("2001:db8:1::5")), [(What::Elsewhere, Level::High)]);
}

#[test]
fn early_on_another_program_from_another_network_is_worth_a_look() {
    let mut baseline = learned(3);
    let same = record(MINE, "s3.amazonaws.com", "GetObject", "203.0.113.9", None);
    assert_eq!(judged(&mut baseline, &same), [(What::Elsewhere, Level::Low)]);
    let other = record(MINE, "s3.amazonaws.com", "GetObject", "192.0.2.1", None).replace("Boto3", "curl");
    assert_eq!(judged(&mut baseline, &other), [(What::Elsewhere, Level::Medium)]);
}

#[test]
fn without_anything_learned_two_places_are_told_and_nothing_else() {
    let mut baseline = Baseline::of_places();
    let from = |address, agent| record(MINE, "iam.amazonaws.com", "CreateUser", address, None).replace("Boto3", agent);
    let through_endpoint = from("10.0.0.5", "Boto3").replacen('{', r#"{"vpcEndpointId": "vpce-1","#, 1);
    for raw in [
        through_endpoint,
        from("ssm.amazonaws.com", "Boto3"),
        from("198.51.100.7", "Boto3"),
        from("198.51.100.9", "curl"),
    ] {
        assert_eq!(judged(&mut baseline, &raw), [], "{raw}");
    }
    assert_eq!(judged(&mut baseline, &from("203.0.113.9", "aws-cli")), [(What::Elsewhere, Level::Medium)]);
    (0..100).for_each(|_| drop(judged(&mut baseline, &from("198.51.100.7", "Boto3"))));
    assert_eq!(judged(&mut baseline, &from("192.0.2.9", "aws-cli")), [(What::Elsewhere, Level::Medium)], "no higher");
}

#[test]
fn a_burst_of_refusals_is_told_once() {
    let mut baseline = learned(20);
    let raw = record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", Some("AccessDenied"));
    let told: Vec<_> = (0..30).flat_map(|_| judged(&mut baseline, &raw)).collect();
    assert_eq!(told, [(What::Denials, Level::Medium)]);
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
