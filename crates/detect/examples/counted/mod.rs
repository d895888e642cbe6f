//! Hits of a CloudTrail record counted in two ways: ours, and the evaluator's alone over the parsed record, with policies
//! that are text read beforehand.

use detect::record::Record;
use detect::record::trail::Event;
use detect::rules::load::Source;
use detect::rules::sigma::Rules;
use rsigma_eval::{Engine, JsonEvent};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where policies are text, in what a call asks.
const POLICIES: [&str; 7] = [
    "policyDocument",
    "assumeRolePolicyDocument",
    "policy",
    "resourcePolicy",
    "policyText",
    "attributes.Policy",
    "attributeValue",
];

/// Hits by the rule's title.
pub type Count = BTreeMap<String, u64>;

/// Gives the evaluator the rules of a file that are for CloudTrail.
pub fn add(engine: &mut Engine, source: &Source) -> Result<(), String> {
    let mut rules = rsigma_parser::parse_sigma_yaml(&source.text).map_err(|error| error.to_string())?;
    rules.rules.retain(|rule| rule.logsource.service.as_deref().is_none_or(|service| service == "cloudtrail"));
    engine.add_collection(&rules).map_err(|error| error.to_string())
}

/// Counts our way: typed fields, an index of our own, JSON parsed late.
pub fn ours(rules: &Rules, record: &[u8], count: &mut Count) {
    let event = Record::Trail(Event::of(record).expect("a typed record"));
    for card in rules.matching(&event) {
        *count.entry(card.title.clone()).or_default() += 1;
    }
}

/// Counts the evaluator's way.
pub fn its_own(engine: &Engine, record: &[u8], count: &mut Count) {
    let mut value: Value = serde_json::from_slice(record).expect("JSON");
    for path in POLICIES {
        let text = value["requestParameters"].pointer(&format!("/{}", path.replace('.', "/")));
        if let Ok(Value::Object(policy)) = serde_json::from_str(text.and_then(Value::as_str).unwrap_or_default()) {
            // The evaluator looks for a path as a name before it follows it.
            value[format!("requestParameters.{path}.Statement")] = policy["Statement"].clone();
        }
    }
    for result in engine.evaluate(&JsonEvent::borrow(&value)) {
        *count.entry(result.header.rule_title).or_default() += 1;
    }
}
