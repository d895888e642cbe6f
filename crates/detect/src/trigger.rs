//! From an alert to a response, or to the sentence why there is none. Acting on a wrong alert takes
//! down what works, and an attacker can forge alerts: limits hold, and when too many instances are accused
//! at once nothing more is started, only told.

use crate::alert::Alert;
use crate::rules::Level;
use crate::suspect::Lead;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What starts a response; the first rule that fits decides.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trigger {
    /// At least so grave, by what these leads show alone.
    pub level: Level,
    /// One of these rules has a sign in the alert, by id; empty: any.
    pub rules: BTreeSet<String>,
    /// How the evidence led to the instance; empty: by a finding, or by its session that EC2 has issued.
    pub leads: BTreeSet<Lead>,
    /// In these accounts; empty: any.
    pub accounts: BTreeSet<String>,
    /// The runbook; empty: the configured one.
    pub runbook: String,
    /// The phase to stop after.
    pub through: String,
    /// Gates approved ahead.
    pub approve: Vec<String>,
}

impl Default for Trigger {
    fn default() -> Self {
        Self {
            level: Level::High,
            rules: BTreeSet::new(),
            leads: BTreeSet::new(),
            accounts: BTreeSet::new(),
            runbook: String::new(),
            through: "contain".into(),
            approve: Vec::new(),
        }
    }
}

/// How much may be started.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Responses an hour, in all.
    pub per_hour: usize,
    /// Responses an hour in one account.
    pub per_account: usize,
    /// So many instances accused within [`Limits::within_minutes`] trip the breaker.
    pub breaker: usize,
    /// The breaker's window.
    pub within_minutes: i64,
    /// Only say what would be started.
    pub dry: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_hour: 10, per_account: 5, breaker: 20, within_minutes: 15, dry: false }
    }
}

/// What becomes of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A response on this instance, by the trigger of that number.
    Start {
        /// `i-…`.
        instance: String,
        /// Its account.
        account: String,
        /// The trigger's place in the configuration.
        trigger: usize,
    },
    /// A response would be started, were it not for `dry`.
    WouldStart {
        /// `i-…`.
        instance: String,
        /// The trigger's place in the configuration.
        trigger: usize,
    },
    /// It was started before by an earlier telling of the same story.
    Started,
    /// No trigger fits, or it must not be acted upon: why.
    OnlyTold(String),
}

/// Decides, and remembers what it has decided.
#[derive(Debug)]
pub struct Triggers {
    triggers: Vec<Trigger>,
    limits: Limits,
    /// Accused lately, with when.
    accused: BTreeMap<String, Timestamp>,
    /// Started within the last hour: when, where.
    started: VecDeque<(Timestamp, String)>,
    /// Instances a response was started on, and their accounts.
    known: BTreeSet<(String, String)>,
    tripped: Option<String>,
}

impl Limits {
    /// What the form of the configuration does not say.
    ///
    /// # Errors
    /// One line: the key, and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let within = |key: &str, value: i64, most: i64| match (1..=most).contains(&value) {
            true => Ok(()),
            false => Err(format!("limits.{key}: {value} is not between 1 and {most}")),
        };
        within("within_minutes", self.within_minutes, 24 * 60)?;
        within("breaker", i64::try_from(self.breaker).unwrap_or(i64::MAX), 10_000)
    }
}

impl Triggers {
    /// Decides by these.
    pub fn new(triggers: Vec<Trigger>, limits: Limits) -> Self {
        let (accused, started, known) = (BTreeMap::new(), VecDeque::new(), BTreeSet::new());
        Self { triggers, limits, accused, started, known, tripped: None }
    }

    /// Whether it is only said what would be started.
    pub fn is_dry(&self) -> bool {
        self.limits.dry
    }

    /// Why nothing is started any more, until a person has looked and closes the breaker.
    pub fn tripped(&self) -> Option<&str> {
        self.tripped.as_deref()
    }

    /// Takes up what an earlier run has started, so that nothing is started twice and a new start is no
    /// way round the limits. What was started is taken up in the order in which it was.
    pub fn remember(&mut self, instance: &str, account: &str, at: Timestamp) {
        self.known.insert((account.to_owned(), instance.to_owned()));
        self.heard(instance, at);
        self.started.push_back((at, account.to_owned()));
    }

    /// Takes up that an earlier run has heard an instance accused: a new run is no way round the breaker.
    pub fn heard(&mut self, instance: &str, at: Timestamp) {
        self.accused.insert(instance.to_owned(), at);
    }

    /// Whether an instance was accused at that time by an alert that a trigger fits.
    pub fn is_accused(&self, instance: &str, at: Timestamp) -> bool {
        self.accused.get(instance) == Some(&at)
    }

    /// A response opened no case: the next alert about the instance may start one. It counts for the limits.
    pub fn forget(&mut self, instance: &str, account: &str) {
        self.known.remove(&(account.to_owned(), instance.to_owned()));
    }

    /// Takes up that an earlier run has stopped starting anything, and why.
    pub fn trip(&mut self, why: &str) {
        self.tripped = Some(why.to_owned());
    }

    /// Closes the breaker: a person has looked. What was accused before does not open it again.
    pub fn close(&mut self) {
        self.tripped = None;
        self.accused.clear();
    }

    /// What becomes of alerts that are told together at that time. All of them accuse before anything is decided:
    /// a flood that comes at once starts nothing. Counted is when things are told, not when they happened: a flood
    /// of old events is a flood.
    pub fn decide(&mut self, alerts: &[Alert], now: Timestamp) -> Vec<Decision> {
        for alert in alerts {
            if let Some(instance) = self.newly_accused(alert) {
                self.accuse(instance, now);
            }
        }
        alerts.iter().map(|alert| self.decide_one(alert, now)).collect()
    }

    /// The instance that would be responded to, were there no limits.
    fn newly_accused<'a>(&self, alert: &'a Alert) -> Option<&'a str> {
        let fits = self.triggers.iter().any(|trigger| fits(trigger, alert));
        alert.suspect.instance().filter(|instance| fits && !self.is_known(alert, instance))
    }

    fn is_known(&self, alert: &Alert, instance: &str) -> bool {
        self.known.contains(&(alert.suspect.account().to_owned(), instance.to_owned()))
    }

    fn decide_one(&mut self, alert: &Alert, now: Timestamp) -> Decision {
        let Some(instance) = alert.suspect.instance() else {
            return Decision::OnlyTold("no instance is known to stand behind it".into());
        };
        let Some(number) = self.triggers.iter().position(|trigger| fits(trigger, alert)) else {
            return Decision::OnlyTold(unfit(alert));
        };
        if self.is_known(alert, instance) {
            return Decision::Started;
        }
        match self.barred(alert.suspect.account(), now) {
            Some(why) => Decision::OnlyTold(why),
            None if self.limits.dry => Decision::WouldStart { instance: instance.to_owned(), trigger: number },
            None => self.start(alert, instance, number, now),
        }
    }

    fn start(&mut self, alert: &Alert, instance: &str, trigger: usize, now: Timestamp) -> Decision {
        let account = alert.suspect.account().to_owned();
        self.remember(instance, &account, now);
        Decision::Start { instance: instance.to_owned(), account, trigger }
    }

    fn accuse(&mut self, instance: &str, now: Timestamp) {
        let window = SignedDuration::from_mins(self.limits.within_minutes);
        self.accused.retain(|_, at| now.duration_since(*at) <= window);
        self.accused.insert(instance.to_owned(), now);
        if self.tripped.is_none() && self.accused.len() >= self.limits.breaker.max(1) {
            self.tripped = Some(format!(
                "{} instances were accused within {} minutes: nothing is started any more; look whether the alerts are forged or a rule is wrong, then close the breaker",
                self.accused.len(),
                self.limits.within_minutes
            ));
        }
    }

    fn barred(&mut self, account: &str, now: Timestamp) -> Option<String> {
        if let Some(why) = &self.tripped {
            return Some(format!("the breaker is open: {why}"));
        }
        self.started.retain(|(at, _)| now.duration_since(*at) < SignedDuration::from_hours(1));
        let here = self.started.iter().filter(|(_, started)| started == account).count();
        let limits = &self.limits;
        if self.started.len() >= limits.per_hour {
            return Some(format!("{} responses were started within the hour, the limit", self.started.len()));
        }
        (here >= limits.per_account)
            .then(|| format!("{here} responses were started in account {account} within the hour, the limit"))
    }
}

/// What of an alert triggers go by: without it nobody knows whether its level, or what names the instance, is too little.
fn unfit(alert: &Alert) -> String {
    let leads: Vec<_> = alert.leads.iter().map(|lead| lead.as_str()).collect();
    let (level, leads) = (alert.level.as_str(), leads.join(", "));
    format!("no trigger fits it: it is {level}, and what names the instance is of the kind {leads}")
}

fn fits(trigger: &Trigger, alert: &Alert) -> bool {
    let counts = |lead: &&Lead| match trigger.leads.is_empty() {
        true => matches!(lead, Lead::Session | Lead::Finding),
        false => trigger.leads.contains(lead),
    };
    let leads: BTreeSet<Lead> = alert.leads.iter().filter(counts).copied().collect();
    let named = |id: &String| alert.signs.iter().any(|sign| sign.rule.id == *id && !sign.leads.is_disjoint(&leads));
    alert.levels.get(&leads).is_some_and(|level| *level >= trigger.level)
        && (trigger.rules.is_empty() || trigger.rules.iter().any(named))
        && (trigger.accounts.is_empty() || trigger.accounts.contains(alert.suspect.account()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Stories;
    use crate::testing::{card, notice};

    fn alert(instance: usize, level: Level) -> Alert {
        let mut stories = Stories::new();
        stories.take(notice(&format!("i-{instance:08x}"), &card(1, level), 0));
        stories.tell(Level::Informational).remove(0)
    }

    fn decide(triggers: &mut Triggers, alert: &Alert, now: Timestamp) -> Decision {
        triggers.decide(std::slice::from_ref(alert), now).remove(0)
    }

    fn triggers(limits: Limits) -> Triggers {
        Triggers::new(vec![Trigger::default()], limits)
    }

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_second(n * 60).expect("a time")
    }

    #[test]
    fn a_story_is_acted_upon_once_however_often_it_is_told() {
        let mut triggers = triggers(Limits::default());
        let first = decide(&mut triggers, &alert(1, Level::High), minute(0));
        assert!(matches!(first, Decision::Start { ref instance, .. } if instance == "i-00000001"), "{first:?}");
        assert_eq!(decide(&mut triggers, &alert(1, Level::Critical), minute(1)), Decision::Started);
    }

    #[test]
    fn what_does_not_fit_is_only_told() {
        let mut triggers = triggers(Limits::default());
        let mild = decide(&mut triggers, &alert(1, Level::Medium), minute(0));
        let why = "no trigger fits it: it is medium, and what names the instance is of the kind session";
        assert_eq!(mild, Decision::OnlyTold(why.into()));
    }

    /// An alert of these signs: how grave, and what led there.
    fn told(signs: &[(Level, Lead)]) -> Alert {
        let mut stories = Stories::new();
        for (n, (level, lead)) in signs.iter().enumerate() {
            let mut notice = notice("i-00000001", &card(n, *level), 0);
            notice.trace.lead = *lead;
            stories.take(notice);
        }
        stories.tell(Level::Informational).remove(0)
    }

    #[test]
    fn only_what_leads_to_the_instance_for_certain_counts() {
        let fits = |signs: &[(Level, Lead)]| {
            let decision = decide(&mut triggers(Limits::default()), &told(signs), minute(0));
            matches!(decision, Decision::Start { .. })
        };
        assert!(fits(&[(Level::High, Lead::Session)]) && fits(&[(Level::High, Lead::Finding)]));
        for lead in [Lead::Address, Lead::Name, Lead::Traffic] {
            assert!(!fits(&[(Level::Critical, lead)]));
            assert!(!fits(&[(Level::High, lead), (Level::Low, Lead::Session)]), "its own session did little");
        }
        let medium = |lead| (Level::Medium, lead);
        let (session, address) = (medium(Lead::Session), medium(Lead::Address));
        assert!(fits(&[session, session, medium(Lead::Finding)]), "three signs together are high");
        assert!(!fits(&[session, session, address]), "of these only two are its own");
    }

    #[test]
    fn a_flood_of_accusations_trips_the_breaker_and_nothing_is_started_after_it() {
        let mut triggers = triggers(Limits { per_hour: 1000, per_account: 1000, ..Limits::default() });
        let decisions: Vec<_> = (0..10_000).map(|n| decide(&mut triggers, &alert(n, Level::High), minute(0))).collect();
        let started = decisions.iter().filter(|decision| matches!(decision, Decision::Start { .. })).count();
        assert_eq!(started, Limits::default().breaker - 1);
        assert!(triggers.tripped().is_some_and(|why| why.contains("forged")));
        let later = decide(&mut triggers, &alert(20_000, Level::High), minute(600));
        assert!(matches!(later, Decision::OnlyTold(_)), "only a person closes it");
    }

    #[test]
    fn a_flood_that_comes_at_once_starts_nothing() {
        let mut triggers = triggers(Limits { per_hour: 1000, per_account: 1000, ..Limits::default() });
        let flood: Vec<Alert> = (0..Limits::default().breaker).map(|n| alert(n, Level::High)).collect();
        let decisions = triggers.decide(&flood, minute(0));
        assert!(
            decisions.iter().all(|decision| matches!(decision, Decision::OnlyTold(why) if why.contains("breaker")))
        );
    }

    #[test]
    fn limits_hold_by_hour_and_by_account() {
        let limits = Limits { per_hour: 3, per_account: 2, ..Limits::default() };
        let mut triggers = triggers(limits);
        let starts = |triggers: &mut Triggers, n, at| {
            matches!(decide(triggers, &alert(n, Level::High), minute(at)), Decision::Start { .. })
        };
        assert!(starts(&mut triggers, 1, 0) && starts(&mut triggers, 2, 0));
        assert!(!starts(&mut triggers, 3, 1), "two in this account");
        assert!(starts(&mut triggers, 4, 61), "the hour is over");
    }

    #[test]
    fn a_response_that_opened_no_case_keeps_no_later_one_away() {
        let mut triggers = triggers(Limits::default());
        triggers.remember("i-00000001", "999999999999", minute(0));
        let started = |decision| matches!(decision, Decision::Start { .. });
        assert!(started(decide(&mut triggers, &alert(1, Level::High), minute(1))), "the same name in another account");
        assert_eq!(decide(&mut triggers, &alert(1, Level::High), minute(2)), Decision::Started);
        triggers.forget("i-00000001", "111111111111");
        assert!(started(decide(&mut triggers, &alert(1, Level::High), minute(3))));
    }

    #[test]
    fn what_an_earlier_run_did_holds_in_the_next_one() {
        let mut next = triggers(Limits { per_hour: 2, per_account: 2, ..Limits::default() });
        next.remember("i-00000001", "111111111111", minute(0));
        next.remember("i-00000002", "111111111111", minute(1));
        assert_eq!(decide(&mut next, &alert(1, Level::High), minute(2)), Decision::Started);
        assert!(
            matches!(decide(&mut next, &alert(3, Level::High), minute(2)), Decision::OnlyTold(_)),
            "the limit holds"
        );
        assert!(matches!(decide(&mut next, &alert(3, Level::High), minute(62)), Decision::Start { .. }));
        next.trip("too many");
        assert!(matches!(decide(&mut next, &alert(4, Level::High), minute(200)), Decision::OnlyTold(_)));
        next.close();
        assert!(!next.is_accused("i-00000001", minute(0)), "a person has looked");
        assert!(matches!(decide(&mut next, &alert(5, Level::High), minute(200)), Decision::Start { .. }));
    }

    #[test]
    fn a_new_run_is_no_way_round_the_breaker() {
        let limits = Limits { breaker: 3, per_account: 1, ..Limits::default() };
        let mut first = triggers(limits.clone());
        let decisions = [1, 2].map(|n| decide(&mut first, &alert(n, Level::High), minute(0)));
        assert!(matches!(decisions, [Decision::Start { .. }, Decision::OnlyTold(_)]), "{decisions:?}");
        decide(&mut first, &alert(3, Level::Medium), minute(0));
        let heard = [1, 2, 3].map(|n| first.is_accused(&format!("i-{n:08x}"), minute(0)));
        assert_eq!(heard, [true, true, false], "no trigger fits the third");
        let mut next = triggers(limits);
        ["i-00000001", "i-00000002"].iter().for_each(|instance| next.heard(instance, minute(0)));
        decide(&mut next, &alert(4, Level::High), minute(1));
        assert!(next.tripped().is_some());
    }

    #[test]
    fn dry_says_what_would_be_started() {
        let mut triggers = triggers(Limits { dry: true, ..Limits::default() });
        let decision = decide(&mut triggers, &alert(1, Level::High), minute(0));
        assert_eq!(decision, Decision::WouldStart { instance: "i-00000001".into(), trigger: 0 });
    }
}
