//! Our way to a hit against the evaluator alone: both must find the same.

use counted::{Count, its_own, ours};
use detect::rules::load::Source;
use detect::rules::sigma::Rules;
use detect::rules::{load, pack};
use flate2::read::GzDecoder;
use rsigma_eval::Engine;
use serde_json::{Value, json};
use std::io::Read;

#[path = "../examples/counted/mod.rs"]
mod counted;

fn lines(gz: &[u8]) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(gz).read_to_string(&mut text).expect("test data is gzip of text");
    text.lines().map(str::to_owned).collect()
}

fn invictus() -> Vec<String> {
    let records = |line: String| match serde_json::from_str::<Value>(&line).expect("a line is JSON")["Records"].take() {
        Value::Array(records) => records.into_iter().map(|record| record.to_string()),
        other => panic!("a file of CloudTrail has records: {other}"),
    };
    lines(include_bytes!("../testdata/invictus/files.jsonl.gz")).into_iter().flat_map(records).collect()
}

fn panther() -> Vec<String> {
    let event = |line: String| serde_json::from_str::<Value>(&line).expect("a line is JSON")["event"].to_string();
    lines(include_bytes!("../testdata/panther/cloudtrail.jsonl.gz")).into_iter().map(event).collect()
}

/// Records as they should not be: fields of another shape, missing or null.
fn misshapen() -> Vec<String> {
    [
        r#"{}"#,
        r#"{"eventName":null,"errorCode":null}"#,
        r#"{"eventName":["CreateUser","ConsoleLogin"],"eventSource":"iam.amazonaws.com"}"#,
        r#"{"eventName":"CREATEUSER","eventSource":"IAM.amazonaws.com","errorCode":null}"#,
        r#"{"eventName":"CreateUser","eventSource":"iam.amazonaws.com","errorCode":""}"#,
        r#"{"eventName":"CreateUser","eventSource":"iam.amazonaws.com","errorCode":5}"#,
        r#"{"eventName":"CreateUser","eventSource":["iam.amazonaws.com"],"userIdentity":{"invokedBy":null}}"#,
        r#"{"eventName":"Create\u0055ser","eventSource":"iam.amazonaws.com","userIdentity":{"arn":7}}"#,
        r#"{"eventName":{"a":1},"userIdentity":{"type":"Root"}}"#,
        r#"{"eventName":"DeleteTrail","eventSource":"cloudtrail.amazonaws.com","errorCode":{"a":"b"}}"#,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Ways to ask for words that no rule of the pack may use.
const MADE_UP: &str = r"
title: One of several words
logsource: {product: aws, service: cloudtrail}
detection: {words: {userAgent|contains: [kali, Boto3, 'aws-cli/']}, condition: words}
---
title: A word at the end or another at the start
logsource: {product: aws, service: cloudtrail}
detection: {end: {eventName|endswith: Key}, start: {eventName|startswith: [delete, STOP]}, condition: end or start}
---
title: A pattern, and not another
logsource: {product: aws, service: cloudtrail}
detection: {arn: {userIdentity.arn|re: '(?i)USER/.*k|assumed-role/[^/]+/i-'}, no: {errorCode|re: 'Denied$'}, condition: arn and not no}
---
title: All of the words
logsource: {product: aws, service: cloudtrail}
detection: {words: {errorMessage|contains|all: [not, authorized]}, condition: words}
";

fn sources() -> Vec<Source> {
    let made_up = Source { name: "made up".to_owned(), text: MADE_UP.to_owned() };
    pack::sources().into_iter().chain([made_up]).collect()
}

fn ours_of_all() -> Rules {
    let (rules, warnings) = load::load(&sources());
    assert_eq!(warnings, []);
    rules
}

fn evaluator() -> Engine {
    let mut engine = Engine::new();
    sources().iter().for_each(|source| counted::add(&mut engine, source).expect("rules"));
    engine
}

/// What stands in a field, in other shapes and letters.
fn other_shapes(value: &Value) -> Vec<Value> {
    let text = value.as_str().unwrap_or_default();
    let letters = [text.to_uppercase(), text.replace('k', "\u{212a}"), format!("x{text}x"), String::new()];
    let shapes = [Value::Null, json!(5), json!([value]), json!(["x", value]), json!({ "a": value }), json!([[value]])];
    letters.map(Value::from).into_iter().chain(shapes).collect()
}

#[test]
fn hits_of_a_simulated_attack_equal_those_of_the_evaluator_alone_rule_by_rule() {
    let (rules, engine) = (ours_of_all(), evaluator());
    let (mut found, mut expected) = (Count::new(), Count::new());
    for record in invictus() {
        ours(&rules, record.as_bytes(), &mut found);
        its_own(&engine, record.as_bytes(), &mut expected);
    }
    assert_eq!(found, expected);
    assert!(found.len() > 30, "{found:?}");
}

#[test]
fn each_labelled_and_each_misshapen_record_matches_the_same_rules() {
    let (rules, engine) = (ours_of_all(), evaluator());
    for record in panther().into_iter().chain(misshapen()) {
        let (mut found, mut expected) = (Count::new(), Count::new());
        ours(&rules, record.as_bytes(), &mut found);
        its_own(&engine, record.as_bytes(), &mut expected);
        assert_eq!(found, expected, "{record}");
    }
}

/// The index looks for words before a rule is tried: it may pass over none that fires.
#[test]
fn records_with_a_field_of_another_shape_match_the_same_rules() {
    let (rules, engine) = (ours_of_all(), evaluator());
    let (mut fired, every) = (Count::new(), 7);
    for record in panther().iter().step_by(every) {
        let record: Value = serde_json::from_str(record).expect("JSON");
        for path in ["/eventName", "/eventSource", "/userAgent", "/errorCode", "/errorMessage", "/userIdentity/arn"] {
            let Some(value) = record.pointer(path) else { continue };
            for other in other_shapes(value) {
                let mut changed = record.clone();
                *changed.pointer_mut(path).expect("it is there") = other;
                let (text, mut found, mut expected) = (changed.to_string(), Count::new(), Count::new());
                ours(&rules, text.as_bytes(), &mut found);
                its_own(&engine, text.as_bytes(), &mut expected);
                assert_eq!(found, expected, "{text}");
                fired.extend(found);
            }
        }
    }
    for title in MADE_UP.lines().filter_map(|line| line.strip_prefix("title: ")) {
        assert!(fired.contains_key(title), "{title} never fires here");
    }
}
