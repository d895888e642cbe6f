//! Stolen credentials of an instance's role: the instance is in the principal.

use crate::support::{ACCOUNT, INSTANCE, advice, finding, only, refusal};
use casebook::finding::{Advice, Evidence, FindingError, parse};
use serde_json::{Value, json};

const TYPE: &str = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration";

fn stolen(variant: &str, principal: &str) -> Value {
    let mut stolen = finding(&format!("{TYPE}{variant}"));
    stolen["resource"] = json!({"resourceType": "AccessKey", "accessKeyDetails": {
        "accessKeyId": "ASIAEXAMPLE", "principalId": principal, "userType": "AssumedRole", "userName": "web"}});
    stolen["service"]["action"] = json!({"actionType": "AWS_API_CALL", "awsApiCallAction": {
        "api": "ListBuckets", "remoteIpDetails": {"ipAddressV4": "203.0.113.77"}}});
    stolen
}

#[test]
fn sessions_come_first_for_each_variant() {
    for variant in ["", ".OutsideAWS", ".InsideAWS"] {
        let finding = only(&stolen(variant, &format!("AROAEXAMPLE:{INSTANCE}")).to_string());
        let Advice::Respond { instances, revoke_first: true, why } = finding.advice() else { panic!("{finding:?}") };
        assert_eq!(instances, [INSTANCE]);
        assert!(why.contains("sessions first"), "{why}");
        let principal_id = format!("AROAEXAMPLE:{INSTANCE}");
        assert_eq!(finding.accused[0].evidence, Evidence::Principal { principal_id, role: Some("web".to_owned()) });
        assert_eq!(finding.sightings.addresses, ["203.0.113.77".parse::<std::net::IpAddr>().unwrap()]);
    }
}

#[test]
fn the_account_that_used_them_inside_aws_is_named() {
    let mut inside = stolen(".InsideAWS", &format!("AROAEXAMPLE:{INSTANCE}"));
    inside["service"]["action"]["awsApiCallAction"]["remoteAccountDetails"] =
        json!({"accountId": "444455556666", "affiliated": false});
    let finding = only(&inside.to_string());
    let remote = finding.sightings.remote_account.clone().unwrap();
    assert_eq!((remote.account.as_str(), remote.affiliated), ("444455556666", Some(false)));
    let Advice::Respond { why, .. } = finding.advice() else { panic!("{finding:?}") };
    assert!(why.contains("in account 444455556666"), "{why}");
}

#[test]
fn the_session_may_stand_in_the_user_name() {
    for user in [INSTANCE.to_owned(), format!("arn:aws:sts::{ACCOUNT}:assumed-role/web/{INSTANCE}")] {
        let mut stolen = stolen(".OutsideAWS", "AROAEXAMPLE");
        stolen["resource"]["accessKeyDetails"]["userName"] = json!(user);
        assert!(matches!(advice(&stolen), Advice::Respond { revoke_first: true, .. }), "{user}");
    }
}

#[test]
fn instance_details_serve_where_the_principal_is_silent() {
    let mut stolen = stolen(".OutsideAWS", "AROAEXAMPLE:deploy");
    stolen["resource"]["instanceDetails"] = json!({"instanceId": INSTANCE});
    assert!(matches!(advice(&stolen), Advice::Respond { revoke_first: true, .. }));
}

#[test]
fn details_that_repeat_the_principal_add_nothing_and_others_ask() {
    let mut both = stolen(".OutsideAWS", &format!("AROAEXAMPLE:{INSTANCE}"));
    both["resource"]["instanceDetails"] = json!({"instanceId": INSTANCE});
    assert_eq!(only(&both.to_string()).accused.len(), 1);
    both["resource"]["instanceDetails"] = json!({"instanceId": "i-0fedcba9876543210"});
    let Advice::AskAPerson { instances, why } = advice(&both) else { panic!("not asked") };
    assert_eq!(instances, [INSTANCE, "i-0fedcba9876543210"]);
    assert!(why.contains("the stolen session belongs to"), "{why}");
}

#[test]
fn no_instance_in_the_principal_is_refused_with_what_to_do() {
    assert!(refusal(&stolen(".OutsideAWS", "AROAEXAMPLE:alice")).contains("revoke its sessions"));
}

#[test]
fn a_session_like_an_instance_that_is_none_is_an_error_here_and_ignored_elsewhere() {
    let forged = format!("AROAEXAMPLE:{INSTANCE};reboot");
    let error = parse(stolen(".OutsideAWS", &forged).to_string().as_bytes()).unwrap_err();
    assert!(matches!(&error, FindingError::BadInstance { field, .. } if field.ends_with("principalId")), "{error}");
    let mut anomaly = stolen("", "AROAEXAMPLE:i-am-alice");
    anomaly["type"] = json!("Discovery:IAMUser/AnomalousBehavior");
    assert!(refusal(&anomaly).contains("no EC2 instance"));
}

#[test]
fn an_instance_session_in_another_finding_asks() {
    let mut anomaly = stolen("", &format!("AROAEXAMPLE:{INSTANCE}"));
    anomaly["type"] = json!("Discovery:IAMUser/AnomalousBehavior");
    let Advice::AskAPerson { instances, .. } = advice(&anomaly) else { panic!("not asked") };
    assert_eq!(instances, [INSTANCE]);
}
