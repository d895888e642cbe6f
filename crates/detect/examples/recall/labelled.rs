//! Labelled tests, in the two forms in which they are published: a JSON line a test
//! (`{"rule", "severity", "test", "expected", "event"}`), and a list (`[{"data", "description", "trigger_rules"}]`), where
//! a test that triggers no rule is innocent, and one that does not say has no label. A log beneath a folder that is
//! called attack or innocent, or another word for these, is a test too, as a whole.

use detect::record::trail::Event;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// What folders of attacks are called.
const ATTACKS: [&str; 5] = ["attack", "attacks", "malicious", "positive", "true-positive"];
/// What folders of ordinary activity are called.
const INNOCENT: [&str; 6] = ["innocent", "benign", "normal", "negative", "false-positive", "baseline"];

/// A test.
#[derive(Debug)]
pub struct Test {
    /// Whose it is, and what it tries.
    pub name: String,
    /// Whether it is an attack; `None` where it has no label.
    pub expected: Option<bool>,
    /// What is tried, as it stands in the file.
    pub event: String,
}

/// A test, or why it can not be read.
pub type Found = Result<Test, String>;

#[derive(Deserialize)]
struct Line<'t> {
    rule: String,
    test: String,
    expected: bool,
    #[serde(borrow)]
    event: &'t RawValue,
}

#[derive(Deserialize)]
struct Member<'t> {
    #[serde(default)]
    description: String,
    #[serde(borrow)]
    data: Option<&'t RawValue>,
    trigger_rules: Option<Vec<String>>,
    classify_only: Option<bool>,
}

/// An EventBridge event around a call. Who publishes tests masks much of it, the source too, and one that is not
/// from AWS is nobody's: what is labelled is the call.
#[derive(Deserialize)]
struct Envelope<'t> {
    #[serde(borrow)]
    detail: &'t RawValue,
}

/// What the folders say in which a log stands, from the one that was named on: the innermost that says something.
/// `None`: none does.
pub fn by_folder(path: &Path, roots: &[PathBuf]) -> Option<bool> {
    let label = |folder: &Path| {
        let name = folder.file_name()?.to_str()?.to_lowercase();
        let is_attack = ATTACKS.contains(&name.as_str());
        (is_attack || INNOCENT.contains(&name.as_str())).then_some(is_attack)
    };
    let above = roots.iter().filter_map(|root| path.starts_with(root).then(|| root.parent())?);
    let above = above.max_by_key(|above| above.components().count());
    path.ancestors().skip(1).take_while(|folder| Some(*folder) != above).find_map(label)
}

/// The call that a test is about, if it is about one.
pub fn call(event: &str) -> Option<Event<'_>> {
    named(event).or_else(|| named(serde_json::from_str::<Envelope<'_>>(event).ok()?.detail.get()))
}

fn named(event: &str) -> Option<Event<'_>> {
    Event::of(event.as_bytes()).ok().filter(|event| event.name.is_there())
}

/// The tests of a file; `None` if it is a log.
pub fn read(mut file: impl BufRead) -> io::Result<Option<Vec<Found>>> {
    let mut first = String::new();
    file.read_line(&mut first)?;
    if first.trim_start().starts_with('[') {
        file.read_to_string(&mut first)?;
        return Ok(of_list(&first));
    }
    if of_line(&first).is_err() {
        return Ok(None);
    }
    let rest = file.lines().map(|line| line.map_err(|error| error.to_string()).and_then(|line| of_line(&line)));
    let numbered = (2..).zip(rest).map(|(number, found)| found.map_err(|why| format!("line {number}: {why}")));
    Ok(Some([of_line(&first)].into_iter().chain(numbered).collect()))
}

fn of_line(line: &str) -> Found {
    let Line { rule, test, expected, event } = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok(Test { name: format!("{rule} | {test}"), expected: Some(expected), event: event.get().to_owned() })
}

fn of_list(text: &str) -> Option<Vec<Found>> {
    let members: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    members.iter().any(|member| is_test(member)).then(|| members.into_iter().map(of_member).collect())
}

fn is_test(member: &RawValue) -> bool {
    let member: Result<Member<'_>, _> = serde_json::from_str(member.get());
    member.is_ok_and(|member| member.trigger_rules.is_some() || member.classify_only.is_some())
}

fn of_member(member: &RawValue) -> Found {
    let Member { description, data, trigger_rules, .. } =
        serde_json::from_str(member.get()).map_err(|error| error.to_string())?;
    let Some(data) = data else { return Err(format!("{description}: it has no data")) };
    let expected = trigger_rules.as_ref().map(|rules| !rules.is_empty());
    let rules = trigger_rules.unwrap_or_default().join(", ");
    let name = if rules.is_empty() { description } else { format!("{rules} | {description}") };
    Ok(Test { name, expected, event: data.get().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Option<Vec<Result<Option<bool>, String>>> {
        let found = read(text.as_bytes()).expect("a text")?;
        Some(found.into_iter().map(|found| found.map(|test| test.expected)).collect())
    }

    #[test]
    fn a_list_of_tests_is_understood_and_what_is_no_test_is_named() {
        let text = r#"[
            {"data": {"Records": []}, "description": "a", "trigger_rules": ["r"]},
            {"data": {"Records": []}, "description": "b", "trigger_rules": []},
            {"data": {"Records": []}, "description": "c", "classify_only": true},
            {"description": "d", "trigger_rules": ["r"]},
            7
        ]"#;
        let labels = labels(text).expect("tests");
        assert_eq!(labels[..3], [Ok(Some(true)), Ok(Some(false)), Ok(None)]);
        assert_eq!(labels[3], Err("d: it has no data".to_owned()));
        assert!(labels[4].is_err() && labels.len() == 5);
    }

    #[test]
    fn lines_of_tests_are_understood_and_a_broken_one_is_named() {
        let line = r#"{"rule": "R", "severity": "High", "test": "t", "expected": true, "event": {"eventName": "X"}}"#;
        let labels = labels(&format!("{line}\n{{\"rule\": \"R\"}}\n{line}\n")).expect("tests");
        assert_eq!((&labels[0], &labels[2]), (&Ok(Some(true)), &Ok(Some(true))));
        assert!(labels[1].as_ref().is_err_and(|why| why.starts_with("line 2: missing field")), "{labels:?}");
    }

    #[test]
    fn of_a_masked_envelope_the_call_is_tried() {
        let name = |event| call(event).map(|event| event.name.as_str().to_owned());
        assert_eq!(name(r#"{"eventName": "A"}"#).as_deref(), Some("A"));
        assert_eq!(name(r#"{"source": "...", "detail": {"eventName": "B"}}"#).as_deref(), Some("B"));
        assert_eq!(name(r#"{"source": "aws.guardduty", "detail": {"type": "C"}}"#), None);
    }

    #[test]
    fn the_innermost_folder_that_says_something_labels_a_log() {
        let label = |path: &str| by_folder(Path::new(path), &[PathBuf::from("normal/set"), PathBuf::from("attacks")]);
        assert_eq!(label("normal/set/Attack/T1552/a.json"), Some(true));
        assert_eq!(label("normal/set/logs/a.json"), None, "it was not named, and says nothing of what was");
        assert_eq!(label("attacks/a.json"), Some(true), "it was named itself");
        assert_eq!(label("attacks/benign/a.json"), Some(false));
        assert_eq!(label("AWSLogs/attack.json"), None, "a file's own name is no label");
    }

    #[test]
    fn a_log_is_no_test() {
        for text in [r#"{"Records": []}"#, r#"[{"eventName": "X"}]"#, "2 111111111111 eni-1", ""] {
            assert_eq!(labels(text), None, "{text}");
        }
    }
}
