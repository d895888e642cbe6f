//! The doctor over the wire: what works, what would hold a run, and that looking changes nothing.

use crate::harness::{End, Incident};
use serde_json::{Value, json};

/// The check of this name.
fn check<'a>(end: &'a End, what: &str) -> &'a Value {
    let checks = end.list("/checks");
    checks.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("no check of {what}: {checks:#?}"))
}

#[test]
fn a_surrounding_that_is_ready_fails_no_check_and_is_not_changed() {
    let incident = Incident::new();
    let before = incident.photo();
    let end = incident.home.run(&["doctor", incident.instance()]).ends_with(0);
    for what in ["source account", "forensic account", "forensic key", "share key", "sealed subnet"] {
        assert_eq!(check(&end, what)["health"], "ok", "{:#}", end.document);
    }
    assert_eq!(check(&end, "ec2:CreateSnapshots")["health"], "ok");
    assert_eq!(incident.photo(), before);
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
}

#[test]
fn quotas_are_read_in_both_accounts_applied_or_default() {
    let incident = Incident::new();
    let end = incident.home.run(&["doctor"]).ends_with(0);
    let said = |what: &str| check(&end, what)["detail"].as_str().unwrap().to_owned();
    assert!(said("quota, source: security groups").contains(" of 300 in use"), "the applied value");
    assert!(said("quota, source: snapshots").contains(" of 100000 in use"), "the default, where none is applied");
    assert!(said("quota, forensic: GiB of gp2 volumes").contains(" of 51200 in use"), "TiB in GiB");
    assert_eq!(check(&end, "quota, forensic: vCPUs of running instances")["health"], "ok");
}

#[test]
fn a_quota_that_may_not_be_read_is_said_and_holds_nothing() {
    let incident = Incident::new();
    incident.server.control("deny", &json!({"account": "111111111111", "actions": ["servicequotas:GetServiceQuota"]}));
    let end = incident.home.run(&["doctor"]).ends_with(0);
    let row = check(&end, "quota, source: snapshots");
    assert_eq!(row["health"], "warn");
    assert!(row["detail"].as_str().unwrap().contains("servicequotas:GetServiceQuota"), "{row}");
}

/// What custody needs is rehearsed in the forensic account: a permission that is missing there fails.
#[test]
fn a_permission_that_custody_would_miss_is_found_before_the_incident() {
    for action in ["ec2:CopySnapshot", "ec2:CopyImage", "ec2:CreateVolume", "ec2:LockSnapshot", "ec2:RunInstances"] {
        let incident = Incident::new();
        incident.server.control("deny", &json!({"account": "222222222222", "actions": [action]}));
        let end = incident.home.run(&["doctor"]).ends_with(4);
        let row = check(&end, &format!("forensic {action}"));
        assert_eq!(row["health"], "fail", "{row}");
        assert!(row["detail"].as_str().unwrap().contains(action), "{row}");
    }
}
