//! Sigma rules (<https://sigmahq.io/docs/basics/rules.html>) over records: which rules a record matches,
//! and what of it is kept for the rules that look at several.

use super::index::Index;
use super::kind::Kind;
use super::lines::Line;
use super::room;
use super::view::{Subject, View};
use super::windows::{Wait, Windows};
use super::{Card, Hit, Level, Matcher};
use crate::order::Horizon;
use crate::part::Folded;
use crate::record::Record;
use crate::short::{cut, short};
use jiff::{SignedDuration, Timestamp};
use rsigma_eval::{Engine, EvaluationResult, EventValue, RuleExplanation, evaluate_rule, explain_rule};
use rsigma_parser::{CorrelationCondition, CorrelationRule, SigmaRule};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The card of a rule; those of single records and those of several have the same fields, and no trait in common.
macro_rules! card {
    ($rule:expr) => {
        Card {
            id: $rule.id.clone().unwrap_or_default(),
            title: $rule.title.clone(),
            level: level($rule.level),
            techniques: techniques(&$rule.tags),
            description: $rule.description.as_deref().unwrap_or_default().trim().to_owned(),
            false_positives: $rule.falsepositives.clone(),
            fields: $rule.fields.clone(),
        }
    };
}

/// What a hit shows when its rule does not say.
const SHOWN: [&str; 5] =
    ["eventName", "userIdentity.arn", "sourceIPAddress", "requestParameters.instanceId", "errorCode"];

/// Rules, ready for use; they do not change and may be shared by threads.
pub struct Rules {
    engine: Engine,
    /// By rule: the records that it is for.
    kinds: Vec<Kind>,
    /// The rules for each kind.
    of_kind: [Vec<usize>; Kind::ALL.len()],
    /// Which of those for CloudTrail can match.
    index: Index,
    /// First those of single records in the order of the engine, then the correlations.
    cards: Vec<Arc<Card>>,
    /// By rule: it only serves correlations and makes no hits of its own.
    silent: Vec<bool>,
    /// By rule: a correlation counts it.
    counted: Vec<bool>,
    /// What correlations ask of a record.
    asked: Vec<String>,
    pub(super) parts: Vec<SigmaRule>,
    pub(super) correlations: Vec<CorrelationRule>,
}

/// What a record matches by itself, and what of it correlations will look at.
#[derive(Debug, Default)]
pub struct Found {
    /// What it matches by itself.
    pub hits: Vec<Hit>,
    kind: Kind,
    pub(super) wait: Option<Wait>,
    /// What another detector has concluded.
    concluded: bool,
}

impl Found {
    /// What another detector has concluded: a hit that was made elsewhere.
    pub fn concluded(hit: Hit) -> Self {
        Self { hits: vec![hit], concluded: true, ..Self::default() }
    }

    /// Whether another detector has concluded it.
    pub fn is_concluded(&self) -> bool {
        self.concluded
    }

    /// What an alert will say of the record, should a correlation name it.
    pub(crate) fn carry(&mut self, part: Folded) {
        if let Some(wait) = &mut self.wait {
            wait.part = Some(part);
        }
    }

    /// Whether anything comes of the record: a hit, now or with others.
    pub fn counts(&self) -> bool {
        self.waits() || !self.hits.is_empty()
    }

    /// Whether a correlation will look at the record again.
    pub fn waits(&self) -> bool {
        self.wait.is_some()
    }
}

impl Rules {
    pub(super) fn new(engine: Engine, rules: Vec<SigmaRule>, correlations: Vec<CorrelationRule>) -> Self {
        let referred = |rule: &SigmaRule, by: &mut dyn Iterator<Item = &CorrelationRule>| {
            by.flat_map(|c| &c.rules).any(|name| Some(name) == rule.id.as_ref() || Some(name) == rule.name.as_ref())
        };
        let counted = rules.iter().map(|rule| referred(rule, &mut correlations.iter())).collect();
        let shown = |rule: &SigmaRule| referred(rule, &mut correlations.iter().filter(|c| c.generate));
        let hidden = |rule: &SigmaRule| referred(rule, &mut correlations.iter().filter(|c| !c.generate));
        let silent = rules.iter().map(|rule| hidden(rule) && !shown(rule)).collect();
        let cards = rules
            .iter()
            .map(|rule| card!(rule))
            .chain(correlations.iter().map(|rule| card!(rule)))
            .map(Arc::new)
            .collect();
        let kinds: Vec<Kind> = rules.iter().map(|rule| Kind::wanted(&rule.logsource).unwrap_or_default()).collect();
        let of_kind = Kind::ALL.map(|kind| (0..kinds.len()).filter(|rule| kinds[*rule] == kind).collect::<Vec<_>>());
        let of_trail = of_kind[Kind::Trail as usize].iter().map(|rule| (*rule, &engine.rules()[*rule]));
        Self {
            index: Index::new(of_trail),
            of_kind,
            kinds,
            engine,
            cards,
            silent,
            counted,
            asked: asked(&correlations),
            parts: rules,
            correlations,
        }
    }

    /// All rules, as loaded: those of single records, then the correlations.
    pub fn cards(&self) -> &[Arc<Card>] {
        &self.cards
    }

    /// Whether a rule of that id makes hits: not when it only serves others.
    pub fn tells(&self, id: &str) -> bool {
        let silent = self.silent.iter().copied().chain(std::iter::repeat(false));
        self.cards.iter().zip(silent).any(|(card, silent)| card.id == id && !silent)
    }

    /// What a record matches.
    pub fn matches(&self, record: &Record<'_>) -> Found {
        let Some(kind) = Kind::of(record) else { return Found::default() };
        let candidates = self.candidates(record);
        if candidates.is_empty() {
            return Found { kind, ..Found::default() };
        }
        let found = match record {
            Record::Trail(event) => self.found(&View::new(event), &candidates),
            _ => self.found(&Line::new(record), &candidates),
        };
        Found { kind, ..found }
    }

    /// The rules that may match a record.
    fn candidates(&self, record: &Record<'_>) -> Cow<'_, [usize]> {
        match (record, Kind::of(record)) {
            (Record::Trail(event), _) => self.index.candidates(event).into(),
            (_, Some(kind)) => self.of_kind[kind as usize].as_slice().into(),
            (_, None) => Cow::Borrowed(&[]),
        }
    }

    /// What a rule is for; one that looks at several records, what the first of its rules is for.
    pub(super) fn kind(&self, name: &str) -> Kind {
        let is_it = |id: &Option<String>, own: &Option<String>| [id, own].into_iter().flatten().any(|own| own == name);
        let correlation = self.correlations.iter().find(|rule| is_it(&rule.id, &rule.name));
        if let Some(first) = correlation.and_then(|rule| rule.rules.first()) {
            return self.kind(first);
        }
        let number = self.parts.iter().position(|rule| is_it(&rule.id, &rule.name));
        number.map(|number| self.kinds[number]).unwrap_or_default()
    }

    /// The rules that look at several records of that kind.
    pub(super) fn correlations_of(&self, kind: Kind) -> impl Iterator<Item = &CorrelationRule> {
        let of_kind = move |rule: &&CorrelationRule| rule.id.as_deref().is_some_and(|id| self.kind(id) == kind);
        self.correlations.iter().filter(of_kind)
    }

    fn found(&self, view: &impl Subject, candidates: &[usize]) -> Found {
        let mut found = Found::default();
        let mut counted = Vec::new();
        for (rule, result) in self.matched(view, candidates) {
            if !self.silent[rule] {
                found.hits.push(hit(&self.cards[rule], view));
            }
            if self.counted[rule] {
                counted.push((rule, result));
            }
        }
        if !counted.is_empty() {
            found.wait = view.at().map(|at| self.wait(at, view, counted));
        }
        found
    }

    /// How far apart what a rule looks at together can be, at the most.
    pub fn longest_window(&self) -> SignedDuration {
        let seconds = self.correlations.iter().map(|rule| rule.timespan.seconds).max().unwrap_or_default();
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// The rules of single records that match, the silent ones too.
    fn matched(&self, view: &impl Subject, candidates: &[usize]) -> Vec<(usize, EvaluationResult)> {
        let rules = self.engine.rules();
        candidates.iter().filter_map(|rule| Some((*rule, evaluate_rule(&rules[*rule], view)?))).collect()
    }

    /// The rules of single records that match this one, whether or not they make hits of their own.
    pub fn matching(&self, record: &Record<'_>) -> Vec<&Arc<Card>> {
        let candidates = self.candidates(record);
        let matched = match record {
            Record::Trail(event) => self.matched(&View::new(event), &candidates),
            _ => self.matched(&Line::new(record), &candidates),
        };
        matched.into_iter().map(|(rule, _)| &self.cards[rule]).collect()
    }

    /// How a rule of single records comes to its verdict on this one, selection by selection; `None` for a rule that
    /// looks at several, or at other records than this.
    pub fn explain(&self, id: &str, record: &Record<'_>) -> Option<RuleExplanation> {
        let (number, rule) = self.engine.rules().iter().enumerate().find(|(_, rule)| rule.id.as_deref() == Some(id))?;
        let of_this_kind = Kind::of(record) == Some(self.kinds[number]);
        of_this_kind.then(|| match record {
            Record::Trail(event) => explain_rule(rule, &View::new(event)),
            _ => explain_rule(rule, &Line::new(record)),
        })
    }

    /// Only what correlations ask for is kept: a record may wait long and there may be many.
    fn wait(&self, at: Timestamp, view: &impl Subject, mut results: Vec<(usize, EvaluationResult)>) -> Wait {
        let value = |name: &String| Some((name.clone(), in_short(view.get_field(name)?.to_json())));
        let single = |(_, value): &(String, Value)| !value.is_array() && !value.is_object();
        let mut kept: Map<String, Value> = self.asked.iter().filter_map(value).filter(single).collect();
        let id = short(&view.identity());
        for (_, result) in &mut results {
            strip(result);
        }
        kept.insert("id".to_owned(), id.as_str().into());
        Wait { at, id, kept: Value::Object(kept), results, part: None }
    }
}

fn in_short(mut value: Value) -> Value {
    if let Value::String(text) = &mut value {
        cut(text);
    }
    value
}

/// That it matches is all that correlations ask of it, not with what.
fn strip(result: &mut EvaluationResult) {
    if let Some(body) = result.as_detection_mut() {
        (body.matched_fields, body.event) = (Vec::new(), None);
    }
}

fn hit(card: &Arc<Card>, view: &impl Subject) -> Hit {
    let names: Vec<&str> =
        if card.fields.is_empty() { SHOWN.to_vec() } else { card.fields.iter().map(String::as_str).collect() };
    let value = |name: &str| Some((name.to_owned(), view.show(text(&view.get_field(name)?)?)));
    let shown = names.into_iter().filter_map(value).collect();
    Hit {
        rule: Arc::clone(card),
        at: view.at().unwrap_or(Timestamp::UNIX_EPOCH),
        events: view.id().map(str::to_owned).into_iter().collect(),
        shown,
        parts: Vec::new(),
    }
}

fn text(value: &EventValue<'_>) -> Option<String> {
    match value {
        EventValue::Null => None,
        EventValue::Array(_) | EventValue::Map(_) => Some(value.to_json().to_string()),
        _ => value.as_str().map(|text| text.into_owned()),
    }
}

/// The fields by which correlations group and count.
fn asked(correlations: &[CorrelationRule]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for rule in correlations {
        let aliases: HashSet<&String> = rule.aliases.iter().map(|alias| &alias.alias).collect();
        names.extend(rule.group_by.iter().filter(|name| !aliases.contains(name)).cloned());
        names.extend(rule.aliases.iter().flat_map(|alias| alias.mapping.values()).cloned());
        if let CorrelationCondition::Threshold { field: Some(fields), .. } = &rule.condition {
            names.extend(fields.iter().cloned());
        }
    }
    names.into_iter().collect()
}

/// A rule whose author does not say how grave it is should be seen.
fn level(level: Option<rsigma_parser::Level>) -> Level {
    match level {
        Some(rsigma_parser::Level::Informational) => Level::Informational,
        Some(rsigma_parser::Level::Low) => Level::Low,
        Some(rsigma_parser::Level::Medium) | None => Level::Medium,
        Some(rsigma_parser::Level::High) => Level::High,
        Some(rsigma_parser::Level::Critical) => Level::Critical,
    }
}

/// `attack.t1552.005` is T1552.005; tags may also name tactics, groups and software.
fn techniques(tags: &[String]) -> Vec<String> {
    let id = |tag: &String| {
        tag.strip_prefix("attack.t")
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map(|rest| format!("T{rest}"))
    };
    tags.iter().filter_map(id).collect()
}

/// Rules at work: single records at once, what several add up to in the order of event time. Each kind of records
/// has an order of its own: a flood of traffic makes no call late.
pub struct Sigma {
    rules: Arc<Rules>,
    windows: [Windows; Kind::ALL.len()],
}

impl Sigma {
    /// At the beginning: nothing seen.
    pub fn new(rules: Arc<Rules>, horizon: Horizon) -> Self {
        let windows = Kind::ALL.map(|kind| Windows::new(&rules, kind, horizon));
        Self { rules, windows }
    }

    /// Takes what another thread found with the same rules: the time of a record, and what it matches.
    pub fn take(&mut self, at: Option<Timestamp>, found: Found) -> Vec<Hit> {
        let windows = &mut self.windows[found.kind as usize];
        let in_time = at.is_some_and(|at| windows.order.seen(at));
        if let Some(wait) = found.wait.filter(|_| in_time) {
            windows.hold(wait);
        }
        found.hits
    }

    /// Time has passed to this point, as a clock says, though no record came.
    pub fn passed(&mut self, at: Timestamp) {
        self.windows.iter_mut().for_each(|windows| windows.order.passed(at));
    }

    /// Each kind's next ones take their turns, as long as there are any.
    fn take_turns(&mut self, next: impl Fn(&mut Windows) -> Option<Vec<Hit>>) -> Vec<Hit> {
        let mut hits = room::make(&mut self.windows);
        for kind in 0..self.windows.len() {
            while let Some(more) = next(&mut self.windows[kind]) {
                hits.extend(more);
                hits.extend(room::make(&mut self.windows));
            }
        }
        hits
    }
}

impl Matcher for Sigma {
    fn hits(&mut self, record: &Record<'_>) -> Vec<Hit> {
        let found = self.rules.matches(record);
        self.take(record.at(), found)
    }

    fn due(&mut self) -> Vec<Hit> {
        self.take_turns(Windows::due)
    }

    fn rest(&mut self) -> Vec<Hit> {
        self.take_turns(Windows::last)
    }

    fn late(&self) -> u64 {
        self.windows.iter().map(|windows| windows.order.late()).sum()
    }

    fn overfull(&self) -> u64 {
        self.windows.iter().map(Windows::overfull).sum()
    }

    fn cards(&self) -> &[Arc<Card>] {
        self.rules.cards()
    }
}
