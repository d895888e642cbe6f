//! Which rules can match at all, told from a few typed fields. Nearly every CloudTrail rule names a
//! call, a service or an error; what names none of them is tried on every record.
//!
//! The evaluator has an index of its own, but it may choose any field of a rule to go by, and then
//! every record must be parsed whole. This one may name too many rules, never too few: a test compares
//! the hits with the evaluator's own.

use super::view::typed;
use crate::record::text::Text;
use crate::record::trail::Event;
use rsigma_eval::matcher::GroupMode;
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule};
use rsigma_parser::{ConditionExpr, Quantifier};
use std::collections::HashMap;

/// The fields to go by, the most telling first.
const FIELDS: [&str; 5] = ["eventName", "errorCode", "eventSource", "userIdentity.type", "eventType"];

/// One of these values, in lower case, is in one of [`FIELDS`] whenever the rule matches.
type Signs = Vec<(usize, String)>;

/// From values to rules.
#[derive(Debug, Default)]
pub struct Index {
    by_value: [HashMap<String, Vec<usize>>; FIELDS.len()],
    always: Vec<usize>,
    count: usize,
}

impl Index {
    /// Looks through the rules once.
    pub fn new(rules: &[CompiledRule]) -> Self {
        let mut index = Self { count: rules.len(), ..Self::default() };
        for (at, rule) in rules.iter().enumerate() {
            match any(rule.conditions.iter().map(|condition| of_condition(condition, rule))) {
                Some(signs) => signs.into_iter().for_each(|sign| index.add(sign, at)),
                None => index.always.push(at),
            }
        }
        index
    }

    fn add(&mut self, (field, value): (usize, String), rule: usize) {
        self.by_value[field].entry(value).or_default().push(rule);
    }

    /// The rules that may match the record, in their order.
    pub fn candidates(&self, event: &Event<'_>) -> Vec<usize> {
        let mut found = self.always.clone();
        for (name, by_value) in FIELDS.iter().zip(&self.by_value) {
            if by_value.is_empty() {
                continue;
            }
            match typed(event, name) {
                Some(Text::Is(text)) => found.extend(lowered(text, |text| by_value.get(text)).into_iter().flatten()),
                Some(Text::Absent | Text::Null) => {}
                // A number or a list reads as text in ways that are the evaluator's to know.
                Some(Text::Other) | None => return (0..self.count).collect(),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Calls are short and plain: they are lowered without asking for memory.
fn lowered<T>(text: &str, look: impl FnOnce(&str) -> T) -> T {
    let mut room = [0; 128];
    if let Some(room) = room.get_mut(..text.len())
        && text.is_ascii()
    {
        room.copy_from_slice(text.as_bytes());
        room.make_ascii_lowercase();
        return look(std::str::from_utf8(room).unwrap_or_default());
    }
    look(&text.to_lowercase())
}

/// Either may match: each must have a sign.
fn any(parts: impl Iterator<Item = Option<Signs>>) -> Option<Signs> {
    let parts = parts.collect::<Option<Vec<_>>>()?;
    let signs: Signs = parts.into_iter().flatten().collect();
    (!signs.is_empty()).then_some(signs)
}

/// All must match: one sign suffices, the most telling one.
fn all(parts: impl Iterator<Item = Option<Signs>>) -> Option<Signs> {
    parts.flatten().min_by_key(|signs| (signs.iter().map(|(field, _)| *field).max(), signs.len()))
}

fn of_condition(condition: &ConditionExpr, rule: &CompiledRule) -> Option<Signs> {
    match condition {
        ConditionExpr::Identifier(name) => rule.detections.get(name).and_then(of_detection),
        ConditionExpr::And(parts) => all(parts.iter().map(|part| of_condition(part, rule))),
        ConditionExpr::Or(parts) => any(parts.iter().map(|part| of_condition(part, rule))),
        ConditionExpr::Not(_) => None,
        ConditionExpr::Selector { quantifier, pattern } => {
            let named = rule.detections.iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let parts = named.map(|(_, detection)| of_detection(detection));
            match quantifier {
                Quantifier::All => all(parts),
                Quantifier::Count(0) => None,
                Quantifier::Any | Quantifier::Count(_) => any(parts),
            }
        }
    }
}

fn of_detection(detection: &CompiledDetection) -> Option<Signs> {
    match detection {
        CompiledDetection::AllOf(items) => all(items.iter().map(of_item)),
        CompiledDetection::AnyOf(parts) => any(parts.iter().map(of_detection)),
        CompiledDetection::And(parts) => all(parts.iter().map(of_detection)),
        CompiledDetection::Keywords(_)
        | CompiledDetection::ArrayMatch { .. }
        | CompiledDetection::Conditional { .. } => None,
    }
}

fn of_item(item: &CompiledDetectionItem) -> Option<Signs> {
    let name = item.field.as_deref()?;
    let field = FIELDS.iter().position(|known| *known == name)?;
    if item.exists.is_some() { None } else { of_matcher(&item.matcher, field) }
}

fn of_matcher(matcher: &CompiledMatcher, field: usize) -> Option<Signs> {
    match matcher {
        CompiledMatcher::Exact { value, .. } => Some(vec![(field, value.to_lowercase())]),
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            any(parts.iter().map(|part| of_matcher(part, field)))
        }
        CompiledMatcher::AllOf(parts) | CompiledMatcher::CaseInsensitiveGroup { children: parts, .. } => {
            all(parts.iter().map(|part| of_matcher(part, field)))
        }
        _ => None,
    }
}
