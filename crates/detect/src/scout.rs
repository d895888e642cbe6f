//! What one record is worth telling: the part of detection that looks at one record by itself, so that
//! several threads can do it side by side. What several records add up to is the [`crate::desk`]'s.

use crate::alert::Exhibit;
use crate::baseline::Call;
use crate::count::Fate;
use crate::holdings::Holdings;
use crate::record::Record;
use crate::record::flow::Status;
use crate::record::trail::Event;
use crate::rules::Hit;
use crate::rules::sigma::{Found, Rules};
use crate::seen::Seen;
use crate::short::cut;
use crate::source::key::Period;
use crate::story::INSTANCES;
use crate::suspect::{self, Lead, Suspect, Trace};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

mod finding;
mod hub;
mod network;

/// Looks at records. Clones share what was seen.
#[derive(Clone)]
pub struct Scout {
    rules: Arc<Rules>,
    holdings: Arc<Holdings>,
    period: Period,
    /// Calls of instances are handed on, for the baseline.
    with_calls: bool,
    seen: Arc<Mutex<Seen>>,
}

/// A record that is worth telling, or that a correlation or the baseline will look at.
#[derive(Debug)]
pub struct Sighting {
    /// When; `None` when the record does not tell.
    pub at: Option<Timestamp>,
    /// Whom it leads to.
    pub traces: Vec<Trace>,
    /// The instances that it was about.
    pub about: BTreeSet<String>,
    /// The record as evidence.
    pub exhibit: Exhibit,
    /// Where the call was made.
    pub region: String,
    /// Where it came from.
    pub address: String,
    /// What rules found.
    pub found: Found,
    /// The call of an instance, for the baseline.
    pub call: Option<Call>,
}

impl Scout {
    /// Looks with these rules; addresses are traced with what is known of who held them.
    pub fn new(rules: Arc<Rules>, holdings: Holdings, period: Period, with_calls: bool) -> Self {
        let seen = Arc::new(Mutex::new(Seen::new(Seen::HORIZON)));
        Self { rules, holdings: Arc::new(holdings), period, with_calls, seen }
    }

    /// From now on addresses are traced with this.
    pub fn trace_with(&mut self, holdings: Holdings) {
        self.holdings = Arc::new(holdings);
    }

    /// What becomes of a record, and what of it is worth handing on.
    pub fn look(&self, record: &Record<'_>) -> (Fate, Option<Sighting>) {
        let (fate, sighting) = self.judge(record);
        (fate, sighting.map(Sighting::in_short))
    }

    fn judge(&self, record: &Record<'_>) -> (Fate, Option<Sighting>) {
        match record {
            Record::Trail(event) => self.call(record, event),
            Record::Finding(finding, raw) => {
                let id = format!("{} {}", finding.id, finding.updated.as_deref().unwrap_or_default());
                self.told(&id, || finding::guard_duty(finding, raw))
            }
            Record::Hub(finding) => {
                let id = format!("{} {}", finding.id.as_str(), finding.updated.as_str());
                self.told(&id, || hub::security_hub(finding))
            }
            Record::Flow(_) | Record::Query(_) | Record::Balancer(_) => self.line(record),
            Record::Insight(_) | Record::Digest(_) => (Fate::Unmatched, None),
        }
    }

    /// Lines bear no id by which one that comes again would be known.
    fn line(&self, record: &Record<'_>) -> (Fate, Option<Sighting>) {
        if !self.period.is_open() && record.at().is_some_and(|at| !self.period.has(at)) {
            return (Fate::Unmatched, None);
        }
        if matches!(record, Record::Flow(flow) if flow.status() == Some(Status::SkipData)) {
            return (Fate::Gap, None);
        }
        let found = self.rules.matches(record);
        if !found.counts() {
            return (Fate::Unmatched, None);
        }
        let fate = if found.hits.is_empty() { Fate::Unmatched } else { Fate::Matched };
        (fate, network::sighting(record, found, &self.holdings))
    }

    fn call(&self, record: &Record<'_>, event: &Event<'_>) -> (Fate, Option<Sighting>) {
        if self.before(&event.identity()) {
            return (Fate::Duplicate, None);
        }
        if !self.period.is_open() && event.at().is_some_and(|at| !self.period.has(at)) {
            return (Fate::Unmatched, None);
        }
        let found = self.rules.matches(record);
        let call = if self.with_calls { Call::of(event, &self.holdings) } else { None };
        let fate = if found.hits.is_empty() { Fate::Unmatched } else { Fate::Matched };
        let worth = call.is_some() || found.waits() || fate == Fate::Matched;
        (fate, worth.then(|| self.sighting(event, found, call)))
    }

    fn sighting(&self, event: &Event<'_>, found: Found, call: Option<Call>) -> Sighting {
        Sighting {
            at: event.at(),
            traces: vec![suspect::of_call(event, &self.holdings)],
            about: suspect::named(event),
            exhibit: exhibit(event),
            region: event.region.as_str().to_owned(),
            address: event.address.as_str().to_owned(),
            found,
            call,
        }
    }

    /// A finding of another detector: told by its own words, once for each of its updates.
    fn told(&self, id: &str, sighting: impl FnOnce() -> Option<Sighting>) -> (Fate, Option<Sighting>) {
        if self.before(id) {
            return (Fate::Duplicate, None);
        }
        match sighting().filter(|sighting| sighting.at.is_none_or(|at| self.period.has(at))) {
            Some(sighting) => (Fate::Matched, Some(sighting)),
            None => (Fate::Unmatched, None),
        }
    }

    fn before(&self, id: &str) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).before(id)
    }
}

impl Sighting {
    /// Many may wait to be told: none holds a text that is as long as its record.
    fn in_short(mut self) -> Self {
        for Trace { suspect, .. } in &mut self.traces {
            match suspect {
                Suspect::Instance { account, instance: name } | Suspect::Principal { account, arn: name } => {
                    [account, name].into_iter().for_each(cut);
                }
            }
        }
        while self.about.len() > INSTANCES {
            self.about.pop_last();
        }
        [&mut self.exhibit.id, &mut self.exhibit.what, &mut self.region, &mut self.address].into_iter().for_each(cut);
        self.found.hits.iter_mut().for_each(Hit::cut);
        self
    }
}

fn exhibit(event: &Event<'_>) -> Exhibit {
    let failed = if event.error_code.is_there() { format!(" ({})", event.error_code.as_str()) } else { String::new() };
    Exhibit {
        at: event.at().unwrap_or(Timestamp::UNIX_EPOCH),
        id: event.identity().into_owned(),
        sha256: event.digest(),
        what: format!("{} {}{failed}", event.source.as_str(), event.name.as_str()),
    }
}

/// What another detector concluded about an instance.
fn concluded(instance: &str, account: &str) -> Trace {
    let suspect = Suspect::Instance { account: account.to_owned(), instance: instance.to_owned() };
    Trace { suspect, lead: Lead::Finding }
}

/// A hit that no rule of ours made.
fn hit(rule: crate::rules::Card, at: Timestamp, event: &str, shown: Vec<(String, String)>) -> Hit {
    Hit { rule: Arc::new(rule), at, events: vec![event.to_owned()], shown, parts: Vec::new() }
}
