//! Any case and any wrapping of a finding reads the same.

use crate::support::{ACCOUNT, INSTANCE, finding, only, sample};
use casebook::finding::{Finding, parse};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug)]
enum Wrapping {
    GetFindings,
    EventBridge,
    Sns,
    SnsToLambda,
    SqsToLambda,
    SqsReceived,
    Array,
    Text,
}

impl Wrapping {
    fn around(self, inner: &Value) -> Value {
        match self {
            Self::GetFindings => json!({"Findings": [inner]}),
            Self::EventBridge => {
                json!({"version": "0", "id": "e", "detail-type": "GuardDuty Finding",
                "source": "aws.guardduty", "account": ACCOUNT, "region": "eu-west-1", "resources": [], "detail": inner})
            }
            Self::Sns => {
                json!({"Type": "Notification", "MessageId": "m", "Message": inner.to_string()})
            }
            Self::SnsToLambda => json!({"Records": [{"EventSource": "aws:sns",
                "Sns": {"Type": "Notification", "Message": inner.to_string()}}]}),
            Self::SqsToLambda => {
                json!({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": inner.to_string()}]})
            }
            Self::SqsReceived => {
                json!({"Messages": [{"MessageId": "m", "ReceiptHandle": "r", "Body": inner.to_string()}]})
            }
            Self::Array => json!([inner]),
            Self::Text => json!(inner.to_string()),
        }
    }
}

fn wrapping() -> impl Strategy<Value = Wrapping> {
    prop_oneof![
        Just(Wrapping::GetFindings),
        Just(Wrapping::EventBridge),
        Just(Wrapping::Sns),
        Just(Wrapping::SnsToLambda),
        Just(Wrapping::SqsToLambda),
        Just(Wrapping::SqsReceived),
        Just(Wrapping::Array),
        Just(Wrapping::Text),
    ]
}

/// Changes the case of every name by bits that are used over and over, and puts underscores where
/// snake case has them.
struct Mangler {
    bits: Vec<bool>,
    used: usize,
}

impl Mangler {
    fn next(&mut self) -> bool {
        self.used += 1;
        self.bits[self.used % self.bits.len()]
    }

    fn name(&mut self, name: &str) -> String {
        let mut mangled = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && self.next() {
                mangled.push('_');
            }
            mangled.push(if self.next() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() });
        }
        mangled
    }

    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(map) => map.iter().map(|(name, value)| (self.name(name), self.value(value))).collect(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            other => other.clone(),
        }
    }
}

fn plain_findings() -> Vec<(Value, Finding)> {
    let mut theft = finding("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS");
    theft["resource"]["accessKeyDetails"] =
        json!({"principalId": format!("AROAEXAMPLE:{INSTANCE}"), "userName": "web"});
    let mut sequence = finding("AttackSequence:EC2/CompromisedInstanceGroup");
    sequence["service"]["detection"]["sequence"]["resources"] =
        json!([{"resourceType": "EC2_INSTANCE", "uid": INSTANCE}]);
    let plain = [theft, sequence, sample("Recon-EC2-Portscan.json")["detail"].clone()];
    plain.into_iter().map(|value| (value.clone(), only(&value.to_string()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn case_and_wrapping_change_nothing(
        wrappings in proptest::collection::vec(wrapping(), 0..6),
        bits in proptest::collection::vec(any::<bool>(), 1..64),
        mark in any::<bool>(),
    ) {
        for (value, plain) in plain_findings() {
            let mut mangler = Mangler { bits: bits.clone(), used: 0 };
            let mut wrapped = mangler.value(&value);
            for wrapping in &wrappings {
                wrapped = mangler.value(&wrapping.around(&wrapped));
            }
            let text = format!("{}{wrapped}\n", if mark { "\u{feff}" } else { "" });
            assert_eq!(parse(text.as_bytes()).unwrap(), [plain]);
        }
    }

    #[test]
    fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        assert!(parse(&bytes).is_err());
    }
}

#[test]
fn several_documents_arrays_and_lists_are_all_read() {
    let numbered = |n: u32| {
        let mut finding = finding("Backdoor:EC2/Spambot");
        finding["id"] = json!(format!("finding-{n}"));
        finding
    };
    let input = format!(
        "{}\n{}\n{:#}{}",
        json!({"Findings": [numbered(1), numbered(2)]}),
        json!([numbered(3), {"detail": numbered(4)}]),
        numbered(5),
        json!({"Records": [{"body": numbered(6).to_string()}, {"body": numbered(7).to_string()}]}),
    );
    let ids: Vec<String> = parse(input.as_bytes()).unwrap().into_iter().map(|finding| finding.id).collect();
    assert_eq!(ids, (1..=7).map(|n| format!("finding-{n}")).collect::<Vec<_>>());
}
