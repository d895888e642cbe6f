//! Attack sequences name several instances, each with an account and region of its own.

use crate::support::{ACCOUNT, INSTANCE, advice, finding, only};
use casebook::finding::{Advice, Evidence, FindingError, parse};
use serde_json::{Value, json};

const SECOND: &str = "i-0aaaaaaaaaaaaaaaa";
const THIRD: &str = "i-0bbbbbbb";

fn sequence(kind: &str, resources: Value) -> Value {
    let mut sequence = finding(kind);
    sequence["resource"] = json!({"resourceType": "AttackSequence"});
    sequence["service"]["detection"] = json!({"sequence": {
        "uid": "s", "description": "d", "signals": [], "resources": resources,
        "endpoints": [{"id": "e", "ip": "203.0.113.5", "domain": "bad.example"}]}});
    sequence
}

fn group(resources: Value) -> Value {
    sequence("AttackSequence:EC2/CompromisedInstanceGroup", resources)
}

#[test]
fn each_instance_is_accused_once_in_order_and_at_home() {
    let resources = json!([
        {"resourceType": "EC2_INSTANCE", "uid": format!("arn:aws:ec2:us-east-2:{ACCOUNT}:instance/{INSTANCE}")},
        {"resourceType": "EC2_NETWORK_INTERFACE", "uid": "eni-0123456789abcdef0"},
        {"resourceType": "EC2_INSTANCE", "uid": SECOND, "accountId": "444455556666", "region": "eu-north-1"},
        {"resourceType": "EC2_INSTANCE", "uid": format!("arn:aws:ec2:us-east-2:{ACCOUNT}:instance/{INSTANCE}")},
        {"resourceType": "EC2_INSTANCE", "uid": THIRD},
    ]);
    let finding = only(&group(resources).to_string());
    let homes: Vec<_> =
        finding.accused.iter().map(|a| (a.instance.as_str(), a.account.as_str(), a.region.as_str())).collect();
    assert_eq!(
        homes,
        [(INSTANCE, ACCOUNT, "us-east-2"), (SECOND, "444455556666", "eu-north-1"), (THIRD, ACCOUNT, "eu-west-1"),]
    );
    assert!(finding.accused.iter().all(|accused| accused.evidence == Evidence::SequenceResource));
    assert_eq!(finding.sightings.domains, ["bad.example"]);
    let Advice::Respond { instances, revoke_first, .. } = finding.advice() else { panic!("{finding:?}") };
    assert_eq!((instances.len(), revoke_first), (3, false));
}

#[test]
fn groups_list_the_instances_where_the_resources_do_not() {
    let resources = json!([
        {"resourceType": "IAM_INSTANCE_PROFILE", "uid": "p", "data": {"iamInstanceProfile": {"ec2InstanceUids": [INSTANCE, SECOND]}}},
        {"resourceType": "AUTOSCALING_AUTO_SCALING_GROUP", "uid": "g",
         "data": {"autoscalingAutoScalingGroup": {"ec2InstanceUids": [SECOND]}}},
    ]);
    let Advice::Respond { instances, .. } = advice(&group(resources)) else { panic!("no response") };
    assert_eq!(instances, [INSTANCE, SECOND]);
}

#[test]
fn the_nodes_of_a_cluster_are_not_accused_by_being_listed() {
    let resources =
        json!([{"resourceType": "EKS_CLUSTER", "uid": "c", "data": {"eksCluster": {"ec2InstanceUids": [INSTANCE]}}}]);
    let cluster = sequence("AttackSequence:EKS/CompromisedCluster", resources);
    assert!(matches!(advice(&cluster), Advice::Refuse { .. }));
}

#[test]
fn a_session_in_a_sequence_about_credentials_asks() {
    let resources = json!([{"resourceType": "ACCESS_KEY", "uid": "ASIAEXAMPLE", "data": {"accessKey": {
        "principalId": format!("AROAEXAMPLE:{INSTANCE}"), "userName": "web"}}}]);
    let credentials = sequence("AttackSequence:IAM/CompromisedCredentials", resources);
    let Advice::AskAPerson { instances, .. } = advice(&credentials) else { panic!("not asked") };
    assert_eq!(instances, [INSTANCE]);
}

#[test]
fn one_bad_instance_stops_the_whole_finding() {
    for uid in ["i-0123456789abcdef0 --force", "<script>", "", "arn:aws:ec2:us-east-2:1:volume/vol-0123456789abcdef0"] {
        let resources =
            json!([{"resourceType": "EC2_INSTANCE", "uid": INSTANCE}, {"resourceType": "EC2_INSTANCE", "uid": uid}]);
        let error = parse(group(resources).to_string().as_bytes()).unwrap_err();
        assert!(matches!(&error, FindingError::BadInstance { field, .. } if field.contains("resources[1]")), "{error}");
    }
}

#[test]
fn an_account_that_is_none_stops_the_finding() {
    let resources = json!([{"resourceType": "EC2_INSTANCE", "uid": INSTANCE, "accountId": "mine"}]);
    assert!(matches!(parse(group(resources).to_string().as_bytes()), Err(FindingError::Field { .. })));
}
