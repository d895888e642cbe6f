//! Credentials used through endpoints: those of the instance's own VPC, and somebody else's.

use super::*;

const OURS: &str = "111111111111";
const THEIRS: &str = "222222222222";

fn calls(instance: &str, service: &str) -> String {
    record(instance, service, "GetObject", "10.0.0.5", None)
}

fn reads(instance: &str) -> String {
    calls(instance, "s3.amazonaws.com")
}

/// The same record, come through that endpoint.
fn through(endpoint: &str, raw: &str) -> String {
    raw.replacen('{', &format!(r#"{{"vpcEndpointId": "{endpoint}","#), 1)
}

/// The same record, come through an endpoint of that account.
fn of(account: &str, raw: &str) -> String {
    through("vpce-9", raw).replacen('{', &format!(r#"{{"vpcEndpointAccountId": "{account}","#), 1)
}

/// Two peers that have called so often by this way.
fn used_to(calls: usize, raw: impl Fn(&str) -> String) -> Baseline {
    let mut baseline = of_a_day();
    for instance in [MINE, PEER] {
        (0..calls).for_each(|_| baseline.learn(&call(&raw(&reads(instance)))));
    }
    baseline
}

#[test]
fn an_endpoint_of_another_account_is_elsewhere_however_the_instance_called_before() {
    let raw = of(THEIRS, &reads(MINE));
    for mut baseline in [used_to(100, |raw| through("vpce-1", raw)), used_to(100, |raw| of(OURS, raw)), learned(100)] {
        let unusual = found(&mut baseline, &raw);
        assert_eq!(
            unusual.iter().map(|unusual| unusual.why.as_str()).collect::<Vec<_>>(),
            [format!(
                "credentials of {MINE} used from endpoints of account {THEIRS}, by Boto3; none of its 100 calls before did"
            )]
        );
        assert_eq!((unusual[0].what, unusual[0].level), (What::Elsewhere, Level::High));
        assert_eq!(judged(&mut baseline, &raw), [], "it was told");
        let peers = of(THEIRS, &reads(PEER));
        assert_eq!(judged(&mut baseline, &peers), [(What::Elsewhere, Level::High)], "a thief is no acquaintance");
        baseline.learn(&call(&raw));
        assert_eq!(judged(&mut baseline, &through("vpce-8", &raw)), [], "somebody has said that it is ordinary");
    }
}

#[test]
fn a_thief_chooses_the_private_address_in_his_vpc() {
    let mut holdings = Holdings::new();
    let tenant = crate::holdings::Tenant { instance: MINE.to_owned(), account: String::new() };
    holdings.held("10.0.0.5", tenant, "", "2026-03-01T00:00:00Z".parse().expect("a time"), None);
    let stolen = of(THEIRS, &reads(MINE));
    let told = learned(100).judge(&Call::of(&call(&stolen), &holdings).expect("an instance's"));
    assert_eq!(told.len(), 1);
}

#[test]
fn whoever_shares_the_endpoints_of_another_account_is_not_told() {
    let mut baseline = used_to(100, |raw| of(THEIRS, raw));
    let fresh = reads("i-00000000000000001");
    for raw in [reads(MINE), calls(MINE, "sqs.amazonaws.com"), fresh.clone(), fresh] {
        let told = judged(&mut baseline, &of(THEIRS, &raw));
        assert!(told.iter().all(|(what, _)| *what != What::Elsewhere), "{raw}");
    }
    let other = of("333333333333", &reads(MINE));
    assert_eq!(judged(&mut baseline, &other), [(What::Elsewhere, Level::High)]);
}

#[test]
fn an_owner_that_is_no_account_is_none() {
    for owner in ["", "HIDDEN_DUE_TO_SECURITY_REASONS", OURS] {
        assert_eq!(judged(&mut learned(100), &of(owner, &reads(MINE))), [], "{owner}");
    }
}

#[test]
fn an_endpoint_that_no_instance_of_the_role_has_used_is_as_a_new_network() {
    let new = through("vpce-2", &reads(MINE));
    let unusual = found(&mut used_to(20, |raw| through("vpce-1", raw)), &new);
    assert_eq!(
        unusual[0].why,
        format!(
            "credentials of {MINE} used from vpce-2 to s3.amazonaws.com us-east-1, by Boto3; its calls before came through vpce-1"
        )
    );
    assert_eq!((unusual[0].what, unusual[0].level), (What::Elsewhere, Level::High));
    let few = || used_to(19, |raw| through("vpce-1", raw));
    assert_eq!(judged(&mut few(), &new), [(What::Elsewhere, Level::Low)]);
    assert_eq!(judged(&mut few(), &new.replace("Boto3", "curl")), [(What::Elsewhere, Level::Medium)]);
}

#[test]
fn an_endpoint_is_not_told_that_leads_elsewhere_or_is_a_peers() {
    let mut baseline = used_to(100, |raw| through("vpce-1", raw));
    let fresh = "i-00000000000000001";
    for raw in [
        through("vpce-2", &there("eu-west-1", &reads(MINE))),
        through("vpce-3", &calls(MINE, "sts.amazonaws.com")),
        through("vpce-4", &reads(fresh)),
        through("vpce-4", &reads(MINE)),
    ] {
        let told = judged(&mut baseline, &raw);
        assert!(told.iter().all(|(what, _)| *what != What::Elsewhere), "{raw}");
    }
}

#[test]
fn an_endpoint_that_replaces_another_is_told_of_three_instances() {
    let mut baseline = of_a_day();
    let instances: Vec<String> = (0..20).map(|number| format!("i-{number:017x}")).collect();
    for instance in &instances {
        (0..30).for_each(|_| baseline.learn(&call(&through("vpce-1", &reads(instance)))));
    }
    let moved = |baseline: &mut Baseline| -> usize {
        instances.iter().map(|instance| judged(baseline, &through("vpce-2", &reads(instance))).len()).sum()
    };
    assert_eq!((moved(&mut baseline), moved(&mut baseline)), (told::HABIT, 0));
}

#[test]
fn without_anything_learned_somebody_elses_endpoint_is_told_at_level_medium() {
    let mut baseline = Baseline::of_places();
    assert_eq!(judged(&mut baseline, &of(THEIRS, &reads(MINE))), [], "where the first call comes from is its place");
    (0..30).for_each(|_| drop(judged(&mut baseline, &through("vpce-1", &reads(PEER)))));
    assert_eq!(judged(&mut baseline, &of("333333333333", &reads(PEER))), [(What::Elsewhere, Level::Medium)]);
}

#[test]
fn endpoints_that_an_older_program_has_learned_may_be_anybodys() {
    let mut baseline = used_to(100, |raw| of(THEIRS, raw));
    baseline.roles.values_mut().flat_map(|role| role.instances.values_mut()).for_each(|member| member.doors.clear());
    assert_eq!(judged(&mut baseline, &of(THEIRS, &reads(MINE))), []);
    assert_eq!(judged(&mut baseline, &of("333333333333", &reads(MINE))), [(What::Elsewhere, Level::High)]);
}

#[test]
fn made_up_endpoints_do_not_fill_the_memory() {
    let mut baseline = of_a_day();
    (0..3_000).for_each(|number| baseline.learn(&call(&through(&format!("vpce-{number}"), &reads(MINE)))));
    (3_000..6_000).for_each(|number| drop(judged(&mut baseline, &through(&format!("vpce-{number}"), &reads(MINE)))));
    let role = baseline.roles.values().next().expect("a role");
    assert_eq!((role.instances[MINE].doors.len(), role.told.len()), (MOST_DOORS, told::MOST));
}
