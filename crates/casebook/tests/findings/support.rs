//! Findings for the tests: the fixtures beside this file, and one made of the fields that matter.

use casebook::finding::{Advice, Finding, parse};
use serde_json::{Value, json};
use std::path::PathBuf;

pub const ACCOUNT: &str = "111122223333";
pub const INSTANCE: &str = "i-0123456789abcdef0";

/// A finding as EventBridge's detail has it, about [`INSTANCE`].
pub fn finding(kind: &str) -> Value {
    json!({
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "partition": "aws",
        "id": "6e4632e9929d47c393f3622da097fe9a",
        "type": kind,
        "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": INSTANCE}},
        "service": {"serviceName": "guardduty", "archived": false, "count": 1, "additionalInfo": {}},
        "severity": 8,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "title": "A title."
    })
}

/// The one finding in `json`.
pub fn only(json: &str) -> Finding {
    let mut findings = parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(findings.len(), 1);
    findings.remove(0)
}

pub fn advice(finding: &Value) -> Advice {
    only(&finding.to_string()).advice()
}

/// Why a finding is refused; anything but a refusal fails the test.
pub fn refusal(finding: &Value) -> String {
    match advice(finding) {
        Advice::Refuse { why } => why,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn name_of(advice: &Advice) -> &'static str {
    match advice {
        Advice::Respond { .. } => "respond",
        Advice::Refuse { .. } => "refuse",
        Advice::AskAPerson { .. } => "ask",
    }
}

pub fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "findings", name].iter().collect()
}

pub fn sample(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder("samples").join(name)).unwrap()).unwrap()
}

pub fn raw_template(name: &str) -> String {
    let path = folder("templates").join(format!("{name}.json.tpl"));
    std::fs::read_to_string(path).unwrap().replace("1234567891234", ACCOUNT)
}

/// A template with the placeholders filled that are read here.
pub fn template(name: &str) -> String {
    raw_template(name)
        .replace("${instance_id}", INSTANCE)
        .replace("${principal_id}", &format!("AROAEXAMPLE:{INSTANCE}"))
        .replace("${role_name}", "web")
        .replace("${malicious_ip}", "203.0.113.9")
        .replace("${malicious_domain}", "bad.example")
}
