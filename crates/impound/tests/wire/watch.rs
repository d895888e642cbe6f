//! The watch over the wire: findings and logs come by a queue, as AWS delivers them: more than once, out
//! of order, and among what nobody understands. One case is opened, once.

use crate::findings::about;
use crate::harness::{End, Incident};
use ledger::{CaseFile, Store};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;

const AT: &str = "2026-03-01T12:00:00Z";
const KEY: &str = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/01/a b=1.json.gz";
const KEY_IN_NOTIFICATION: &str = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/03/01/a+b%3D1.json.gz";
/// Whatever is grave is contained.
const TRIGGER: &str = "[[trigger]]\nlevel = \"high\"\n";

/// A queue that holds these messages, and a bucket with these objects.
fn feed(incident: &Incident, objects: &Value, messages: &[Value]) -> String {
    let file = json!({"queue": "news", "objects": objects, "messages": messages}).to_string();
    incident.home.write("feed.json", &file);
    incident.server.feed(&incident.home.path().join("feed.json"))
}

/// More of `impound.toml`.
fn configure(incident: &Incident, more: &str) {
    incident.configure(|settings| settings.policy.push(more.to_owned()));
}

/// A finding of GuardDuty's as EventBridge delivers it.
fn finding(incident: &Incident, id: &str) -> Value {
    let mut event = about(incident, "Recon-EC2-Portscan.json");
    event["detail"]["Id"] = json!(id);
    event["detail"]["UpdatedAt"] = json!(AT);
    event
}

fn finding_about(incident: &Incident, number: usize) -> Value {
    let mut event = finding(incident, &format!("forged-{number}"));
    event["detail"]["Resource"]["InstanceDetails"]["InstanceId"] = json!(format!("i-{number:017x}"));
    event
}

/// The credentials of the instance make a key for somebody.
fn trail(incident: &Incident) -> Value {
    let arn = format!("arn:aws:sts::111111111111:assumed-role/web/{}", incident.instance());
    json!({"Records": [{
        "eventVersion": "1.09", "eventID": "11111111-2222-3333-4444-555555555555", "eventTime": AT,
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "awsRegion": incident.world.text("/region"),
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.15", "recipientAccountId": "111111111111",
        "requestParameters": {"userName": "backup"}, "eventType": "AwsApiCall", "eventCategory": "Management",
        "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": "111111111111",
                         "sessionContext": {"ec2RoleDelivery": "2.0"},
                         "principalId": format!("AROAEXAMPLE:{}", incident.instance())},
    }]})
}

fn notification(key: &str) -> Value {
    json!({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
                        "eventName": "ObjectCreated:Put",
                        "s3": {"bucket": {"name": "logs"}, "object": {"key": key, "size": 1}}}]})
}

fn by_topic(message: &Value) -> Value {
    json!({"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:111111111111:t", "Message": message.to_string()})
}

fn watch(incident: &Incident, queue: &str, options: &[&str]) -> End {
    incident.home.run(&[&["watch", "--queue", queue, "--once"], options].concat())
}

/// The alerts on stdout.
fn alerts(end: &End) -> Vec<Value> {
    end.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of a kind in the watch's ledger.
fn journal(incident: &Incident, kind: &str) -> Vec<Value> {
    let entries = CaseFile::read(&incident.home.state().join("watch"), "journal").unwrap().entries().unwrap();
    entries.into_iter().map(|entry| entry.body).filter(|body| body["entry"] == kind).collect()
}

fn assert_contained(incident: &Incident) -> End {
    let status = incident.home.run(&["status", &incident.only_case()]).ends_with(0);
    assert_eq!(status.text("/verdict/network"), "new-flows-blocked", "{:#}", status.document);
    status
}

#[test]
fn a_finding_and_a_trail_delivered_twice_and_out_of_order_open_one_case_that_names_them() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let (finding, file) = (by_topic(&finding(&incident, "f1")), notification(KEY_IN_NOTIFICATION));
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "logs"});
    let objects = json!({(format!("logs/{KEY}")): trail(&incident)});
    let queue = feed(&incident, &objects, &[file.clone(), finding.clone(), test, file, finding]);
    let end = watch(&incident, &queue, &["--verbose"]).ends_with(0);
    // `--nocapture` shows it: docs/measured.md.
    let opened = end.stderr.lines().find(|line| line.contains("ms after its message came")).expect("the time it took");
    println!("{opened}");
    assert!(end.stderr.contains("took 5 messages"), "{}", end.stderr);
    assert_contained(&incident);
    assert_eq!(journal(&incident, "start").len(), 1);
    assert_eq!(journal(&incident, "ended").len(), 1);

    let told = alerts(&end);
    assert!(!told.is_empty() && told.iter().all(|alert| alert["resources"][0]["uid"] == incident.instance()));
    let case = incident.only_case();
    let report = incident.home.run(&["report", &case, "--format", "md"]).ends_with(0).stdout;
    let entries = CaseFile::read(&incident.home.state(), &case).unwrap().entries().unwrap();
    let note = &entries[0].body["finding"];
    let alert = told.iter().find(|alert| alert["finding_info"]["uid"] == note["id"]).expect("the alert was told");
    let event = &alert["evidences"][0]["data"]["events"][0];
    assert!(report.contains(note["title"].as_str().unwrap()), "{report}");
    for text in [&event["uid"], &event["sha256"]] {
        assert!(report.contains(text.as_str().unwrap()), "no {text} in {report}");
        assert!(note.to_string().contains(text.as_str().unwrap()), "no {text} in {note:#}");
    }

    let mark = incident.mark();
    let again = watch(&incident, &queue, &[]).ends_with(0);
    assert!(again.stderr.contains("took 0 messages"), "everything was deleted: {}", again.stderr);
    assert_eq!(incident.calls_since(mark).attempts().actions(), Vec::<String>::new());
}

#[test]
fn a_trail_alone_starts_the_response_and_the_report_shows_the_call() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let objects = json!({(format!("logs/{KEY}")): trail(&incident)});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    watch(&incident, &queue, &[]).ends_with(0);
    assert_contained(&incident);
    let report = incident.home.run(&["report", &incident.only_case(), "--format", "md"]).ends_with(0).stdout;
    assert!(report.contains("CreateAccessKey") && report.contains("11111111-2222-3333-4444-555555555555"), "{report}");
}

/// A trail is stopped with somebody's keys from the public address of the instance. Nothing but what the case has
/// captured says whose address that is.
#[test]
fn what_its_own_case_has_captured_leads_a_later_call_to_the_instance() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let from_its_address = || {
        let photo = incident.photo();
        let interfaces = photo["target"]["interfaces"].as_object().unwrap();
        let address = interfaces.values().find_map(|one| one["public"].as_str()).expect("a public address");
        json!({"Records": [{
            "eventVersion": "1.09", "eventID": "e1", "eventTime": jiff::Timestamp::now().to_string(),
            "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "awsRegion": "us-east-1",
            "sourceIPAddress": address, "eventType": "AwsApiCall", "eventCategory": "Management",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ops",
                             "accountId": "111111111111"},
        }]})
    };
    watch(&incident, &queue, &[]).ends_with(0);
    let objects = json!({(format!("logs/{KEY}")): from_its_address()});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    let told = alerts(&watch(&incident, &queue, &[]).ends_with(0));
    assert_eq!(told[0]["resources"][0]["uid"], incident.instance(), "{told:#?}");
}

#[test]
fn what_is_not_understood_is_named_kept_and_no_obstacle() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let messages = [json!("hello"), notification("not/there.json.gz"), finding(&incident, "f1")];
    let queue = feed(&incident, &json!({"logs/other": "x"}), &messages);
    let end = watch(&incident, &queue, &[]).ends_with(8);
    assert!(end.stderr.contains("not JSON") && end.stderr.contains("s3://logs/not/there.json.gz"), "{}", end.stderr);
    assert_contained(&incident);
    let dead = journal(&incident, "dead-letter");
    assert_eq!(dead.len(), 2, "{dead:#?}");
    let store = CaseFile::read(&incident.home.state().join("watch"), "journal").unwrap();
    let bodies: Vec<_> =
        dead.iter().map(|line| store.artefact(&line["sha256"].as_str().unwrap().parse().unwrap()).unwrap()).collect();
    assert!(bodies.iter().any(|body| body == b"hello"), "{bodies:?}");
    assert!(watch(&incident, &queue, &[]).ends_with(0).stderr.contains("took 0 messages"));
}

#[test]
fn a_bucket_that_is_not_among_those_named_is_not_read() {
    let incident = Incident::new();
    configure(&incident, &format!("{TRIGGER}[detect]\nbuckets = [\"ours\"]\n"));
    let objects = json!({(format!("logs/{KEY}")): trail(&incident)});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    let end = watch(&incident, &queue, &[]).ends_with(8);
    assert!(end.stderr.contains("detect.buckets does not name that bucket"), "{}", end.stderr);
    assert!(alerts(&end).is_empty());
    assert_eq!(journal(&incident, "dead-letter").len(), 1);
}

#[test]
fn a_throttled_object_is_read_when_its_message_comes_again() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let objects = json!({(format!("logs/{KEY}")): trail(&incident)});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    incident.server.control("fault", &json!({"action": "GetObject", "code": "SlowDown", "status": 503}));
    let end = incident.home.run(&["watch", "--queue", &queue, "--for", "5s"]).ends_with(0);
    assert!(end.stderr.contains("is left for later"), "{}", end.stderr);
    assert_contained(&incident);
    assert!(journal(&incident, "dead-letter").is_empty());
}

/// A watch that is killed when the response has begun and its message is still there.
fn kill_before_a_delete(incident: &Incident, queue: &str) {
    let file = incident.home.path().join("pid");
    incident.server.control("trap", &json!({"pidfile": file, "nth": 1, "when": "before", "action": "DeleteMessage"}));
    let process = incident.home.start(&["watch", "--queue", queue, "--once"]);
    std::fs::write(&file, process.id().to_string()).unwrap();
    assert_eq!(End::of(process).code, None, "it was killed");
}

#[test]
fn killed_before_a_message_is_deleted_nothing_is_started_twice_and_nothing_is_lost() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    kill_before_a_delete(&incident, &queue);
    assert_eq!((journal(&incident, "start").len(), journal(&incident, "ended").len()), (1, 0));

    let end = incident.home.run(&["watch", "--queue", &queue, "--for", "5s"]).ends_with(0);
    assert!(end.stderr.contains("going on with the response"), "{}", end.stderr);
    assert!(end.stderr.contains("took 1 messages"), "it came again: {}", end.stderr);
    assert_contained(&incident);
    assert_eq!((journal(&incident, "start").len(), journal(&incident, "ended").len()), (1, 1));
    let decisions: Vec<_> = journal(&incident, "alert").iter().map(|line| line["decision"].to_string()).collect();
    assert!(decisions.contains(&"\"a response was started before\"".to_owned()), "{decisions:#?}");
}

#[test]
fn a_dry_run_does_not_go_on_with_what_an_earlier_watch_has_begun() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    kill_before_a_delete(&incident, &queue);

    let mark = incident.mark();
    let dry = watch(&incident, &queue, &["--dry-run"]).ends_with(0);
    assert!(dry.stderr.contains("is not over; not going on with it"), "{}", dry.stderr);
    assert_eq!(incident.calls_since(mark).attempts().actions(), Vec::<String>::new());
    assert_eq!((journal(&incident, "start").len(), journal(&incident, "ended").len()), (1, 0));
    watch(&incident, &queue, &[]).ends_with(0);
    assert_contained(&incident);
    assert_eq!((journal(&incident, "start").len(), journal(&incident, "ended").len()), (1, 1));
}

#[test]
fn what_a_person_has_released_meanwhile_is_not_contained_again() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    watch(&incident, &queue, &[]).ends_with(0);
    incident.home.run(&["release", &incident.only_case(), "--yes"]).ends_with(0);
    // As if the watch had been killed before it could write how the response ended.
    let start = journal(&incident, "start").remove(0);
    let mut ledger = CaseFile::open(&incident.home.state().join("watch"), "journal", "test").unwrap();
    ledger.append(AT, &[start]).unwrap();
    drop(ledger);
    let mark = incident.mark();
    watch(&incident, &queue, &[]).ends_with(0);
    assert_eq!(journal(&incident, "ended")[1]["reason"], "the case was closed meanwhile");
    assert_eq!(incident.calls_since(mark).attempts().actions(), Vec::<String>::new());
    incident.only_case();
}

#[test]
fn forged_findings_open_the_breaker_which_only_a_person_closes() {
    let incident = Incident::new();
    let limits = "[limits]\nbreaker = 5\nper_hour = 1000\nper_account = 1000\n";
    configure(&incident, &format!("{TRIGGER}{limits}"));
    let mut messages: Vec<_> = (1..=60).map(|number| finding_about(&incident, number)).collect();
    messages.push(finding(&incident, "f1"));
    let queue = feed(&incident, &json!({}), &messages);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    assert!(end.stderr.contains("the breaker has opened"), "{}", end.stderr);
    assert!(journal(&incident, "start").is_empty(), "{:#?}", journal(&incident, "start"));
    assert_eq!(alerts(&end).len(), 61, "everything is told");
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());

    let queue = feed(&incident, &json!({}), &[finding(&incident, "f2")]);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    assert!(end.stderr.contains("only told: the breaker is open"), "{}", end.stderr);
    assert_eq!(ledger::Shelf::at(incident.home.state()).cases().unwrap(), Vec::<String>::new());

    incident.home.run(&["watch", "--reset-breaker"]).ends_with(0);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f3")]);
    watch(&incident, &queue, &[]).ends_with(0);
    assert_contained(&incident);
}

/// A true finding is responded to; then somebody forges, message by message, and by the limits that nobody set nothing
/// further is started: what waits together is counted before any of it is acted upon.
#[test]
fn a_flood_of_messages_behind_a_true_finding_contains_nothing_further() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    watch(&incident, &queue, &[]).ends_with(0);
    assert_contained(&incident);
    let mark = incident.mark();
    let forged: Vec<_> = (1..=150).map(|number| finding_about(&incident, number)).collect();
    let queue = feed(&incident, &json!({}), &forged);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    assert!(end.stderr.contains("the breaker has opened"), "{}", end.stderr);
    assert_eq!(alerts(&end).len(), forged.len(), "everything is told");
    assert_eq!(journal(&incident, "start").len(), 1, "{:#?}", journal(&incident, "start"));
    assert_eq!(incident.calls_since(mark).attempts().actions(), Vec::<String>::new());
    assert_contained(&incident);
}

/// One file with ten thousand accusations, the true one among them: nothing is contained, by the limits that nobody set,
/// and how many of them were too many to be told is said.
#[test]
fn ten_thousand_forged_findings_contain_nothing() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let forged = (1..=10_000).map(|number| finding_about(&incident, number));
    let lines: Vec<String> = forged.chain([finding(&incident, "f1")]).map(|event| event.to_string()).collect();
    let key = "AWSLogs/111111111111/GuardDuty/us-east-1/2026/03/01/forged.jsonl.gz";
    let queue = feed(&incident, &json!({(format!("logs/{key}")): lines.join("\n")}), &[notification(key)]);
    let end = watch(&incident, &queue, &[]).ends_with(8);
    assert!(end.stderr.contains("the breaker has opened"), "{}", end.stderr);
    assert!(journal(&incident, "start").is_empty(), "{:#?}", journal(&incident, "start"));
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
    let accused: BTreeSet<String> = alerts(&end).iter().map(|alert| alert["resources"][0]["uid"].to_string()).collect();
    let untold = format!("{} stories, the lightest, were forgotten", 10_001 - accused.len());
    assert!(accused.len() > 1_000 && end.stderr.contains(&untold), "{} told; {untold}", accused.len());
}

#[test]
fn without_a_trigger_and_in_a_dry_run_it_only_tells() {
    let incident = Incident::new();
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    assert_eq!(alerts(&end).len(), 1);
    assert!(end.stderr.contains("only told: no trigger fits it"), "{}", end.stderr);
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f2")]);
    let end = watch(&incident, &queue, &["--dry-run"]).ends_with(0);
    assert!(end.stderr.contains("would be started"), "{}", end.stderr);
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
}

#[test]
fn what_is_denied_stays_in_the_queue_until_it_is_permitted() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let objects = json!({(format!("logs/{KEY}")): trail(&incident)});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    incident.server.control("deny", &json!({"account": "111111111111", "actions": ["s3:GetObject"]}));
    let end = incident.home.run(&["watch", "--queue", &queue, "--for", "3s"]).ends_with(8);
    assert!(end.stderr.contains("is left for later"), "{}", end.stderr);
    assert!(journal(&incident, "dead-letter").is_empty());
    incident.server.control("clear", &json!({}));
    incident.home.run(&["watch", "--queue", &queue, "--for", "5s"]).ends_with(0);
    assert_contained(&incident);
}

#[test]
fn a_response_that_opened_no_case_keeps_no_later_one_away() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    incident.server.control("deny", &json!({"account": "111111111111", "actions": ["ec2:DescribeInstances"]}));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let end = watch(&incident, &queue, &[]);
    assert_ne!(end.code, Some(0), "{}", end.stderr);
    incident.server.control("clear", &json!({}));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f2")]);
    watch(&incident, &queue, &[]).ends_with(0);
    assert_contained(&incident);
    assert_eq!(journal(&incident, "start").len(), 2);
}

#[test]
fn what_several_events_add_up_to_is_judged_before_the_watch_ends() {
    let incident = Incident::new();
    let records = looks_around(&incident);
    let objects = json!({(format!("logs/{KEY}")): {"Records": records}});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    assert!(end.stdout.contains("Instance credentials used to enumerate the account"), "{}", end.stdout);
}

/// What the credentials of the instance call within a few seconds, a record each.
fn looks_around(incident: &Incident) -> Vec<Value> {
    let call = |(number, name): (usize, &str)| {
        let mut record = trail(incident)["Records"][0].clone();
        record["eventID"] = json!(format!("11111111-2222-3333-4444-00000000000{number}"));
        record["eventTime"] = json!(format!("2026-03-01T12:00:0{number}Z"));
        record["eventName"] = json!(name);
        record
    };
    let names = ["GetCallerIdentity", "ListUsers", "ListRoles", "ListBuckets", "DescribeTrails"];
    names.into_iter().enumerate().map(call).collect()
}

#[test]
fn what_several_events_add_up_to_is_found_over_the_end_of_a_watch_and_told_once() {
    let incident = Incident::new();
    let told = "Instance credentials used to enumerate the account";
    let run = |records: &[Value]| {
        let objects = json!({(format!("logs/{KEY}")): {"Records": records}});
        let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
        watch(&incident, &queue, &[]).ends_with(0)
    };
    let calls = looks_around(&incident);
    let first = run(&calls[..2]);
    assert!(!first.stdout.contains(told), "{}", first.stdout);
    let second = run(&calls[2..]);
    assert!(second.stdout.contains(told), "{}", second.stdout);
    let again = run(&calls);
    assert!(again.stderr.contains("5 duplicates"), "{}", again.stderr);
    assert!(again.stdout.is_empty(), "nothing is told twice: {}", again.stdout);
    assert_eq!(journal(&incident, "alert").len(), 1);
}

#[test]
fn what_the_watch_learns_is_kept_in_the_baseline() {
    let incident = Incident::new();
    incident.home.write("day.json", &trail(&incident).to_string());
    let [day, usual] = ["day.json", "usual.zst"].map(|name| incident.home.path().join(name).display().to_string());
    incident.home.run(&["baseline", "learn", &day, "-o", &usual]).ends_with(0);
    configure(&incident, &format!("[detect]\nbaseline = {usual:?}\n"));
    let calls = || incident.home.run(&["baseline", "show", &usual]).ends_with(0).document[0]["calls"].clone();
    assert_eq!(calls(), 1);
    let objects = json!({(format!("logs/{KEY}")): trail(&incident)});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    watch(&incident, &queue, &[]).ends_with(0);
    assert_eq!(calls(), 2);
}

#[test]
fn a_queue_that_is_not_there_is_said() {
    let incident = Incident::new();
    let queue = format!("{}/111111111111/nothing", incident.server.endpoint());
    watch(&incident, &queue, &[]).fails_with(6, &["could not receive from the queue", "nothing"]);
}

/// Somebody deletes it: what was taken before is done, and the end says why it is one.
#[test]
fn a_queue_that_goes_while_it_is_watched_ends_the_watch_after_what_it_has_begun() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let gone = json!({"action": "ReceiveMessage", "code": "QueueDoesNotExist", "status": 400, "skip": 1, "times": 9});
    incident.server.control("fault", &gone);
    let end = incident.home.run(&["watch", "--queue", &queue, "--for", "60s"]);
    end.fails_with(6, &["could not receive from the queue", "news"]);
    assert_contained(&incident);
    assert_eq!((journal(&incident, "start").len(), journal(&incident, "ended").len()), (1, 1));
}

#[test]
fn a_protected_instance_is_captured_and_waits_for_a_person() {
    let incident = Incident::new();
    configure(&incident, &format!("protected_instances = [\"{}\"]\n{TRIGGER}", incident.instance()));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    watch(&incident, &queue, &[]).ends_with(3);
    let status = incident.home.run(&["status", &incident.only_case()]).ends_with(0);
    assert_eq!(status.text("/verdict/network"), "open", "{:#}", status.document);
    assert!(status.waits_at().contains(&"protected-asset"), "{:#}", status.document);
    assert_eq!(status.step("capture"), "done");
    let cuts = incident.calls().attempts().of("ModifyNetworkInterfaceAttribute");
    assert_eq!(cuts.actions(), Vec::<String>::new());
}

/// Answers one post with a status, and gives what was posted.
fn answer(listener: &TcpListener, status: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let body = text.find("\r\n\r\n").map(|at| request.len() - at - 4);
        if read == 0 || length.is_some_and(|length: usize| body.is_some_and(|body| body >= length)) {
            break;
        }
    }
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    String::from_utf8(request).unwrap()
}

#[test]
fn a_webhook_that_refuses_is_told_by_the_next_watch() {
    let incident = Incident::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&incident, &format!("[tell]\nwebhook = \"http://{}/hook\"\n", listener.local_addr().unwrap()));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let end = std::thread::scope(|scope| {
        scope.spawn(|| (answer(&listener, "500"), answer(&listener, "500")));
        watch(&incident, &queue, &[]).ends_with(8)
    });
    assert!(end.stderr.contains("could not tell an alert to the webhook"), "{}", end.stderr);
    let posted = std::thread::scope(|scope| {
        let posted = scope.spawn(|| answer(&listener, "200"));
        watch(&incident, &queue, &[]).ends_with(0);
        posted.join().unwrap()
    });
    assert!(posted.starts_with("POST /hook ") && posted.contains(r#""text":"#), "{posted}");
    assert!(posted.contains(incident.instance()), "{posted}");
    assert_eq!(journal(&incident, "told").len(), 1);
}

#[test]
fn a_topic_gets_the_text_and_an_event_bus_the_finding_each_once() {
    let incident = Incident::new();
    let arn = |service: &str, name: &str| format!("arn:aws:{service}:us-east-1:111111111111:{name}");
    let (topic, bus) = (arn("sns", "alerts"), arn("events", "event-bus/alerts"));
    configure(&incident, &format!("[tell]\nsns_topic_arn = \"{topic}\"\nevent_bus_arn = \"{bus}\"\n"));
    incident
        .home
        .write("ears.json", &json!({"queue": "told", "topic": "alerts", "bus": "alerts", "messages": []}).to_string());
    let told = incident.server.feed(&incident.home.path().join("ears.json"));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    let alert = &alerts(&end)[0];
    let heard: Vec<Value> =
        incident.server.heard(&told).iter().map(|body| serde_json::from_str(body).expect("JSON")).collect();
    assert_eq!(heard.len(), 2, "{heard:#?}");
    let event = heard.iter().find(|body| body["source"] == "impound").expect("an event");
    assert_eq!((&event["detail-type"], &event["detail"]), (&json!("Impound Alert"), alert));
    let note = heard.iter().find(|body| body["TopicArn"] == topic).expect("a notification");
    assert_eq!(note["Message"], alert["finding_info"]["desc"]);
    assert!(note["Subject"].as_str().is_some_and(|subject| subject.contains(incident.instance())), "{note:#}");
    assert_eq!(journal(&incident, "told").len(), 2);
    assert!(watch(&incident, &queue, &[]).ends_with(0).stderr.contains("took 0 messages"));
    assert!(incident.server.heard(&told).is_empty(), "nothing is told twice");
}

#[test]
fn how_a_response_ended_is_told_where_its_alert_is_told() {
    let incident = Incident::new();
    let topic = "arn:aws:sns:us-east-1:111111111111:alerts";
    configure(&incident, &format!("[tell]\nsns_topic_arn = \"{topic}\"\n{TRIGGER}"));
    incident.home.write("ears.json", &json!({"queue": "told", "topic": "alerts", "messages": []}).to_string());
    let told = incident.server.feed(&incident.home.path().join("ears.json"));
    let heard = || -> Vec<String> {
        let bodies = incident.server.heard(&told).into_iter();
        bodies.map(|body| serde_json::from_str::<Value>(&body).expect("JSON")["Message"].to_string()).collect()
    };
    incident.server.control("deny", &json!({"account": "111111111111", "actions": ["ec2:DescribeInstances"]}));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    assert_ne!(watch(&incident, &queue, &[]).code, Some(0));
    let refused = heard();
    assert_eq!(refused.len(), 2, "{refused:#?}");
    let no_response = format!("NO RESPONSE to {} could be started", incident.instance());
    assert!(refused.iter().any(|text| text.contains(&no_response)), "{refused:#?}");

    incident.server.control("clear", &json!({}));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f2")]);
    watch(&incident, &queue, &[]).ends_with(0);
    let contained = heard();
    assert_eq!(contained.len(), 2, "{contained:#?}");
    let response = format!("the response to {}, case {}", incident.instance(), incident.only_case());
    assert!(contained.iter().any(|text| text.contains(&response)), "{contained:#?}");
}

#[test]
fn a_session_that_ec2_is_not_known_to_have_issued_starts_nothing() {
    let incident = Incident::new();
    configure(&incident, TRIGGER);
    let mut forged = trail(&incident);
    forged["Records"][0]["userIdentity"]["sessionContext"] = json!({"attributes": {"mfaAuthenticated": "false"}});
    let objects = json!({(format!("logs/{KEY}")): forged});
    let queue = feed(&incident, &objects, &[notification(KEY_IN_NOTIFICATION)]);
    let end = watch(&incident, &queue, &[]).ends_with(0);
    assert_eq!(alerts(&end).len(), 1, "it is told");
    assert!(end.stderr.contains("only told: no trigger fits it"), "{}", end.stderr);
    assert_eq!(incident.calls().attempts().actions(), Vec::<String>::new());
}

#[test]
fn a_topic_that_is_not_there_keeps_nobody_else_waiting() {
    let incident = Incident::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tell = "[tell]\nsns_topic_arn = \"arn:aws:sns:us-east-1:111111111111:nothing\"\n";
    configure(&incident, &format!("{tell}webhook = \"http://{}/hook\"\n", listener.local_addr().unwrap()));
    let queue = feed(&incident, &json!({}), &[finding(&incident, "f1")]);
    let (posted, end) = std::thread::scope(|scope| {
        let posted = scope.spawn(|| answer(&listener, "200"));
        let end = watch(&incident, &queue, &[]).ends_with(8);
        (posted.join().unwrap(), end)
    });
    assert!(posted.contains(incident.instance()), "{posted}");
    assert!(end.stderr.contains("could not tell an alert to the topic"), "{}", end.stderr);
    assert!(end.stderr.contains("1 alerts are told by the next watch"), "{}", end.stderr);
}
