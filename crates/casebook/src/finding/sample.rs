//! Sample findings: GuardDuty makes them on request, and nothing has happened when one arrives.
//! <https://docs.aws.amazon.com/guardduty/latest/ug/sample_findings.html>

use super::Accused;
use super::error::FindingError;
use super::fields::{Fields, fold};
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// The instances in GuardDuty's own samples.
const PLACEHOLDERS: [&str; 2] = ["i-99999999", "i-99999999999999999"];

/// What gives a sample away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum SampleMark {
    /// A field says so; its path.
    Flag(String),
    /// The title starts with `[SAMPLE]`.
    Title,
    /// The instance is the one GuardDuty puts into samples.
    Placeholder(String),
}

impl fmt::Display for SampleMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(field) => write!(f, "`{field}` is true"),
            Self::Title => f.write_str("its title starts with [SAMPLE]"),
            Self::Placeholder(id) => write!(f, "{id} is the instance GuardDuty puts into samples"),
        }
    }
}

/// The mark a finding carries by its fields or its title.
pub(super) fn marked(finding: &Fields<'_>, title: &str) -> Result<Option<SampleMark>, FindingError> {
    let flag = |field: &str| Some(SampleMark::Flag(field.to_owned()));
    if finding.flag("sample")? == Some(true) {
        return Ok(flag("sample"));
    }
    if let Some(service) = finding.object("service")? {
        if service.flag("sample")? == Some(true) {
            return Ok(flag("service.sample"));
        }
        if service.get("additionalInfo").is_some_and(says_sample) {
            return Ok(flag("service.additionalInfo.sample"));
        }
    }
    Ok(title.trim_start().starts_with("[SAMPLE]").then_some(SampleMark::Title))
}

/// The mark of an instance that exists in samples only.
pub(super) fn placeholder(accused: &[Accused]) -> Option<SampleMark> {
    let found = accused.iter().find(|accused| PLACEHOLDERS.contains(&accused.instance.as_str()))?;
    Some(SampleMark::Placeholder(found.instance.clone()))
}

/// `additionalInfo` has the flag as a field (EventBridge), or in JSON kept as text in `value`
/// (GetFindings), or is itself that text. Text that is no JSON is searched: a doubtful sample is
/// better refused than contained.
fn says_sample(info: &Value) -> bool {
    match info {
        Value::Object(map) => map.iter().any(|(name, value)| match fold(name).as_str() {
            "sample" => is_set(value),
            "value" => says_sample(value),
            _ => false,
        }),
        Value::String(json) => match serde_json::from_str::<Value>(json) {
            Ok(inner) => says_sample(&inner),
            Err(_) => mentions_sample(json),
        },
        _ => false,
    }
}

/// Whatever is not clearly a no.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::String(text) => !(text.is_empty() || text.eq_ignore_ascii_case("false")),
        other => other.as_f64() != Some(0.0),
    }
}

fn mentions_sample(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    bare.contains("\"sample\":true") || bare.contains("\"sample\":\"true\"")
}
