//! `detect`, `timeline`, `baseline` and `rules`, on small logs.

use crate::field::Field;
use crate::program::{End, Home};
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::step::Phase;
use impound::config::DetectConfig;
use impound::watch::lookout::Lookout;
use impound::watch::told::Told;
use jiff::Timestamp;
use serde_json::{Value, json};

const PACKED: &[u8] = include_bytes!("../../../detect/testdata/invictus/files.jsonl.gz");
const INSTANCE: &str = "i-0123456789abcdef0";
const ROLE: &str = "111122223333:assumed-role/web";

/// A call of the instance, so many minutes after noon.
fn call(minute: u32, name: &str) -> Value {
    let (service, rest) = name.split_once(' ').expect("a service and a call");
    json!({
        "eventID": format!("00000000-0000-4000-8000-{minute:012}"), "eventTime": format!("2026-03-01T12:{minute:02}:00Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": rest, "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2", "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333", "requestParameters": {"userName": "backup2"},
        "responseElements": {"accessKey": {"userName": "backup2", "accessKeyId": "AKIAEXAMPLE000000000"}},
        "userIdentity": {
            "type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{INSTANCE}"), "accountId": "111122223333",
            "arn": format!("arn:aws:sts::{ROLE}/{INSTANCE}"), "accessKeyId": "ASIAEXAMPLE000000000"
        }
    })
}

/// An instance that looks around, makes itself a way back and stops the trail.
fn attack() -> String {
    let calls =
        ["s3 GetObject", "sts GetCallerIdentity", "iam CreateUser", "iam CreateAccessKey", "cloudtrail StopLogging"];
    let records: Vec<_> = (1..).zip(calls).map(|(minute, name)| call(minute, name)).collect();
    json!({ "Records": records }).to_string()
}

/// What an instance does every day.
fn ordinary() -> String {
    let records: Vec<_> = (1..50).map(|minute| call(minute, "s3 GetObject")).collect();
    json!({ "Records": records }).to_string()
}

fn stats(end: &End) -> Value {
    serde_json::from_str(&end.stdout).expect("one JSON document")
}

fn number(document: &Value, field: &str) -> u64 {
    document[field].as_u64().unwrap_or_else(|| panic!("no number {field} in {document}"))
}

#[test]
fn detect_tells_a_person_what_the_instance_did() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    let end = home.run(&["detect", &log]);
    end.succeeds();
    for words in [INSTANCE, "Instance credentials change identities", "Trail stopped or deleted"] {
        assert!(end.stdout.contains(words), "no `{words}` in {end:?}");
    }
    let quiet = home.write("quiet.json", &ordinary());
    let end = home.run(&["detect", &quiet]);
    assert!(end.succeeds().stdout.contains("no alert of this level or above"), "{end:?}");
}

#[test]
fn detect_tells_programs_one_detection_finding_a_line() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    let end = home.run(&["--output", "json", "detect", &log]);
    end.succeeds();
    assert!(!end.stdout.is_empty(), "{end:?}");
    for line in end.stdout.lines() {
        let finding: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((number(&finding, "class_uid"), number(&finding, "category_uid")), (2004, 2), "{finding}");
        for field in ["activity_id", "severity_id", "status_id", "time", "type_uid"] {
            number(&finding, field);
        }
        assert!(
            finding["finding_info"]["uid"].is_string() && finding["finding_info"]["title"].is_string(),
            "{finding}"
        );
        assert!(finding["metadata"]["product"]["name"].is_string() && finding["metadata"]["version"].is_string());
    }
}

#[test]
fn stats_reconcile() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    home.write("folder.json", "{\"Records\": [{\"eventName\":");
    let copy = home.write("copy.json", &attack());
    let broken = home.path().join("folder.json").to_string_lossy().into_owned();
    let end = home.run(&["detect", "--stats", &log, &copy, &broken]);
    assert_eq!(end.code, Some(8), "{end:?}");
    let told = stats(&end);
    assert_eq!(told["schema"], "impound.stats/1");
    let of = |field: &str| number(&told, field);
    assert_eq!(of("read"), of("parsed") + of("rejected"));
    assert_eq!(of("parsed"), of("duplicates") + of("matched") + of("unmatched"));
    assert_eq!((of("files"), of("parsed"), of("rejected"), of("duplicates")), (3, 10, 1, 5));
    assert_eq!((of("late"), of("alerts")), (0, 1));
    let kinds = told["kinds"].as_object().expect("kinds");
    assert_eq!(kinds.values().filter_map(Value::as_u64).sum::<u64>(), of("parsed"));
    assert!(told["rules"].as_object().is_some_and(|rules| !rules.is_empty()), "{told}");
    assert!(told["cpu_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{told}");
    assert_eq!(of("bytes_raw"), of("bytes_parsed") + of("bytes_rejected") + of("bytes_around"), "{told}");
    assert!(of("bytes_rejected") > 0 && of("bytes_around") > 0 && of("bytes_parsed") > of("bytes_around"), "{told}");
    assert!(of("bytes_compressed") > 0);
}

#[test]
fn what_can_not_be_read_is_named_and_the_rest_goes_on() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, &[u8], &str); 4] = [
        ("broken.json.gz", &PACKED[..PACKED.len() / 2], "not read"),
        ("half.json", br#"{"Records": [{"eventName": "RunInst"#, "ends inside"),
        ("wide.json", &utf16, "UTF-16"),
        ("empty.json", b"", "empty"),
    ];
    for (name, bytes, words) in cases {
        let path = home.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let end = home.run(&["detect", &log, &path.to_string_lossy()]);
        assert_eq!(end.code, Some(8), "{name}: {end:?}");
        assert!(end.stdout.contains("Trail stopped or deleted"), "{name}: {end:?}");
        assert!(end.stderr.contains(name) && end.stderr.contains(words), "{name}: {end:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_folder_holds_and_nobody_can_open_is_named_and_the_rest_goes_on() {
    let home = Home::new();
    let folder = home.path().join("logs");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("log.json"), attack()).expect("written");
    std::os::unix::fs::symlink("nowhere", folder.join("gone.json")).expect("a link");
    let end = home.run(&["detect", &folder.to_string_lossy()]);
    assert_eq!(end.code, Some(8), "{end:?}");
    assert!(end.stdout.contains("Trail stopped or deleted"), "{end:?}");
    assert!(end.stderr.contains("gone.json"), "{end:?}");
}

#[test]
fn all_that_could_not_be_read_is_listed_however_much_it_is() {
    let home = Home::new();
    let log = home.write("log.json", &format!("{}\n{}", attack(), "{\"strange\": 1}\n".repeat(1_500)));
    let list = home.path().join("rejections.jsonl");
    let line = ["detect", "--rejections", &list.to_string_lossy(), &log];
    let end = home.run(&line);
    assert_eq!(end.code, Some(8), "{end:?}");
    assert!(end.stderr.contains("and 1480 more that were not read"), "{end:?}");
    let listed = std::fs::read_to_string(&list).expect("a list");
    let rejections: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rejections.len(), 1_500);
    let first = attack().len() as u64 + 1;
    assert_eq!((&rejections[0]["input"], &rejections[0]["offset"]), (&json!(log), &json!(first)), "{}", rejections[0]);
    assert!(rejections[1_499]["why"].as_str().is_some_and(|why| why.contains("strange")));
    home.run(&line).fails_with(2, &["rejections.jsonl is there already", "name a new file"]);
    let other = home.path().join("other.jsonl");
    home.run(&["detect", "--rejections", &other.to_string_lossy(), "absent"]).fails_with(2, &["absent"]);
    assert!(!other.exists(), "nothing was read, and the same line mended works");
}

#[test]
fn a_rule_that_can_not_be_used_is_named_and_the_rest_goes_on() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    let rule = home.write("broken.yml", "title: broken\nlogsource: {product: aws\n");
    let end = home.run(&["detect", "--rules", &rule, &log]);
    assert_eq!(end.code, Some(8), "{end:?}");
    assert!(end.stderr.contains("broken.yml") && end.stderr.contains("line 1"), "{end:?}");
    assert!(end.stdout.contains("Trail stopped or deleted"), "{end:?}");
    home.run(&["detect", "--rules", &rule, "--only", &log]).fails_with(2, &["no rule that can be used"]);
}

#[test]
fn what_is_asked_wrongly_is_usage() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    home.run(&["detect", "absent"]).fails_with(2, &["absent", "no such file"]);
    home.run(&["detect", "--baseline", "absent", &log]).fails_with(2, &["baseline", "absent"]);
    home.run(&["detect", "--rules", "absent", &log]).fails_with(2, &["rules", "absent"]);
    for line in
        [&["--since", "yesterday-ish"][..], &["--level", "terrible"], &["--until", "2026-03-01T12:00:00 Mars/Base"]]
    {
        let end = home.run(&[&["detect", &log], line].concat());
        assert_eq!(end.code, Some(2), "{line:?}: {end:?}");
    }
}

#[test]
fn only_the_period_asked_for_is_told() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    let end = home.run(&["detect", "--until", "2026-03-01T12:05:00Z", &log]);
    assert!(end.succeeds().stdout.contains("change identities") && !end.stdout.contains("Trail stopped"), "{end:?}");
    let end = home.run(&["detect", "--since", "2026-03-02", &log]);
    assert!(end.succeeds().stdout.contains("no alert"), "{end:?}");
}

#[test]
fn a_timeline_is_told_with_what_was_left_behind() {
    let home = Home::new();
    let log = home.write("log.json", &attack());
    let end = home.run(&["timeline", INSTANCE, &log]);
    end.succeeds();
    for words in ["StopLogging", "CreateAccessKey", "Left behind", "AKIAEXAMPLE000000000"] {
        assert!(end.stdout.contains(words), "no `{words}` in {end:?}");
    }
    let csv = home.run(&["timeline", INSTANCE, "--format", "csv", &log]);
    let head = csv.succeeds().stdout.lines().next().unwrap_or_default();
    for column in ["message", "datetime", "timestamp_desc"] {
        assert!(head.contains(column), "Timesketch wants `{column}`: {head}");
    }
    assert_eq!(csv.stdout.lines().count(), 6, "{csv:?}");
    let lines = home.run(&["timeline", INSTANCE, "--format", "jsonl", &log]);
    let rows: Vec<Value> =
        lines.succeeds().stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(rows.iter().all(|row| row["message"].is_string() && row["datetime"].is_string()), "{rows:?}");
    let (left, calls): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["timestamp_desc"] == "Left behind");
    assert!(calls.len() == 5 && calls.iter().all(|row| row["timestamp_desc"] == "API call"), "{rows:?}");
    let told: Vec<_> = left.iter().map(|row| (row["done"].as_str(), row["what"].as_str())).collect();
    let of = |done, what| (Some(done), Some(what));
    assert_eq!(told, [of("a user created", "backup2"), of("an access key created", "AKIAEXAMPLE000000000")]);
    assert!(left.iter().all(|row| row["next"].is_string() && row["event_id"].is_string()), "{left:?}");
    let same = home.run(&["--output", "json", "timeline", INSTANCE, &log]);
    assert_eq!(same.succeeds().stdout, lines.stdout);
    let page = home.run(&["timeline", INSTANCE, "--format", "html", &log]);
    for words in ["<svg", "<circle", "an access key created", "AKIAEXAMPLE000000000", "5 calls"] {
        assert!(page.succeeds().stdout.contains(words), "no `{words}` in {page:?}");
    }
    let other = home.run(&["timeline", "i-00000000000000001", &log]);
    assert!(other.succeeds().stdout.contains("No call by the credentials of"), "{other:?}");
    home.run(&["timeline", "nobody", &log]).fails_with(2, &["nobody"]);
    home.run(&["timeline", INSTANCE]).fails_with(2, &["no logs are named", INSTANCE]);
}

#[test]
fn without_logs_nothing_is_detected_and_that_is_no_success() {
    Home::new().run(&["detect"]).fails_with(2, &["no logs are named"]);
}

/// A window in which AWS could not record everything is no window without traffic.
#[test]
fn what_a_flow_log_has_skipped_is_said() {
    let line = |status| format!("2 111111111111 eni-1 - - - - - - - 1431280876 1431280934 - {status}\n");
    let home = Home::new();
    for (statuses, code, words) in [
        (["NODATA", "NODATA"], 0, "2 understood, 0 rejected"),
        (["NODATA", "SKIPDATA"], 8, "1 lines of flow logs say SKIPDATA"),
    ] {
        let end = home.run(&["detect", &home.write("flow.log", &statuses.map(line).concat())]);
        assert!(end.code == Some(code) && end.stderr.contains(words), "{end:?}");
    }
    let end = home.run(&["detect", "--since", "2026-01-01", &home.write("flow.log", &line("SKIPDATA"))]);
    assert!(end.succeeds().stderr.contains("1 understood"), "nobody asked for that year: {end:?}");
}

#[test]
fn a_timeline_does_not_read_what_can_be_read_only_once() {
    let home = Home::new();
    for once in ["-", "/dev/null"] {
        let named = format!("`{once}`");
        home.run(&["timeline", INSTANCE, once])
            .fails_with(2, &["reads its logs twice", &named, "write it into a file"]);
    }
}

#[test]
fn a_call_that_comes_after_more_later_ones_than_wait_is_judged_and_counted() {
    let home = Home::new();
    let at = |number: u32, time: String| {
        let mut record = call(number, "s3 GetObject");
        record["eventTime"] = json!(time);
        record
    };
    let mut records: Vec<_> = (0..5_121)
        .map(|number| at(number, format!("2026-03-01T{:02}:{:02}:00Z", number / 60 % 24, number % 60)))
        .collect();
    records.sort_by_key(|record| record["eventTime"].to_string());
    let in_time = home.write("in-time.json", &json!({"Records": records}).to_string());
    records.push(at(5_121, "2026-02-28T12:00:00Z".into()));
    let late = home.write("late.json", &json!({"Records": records}).to_string());
    assert_eq!(number(&stats(home.run(&["detect", "--stats", &in_time]).succeeds()), "late_calls"), 0);
    let end = home.run(&["detect", "--stats", &late]);
    let told = stats(end.succeeds());
    assert_eq!((number(&told, "late_calls"), number(&told, "late")), (1, 0), "{end:?}");
    assert!(end.stderr.contains("1 calls of instances were judged after later ones of their role"), "{end:?}");
}

#[test]
fn the_first_call_from_elsewhere_is_told_where_the_instance_is_known_to_have_its_own_address() {
    let home = Home::new();
    let log = home.write("log.json", &ordinary());
    let described = |address: &str| {
        let card = json!({
            "NetworkInterfaceId": "eni-1", "Association": {"PublicIp": address, "IpOwnerId": "amazon"},
            "Attachment": {"AttachTime": "2026-02-01T00:00:00+00:00", "DeviceIndex": 0},
        });
        let instance =
            json!({"InstanceId": INSTANCE, "LaunchTime": "2026-02-01T00:00:00+00:00", "NetworkInterfaces": [card]});
        let reservations = json!([{"OwnerId": "111122223333", "Instances": [instance]}]);
        home.write(&format!("{address}.json"), &json!({"Reservations": reservations}).to_string())
    };
    let told =
        |address: &str| home.run(&["detect", &log, "--instances", &described(address)]).succeeds().stdout.clone();
    assert!(told("203.0.113.9").contains("Credentials of the instance used from elsewhere"));
    assert!(told("198.51.100.7").contains("no alert of this level or above"), "it is the one they come from");
}

#[test]
fn a_call_without_a_time_or_of_a_time_to_come_is_told_and_counted() {
    let of_a_time = [
        ("2026-03-01T12:01:00", "1 bear no time that can be read"),
        ("2999-01-01T00:00:00Z", "1 are dated in the future"),
    ];
    for (time, counted) in of_a_time {
        let home = Home::new();
        let mut record = call(1, "cloudtrail StopLogging");
        record["eventTime"] = json!(time);
        let log = home.write("log.json", &json!({"Records": [record]}).to_string());
        let end = home.run(&["detect", &log]);
        assert_eq!(end.code, Some(8), "{time}: {end:?}");
        assert!(end.stdout.contains("Trail stopped or deleted"), "{time}: {end:?}");
        assert!(end.stderr.contains(counted), "{time}: {end:?}");
    }
}

#[test]
fn flow_logs_in_a_format_of_ones_own_are_judged() {
    let home = Home::new();
    let line =
        |minute: u64| format!("{} {INSTANCE} 51234 3333 10.0.0.5 203.0.113.9 ACCEPT\n", 1_772_366_400 + minute * 60);
    let log = home.write("flow.log", &(0..5).map(line).collect::<String>());
    assert_eq!(home.run(&["detect", &log]).code, Some(8));
    let format = "${end} ${instance-id} ${srcport} ${dstport} ${srcaddr} ${dstaddr} ${action}";
    let end = home.run(&["detect", "--flow-format", format, &log]);
    assert!(end.succeeds().stdout.contains("MEDIUM"), "{end:?}");
    for words in [INSTANCE, "Traffic to a port of mining pools goes on", "traffic or queries came from it"] {
        assert!(end.stdout.contains(words), "no `{words}` in {end:?}");
    }
    home.run(&["detect", "--flow-format", "${colour}", &log]).fails_with(2, &["no flow log has a field", "colour"]);
    home.run(&["detect", "--flow-format", "", &log]).fails_with(2, &["no flow log has a field"]);
}

/// A trail is stopped by a user from the address of the instance that a case of this field has captured.
fn from_its_address(field: &Field) -> Value {
    let scene = field.history().case.baseline.scene;
    let query = SourceQuery::Interfaces(field.range.target().instance.clone()).into();
    let Some(Reading::Interfaces(interfaces)) = scene.last(&query) else { panic!("the interfaces were captured") };
    let mut record = call(1, "cloudtrail StopLogging");
    record["userIdentity"] = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/deploy"});
    record["sourceIPAddress"] = json!(interfaces[0].addresses[0].private);
    record
}

#[test]
fn an_address_leads_to_the_instance_whose_case_has_captured_it() {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    let (case, target) = (field.case().to_string(), field.range.target());
    let record = from_its_address(&field);
    let mut earlier = record.clone();
    earlier["eventTime"] = json!("2026-02-01T00:00:00Z");
    let log = |name, record| field.home.write(name, &json!({"Records": [record]}).to_string());
    let (log, earlier) = (log("log.json", record), log("earlier.json", earlier));
    let leads_there = |line: &[&str]| field.run(line).succeeds().stdout.contains(target.instance.as_str());
    assert!(!leads_there(&["detect", &log]));
    assert!(leads_there(&["detect", &log, "--instances", &case]));
    assert!(!leads_there(&["detect", &earlier, "--instances", &case]), "before the instance was started");
    field.run(&["detect", &log, "--instances", "nowhere"]).fails_with(2, &["cannot use the instances of nowhere"]);
}

#[test]
fn a_watch_knows_the_addresses_that_its_cases_capture_while_it_goes_on() {
    let field = Field::new();
    let context = field.context();
    let folder = field.shelf().path().join("watch");
    let mut lookout = Lookout::new(&context, &DetectConfig::default(), folder).expect("it begins");
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    let mut accused = |id: &str| {
        let mut record = from_its_address(&field);
        record["eventID"] = json!(id);
        lookout.refresh(&context).expect("known");
        lookout.read("a", json!({"Records": [record]}).to_string().as_bytes()).expect("a record");
        let alerts = lookout.tell(Timestamp::UNIX_EPOCH, &mut Told::default());
        lookout.captured_more();
        alerts.iter().map(|alert| alert.suspect.to_string()).collect::<Vec<_>>()
    };
    assert!(!accused("before").contains(&field.range.target().instance.to_string()));
    assert!(accused("after").contains(&field.range.target().instance.to_string()));
}

#[test]
fn a_case_that_can_not_be_read_keeps_nobody_from_watching() {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    let log = json!({"Records": [from_its_address(&field)]}).to_string();
    let broken = field.shelf().path().join("cases").join("c-0000000000000000");
    std::fs::create_dir_all(&broken).expect("a folder");
    let folder = field.shelf().path().join("watch");
    let mut lookout = Lookout::new(&field.context(), &DetectConfig::default(), folder).expect("it begins");
    lookout.read("a", log.as_bytes()).expect("a record");
    let alerts = lookout.tell(Timestamp::UNIX_EPOCH, &mut Told::default());
    assert!(alerts.iter().any(|alert| alert.suspect.to_string() == field.range.target().instance.as_str()));
}

#[test]
fn queries_and_requests_are_judged_beside_calls() {
    let home = Home::new();
    let query = json!({
        "version": "1.1", "account_id": "111122223333", "region": "us-east-1", "vpc_id": "vpc-1", "query_type": "A",
        "query_timestamp": "2026-03-01T12:10:00Z", "query_name": "pool.supportxmr.com.", "rcode": "NOERROR", "answers": [],
        "srcaddr": "10.0.0.5", "srcids": {"instance": INSTANCE},
    });
    let request = "https 2026-03-01T12:20:00.186641Z app/web/50dc6c495c0c9188 198.51.100.9:2817 10.0.0.5:80 0.086 0.048 \
        0.037 200 200 0 57 \"GET https://www.example.com:443/fetch?url=http://169.254.169.254/ HTTP/1.1\" \"curl\" - - -\n";
    let logs = [
        home.write("calls.json", &attack()),
        home.write("names.json", &query.to_string()),
        home.write("requests.log", request),
    ];
    let end = home.run(&[&["detect"], &logs.each_ref().map(String::as_str)[..]].concat());
    end.succeeds();
    assert_eq!(end.stdout.matches("alert-").count(), 2, "the instance's, and the stranger's: {end:?}");
    for words in ["Name of a mining pool looked up", "198.51.100.9: Metadata address asked for"] {
        assert!(end.stdout.contains(words), "no `{words}` in {end:?}");
    }
    let record = &logs[1];
    let tried = home.run(&["rules", "explain", "Name of a mining pool looked up", record]);
    assert!(tried.succeeds().stdout.contains("selection"), "{tried:?}");
    home.run(&["rules", "explain", "Trail stopped or deleted", record]).fails_with(2, &["at none like that"]);
}

#[test]
fn a_baseline_is_learned_shown_and_used() {
    let home = Home::new();
    let (log, days) = (home.write("log.json", &attack()), home.write("days.json", &ordinary()));
    let file = home.path().join("baseline").to_string_lossy().into_owned();
    home.run(&["baseline", "learn", "--baseline", &file, &days]).succeeds();
    let roles = home.run(&["baseline", "show", &file]);
    assert!(roles.succeeds().stdout.contains("assumed-role/web"), "{roles:?}");
    let kinds = home.run(&["baseline", "show", &file, "--role", ROLE]);
    assert!(kinds.succeeds().stdout.contains("GetObject"), "{kinds:?}");
    let told = home.run(&["--output", "json", "baseline", "show", &file]);
    assert_eq!(stats(&told)[0]["role"], ROLE, "{told:?}");
    let told = home.run(&["--output", "json", "baseline", "show", &file, "--role", ROLE]);
    assert_eq!(number(&stats(&told)[0], "calls"), 49, "{told:?}");
    let habits = home.run(&["baseline", "show", &file, "--role", ROLE, "--instances"]);
    for words in ["i-0123456789abcdef0", "198.51.100.0/24", "us-east-1", "aws-cli"] {
        assert!(habits.succeeds().stdout.contains(words), "no `{words}` in {habits:?}");
    }
    let told = home.run(&["--output", "json", "baseline", "show", &file, "--role", ROLE, "--instances"]);
    let all: u64 = stats(&told).as_array().into_iter().flatten().map(|habits| number(habits, "calls")).sum();
    assert_eq!(all, 49, "{told:?}");
    let what = home.run(&["rules", "explain", "baseline:first-call:high"]);
    assert!(what.succeeds().stdout.contains("A call that the instance has never made"), "{what:?}");
    home.run(&["rules", "explain", "baseline:first-call:grave"]).fails_with(2, &["there is no rule"]);
    home.run(&["baseline", "show", &file, "--instances"]).fails_with(2, &["--role"]);
    home.run(&["baseline", "show", &file, "--role", "nobody"]).fails_with(2, &["nobody"]);
    let before = std::fs::read(&file).expect("kept");
    let end = home.run(&["detect", "--baseline", &file, &log]);
    assert!(end.succeeds().stdout.contains("first CreateUser"), "{end:?}");
    assert_eq!(std::fs::read(&file).expect("kept"), before, "detect does not change it");
    home.run(&["detect", "--baseline", &log, &log]).fails_with(2, &["cannot use the baseline"]);
}

#[test]
fn rules_are_listed_tested_and_explained() {
    let home = Home::new();
    let list = home.run(&["rules", "list"]);
    assert!(list.succeeds().stdout.contains("Trail stopped or deleted"), "{list:?}");
    let cards = home.run(&["--output", "json", "rules", "list"]);
    assert!(stats(&cards).as_array().is_some_and(|cards| cards.iter().all(|card| card["id"].is_string())), "{cards:?}");
    let test = home.run(&["rules", "test"]);
    assert!(test.succeeds().stdout.contains("examples as expected"), "{test:?}");
    let about = home.run(&["rules", "explain", "Trail stopped or deleted"]);
    for part in ["innocent when", "shows: ", "as it is written:", "eventName: [StopLogging", "expect: no-match"] {
        assert!(about.succeeds().stdout.contains(part), "no `{part}` in {about:?}");
    }
    assert!(!about.stdout.contains("Recording of management events"), "the rule alone: {about:?}");
    let record = home.write("record.json", &call(1, "cloudtrail StopLogging").to_string());
    let tried = home.run(&["rules", "explain", "Trail stopped or deleted", &record]);
    assert!(tried.succeeds().stdout.contains("selection"), "{tried:?}");
    home.run(&["rules", "explain", "no such rule"]).fails_with(2, &["no such rule"]);
    let wrong = home.write(
        "wrong.yml",
        "title: Never true\nlogsource: {product: aws, service: cloudtrail}\ndetection: {selection: {eventName: A}, condition: selection}\n\
         rsigma.exemplars:\n  - {expect: match, event: {eventName: B}}\n",
    );
    let bare = home.write(
        "bare.yml",
        "title: Never tried\nlogsource: {product: aws, service: cloudtrail}\ndetection: {selection: {eventName: A}, condition: selection}\n",
    );
    let test = home.run(&["rules", "test", "--rules", &bare]);
    assert_eq!(test.code, Some(7), "{test:?}");
    assert!(test.stderr.contains("'Never tried' has no example"), "{test:?}");
    let test = home.run(&["rules", "test", "--rules", &wrong]);
    assert_ne!(test.code, Some(0), "{test:?}");
    assert!(test.stdout.contains("Never true") && test.stdout.contains("0 of 1"), "{test:?}");
}

#[cfg(not(feature = "cloud"))]
#[test]
fn a_bucket_needs_a_program_that_can_talk_to_aws() {
    let end = Home::new().run(&["detect", "s3://logs/AWSLogs/"]);
    assert_eq!(end.code, Some(2), "{end:?}");
    assert!(end.stderr.contains("s3://logs/AWSLogs/") && end.stderr.contains("feature `cloud`"), "{end:?}");
}
