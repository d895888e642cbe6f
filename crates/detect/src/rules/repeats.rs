//! The same said again and again: where correlations count different values, or rules that come together, a
//! repetition within a small part of the window changes nothing, and thousands must not push out what else was counted.

use super::recent::short;
use rsigma_parser::{CorrelationRule, CorrelationType, SigmaRule};
use serde_json::Value;
use std::collections::HashMap;

/// The part of a window within which a repetition is passed over: by so much a count may fall behind.
const PART: i64 = 32;
/// How many are remembered; with more, all are forgotten and counted again.
const REMEMBERED: usize = 16_384;

/// What was counted a moment ago.
#[derive(Debug)]
pub(super) struct Repeats {
    /// By rule: within how many seconds a repetition changes nothing; `None` where every record counts.
    gaps: Vec<Option<i64>>,
    counted: HashMap<[u8; 16], i64>,
}

impl Repeats {
    pub fn of(rules: &[SigmaRule], correlations: &[CorrelationRule]) -> Self {
        let gaps = rules.iter().map(|rule| gap(rule, correlations)).collect();
        Self { gaps, counted: HashMap::new() }
    }

    /// Whether a record of that second that matches these rules says what was counted a moment ago. `kept` is what
    /// correlations ask of it.
    pub fn is_one(&mut self, rules: &[usize], kept: &Value, second: i64) -> bool {
        let gaps: Option<Vec<i64>> = rules.iter().map(|rule| self.gaps[*rule]).collect();
        let Some(gap) = gaps.and_then(|gaps| gaps.into_iter().min()) else { return false };
        let said = kept.as_object().map(|fields| fields.iter().filter(|(name, _)| *name != "id"));
        let said: Vec<_> = said.into_iter().flatten().collect();
        let key = short(&format!("{rules:?} {said:?}"));
        if self.counted.get(&key).is_some_and(|last| second - last < gap) {
            return true;
        }
        if self.counted.len() >= REMEMBERED {
            self.counted.clear();
        }
        self.counted.insert(key, second);
        false
    }
}

/// A part of the shortest window of the correlations that count the rule, where none of them
/// counts records or asks in which order they came.
fn gap(rule: &SigmaRule, correlations: &[CorrelationRule]) -> Option<i64> {
    let is_it = |name: &String| Some(name) == rule.id.as_ref() || Some(name) == rule.name.as_ref();
    let of_rule = || correlations.iter().filter(|correlation| correlation.rules.iter().any(is_it));
    let kinds = [CorrelationType::ValueCount, CorrelationType::Temporal];
    let all = of_rule().all(|correlation| kinds.contains(&correlation.correlation_type));
    let shortest = of_rule().map(|correlation| correlation.timespan.seconds).min().filter(|_| all)?;
    Some(i64::try_from(shortest).unwrap_or(i64::MAX) / PART)
}
