//! Many roles, many instances, and much that is known of each.

use super::super::bounds::{MOST_FACTS, weight};
use super::super::call::Way;
use super::*;
use jiff::SignedDuration;

/// A call of the instance of a role of its own, so many seconds after the first.
fn of_role(number: usize, seconds: usize) -> Call {
    let raw = places::by_endpoint(&record(MINE, "s3.amazonaws.com", "GetObject", "198.51.100.7", None));
    let call = Call::of(&call(&raw), &Holdings::new()).expect("an instance's");
    let at = call.at + SignedDuration::from_secs(i64::try_from(seconds).expect("few"));
    Call { role: format!("{number:012}:assumed-role/web"), at, ..call }
}

#[test]
fn of_too_many_roles_the_stalest_are_forgotten_and_counted() {
    let (roles, faithful) = (9_000, 1_000_000);
    let mut baseline = Baseline::of_places();
    for number in 0..roles {
        baseline.judge(&of_role(number, number));
        baseline.judge(&of_role(faithful, number));
        assert!(baseline.roles.len() < 4_000, "after {number}");
    }
    assert!(weight(&baseline.roles) <= MOST_FACTS);
    let kept: Vec<&String> = baseline.roles.keys().collect();
    let newest: Vec<String> = (roles + 1 - kept.len()..roles).chain([faithful]).map(|n| of_role(n, 0).role).collect();
    assert_eq!(kept, newest.iter().collect::<Vec<_>>(), "who goes on calling is never stale");
    assert_eq!(baseline.forgotten(), (roles + 1 - kept.len()) as u64);
}

#[test]
fn of_a_role_with_too_many_instances_the_stalest_is_forgotten_and_counted() {
    let mut baseline = Baseline::of_places();
    (0..3_000).for_each(|number| {
        let call = Call { instance: format!("i-{number:017x}"), ..of_role(1, 3_000 - number) };
        baseline.judge(&call);
    });
    let role = baseline.roles.values().next().expect("a role");
    assert_eq!((role.instances.len() as u64) + baseline.forgotten(), 3_000);
    assert!(role.instances.contains_key("i-00000000000000000"), "it has called last, though it came first");
}

#[test]
fn what_is_known_of_instances_counts_and_not_their_number_alone() {
    let mut baseline = Baseline::of_places();
    for number in 0..700 {
        let call = of_role(number, number);
        for fact in 0..128 {
            let (region, agent) = (format!("region-{fact}"), format!("program{fact}"));
            baseline.judge(&Call { region, agent, ..call.clone() });
        }
        let now = weight(&baseline.roles);
        assert!(now <= MOST_FACTS, "{now} after {number}");
    }
    assert!(baseline.roles.len() > 150 && baseline.forgotten() > 50, "{}", baseline.roles.len());
}

#[test]
fn what_was_told_of_a_role_counts_and_goes_with_it() {
    let mut baseline = Baseline::of_places();
    for number in 0..60 {
        let call = of_role(number, number);
        baseline.judge(&call);
        for place in 0..1_000 {
            let network = format!("11.{}.{}.0/24", place / 256, place % 256);
            baseline.judge(&Call { network, way: Way::Public, ..call.clone() });
        }
        assert!(weight(&baseline.roles) <= MOST_FACTS, "after {number}");
    }
    assert!(baseline.forgotten() > 0);
}

#[test]
fn kinds_of_calls_with_their_callers_count_and_callers_go_with_their_instance() {
    let mut baseline = Baseline::default();
    for role in 0..7 {
        for instance in 0..200 {
            let call = Call { instance: format!("i-{instance:017x}"), ..of_role(role, role * 300 + instance) };
            for kind in 0..200 {
                baseline.learn_call(&Call { kind: format!("s3.amazonaws.com Get{kind}"), ..call.clone() });
            }
        }
        assert!(weight(&baseline.roles) <= MOST_FACTS, "role {role}");
    }
    assert!(baseline.forgotten() > 0);
    for role in baseline.roles.values() {
        let callers = role.kinds.values().flat_map(|kind| &kind.callers);
        assert!(callers.into_iter().all(|caller| role.instances.contains_key(caller)));
    }
}
