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

/// The log sources of this kind.
fn sources<'a>(end: &'a End, source: &str) -> Vec<&'a Value> {
    let rows: Vec<_> = end.list("/sources").iter().filter(|row| row["source"] == source).collect();
    assert!(!rows.is_empty(), "no {source}: {:#}", end.document);
    rows
}

fn all_are(end: &End, source: &str, state: &str, words: &[&str]) {
    for row in sources(end, source) {
        assert_eq!(row["state"], state, "{row:#}");
        assert!(words.iter().all(|word| row.to_string().contains(word)), "{words:?} in {row:#}");
    }
}

const SOURCES: [&str; 4] = ["CloudTrail", "VPC flow logs", "GuardDuty", "resolver query logs"];

#[test]
fn log_sources_that_are_off_are_said_with_what_goes_unseen() {
    let incident = Incident::new();
    let before = incident.photo();
    let end = incident.home.run(&["doctor"]).ends_with(0);
    for source in SOURCES {
        all_are(&end, source, "off", &["us-east-1"]);
        assert!(sources(&end, source).iter().all(|row| row["unseen"].as_str().unwrap().len() > 20), "{source}");
    }
    assert_eq!(incident.photo(), before);
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
}

#[test]
fn log_sources_that_are_on_are_said_with_how_they_are_set() {
    let incident = Incident::new();
    incident.server.switch_sources_on();
    let end = incident.home.run(&["doctor"]).ends_with(0);
    all_are(&end, "CloudTrail", "on", &["main", "all regions", "management calls", "no data events"]);
    all_are(&end, "VPC flow logs", "on", &["a record each 60 s", "nothing of its kind"]);
    all_are(&end, "GuardDuty", "on", &["fifteen minutes"]);
    all_are(&end, "resolver query logs", "on", &["vpc-"]);
    all_are(&end, "log retention", "partly", &["days ago"]);
    for (what, days) in [("s3://trail-logs", "365 days"), ("log group trail-group", "30 days")] {
        let row = sources(&end, "log retention").into_iter().find(|row| row["what"] == what).expect(what);
        assert!(row["detail"].as_str().unwrap().contains(days), "{row:#}");
    }
    all_are(&end, "reading the logs", "on", &["s3://trail-logs"]);
    assert!(end.text("/not_looked_at").contains("CloudTrail Lake"));
}

#[test]
fn what_may_not_be_asked_is_unknown_and_never_off() {
    let incident = Incident::new();
    incident.server.switch_sources_on();
    let some = [
        "cloudtrail:GetTrailStatus",
        "guardduty:GetDetector",
        "logs:DescribeLogGroups",
        "s3:GetBucketLifecycleConfiguration",
        "s3:ListObjectsV2",
    ];
    incident.server.control("deny", &json!({"account": "111111111111", "actions": some}));
    let end = incident.home.run(&["doctor"]).ends_with(0);
    for source in ["CloudTrail", "GuardDuty", "log retention", "reading the logs"] {
        all_are(&end, source, "unknown", &["not known: denied"]);
    }
    all_are(&end, "VPC flow logs", "on", &[]);
    let all = ["cloudtrail:*", "ec2:DescribeFlowLogs", "guardduty:*", "route53resolver:*"];
    incident.server.control("deny", &json!({"account": "111111111111", "actions": all}));
    let end = incident.home.run(&["doctor"]).ends_with(0);
    for source in SOURCES {
        all_are(&end, source, "unknown", &["not known: denied", "allow "]);
    }
}

/// A watch that would receive nothing is found before the night in which it is needed.
#[test]
fn the_queue_of_the_watch_is_asked_how_it_stands() {
    let incident = Incident::new();
    incident.home.write("feed.json", &json!({"queue": "news", "objects": {}, "messages": [{"a": 1}]}).to_string());
    let queue = incident.server.feed(&incident.home.path().join("feed.json"));
    let configure = |queue: &str| {
        incident.configure(|settings| {
            settings.policy.push(format!("[detect]\nqueue = \"{queue}\"\n"));
        });
    };
    configure(&queue);
    let row = check(&incident.home.run(&["doctor"]).ends_with(0), "queue of the watch").clone();
    assert_eq!(row["health"], "warn");
    let detail = row["detail"].as_str().unwrap();
    assert!(detail.contains("1 messages wait") && detail.contains("no dead-letter queue"), "{row}");
    configure(&format!("{queue}-of-nobody"));
    let end = incident.home.run(&["doctor"]).ends_with(4);
    let row = check(&end, "queue of the watch");
    assert!(row["health"] == "fail" && row["detail"].as_str().unwrap().contains("sqs:GetQueueAttributes"), "{row}");
}
