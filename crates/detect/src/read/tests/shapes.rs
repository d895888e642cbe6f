//! The shapes that logs come in, each plain and compressed.

use super::{event, file, gz, read, zst};
use serde_json::json;

/// Its name, an input, and the words of its records.
type Shape = (&'static str, String, Vec<&'static str>);

fn shapes() -> impl Iterator<Item = Shape> {
    trails().into_iter().chain(others())
}

/// Those of CloudTrail.
fn trails() -> Vec<Shape> {
    let (one, two) = (event("1"), event("2"));
    let both = vec!["trail 1", "trail 2"];
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let insight = one.replace(r#""eventVersion""#, r#""eventType":"AwsCloudTrailInsight","eventVersion""#);
    let lake = r#"{"eventid":"1","eventname":"RunInstances","useridentity":"{type=IAMUser, username=x}"}"#;
    let quoted = |name: &str| json!({ name: one }).to_string();
    vec![
        ("a file of CloudTrail", file(&["1", "2"]), both.clone()),
        ("the same, written for people", format!("{:#}", value(&file(&["1", "2"]))), both.clone()),
        ("a file without events", r#"{"Records":[]}"#.to_owned(), vec![]),
        ("a list behind other fields", format!(r#"{{"Version":1,"Records":[{one},{two}]}}"#), both.clone()),
        ("fields behind the list", format!(r#"{{"Records":[{one},{two}],"Next":"]}}","A":{{"b":[1]}},"c":null}}"#), both.clone()),
        ("a bare list", format!("[{one},\n{two}\n]"), both.clone()),
        ("one event", one.clone(), vec!["trail 1"]),
        ("one event, written for people", format!("{:#}", value(&one)), vec!["trail 1"]),
        ("lines", format!("{one}\n{two}\n"), both.clone()),
        ("lines of Windows, with an empty one", format!("{one}\r\n\r\n{two}\r\n"), both.clone()),
        ("files behind one another", format!("{}{}", file(&["1"]), file(&["2"])), both.clone()),
        ("a byte order mark", format!("\u{FEFF}{}", file(&["1"])), vec!["trail 1"]),
        (
            "EventBridge",
            format!(r#"{{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","detail":{one}}}"#),
            vec!["trail 1"],
        ),
        (
            "a sign-in by EventBridge",
            format!(r#"{{"detail":{one},"detail-type":"AWS Console Sign In via CloudTrail","source":"aws.signin"}}"#),
            vec!["trail 1"],
        ),
        ("Insights", format!(r#"{{"Records":[{insight},{two}]}}"#), vec!["insight 1", "trail 2"]),
        (
            "a digest",
            r#"{"awsAccountId":"1","digestStartTime":"2015-08-17T14:01:31Z","digestS3Object":"k","logFiles":[{"s3Object":"l"}]}"#.to_owned(),
            vec!["digest k"],
        ),
        ("rows of Lake", format!("{lake}\n{lake}"), vec!["trail 1", "trail 1"]),
        (
            "the answer of Lake",
            r#"{"QueryStatus":"FINISHED","QueryResultRows":[[{"eventid":"1"},{"eventname":"A"}],[{"eventid":"2"}]]}"#.to_owned(),
            both.clone(),
        ),
        ("an event inside a row of Lake", quoted("eventJson"), vec!["trail 1"]),
        (
            "the answer of LookupEvents",
            format!(r#"{{"Events":[{}],"NextToken":"x"}}"#, quoted("CloudTrailEvent")),
            vec!["trail 1"],
        ),
        (
            "odd fields",
            r#"{"Records":[{"eventID":"1","userIdentity":null,"sourceIPAddress":7,"errorCode":{"a":[null]},"userAgent":[{}]},{"eventID":"2","userIdentity":"x","requestParameters":"\ud800"}]}"#.to_owned(),
            both,
        ),
    ]
}

/// Those of other logs and of findings.
fn others() -> Vec<Shape> {
    vec![
        (
            "resolver queries",
            r#"{"version":"1.1","query_timestamp":"2021-02-04T17:51:55Z","query_name":"a.example.","answers":[{"Rdata":"192.0.2.1","Type":"A","Class":"IN"}],"srcids":{"instance":"i-1"}}"#.to_owned(),
            vec!["query a.example. i-1"],
        ),
        (
            "a finding of Security Hub",
            r#"{"Findings":[{"SchemaVersion":"2018-10-08","Id":"x","ProductArn":"p","Types":["t"],"Resources":[{"Type":"AwsEc2Instance","Id":"arn:aws:ec2:us-east-1:1:instance/i-00000001"}]}]}"#.to_owned(),
            vec!["hub i-00000001"],
        ),
        (
            "Security Hub by EventBridge",
            r#"{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","detail":{"findings":[{"ProductArn":"p","Types":[],"Resources":[{"Id":"arn:aws:ec2:us-east-1:1:instance/i-00000002"}],"ProductFields":{"a":"b"}}]}}"#.to_owned(),
            vec!["hub i-00000002"],
        ),
        (
            "flow logs",
            "2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n".repeat(2),
            vec!["flow 10.0.0.1", "flow 10.0.0.1"],
        ),
        (
            "flow logs with headers",
            "srcaddr instance-id\n10.0.0.1 i-1\ninstance-id srcaddr version\n- 10.0.0.2 3\n".to_owned(),
            vec!["flow 10.0.0.1", "flow 10.0.0.2"],
        ),
        (
            "requests to a load balancer",
            r#"http 2018-07-02T22:23:00.186641Z app/l/5 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn "Root=1" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-""#.to_owned(),
            vec!["balancer GET http://www.example.com:80/ HTTP/1.1"],
        ),
    ]
}

#[test]
fn every_shape_is_read_plain_and_compressed() {
    for (name, text, expected) in shapes() {
        let plain = text.into_bytes();
        let two_members = [gz(&plain[..plain.len() / 2]), gz(&plain[plain.len() / 2..])].concat();
        for (form, input) in
            [("plain", plain.clone()), ("gz", gz(&plain)), ("gz, two members", two_members), ("zstd", zst(&plain))]
        {
            let given = read(&input);
            assert_eq!(given.words, expected, "{name}, {form}: {:?}", given.rejections);
            assert_eq!(given.rejections, [], "{name}, {form}");
            assert_eq!(given.counts.bytes_raw, plain.len() as u64, "{name}, {form}");
        }
    }
}

#[test]
fn what_is_no_log_is_named() {
    let notification = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2023-07-10T11:42:36Z","s3":{}}]}"#;
    for (input, why) in [
        (b"".as_slice(), "empty"),
        (b" \n ", "empty"),
        (&gz(b""), "empty"),
        (b"\xFF\xFE{\0}\0", "UTF-16"),
        (b"\x7FELF", "neither JSON nor a log"),
        (b"hello\n", "fields"),
        (br#"{"a":1}"#, "no known kind"),
        (b"[1]", "no object"),
        (notification.as_bytes(), "notification"),
        (br#"{"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","detail":{}}"#, "EventBridge"),
        (br#"{"source":"attacker.app","detail-type":"AWS API Call via CloudTrail","detail":{}}"#, "only AWS's own"),
        (br#"{"Records":[],"Records":[{"eventID":"1"}]}"#, "second list"),
    ] {
        let given = read(input);
        assert_eq!(given.rejections.len(), 1, "{why}: {:?}", given.rejections);
        assert!(given.rejections[0].why.contains(why), "{:?}", given.rejections);
        assert_eq!(given.words, [""; 0], "{why}");
    }
}

#[test]
fn prose_is_given_up_after_some_lines_and_the_rest_is_named() {
    let given = read("to whom it may concern\n".repeat(1000).as_bytes());
    assert_eq!(given.rejections.len(), 21);
    assert_eq!(given.rejections.iter().map(|rejection| rejection.bytes + 1).sum::<u64>(), 23_000 + 1);
}

#[test]
fn a_value_is_whole_even_where_a_field_can_not_be_parsed() {
    let mut input = br#"{"eventID":"1","eventName":"A","requestParameters":{"a":"\ud800"},"note":"x"#.to_vec();
    input.extend_from_slice(b"\xFF\"}");
    let mut values = Vec::new();
    let mut reader = crate::read::Reader::default();
    reader.read("input", input.as_slice(), |record| {
        if let crate::record::Record::Trail(event) = record {
            values.push(event.value().clone());
        }
        crate::count::Fate::Matched
    });
    assert_eq!(values[0]["eventName"], "A");
    assert_eq!(values[0]["note"], "x\u{FFFD}");
    assert_eq!(values[0]["requestParameters"], r#"{"a":"\ud800"}"#);
}
