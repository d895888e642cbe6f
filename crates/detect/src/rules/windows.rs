//! What several records add up to: correlations over event time, in the order of event time, with
//! bounded memory. A burst is told once a window, not once a record.

use super::groups;
use super::kind::Kind;
use super::recent::Recent;
use super::repeats::Repeats;
use super::sigma::Rules;
use super::{Card, Hit};
use crate::order::{Horizon, Order};
use crate::part::Folded;
use jiff::Timestamp;
use rsigma_eval::{CorrelationBody, TimestampFallback};
use rsigma_eval::{CorrelationConfig, CorrelationEngine, CorrelationEventMode, EvaluationResult, JsonEvent};
use rsigma_parser::{
    ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, SigmaCollection, SigmaRule,
};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Groups (a session, an address) whose windows are kept; with more, the stalest are forgotten, and that is counted.
pub(super) const GROUPS: usize = 3_072;
/// What a window counts at most; no threshold may be higher.
pub(super) const IN_WINDOW: usize = 512;
/// How many events a hit names.
pub(super) const NAMED: usize = 20;
/// Windows that have run out are looked for this often, in event time.
const SWEEP_SECS: i64 = 300;
/// When the groups have grown by so many bytes, they are measured.
const A_WHILE: usize = 512 << 10;

/// A record that correlations count.
#[derive(Debug)]
pub(super) struct Wait {
    pub at: Timestamp,
    pub id: String,
    pub kept: Value,
    /// The rules that it matches, by number.
    pub results: Vec<(usize, EvaluationResult)>,
    /// What an alert would say of it.
    pub part: Option<Folded>,
}

/// The same until its turn, in as little as it takes: many may wait.
#[derive(Debug)]
pub(super) struct Waiting {
    id: Box<str>,
    kept: Box<[u8]>,
    rules: Box<[usize]>,
    part: Option<Folded>,
}

impl Waiting {
    /// What one takes besides its texts.
    const OVERHEAD: usize = 300;

    fn size(&self) -> usize {
        Self::OVERHEAD + self.id.len() * 2 + self.kept.len() + self.part.as_ref().map_or(0, Folded::size)
    }
}

pub(super) struct Windows {
    pub order: Order<Waiting>,
    engine: CorrelationEngine,
    /// A match of each rule: to the engine those of one rule are all alike.
    matches: HashMap<usize, EvaluationResult>,
    cards: HashMap<String, Arc<Card>>,
    /// The ids of those of its rules that look at several records.
    correlations: Vec<String>,
    pub recent: Recent,
    repeats: Repeats,
    /// How many bytes the groups take, and by how many they have grown since they were measured.
    measured: usize,
    grown: usize,
    now: i64,
    swept: i64,
    overfull: u64,
}

impl Windows {
    /// For what records of that kind add up to.
    pub fn new(rules: &Rules, kind: Kind, horizon: Horizon) -> Self {
        let cards = rules.cards().iter().map(|card| (card.id.clone(), Arc::clone(card))).collect();
        Self {
            order: Order::new(horizon),
            engine: engine(rules, kind),
            matches: HashMap::new(),
            cards,
            correlations: rules.correlations_of(kind).filter_map(|rule| rule.id.clone()).collect(),
            recent: Recent::default(),
            repeats: Repeats::of(&rules.parts, &rules.correlations),
            measured: 0,
            grown: 0,
            now: 0,
            swept: 0,
            overfull: 0,
        }
    }

    pub fn hold(&mut self, wait: Wait) {
        let kept = wait.kept.to_string().into_bytes().into_boxed_slice();
        let rules = wait.results.iter().map(|(rule, _)| *rule).collect();
        let waiting = Waiting { id: wait.id.as_str().into(), kept, rules, part: wait.part };
        let size = waiting.size();
        self.order.hold(wait.at, wait.id, waiting, size);
        for (rule, result) in wait.results {
            self.matches.entry(rule).or_insert(result);
        }
    }

    /// What comes of the next one that nothing can come before any more.
    pub fn due(&mut self) -> Option<Vec<Hit>> {
        self.order.ripe().map(|(at, waiting)| self.feed(at, waiting))
    }

    /// The same, though something earlier may still come.
    pub fn ahead(&mut self) -> Option<Vec<Hit>> {
        self.order.ahead().map(|(at, waiting)| self.feed(at, waiting))
    }

    /// The same, when nothing comes any more.
    pub fn last(&mut self) -> Option<Vec<Hit>> {
        self.order.first().map(|(at, waiting)| self.feed(at, waiting))
    }

    fn feed(&mut self, at: Timestamp, waiting: Waiting) -> Vec<Hit> {
        let Waiting { id, kept, rules, part } = waiting;
        let (second, kept_bytes) = (at.as_second(), kept.len());
        let kept: Value = serde_json::from_slice(&kept).expect("single values were written here");
        if self.repeats.is_one(&rules, &kept, second) {
            return Vec::new();
        }
        part.into_iter().for_each(|part| self.recent.keep(&id, part));
        self.grown += kept_bytes * rules.len();
        self.sweep(second);
        let matches = rules.iter().filter_map(|rule| self.matches.get(rule)).cloned().collect();
        let results = self.engine.process_with_detections(&JsonEvent::borrow(&kept), matches, second);
        let fired =
            || results.iter().filter_map(|result| Some((result.header.rule_id.as_ref()?, result.as_correlation()?)));
        // A correlation of correlations has no events of its own: it rests on those beneath it.
        let all: Vec<String> = fired().flat_map(|(_, body)| ids(body)).collect();
        let mut hits: Vec<Hit> =
            fired().filter_map(|(id, body)| Some(hit(self.cards.get(id)?, at, body, &all))).collect();
        for hit in &mut hits {
            hit.parts = hit.events.iter().filter_map(|id| self.recent.get(id)).collect();
        }
        hits
    }
}

impl Windows {
    /// How often there was no room for all groups, and the stalest of them, or what had been counted first, were forgotten.
    pub fn overfull(&self) -> u64 {
        self.overfull
    }

    /// How many bytes the groups take, about.
    pub fn counted(&mut self) -> usize {
        if self.grown > A_WHILE {
            self.measure();
        }
        self.measured + self.grown
    }

    /// Forgets what was counted first, until half of it is left.
    pub fn forget_half(&mut self) {
        self.measure();
        let (half, mut by) = (self.measured / 2, SWEEP_SECS);
        while self.measured > half {
            self.engine.evict_expired(self.now.saturating_add(by));
            self.measure();
            by = by.saturating_mul(2);
        }
        self.overfull += 1;
    }

    fn measure(&mut self) {
        self.measured = groups::bytes(&self.engine, &self.correlations);
        self.grown = 0;
    }

    /// Windows that have run out go; of groups that are too many even so, the engine keeps nine in ten.
    fn sweep(&mut self, second: i64) {
        self.now = second;
        let is_full = self.engine.state_count() >= GROUPS;
        if is_full || second - self.swept > SWEEP_SECS {
            self.engine.evict_expired(second);
            self.swept = second;
        }
        self.overfull += u64::from(is_full && self.engine.state_count() == GROUPS * 9 / 10);
    }
}

fn hit(card: &Arc<Card>, at: Timestamp, body: &CorrelationBody, all: &[String]) -> Hit {
    let own = ids(body);
    let mut shown = body.group_key.clone();
    shown.push(("count".to_owned(), body.aggregated_value.to_string()));
    let events = if own.is_empty() { all.to_vec() } else { own };
    Hit { rule: Arc::clone(card), at, events, shown, parts: Vec::new() }
}

fn ids(body: &CorrelationBody) -> Vec<String> {
    body.event_refs.iter().flatten().filter_map(|event| event.id.clone()).filter(|id| !id.is_empty()).collect()
}

/// The engine for correlations alone: what single records match is found before.
fn engine(rules: &Rules, kind: Kind) -> CorrelationEngine {
    let mut engine = CorrelationEngine::new(CorrelationConfig {
        timestamp_fields: Vec::new(),
        timestamp_fallback: TimestampFallback::Skip,
        max_state_entries: GROUPS,
        max_group_entries: Some(IN_WINDOW),
        correlation_event_mode: CorrelationEventMode::Refs,
        max_correlation_events: NAMED,
        ..CorrelationConfig::default()
    });
    let mut all = SigmaCollection::new();
    let named = |rule: &&SigmaRule| {
        rules
            .correlations
            .iter()
            .flat_map(|c| &c.rules)
            .any(|name| Some(name) == rule.id.as_ref() || Some(name) == rule.name.as_ref())
    };
    let of_kind = |id: &Option<String>| id.as_deref().is_some_and(|id| rules.kind(id) == kind);
    all.rules = rules.parts.iter().filter(|rule| of_kind(&rule.id)).filter(named).cloned().collect();
    all.correlations = rules.correlations_of(kind).cloned().map(once_a_window).map(all_of_them).collect();
    // The rules were compiled and the references settled when they were loaded.
    let _ = engine.add_collection(&all);
    engine
}

/// Unless its author says otherwise, a burst that goes on is told again only after the window's length.
fn once_a_window(mut rule: CorrelationRule) -> CorrelationRule {
    let window = format!("{}s", rule.timespan.seconds);
    rule.custom_attributes.entry("rsigma.suppress".to_owned()).or_insert_with(|| window.into());
    rule
}

/// Without a condition, rules that should come together must all come: the parser reads "at least one"
/// into what is not written.
fn all_of_them(mut rule: CorrelationRule) -> CorrelationRule {
    let count = rule.rules.len() as u64;
    if let (CorrelationType::Temporal, CorrelationCondition::Threshold { predicates, .. }) =
        (rule.correlation_type, &mut rule.condition)
        && predicates[..] == [(ConditionOperator::Gte, 1)]
    {
        *predicates = vec![(ConditionOperator::Gte, count)];
    }
    rule
}
