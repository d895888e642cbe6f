//! Which rules can match at all, told from a few typed fields. Nearly every CloudTrail rule names a
//! call, a service or an error, or at least words that an agent or a caller must have in its name; what names
//! none of them is tried on every record.
//!
//! The evaluator has an index of its own, but it may choose any field of a rule to go by, and then
//! every record must be parsed whole. This one may name too many rules, never too few: a test compares
//! the hits with the evaluator's own.

use super::view::typed;
use super::within::{self, Within};
use crate::record::text::Text;
use crate::record::trail::Event;
use foldhash::HashMap;
use rsigma_eval::matcher::GroupMode;
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule};
use rsigma_parser::{ConditionExpr, Quantifier};

/// The fields to go by, the most telling first.
const FIELDS: [&str; 7] =
    ["eventName", "errorCode", "eventSource", "userIdentity.type", "eventType", "userAgent", "userIdentity.arn"];

/// What one of [`FIELDS`] has whenever the rule matches: this text, in lower case, as a whole or somewhere within.
#[derive(Clone, Debug)]
struct Mark {
    field: usize,
    text: String,
    whole: bool,
}

/// One of these is there whenever the rule matches.
type Marks = Vec<Mark>;

/// From values to rules.
#[derive(Debug, Default)]
pub struct Index {
    by_value: [HashMap<String, Vec<usize>>; FIELDS.len()],
    /// The longest value of each field: what is longer need not be looked up.
    longest: [usize; FIELDS.len()],
    within: [Within; FIELDS.len()],
    /// The rules, all of them.
    rules: Vec<usize>,
    /// By rule: what must be there too.
    also: Vec<Vec<Marks>>,
    always: Vec<usize>,
}

impl Index {
    /// Looks through the rules for CloudTrail once, each given with its number, in their order.
    pub fn new<'r>(rules: impl Iterator<Item = (usize, &'r CompiledRule)>) -> Self {
        let mut index = Self::default();
        for (at, rule) in rules {
            let mut needs = any(rule.conditions.iter().map(|condition| of_condition(condition, rule)));
            match best(&needs) {
                Some(best) => needs.swap_remove(best).into_iter().for_each(|mark| index.add(mark, at)),
                None => index.always.push(at),
            }
            needs.retain(|marks| marks.iter().all(|mark| mark.whole));
            index.rules.push(at);
            index.also.resize(at, Vec::new());
            index.also.push(needs);
        }
        index
    }

    fn add(&mut self, mark: Mark, rule: usize) {
        let field = mark.field;
        if !mark.whole {
            return self.within[field].add(&mark.text, rule);
        }
        self.longest[field] = self.longest[field].max(mark.text.len());
        self.by_value[field].entry(mark.text).or_default().push(rule);
    }

    /// The rules that may match the record, in their order.
    pub fn candidates(&self, event: &Event<'_>) -> Vec<usize> {
        let mut found = self.always.clone();
        for field in 0..FIELDS.len() {
            let (by_value, within) = (&self.by_value[field], &self.within[field]);
            if by_value.is_empty() && within.is_empty() {
                continue;
            }
            match text_of(event, field) {
                Text::Is(text) => {
                    if text.len() <= self.longest[field] || !text.is_ascii() {
                        found.extend(lowered(text, |text| by_value.get(text)).into_iter().flatten());
                    }
                    within.rules_in(text, &mut found);
                }
                Text::Absent | Text::Null => {}
                // A number or a list reads as text in ways that are the evaluator's to know.
                Text::Other => return self.rules.clone(),
            }
        }
        found.retain(|rule| self.also[*rule].iter().all(|marks| marks.iter().any(|mark| shows(event, mark))));
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn text_of<'e>(event: &'e Event<'e>, field: usize) -> &'e Text<'e> {
    typed(event, FIELDS[field]).unwrap_or(&Text::Other)
}

/// Whether a record may have a mark.
fn shows(event: &Event<'_>, mark: &Mark) -> bool {
    match text_of(event, mark.field) {
        Text::Is(text) => text.eq_ignore_ascii_case(&mark.text) || !text.is_ascii(),
        Text::Absent | Text::Null => false,
        Text::Other => true,
    }
}

/// Calls and names are short and plain: they are lowered without asking for memory.
pub(super) fn lowered<T>(text: &str, look: impl FnOnce(&str) -> T) -> T {
    let mut room = [0; 256];
    if let Some(room) = room.get_mut(..text.len())
        && text.is_ascii()
    {
        room.copy_from_slice(text.as_bytes());
        room.make_ascii_lowercase();
        return look(std::str::from_utf8(room).unwrap_or_default());
    }
    look(&text.to_lowercase())
}

/// Which of the marks is the most telling: whole texts are looked up, parts are searched for.
fn best(needs: &[Marks]) -> Option<usize> {
    let telling =
        |marks: &Marks| (marks.iter().any(|mark| !mark.whole), marks.iter().map(|mark| mark.field).max(), marks.len());
    (0..needs.len()).min_by_key(|at| telling(&needs[*at]))
}

/// Either may match: when each has a mark, one of them must be there.
fn any(parts: impl Iterator<Item = Vec<Marks>>) -> Vec<Marks> {
    let one = |mut needs: Vec<Marks>| best(&needs).map(|at| needs.swap_remove(at));
    let marks: Marks = parts.map(one).collect::<Option<Vec<_>>>().into_iter().flatten().flatten().collect();
    if marks.is_empty() { Vec::new() } else { vec![marks] }
}

/// All must match: all marks must be there.
fn all(parts: impl Iterator<Item = Vec<Marks>>) -> Vec<Marks> {
    parts.flatten().collect()
}

fn of_condition(condition: &ConditionExpr, rule: &CompiledRule) -> Vec<Marks> {
    match condition {
        ConditionExpr::Identifier(name) => rule.detections.get(name).map(of_detection).unwrap_or_default(),
        ConditionExpr::And(parts) => all(parts.iter().map(|part| of_condition(part, rule))),
        ConditionExpr::Or(parts) => any(parts.iter().map(|part| of_condition(part, rule))),
        ConditionExpr::Not(_) => Vec::new(),
        ConditionExpr::Selector { quantifier, pattern } => {
            let named = rule.detections.iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let parts = named.map(|(_, detection)| of_detection(detection));
            match quantifier {
                Quantifier::All => all(parts),
                Quantifier::Count(0) => Vec::new(),
                Quantifier::Any | Quantifier::Count(_) => any(parts),
            }
        }
    }
}

fn of_detection(detection: &CompiledDetection) -> Vec<Marks> {
    match detection {
        CompiledDetection::AllOf(items) => all(items.iter().map(of_item)),
        CompiledDetection::AnyOf(parts) => any(parts.iter().map(of_detection)),
        CompiledDetection::And(parts) => all(parts.iter().map(of_detection)),
        CompiledDetection::Keywords(_)
        | CompiledDetection::ArrayMatch { .. }
        | CompiledDetection::Conditional { .. } => Vec::new(),
    }
}

fn of_item(item: &CompiledDetectionItem) -> Vec<Marks> {
    let known = |name: &str| FIELDS.iter().position(|known| *known == name);
    match item.field.as_deref().and_then(known) {
        Some(field) if item.exists.is_none() => of_matcher(&item.matcher, field),
        _ => Vec::new(),
    }
}

fn of_matcher(matcher: &CompiledMatcher, field: usize) -> Vec<Marks> {
    let mark = |text: &str, whole: bool| Mark { field, text: text.to_lowercase(), whole };
    match matcher {
        CompiledMatcher::Exact { value, .. } => vec![vec![mark(value, true)]],
        CompiledMatcher::Contains { value, .. }
        | CompiledMatcher::StartsWith { value, .. }
        | CompiledMatcher::EndsWith { value, .. } => vec![vec![mark(value, false)]],
        CompiledMatcher::AhoCorasickSet { needles, .. } => {
            vec![needles.iter().map(|needle| mark(needle, false)).collect()]
        }
        CompiledMatcher::Regex(expression) => {
            within::text_in(expression.as_str()).map(|text| vec![mark(&text, false)]).into_iter().collect()
        }
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            any(parts.iter().map(|part| of_matcher(part, field)))
        }
        CompiledMatcher::AllOf(parts) | CompiledMatcher::CaseInsensitiveGroup { children: parts, .. } => {
            all(parts.iter().map(|part| of_matcher(part, field)))
        }
        _ => Vec::new(),
    }
}
