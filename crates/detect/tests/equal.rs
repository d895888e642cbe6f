//! Our way to a hit against the evaluator alone: both must find the same.

use counted::{Count, its_own, ours};
use detect::rules::sigma::Rules;
use detect::rules::{load, pack};
use flate2::read::GzDecoder;
use rsigma_eval::Engine;
use serde_json::Value;
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

fn pack() -> Rules {
    load::load(&pack::sources()).0
}

fn evaluator() -> Engine {
    let mut engine = Engine::new();
    pack::sources().iter().for_each(|source| counted::add(&mut engine, source).expect("rules"));
    engine
}

#[test]
fn hits_of_a_simulated_attack_equal_those_of_the_evaluator_alone_rule_by_rule() {
    let (rules, engine) = (pack(), evaluator());
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
    let (rules, engine) = (pack(), evaluator());
    for record in panther().into_iter().chain(misshapen()) {
        let (mut found, mut expected) = (Count::new(), Count::new());
        ours(&rules, record.as_bytes(), &mut found);
        its_own(&engine, record.as_bytes(), &mut expected);
        assert_eq!(found, expected, "{record}");
    }
}
