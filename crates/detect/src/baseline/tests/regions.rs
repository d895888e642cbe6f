//! Calls that matter in a region where the role never made them.

use super::*;

const AWAY: &str = "ap-south-1";

fn launch(instance: &str) -> String {
    record(instance, "ec2.amazonaws.com", "RunInstances", "198.51.100.7", None)
}

/// Two peers that launch instances in one region.
fn launching() -> Baseline {
    let mut baseline = learned(2_000);
    [MINE, PEER].iter().for_each(|instance| baseline.learn(&call(&launch(instance))));
    baseline
}

#[test]
fn a_call_that_matters_is_told_in_a_new_region_and_the_sentence_names_it() {
    let mut baseline = launching();
    assert_eq!(judged(&mut baseline, &launch(MINE)), []);
    let unusual = found(&mut baseline, &there(AWAY, &launch(MINE)));
    assert_eq!(
        unusual[0].why,
        format!(
            "first RunInstances of ec2.amazonaws.com in {AWAY} by {MINE}; its role has made it in us-east-1 only (100 % sure)"
        )
    );
    assert_eq!((unusual[0].what, unusual[0].level), (What::FirstCall, Level::Medium));
    assert_eq!(judged(&mut baseline, &there(AWAY, &launch(MINE))), [], "told once");
    assert_eq!(judged(&mut baseline, &there(AWAY, &launch(PEER))), [(What::FirstCall, Level::Medium)], "of each");
}

#[test]
fn reading_in_a_new_region_is_not_told() {
    let mut baseline = learned(2_000);
    for (service, name) in [("ec2.amazonaws.com", "DescribeInstances"), ("s3.amazonaws.com", "GetObject")] {
        let raw = record(MINE, service, name, "198.51.100.7", None);
        baseline.learn(&call(&raw));
        assert_eq!(judged(&mut baseline, &there(AWAY, &raw)), [], "{name}");
    }
}

#[test]
fn an_instance_that_was_put_into_a_new_region_is_worth_no_look() {
    let mut baseline = launching();
    let fresh = "i-00000000000000001";
    let told = judged(&mut baseline, &there(AWAY, &launch(fresh)));
    assert_eq!(told, [(What::FirstCall, Level::Low)], "it was never met");
    let mut baseline = launching();
    let reads = record(fresh, "s3.amazonaws.com", "GetObject", "198.51.100.7", None);
    judged(&mut baseline, &there(AWAY, &reads));
    assert_eq!(
        judged(&mut baseline, &there(AWAY, &launch(fresh))),
        [(What::FirstCall, Level::Low)],
        "it is at home there"
    );
}

#[test]
fn looking_around_in_a_region_makes_nobody_at_home_there() {
    let mut baseline = launching();
    let look = record(MINE, "ec2.amazonaws.com", "DescribeInstances", "198.51.100.7", None);
    (0..50).for_each(|_| drop(judged(&mut baseline, &there(AWAY, &look))));
    assert_eq!(judged(&mut baseline, &there(AWAY, &launch(MINE))), [(What::FirstCall, Level::Medium)]);
}

#[test]
fn a_role_that_moves_to_another_region_is_told_of_three_instances() {
    let mut baseline = of_a_day();
    let instances: Vec<String> = (0..20).map(|number| format!("i-{number:017x}")).collect();
    for instance in &instances {
        (0..100).for_each(|_| baseline.learn(&call(&launch(instance))));
    }
    let moved: usize =
        instances.iter().map(|instance| judged(&mut baseline, &there(AWAY, &launch(instance))).len()).sum();
    assert_eq!(moved, told::HABIT);
}
