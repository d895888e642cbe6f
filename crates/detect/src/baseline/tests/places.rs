//! Credentials used from elsewhere.

use super::*;
use crate::holdings::Tenant;

/// The same record, come through an endpoint of the VPC.
pub(super) fn by_endpoint(raw: &str) -> String {
    raw.replacen('{', r#"{"vpcEndpointId": "vpce-1","#, 1)
}

fn read_by(instance: &str, address: &str) -> String {
    record(instance, "s3.amazonaws.com", "GetObject", address, None)
}

/// So many calls of an instance by endpoint only.
fn behind_endpoints(calls: usize) -> Baseline {
    let mut baseline = of_a_day();
    (0..calls).for_each(|_| baseline.learn(&call(&by_endpoint(&read_by(MINE, "10.0.0.5")))));
    baseline
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
fn an_instance_behind_endpoints_whose_credentials_turn_up_on_the_internet_is_told() {
    let tomorrow = |address| at("2026-03-02T12:00:00Z", &read_by(MINE, address));
    let mut baseline = behind_endpoints(20);
    assert_eq!(judged(&mut baseline, &by_endpoint(&read_by(MINE, "10.0.0.6"))), []);
    assert_eq!(judged(&mut baseline, &read_by(MINE, "10.0.0.6")), [], "an endpoint that is not named");
    let mut baseline = behind_endpoints(20);
    let unusual = found(&mut baseline, &tomorrow("203.0.113.9"));
    assert_eq!(
        unusual[0].why,
        format!(
            "credentials of {MINE} used from 203.0.113.0/24, by Boto3; its 20 calls before came through endpoints of \
             its VPC, and none over the internet"
        )
    );
    assert_eq!((unusual[0].what, unusual[0].level), (What::Elsewhere, Level::High));
    assert_eq!(judged(&mut baseline, &tomorrow("203.0.113.9")), [], "it was told");
    assert_eq!(judged(&mut baseline, &tomorrow("192.0.2.9")), [(What::Elsewhere, Level::High)]);
}

#[test]
fn what_is_not_reached_by_endpoint_may_go_over_the_internet_for_a_day() {
    let secret = record(MINE, "s3.amazonaws.com", "GetObject", "203.0.113.9", None).replace("s3.", "sqs.");
    let judged_at = |time| {
        let found = judged(&mut behind_endpoints(20), &at(time, &secret));
        found.into_iter().filter(|(what, _)| *what == What::Elsewhere).count()
    };
    assert_eq!((judged_at("2026-03-02T11:59:59Z"), judged_at("2026-03-02T12:00:00Z")), (0, 1));
    let few = judged(&mut behind_endpoints(19), &read_by(MINE, "203.0.113.9"));
    assert_eq!(few, [], "too little is known");
}

#[test]
fn a_thief_of_one_instance_is_no_acquaintance_of_the_others() {
    let mut baseline = learned(100);
    assert_eq!(judged(&mut baseline, &read_by(MINE, "203.0.113.9")), [(What::Elsewhere, Level::High)]);
    assert_eq!(judged(&mut baseline, &read_by(MINE, "203.0.113.9")), [], "told once");
    assert_eq!(judged(&mut baseline, &read_by(PEER, "203.0.113.9")), [(What::Elsewhere, Level::High)]);
    let mut file = Vec::new();
    write(&baseline, &mut file).expect("written");
    let mut baseline = read(&file[..]).expect("read");
    assert_eq!(judged(&mut baseline, &read_by(PEER, "203.0.113.9")), [], "told once");
    let member = &baseline.roles.values().next().expect("a role").instances[MINE];
    assert_eq!(member.networks.keys().collect::<Vec<_>>(), ["198.51.100.0/24"]);
}

#[test]
fn a_gateway_that_is_new_to_a_whole_role_is_told_of_three_instances() {
    let mut baseline = of_a_day();
    let instances: Vec<String> = (0..20).map(|number| format!("i-{number:017x}")).collect();
    for instance in &instances {
        (0..30).for_each(|_| baseline.learn(&call(&read_by(instance, "198.51.100.7"))));
    }
    let moved = |baseline: &mut Baseline| -> usize {
        instances.iter().map(|instance| judged(baseline, &read_by(instance, "203.0.113.9")).len()).sum()
    };
    assert_eq!((moved(&mut baseline), moved(&mut baseline)), (told::HABIT, 0));
}

#[test]
fn a_network_that_was_told_is_known_once_it_is_learned() {
    let mut baseline = learned(100);
    assert_eq!(judged(&mut baseline, &read_by(MINE, "203.0.113.9")).len(), 1);
    baseline.learn(&call(&read_by(MINE, "203.0.113.9")));
    assert_eq!(judged(&mut baseline, &read_by(PEER, "203.0.113.9")), []);
}

/// What is known of an instance with a public address that AWS has assigned.
fn with_an_address() -> Holdings {
    let mut holdings = Holdings::new();
    let (tenant, started) = (Tenant { instance: MINE.to_owned(), account: String::new() }, "2026-03-01T00:00:00Z");
    let started = started.parse().expect("a time");
    holdings.held("198.51.100.7", tenant, "", started, None);
    holdings.leaves_by("198.51.100.7", MINE, started, "2026-03-02T00:00:00Z".parse().expect("a time"));
    holdings
}

#[test]
fn a_thief_who_comes_first_is_told_where_the_instance_has_an_address_of_its_own() {
    let holdings = with_an_address();
    let judged = |baseline: &mut Baseline, raw: &str| -> Vec<Unusual> {
        let found = baseline.judge(&Call::of(&call(raw), &holdings).expect("an instance's"));
        found.into_iter().filter(|unusual| unusual.what == What::Elsewhere).collect()
    };
    for mut baseline in [Baseline::of_places(), Baseline::default(), of_a_day(), behind_endpoints(5)] {
        let first = judged(&mut baseline, &read_by(MINE, "203.0.113.9"));
        assert_eq!(first.iter().map(|unusual| unusual.level).collect::<Vec<_>>(), [Level::Medium]);
        assert!(
            first[0].why.starts_with(&format!(
                "credentials of {MINE} used from 203.0.113.0/24, by Boto3; it was never seen to call over the internet \
                 before, and had the public address 198.51.100.7 of its own then, with which its traffic leaves unless a \
                 route or a proxy leads it another way or it had another address meanwhile (50 % sure)"
            )),
            "{}",
            first[0].why
        );
        for own in ["203.0.113.9", "198.51.100.7"] {
            assert_eq!(judged(&mut baseline, &read_by(MINE, own)), [], "told, or its own");
        }
        assert_eq!(
            judged(&mut baseline, &read_by(MINE, "192.0.2.1")).len(),
            1,
            "its own is known, and the thief is not"
        );
        let member = &baseline.roles.values().next().expect("a role").instances[MINE];
        assert_eq!(member.networks.keys().collect::<Vec<_>>(), ["198.51.100.0/24"]);
    }
}

#[test]
fn where_the_first_call_comes_from_is_taken_on_trust_if_nothing_contradicts_it() {
    let holdings = with_an_address();
    let stolen = read_by(MINE, "203.0.113.9");
    for (raw, why) in [
        (read_by(PEER, "203.0.113.9"), "behind a gateway, as far as is known"),
        (at("2026-02-28T12:00:00Z", &stolen), "it was started later, and may have had another address"),
        (at("2026-03-03T12:00:00Z", &stolen), "it may have been stopped and started since"),
        (read_by(MINE, "198.51.100.9"), "the network of its own"),
        (read_by(MINE, "2001:db8::5"), "its own is of IPv4"),
        (read_by(MINE, "10.0.0.5"), "an endpoint that is not named"),
        (by_endpoint(&read_by(MINE, "10.0.0.5")), "an endpoint"),
        (read_by(MINE, "ec2.amazonaws.com"), "a service on its behalf"),
    ] {
        let told = of_a_day().judge(&Call::of(&call(&raw), &holdings).expect("an instance's"));
        assert_eq!(told, [], "{why}");
    }
}

#[test]
fn a_role_that_leaves_by_a_gateway_in_spite_of_its_addresses_is_told_of_three_instances() {
    let mut holdings = Holdings::new();
    let instances: Vec<String> = (0..20).map(|number| format!("i-{number:017x}")).collect();
    let started = "2026-03-01T00:00:00Z".parse().expect("a time");
    instances.iter().for_each(|instance| holdings.leaves_by("198.51.100.7", instance, started, Timestamp::MAX));
    let mut baseline = of_a_day();
    let mut told = || -> usize {
        let raws = instances.iter().map(|instance| read_by(instance, "203.0.113.9"));
        raws.map(|raw| baseline.judge(&Call::of(&call(&raw), &holdings).expect("an instance's")).len()).sum()
    };
    assert_eq!((told(), told()), (told::HABIT, 0));
}

#[test]
fn an_address_that_the_instance_held_then_is_its_own() {
    let mut holdings = Holdings::new();
    let tenant = Tenant { instance: MINE.to_owned(), account: String::new() };
    holdings.held("203.0.113.9", tenant, "", "2026-03-01T00:00:00Z".parse().expect("a time"), None);
    let told = |instance, time| {
        let raw = at(time, &read_by(instance, "203.0.113.9"));
        learned(100).judge(&Call::of(&call(&raw), &holdings).expect("an instance's")).len()
    };
    assert_eq!(told(MINE, "2026-03-01T12:00:00Z"), 0);
    assert_eq!(told(MINE, "2026-02-28T12:00:00Z"), 1, "it was another's then");
    assert_eq!(told(PEER, "2026-03-01T12:00:00Z"), 1, "it is another's");
}
