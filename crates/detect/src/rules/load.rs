//! From rule files to rules. What can not be used is named with its file, its line and why; the rest
//! goes on.

use super::Card;
use super::kind::Kind;
use super::sigma::Rules;
use super::windows::IN_WINDOW;
use rsigma_eval::{Engine, compile_rule};
use rsigma_parser::{
    ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, Detection, FilterRule, LogSource,
    SigmaRule, parse_sigma_yaml,
};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};

/// A file with rules.
#[derive(Clone, Debug)]
pub struct Source {
    /// As people know it.
    pub name: String,
    /// YAML, one document or several.
    pub text: String,
}

/// Something in a rule file that can not be used, or not as it seems to be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: String,
    /// Where the document begins that it is about; 0 when it is about the file.
    pub line: usize,
    /// What is wrong and what becomes of it.
    pub why: String,
}

/// The rules of these files, and what of them can not be used.
pub fn load(sources: &[Source]) -> (Rules, Vec<Warning>) {
    Loading::default().all(sources)
}

/// The rules with the examples that stand in them, which take as much memory as the rules themselves.
pub(super) fn with_examples(sources: &[Source]) -> Rules {
    Loading { with_examples: true, ..Loading::default() }.all(sources).0
}

/// A rule as it is written; `None` where none of these files has it. Of a rule without an id the title is its name. A
/// correlation names the rules whose matches it counts, which stand elsewhere.
pub fn written<'s>(sources: &'s [Source], card: &Card) -> Option<&'s str> {
    let value = |text: &'s str, key: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
        let rest = rest.split_once(" #").map_or(rest, |(value, _)| value);
        Some(rest.trim().trim_matches(['\'', '"']))
    };
    let all = || sources.iter().flat_map(|source| documents(&source.text)).map(|document| document.text);
    let named = |text: &&'s str| value(text, "id:").is_none() && value(text, "title:") == Some(card.title.as_str());
    all().find(|text| value(text, "id:") == Some(card.id.as_str())).or_else(|| all().find(named))
}

struct Document<'a> {
    line: usize,
    text: &'a str,
}

/// Documents are read one by one, so that one that is broken does not hide the next. Collections whose
/// documents refer to each other (`action:`) stay together.
fn documents(text: &str) -> Vec<Document<'_>> {
    if text.lines().any(|line| line.starts_with("action:")) {
        return vec![Document { line: 1, text }];
    }
    let mut found = Vec::new();
    let (mut start, mut first) = (0, 1);
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            found.push(Document { line: first, text: &text[start..at] });
            (start, first) = (at + line.len(), number + 2);
        }
        at += line.len();
    }
    found.push(Document { line: first, text: &text[start..] });
    found.retain(|document| document.text.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')));
    found
}

/// Where a rule stands.
#[derive(Clone)]
struct Place {
    file: String,
    line: usize,
}

#[derive(Default)]
struct Loading {
    rules: Vec<SigmaRule>,
    filters: Vec<(Place, FilterRule)>,
    correlations: Vec<(Place, CorrelationRule)>,
    ids: HashMap<String, String>,
    /// Rules, by name or id, that serve a correlation which is passed over.
    muted: BTreeSet<String>,
    with_examples: bool,
    warnings: Vec<Warning>,
}

/// The attribute of a rule in which its examples stand.
const EXAMPLES: &str = "rsigma.exemplars";

impl Loading {
    fn all(mut self, sources: &[Source]) -> (Rules, Vec<Warning>) {
        for source in sources {
            for document in documents(&source.text) {
                self.document(&source.name, document);
            }
        }
        self.settle_correlations();
        self.drop_muted();
        let engine = self.engine();
        let correlations = self.correlations.into_iter().map(|(_, rule)| rule).collect();
        (Rules::new(engine, self.rules, correlations), self.warnings)
    }

    fn warn(&mut self, place: &Place, why: String) {
        self.warnings.push(Warning { file: place.file.clone(), line: place.line, why });
    }

    fn document(&mut self, file: &str, document: Document<'_>) {
        let place = Place { file: file.to_owned(), line: document.line };
        // Empty lines before it make the parser's own line numbers those of the file.
        let text = "\n".repeat(document.line - 1) + document.text;
        let mut parsed = match parse_sigma_yaml(&text) {
            Ok(parsed) => parsed,
            Err(error) => return self.warn(&place, format!("not read: {error}")),
        };
        for why in parsed.errors {
            self.warn(&place, why);
        }
        if !self.with_examples {
            parsed.rules.iter_mut().for_each(|rule| drop(rule.custom_attributes.remove(EXAMPLES)));
            parsed.correlations.iter_mut().for_each(|rule| drop(rule.custom_attributes.remove(EXAMPLES)));
        }
        for rule in parsed.rules {
            self.rule(&place, rule);
        }
        for mut rule in parsed.correlations {
            if let Some(count) = beyond(&rule) {
                self.mute(&rule);
                let why = format!(
                    "'{}' counts to {count}, and no further than to {IN_WINDOW} is counted; passed over",
                    rule.title
                );
                self.warn(&place, why);
                continue;
            }
            let id = rule.id.get_or_insert_with(|| id_of(&rule.title)).clone();
            if self.is_new(&place, &rule.title, id) {
                self.correlations.push((place.clone(), rule));
            }
        }
        self.filters.extend(parsed.filters.into_iter().map(|filter| (place.clone(), filter)));
    }

    fn rule(&mut self, place: &Place, mut rule: SigmaRule) {
        let Some(kind) = Kind::wanted(&rule.logsource) else {
            let services = Kind::ALL.map(Kind::service).join(", ");
            let what = named(&rule.logsource);
            let why =
                format!("'{}' is for {what}, and rules are tried on AWS's {services} alone; passed over", rule.title);
            return self.warn(place, why);
        };
        if let Err(error) = compile_rule(&rule) {
            return self.warn(place, format!("'{}' can not be used: {error}", rule.title));
        }
        for field in unknown_fields(&rule, kind) {
            let service = kind.service();
            let why = format!("'{}' asks for '{field}', which no record of {service} has; kept", rule.title);
            self.warn(place, why);
        }
        let id = rule.id.get_or_insert_with(|| id_of(&rule.title)).clone();
        if self.is_new(place, &rule.title, id) {
            self.rules.push(rule);
        }
    }

    /// The rules that only serve a correlation which is passed over make no hits of their own all the same.
    fn mute(&mut self, correlation: &CorrelationRule) {
        if !correlation.generate {
            self.muted.extend(correlation.rules.iter().cloned());
        }
    }

    fn is_new(&mut self, place: &Place, title: &str, id: String) -> bool {
        if let Some(other) = self.ids.get(&id) {
            let why = format!("'{title}' has the id {id}, which a rule in {other} has already; passed over");
            self.warn(place, why);
            return false;
        }
        self.ids.insert(id, place.file.clone());
        true
    }

    fn drop_muted(&mut self) {
        let (muted, correlations) = (&self.muted, &self.correlations);
        let serves = |name: &String| correlations.iter().any(|(_, rule)| rule.rules.contains(name));
        self.rules.retain(|rule| {
            let mut names = rule.id.iter().chain(&rule.name);
            !names.clone().any(|name| muted.contains(name)) || names.any(serves)
        });
    }

    /// The rules, compiled, with the filters of the files upon them.
    fn engine(&mut self) -> Engine {
        let mut engine = Engine::new();
        // Each rule has been compiled once before; there is nothing left to go wrong here.
        engine.add_rules(&self.rules);
        for (place, filter) in std::mem::take(&mut self.filters) {
            if let Err(error) = engine.apply_filter(&filter) {
                self.warn(&place, format!("'{}' can not be used: {error}", filter.title));
            }
        }
        engine
    }

    /// A correlation stays when all it refers to is there, is for one kind of records, and does not refer back to it.
    fn settle_correlations(&mut self) {
        let mut known: HashMap<String, Kind> = HashMap::new();
        for rule in &self.rules {
            let kind = Kind::wanted(&rule.logsource).unwrap_or_default();
            known.extend([&rule.id, &rule.name].into_iter().flatten().map(|name| (name.clone(), kind)));
        }
        let mut left = std::mem::take(&mut self.correlations);
        loop {
            let (settled, open): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|(_, rule)| rule.rules.iter().all(|name| known.contains_key(name)));
            left = open;
            if settled.is_empty() {
                break;
            }
            for (place, rule) in settled {
                let kinds: Vec<Kind> = rule.rules.iter().map(|name| known[name]).collect();
                if kinds.iter().any(|kind| *kind != kinds[0]) {
                    self.mute(&rule);
                    self.warn(&place, format!("'{}' is for records of several kinds; passed over", rule.title));
                    continue;
                }
                let kind = kinds.first().copied().unwrap_or_default();
                known.extend([&rule.id, &rule.name].into_iter().flatten().map(|name| (name.clone(), kind)));
                self.correlations.push((place, rule));
            }
        }
        for (place, rule) in left {
            self.mute(&rule);
            let missing: Vec<_> =
                rule.rules.iter().filter(|name| !known.contains_key(*name)).map(String::as_str).collect();
            let why = format!(
                "'{}' refers to {}, which is not there or refers back to it; passed over",
                rule.title,
                missing.join(", ")
            );
            self.warn(&place, why);
        }
    }
}

/// A number to which a window does not count.
fn beyond(rule: &CorrelationRule) -> Option<u64> {
    let counts = matches!(rule.correlation_type, CorrelationType::EventCount | CorrelationType::ValueCount);
    let CorrelationCondition::Threshold { predicates, .. } = &rule.condition else { return None };
    let most = IN_WINDOW as u64;
    let never = |(operator, count): &&(ConditionOperator, u64)| match operator {
        ConditionOperator::Gt => *count >= most,
        ConditionOperator::Gte | ConditionOperator::Eq => *count > most,
        _ => false,
    };
    predicates.iter().filter(|_| counts).find(never).map(|(_, count)| *count)
}

/// A stable id for a rule that has none, in the form of a UUID.
fn id_of(title: &str) -> String {
    let digest = hex::encode(Sha256::digest(title.as_bytes()));
    // Version 8 and the variant of RFC 9562: a UUID whose content is the maker's affair.
    format!("{}-{}-8{}-a{}-{}", &digest[..8], &digest[8..12], &digest[13..16], &digest[17..20], &digest[20..32])
}

/// What a rule wants to see, in words.
fn named(source: &LogSource) -> String {
    let parts = [("product", &source.product), ("service", &source.service), ("category", &source.category)];
    let named: Vec<_> =
        parts.iter().filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name}"))).collect();
    if named.is_empty() { "no log source in particular".to_owned() } else { named.join(", ") }
}

fn unknown_fields(rule: &SigmaRule, kind: Kind) -> BTreeSet<&str> {
    let mut fields = BTreeSet::new();
    rule.detection.named.values().for_each(|detection| collect(detection, &mut fields));
    fields.retain(|name| !kind.has(name));
    fields
}

/// The fields of the record that a detection asks for; what it asks of a list's members are fields of theirs.
fn collect<'r>(detection: &'r Detection, fields: &mut BTreeSet<&'r str>) {
    match detection {
        Detection::AllOf(items) => fields.extend(items.iter().filter_map(|item| item.field.name.as_deref())),
        Detection::AnyOf(parts) | Detection::And(parts) => parts.iter().for_each(|part| collect(part, fields)),
        Detection::ArrayMatch { field, .. } => drop(fields.insert(field)),
        Detection::Conditional { named, .. } => named.values().for_each(|part| collect(part, fields)),
        Detection::Keywords(_) => {}
    }
}
