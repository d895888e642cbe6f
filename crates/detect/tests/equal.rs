//! Our way to a hit - typed fields, an index of our own, JSON parsed late - against the evaluator alone
//! over the parsed record: both must find the same.

use detect::record::trail::Event;
use detect::rules::{load, pack};
use flate2::read::GzDecoder;
use rsigma_eval::{Engine, JsonEvent};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;

type Count = BTreeMap<String, u64>;

fn lines(gz: &[u8]) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(gz).read_to_string(&mut text).expect("test data is gzip of text");
    text.lines().map(str::to_owned).collect()
}

fn invictus() -> Vec<String> {
    lines(include_bytes!("../testdata/invictus/cloudtrail.jsonl.gz"))
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

fn ours(events: &[String]) -> Count {
    let (rules, _) = load::load(&pack::sources());
    let mut count = Count::new();
    for line in events {
        let event = Event::of(line.as_bytes()).expect("a typed record");
        for card in rules.matching(&event) {
            *count.entry(card.title.clone()).or_default() += 1;
        }
    }
    count
}

fn evaluator_alone(events: &[String]) -> Count {
    let mut engine = Engine::new();
    for source in pack::sources() {
        engine.add_collection(&rsigma_parser::parse_sigma_yaml(&source.text).expect("YAML")).expect("rules");
    }
    let mut count = Count::new();
    for line in events {
        let value: Value = serde_json::from_str(line).expect("JSON");
        for result in engine.evaluate(&JsonEvent::borrow(&value)) {
            *count.entry(result.header.rule_title).or_default() += 1;
        }
    }
    count
}

#[test]
fn hits_of_a_simulated_attack_equal_those_of_the_evaluator_alone_rule_by_rule() {
    let events = invictus();
    let found = ours(&events);
    assert_eq!(found, evaluator_alone(&events));
    assert!(found.len() > 30, "{found:?}");
}

#[test]
fn each_labelled_and_each_misshapen_record_matches_the_same_rules() {
    for event in panther().into_iter().chain(misshapen()) {
        let event = [event];
        assert_eq!(ours_or_nothing(&event), evaluator_alone_once(&event), "{}", event[0]);
    }
}

fn ours_or_nothing(events: &[String]) -> Count {
    ours(events)
}

fn evaluator_alone_once(events: &[String]) -> Count {
    evaluator_alone(events)
}
