//! Where sightings come together: correlations, the baseline, stories, alerts. What is told at the end does
//! not depend on the order in which sightings came, within the horizon.

use crate::alert::Alert;
use crate::baseline::{Baseline, Call, What};
use crate::order::Horizon;
use crate::part::{Folded, Part};
use crate::rules::sigma::{Rules, Sigma};
use crate::rules::{Card, Hit, Level, Matcher};
use crate::scout::Sighting;
use crate::story::{Notice, Stories};
use crate::turns::Turns;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// For how long after its last event a story that was told is kept where time passes by a clock: late
/// deliveries, and another detector's updates, come to the same story.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Takes sightings in and tells alerts.
pub struct Desk {
    sigma: Sigma,
    stories: Stories,
    baseline: Option<Baseline>,
    /// Calls of instances, until the baseline may judge them in the order of their times.
    calls: Turns<(Call, Folded)>,
    hits: BTreeMap<String, u64>,
    /// What is dated later than that is ahead of its time.
    latest: Timestamp,
    ahead: u64,
    undated: u64,
}

/// Of how many rules it is counted how often each has matched; of more it is counted under one name.
const RULES: usize = 4_096;
const OTHERS: &str = "others";

/// How far the clock of whoever wrote a record may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_mins(15);

impl Desk {
    /// A desk with nothing on it.
    pub fn new(rules: Arc<Rules>, horizon: Horizon, baseline: Option<Baseline>) -> Self {
        // A call that comes out of its turn is counted, and judged all the same, so fewer need to wait.
        let shorter = Horizon { events: horizon.events / 2, ..horizon };
        let (sigma, calls) = (Sigma::new(rules, horizon), Turns::new(shorter));
        let (hits, latest, ahead, undated) = (BTreeMap::new(), Timestamp::MAX, 0, 0);
        Self { sigma, stories: Stories::new(), baseline, calls, hits, latest, ahead, undated }
    }

    /// What time it is. What is dated later says nothing about how far time has passed: it would make all
    /// that is right late.
    pub fn now_is(&mut self, now: Timestamp) {
        self.latest = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    }

    /// Takes a sighting in.
    pub fn take(&mut self, sighting: Sighting) {
        let Sighting { at, traces, about, exhibit, region, address, mut found, call } = sighting;
        let part = Part { traces, about, exhibit, region, address };
        if found.is_concluded() {
            // It adds up to nothing here, whenever it comes.
            found.hits.iter().for_each(|hit| self.notice(hit, &part));
            return;
        }
        let ahead = at.is_some_and(|at| at > self.latest);
        self.ahead += u64::from(ahead);
        self.undated += u64::from(at.is_none());
        let at = at.filter(|_| !ahead);
        // Both may wait for the same record, and share what is remembered of it.
        let mut folded = None;
        if let (Some(call), Some(at)) = (call, at) {
            let folded = folded.get_or_insert_with(|| part.folded()).clone();
            let (size, role) = (folded.size() + call.size(), call.role().to_owned());
            self.calls.hold(&role, at, part.exhibit.id.clone(), (call, folded), size);
        }
        self.judge_ripe();
        if found.waits() {
            found.carry(folded.unwrap_or_else(|| part.folded()));
        }
        for hit in self.sigma.take(at, found) {
            self.notice(&hit, &part);
        }
        let due = self.sigma.due();
        self.add_up(due);
    }

    /// Takes in what waited for its turn: nothing comes any more.
    pub fn finish(&mut self) {
        while let Some((call, part)) = self.calls.first() {
            self.judge(&call, &part);
        }
        let rest = self.sigma.rest();
        self.add_up(rest);
    }

    /// Time has passed to this point, as a clock says, whether or not anything came: what waited for its
    /// turn is taken in.
    pub fn passed(&mut self, now: Timestamp) {
        self.calls.passed(now);
        self.judge_ripe();
        self.sigma.passed(now);
        let due = self.sigma.due();
        self.add_up(due);
    }

    /// Forgets stories to which nothing comes any more; for after a telling.
    pub fn forget(&mut self, now: Timestamp) {
        self.stories.forget_before(now.checked_sub(KEPT).unwrap_or(Timestamp::MIN));
    }

    /// The alerts of at least that level that are new or have changed.
    pub fn tell(&mut self, at_least: Level) -> Vec<Alert> {
        self.stories.tell(at_least)
    }

    /// The same one after the other. What is not taken is not told.
    pub fn telling(&mut self, at_least: Level) -> impl Iterator<Item = Alert> {
        self.stories.telling(at_least)
    }

    /// Takes an alert for untold: what comes to it next is news.
    pub fn untell(&mut self, alert: &str) {
        self.stories.untell(alert);
    }

    /// The baseline, with what was learned here; `None` when there is none.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// How often each rule has matched, by its id.
    pub fn hits(&self) -> &BTreeMap<String, u64> {
        &self.hits
    }

    /// How many records came too late for correlations.
    pub fn late(&self) -> u64 {
        self.sigma.late()
    }

    /// How often correlations had more groups under way (sessions, addresses) than are remembered at once, and forgot
    /// the stalest, or what was counted first: what those were about to add up to was not told.
    pub fn overfull(&self) -> u64 {
        self.sigma.overfull()
    }

    /// How many calls of instances came so late that the baseline had judged a later one of their role: what was out
    /// of the ordinary may have been taken for usual, and the other way round.
    pub fn late_calls(&self) -> u64 {
        self.calls.late()
    }

    /// How many stories of at least that level were forgotten untold, because there were too many.
    pub fn forgotten(&self, at_least: Level) -> u64 {
        self.stories.forgotten(at_least)
    }

    /// How many instances the baseline has forgotten, because there are more than are remembered at once.
    pub fn forgotten_instances(&self) -> u64 {
        self.baseline.as_ref().map_or(0, Baseline::forgotten)
    }

    /// How many were dated later than now: no rule that looks at several records counts them.
    pub fn ahead(&self) -> u64 {
        self.ahead
    }

    /// How many bear no time that can be read: neither those rules nor the baseline count them.
    pub fn undated(&self) -> u64 {
        self.undated
    }

    /// A hit on one record.
    fn notice(&mut self, hit: &Hit, part: &Part) {
        self.count(&hit.rule.id);
        self.tell_stories(&hit.rule, part, &hit.shown);
    }

    /// A hit on several: each record that is still remembered is evidence.
    fn add_up(&mut self, hits: Vec<Hit>) {
        for hit in hits {
            self.count(&hit.rule.id);
            for part in hit.parts.iter().map(Folded::unfolded) {
                self.tell_stories(&hit.rule, &part, &hit.shown);
            }
        }
    }

    /// The calls whose turn it is.
    fn judge_ripe(&mut self) {
        while let Some((call, part)) = self.calls.ripe() {
            self.judge(&call, &part);
        }
    }

    /// Other detectors name their rules as they like.
    fn count(&mut self, rule: &str) {
        let room = self.hits.len() < RULES || self.hits.contains_key(rule);
        *self.hits.entry(if room { rule } else { OTHERS }.to_owned()).or_default() += 1;
    }

    fn judge(&mut self, call: &Call, part: &Folded) {
        let Some(baseline) = &mut self.baseline else { return };
        for unusual in baseline.judge(call) {
            let rule = Arc::new(card(unusual.what, unusual.level));
            *self.hits.entry(rule.id.clone()).or_default() += 1;
            self.tell_stories(&rule, &part.unfolded(), &[("why".to_owned(), unusual.why)]);
        }
    }

    fn tell_stories(&mut self, rule: &Arc<Card>, part: &Part, shown: &[(String, String)]) {
        for trace in &part.traces {
            self.stories.take(Notice {
                rule: rule.clone(),
                trace: trace.clone(),
                exhibit: part.exhibit.clone(),
                about: part.about.clone(),
                region: part.region.clone(),
                address: part.address.clone(),
                shown: shown.to_vec(),
            });
        }
    }
}

/// What a baseline may notice, by its id, as a rule; `None` where the id is another's.
pub fn of_baseline(id: &str) -> Option<Card> {
    let all = [What::FirstCall, What::Elsewhere, What::Denials];
    let mut cards = all.into_iter().flat_map(|what| Level::ALL.map(|level| card(what, level)));
    cards.find(|card| card.id == id)
}

fn id_of((id, ..): &(&str, &str, &str), level: Level) -> String {
    format!("{id}:{}", level.as_str())
}

/// Id, title and technique.
fn words(what: What) -> (&'static str, &'static str, &'static str) {
    match what {
        What::FirstCall => ("baseline:first-call", "A call that the instance has never made", "T1078.004"),
        What::Elsewhere => ("baseline:elsewhere", "Credentials of the instance used from elsewhere", "T1552.005"),
        What::Denials => ("baseline:denials", "Refused again and again", "T1580"),
    }
}

/// The baseline as a rule, for people: what was noticed, in the words of a card.
fn card(what: What, level: Level) -> Card {
    let words @ (_, title, technique) = words(what);
    Card {
        id: id_of(&words, level),
        title: title.to_owned(),
        level,
        techniques: vec![technique.to_owned()],
        description: "Out of the ordinary for this instance and its role, by what was learned of them".to_owned(),
        false_positives: vec!["A new release, a new job, a new way out of the network".to_owned()],
        fields: Vec::new(),
    }
}
