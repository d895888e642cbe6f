//! Logs in buckets over the wire: the same alerts as from the same files on a disk, only the days that are asked
//! for, what can not be read by name, and a reading that goes on where it stopped.

use crate::harness::{End, Incident};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

const LOGS: &str = "AWSLogs/111111111111/CloudTrail";
const DAYS: [&str; 3] = ["01", "02", "03"];

fn key(region: &str, day: &str, number: usize) -> String {
    format!("{LOGS}/{region}/2026/03/{day}/111111111111_CloudTrail_{region}_202603{day}T12{number:02}Z_x y.json")
}

/// The credentials of the instance make a key for somebody, again and again.
fn trail(incident: &Incident, day: &str, number: usize) -> Value {
    let arn = format!("arn:aws:sts::111111111111:assumed-role/web/{}", incident.instance());
    json!({"Records": [{
        "eventVersion": "1.09", "eventID": format!("11111111-2222-3333-4444-0000{day}00{number:04}"),
        "eventTime": format!("2026-03-{day}T12:{number:02}:00Z"),
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.15", "recipientAccountId": "111111111111",
        "requestParameters": {"userName": "backup"}, "eventType": "AwsApiCall", "eventCategory": "Management",
        "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": "111111111111",
                         "sessionContext": {"ec2RoleDelivery": "2.0"},
                         "principalId": format!("AROAEXAMPLE:{}", incident.instance())},
    }]})
}

/// Three days in two regions, five objects each: a page of the emulator's lists has three. Gives the keys.
fn store(incident: &Incident) -> Vec<String> {
    let regions = ["eu-west-1", "us-east-1"];
    let each = regions.iter().flat_map(|region| DAYS.map(|day| (*region, day)));
    let objects: Vec<_> = each.flat_map(|(region, day)| (0..5).map(move |n| (key(region, day, n), day, n))).collect();
    let on_disk = incident.home.path().join("disk");
    let mut in_bucket = serde_json::Map::new();
    for (key, day, number) in &objects {
        let text = trail(incident, day, *number).to_string();
        let path = on_disk.join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &text).unwrap();
        in_bucket.insert(format!("logs/{key}"), json!(text));
    }
    in_bucket.insert("logs/AWSLogs/".into(), json!(""));
    in_bucket.insert("flat/some/where/a.json".into(), trail(incident, "01", 1));
    incident.home.write("feed.json", &json!({"queue": "q", "objects": in_bucket, "messages": []}).to_string());
    incident.server.feed(&incident.home.path().join("feed.json"));
    objects.into_iter().map(|(key, ..)| key).collect()
}

/// What was fetched, by its path.
fn fetched(incident: &Incident, since: usize) -> BTreeSet<String> {
    incident.calls_since(since).of("GetObject").0.iter().map(|call| call.path.clone()).collect()
}

fn stats(end: &End, field: &str) -> u64 {
    end.document[field].as_u64().unwrap_or_else(|| panic!("no {field} in {:#}", end.document))
}

#[test]
fn a_bucket_gives_the_same_alerts_as_the_same_files_on_a_disk() {
    let incident = Incident::new();
    let keys = store(&incident);
    for command in [
        &["detect"][..],
        &["detect", "--since", "2026-03-02"],
        &["timeline", incident.instance()],
        &["timeline", incident.instance(), "--format", "csv"],
    ] {
        let disk = incident.home.run(&[command, &["disk/AWSLogs"]].concat()).ends_with(0);
        let bucket = incident.home.run(&[command, &["s3://logs/AWSLogs/"]].concat()).ends_with(0);
        assert!(
            disk.stdout.contains("CreateAccessKey") || disk.stdout.contains(incident.instance()),
            "{}",
            disk.stdout
        );
        assert_eq!(disk.stdout, bucket.stdout, "{command:?}");
    }
    let end = incident.home.run(&["detect", "--stats", "s3://logs"]).ends_with(0);
    assert_eq!((stats(&end, "files"), stats(&end, "parsed")), (keys.len() as u64, keys.len() as u64), "every page");
    let flat = incident.home.run(&["detect", "--stats", "s3://flat/some"]).ends_with(0);
    assert_eq!(stats(&flat, "parsed"), 1, "what has no layout is read as it is");
    let one = incident.home.run(&["detect", "--stats", &format!("s3://logs/{}", keys[0])]).ends_with(0);
    assert_eq!(stats(&one, "parsed"), 1, "an object by its key");
}

#[test]
fn a_day_outside_the_period_is_neither_listed_nor_fetched() {
    let incident = Incident::new();
    store(&incident);
    let mark = incident.mark();
    let span = ["--since", "2026-03-03T12:01:00Z", "--until", "2026-03-03T12:03:00Z"];
    let end = incident.home.run(&[&["detect", "--stats", "s3://logs/AWSLogs/"], &span[..]].concat()).ends_with(0);
    assert_eq!(stats(&end, "files"), 20, "the day, and the one before: AWS delivers late");
    let calls = incident.calls_since(mark);
    let listed: Vec<String> = calls.of("ListObjectsV2").0.iter().map(|call| call.param("prefix")).collect();
    assert!(listed.iter().any(|prefix| prefix.ends_with("/2026/03/02/")), "{listed:?}");
    assert!(!listed.iter().any(|prefix| prefix.contains("/2026/03/01")), "{listed:?}");
    assert!(!fetched(&incident, mark).iter().any(|path| path.contains("/2026/03/01/")));
    assert_eq!(calls.attempts().actions(), Vec::<String>::new());
}

#[test]
fn what_can_not_be_read_is_named_and_the_rest_is_read() {
    let incident = Incident::new();
    let keys = store(&incident);
    for (code, status, words) in [
        ("AccessDenied", 403, "allow s3:GetObject"),
        ("InvalidObjectState", 403, "archived"),
        ("NoSuchKey", 404, "gone since it was listed"),
    ] {
        let fault = json!({"action": "GetObject", "code": code, "status": status, "skip": 3});
        incident.server.control("fault", &fault);
        let end = incident.home.run(&["detect", "--stats", "s3://logs/AWSLogs/"]).ends_with(8);
        assert_eq!((stats(&end, "rejected"), stats(&end, "parsed")), (1, keys.len() as u64 - 1), "{}", end.stderr);
        let named: Vec<_> = end.stderr.lines().filter(|line| line.contains("not read: s3://logs/AWSLogs/")).collect();
        assert!(named.len() == 1 && named[0].contains(words), "{}", end.stderr);
    }
    for fault in [json!({"code": "SlowDown", "status": 503, "times": 2}), json!({"drop": true})] {
        let mut fault = fault;
        fault["action"] = json!("GetObject");
        incident.server.control("fault", &fault);
        incident.home.run(&["detect", "--stats", "s3://logs/AWSLogs/"]).ends_with(0);
    }
    let day = json!({"action": "ListObjectsV2", "code": "AccessDenied", "status": 403,
                     "match": {"prefix": format!("{LOGS}/eu-west-1/2026/03/02/")}});
    incident.server.control("fault", &day);
    let end = incident.home.run(&["detect", "--stats", "s3://logs/AWSLogs/"]).ends_with(8);
    assert_eq!((stats(&end, "rejected"), stats(&end, "parsed")), (1, keys.len() as u64 - 5), "{}", end.stderr);
    assert!(end.stderr.contains("eu-west-1/2026/03/02/") && end.stderr.contains("s3:ListBucket"), "{}", end.stderr);
}

#[test]
fn a_bucket_that_is_denied_keeps_nothing_else_from_being_read() {
    let incident = Incident::new();
    store(&incident);
    incident.server.control("deny", &json!({"account": "111111111111", "actions": ["s3:ListObjectsV2"]}));
    let end = incident.home.run(&["detect", "--stats", "s3://logs/AWSLogs/", "disk"]).ends_with(8);
    assert_eq!((stats(&end, "rejected"), stats(&end, "parsed")), (1, 30), "{}", end.stderr);
    assert!(end.stderr.contains("not read: s3://logs/AWSLogs/"), "{}", end.stderr);
}

#[test]
fn a_bucket_or_prefix_that_is_not_there_and_credentials_that_are_not_known_end_it_at_once() {
    let incident = Incident::new();
    store(&incident);
    let detect = |address: &str| incident.home.run(&["detect", address]);
    detect("s3://nowhere/AWSLogs/").fails_with(2, &["s3://nowhere/AWSLogs/", "no such bucket"]);
    detect("s3://logs/AWSLog/").fails_with(2, &["s3://logs/AWSLog/", "no key"]);
    detect("s3:///AWSLogs").fails_with(2, &["names no bucket"]);
    incident.server.control("fault", &json!({"action": "ListObjectsV2", "code": "PermanentRedirect", "status": 301}));
    detect("s3://logs/AWSLogs/").fails_with(2, &["--region"]);
    let without = |variable: &str| {
        let mut program = incident.home.program(&["detect", "s3://logs/AWSLogs/"]);
        End::of(program.env_remove(variable).spawn().unwrap())
    };
    without("AWS_ACCESS_KEY_ID").fails_with(6, &["no AWS credentials"]);
    without("AWS_REGION").fails_with(2, &["no AWS region"]);
    let mut wrong = incident.home.program(&["detect", "s3://logs/AWSLogs/"]);
    End::of(wrong.env("AWS_SECRET_ACCESS_KEY", "wrong").spawn().unwrap()).fails_with(6, &["s3://logs/AWSLogs/"]);
}

#[test]
fn a_cursor_reads_what_was_not_read_to_its_end_and_nothing_twice() {
    let incident = Incident::new();
    let keys = store(&incident);
    incident.server.control("fault", &json!({"action": "GetObject", "code": "AccessDenied", "status": 403, "skip": 7}));
    let detect = ["detect", "--stats", "s3://logs/AWSLogs/", "--cursor", "cursor"];
    let first = incident.home.run(&detect).ends_with(8);
    assert_eq!(stats(&first, "parsed"), keys.len() as u64 - 1);
    let mark = incident.mark();
    let second = incident.home.run(&detect).ends_with(0);
    assert_eq!((stats(&second, "parsed"), fetched(&incident, mark).len()), (1, 1), "{}", second.stderr);
    assert!(second.stderr.contains("1 objects to read, 29 read before"), "{}", second.stderr);
    let mark = incident.mark();
    incident.home.run(&detect).ends_with(0);
    assert!(fetched(&incident, mark).is_empty());
    let other = ["detect", "s3://flat/some", "--cursor", "cursor"];
    incident.home.run(&other).fails_with(2, &["another reading", "s3://logs/AWSLogs/"]);
    let learn = ["baseline", "learn", "s3://logs/AWSLogs/", "-o", "usual", "--cursor", "learnt"];
    let end = incident.home.run(&learn).ends_with(0);
    assert!(end.stderr.contains("learned 1 roles"), "{}", end.stderr);
    let end = incident.home.run(&learn).ends_with(0);
    assert!(end.stderr.contains("0 objects to read, 30 read before"), "{}", end.stderr);
}

#[test]
fn a_reading_that_is_killed_loses_nothing_and_one_that_is_stopped_goes_on() {
    let incident = Incident::new();
    let keys = store(&incident);
    let detect = ["detect", "--stats", "s3://logs/AWSLogs/", "--cursor", "cursor"];
    let file = incident.home.path().join("pid");
    incident.server.control("trap", &json!({"pidfile": file, "nth": 20, "when": "after", "action": "GetObject"}));
    let process = incident.home.start(&detect);
    fs::write(&file, process.id().to_string()).unwrap();
    assert_eq!(End::of(process).code, None, "it was killed");

    incident
        .server
        .control("trap", &json!({"pidfile": file, "nth": 3, "when": "before", "action": "GetObject", "signal": "INT"}));
    let process = incident.home.start(&detect);
    fs::write(&file, process.id().to_string()).unwrap();
    let stopped = End::of(process).ends_with(8);
    assert!(stopped.stderr.contains("stopped by the operator"), "{}", stopped.stderr);
    let rest = incident.home.run(&detect).ends_with(0);
    let (before, after) = (stats(&stopped, "parsed"), stats(&rest, "parsed"));
    assert!(before > 0 && after > 0 && before + after == keys.len() as u64, "{before} and {after}");
}
