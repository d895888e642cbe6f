//! The guard over a contained case, on whatever cloud it is given: takes it up, keeps it contained until
//! the operator stops it or it can not be kept, and says what it finds.

use crate::commands::resume::resumed;
use crate::context::Context;
use crate::document::Document;
use crate::drifts;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::history::History;
use crate::progress::{Calls, call_lines, count};
use crate::respond::{Site, run, show};
use crate::terminal::{BAD, GOOD, STRONG, Terminal, Verbosity, WARN};
use crate::text::{Text, paint, text};
use casebook::case::Case;
use casebook::entry::{CaseStatus, Drift, Entry, Guarding, Person, StepEntry};
use casebook::fault::Fault;
use casebook::query::{Query, SourceQuery};
use casebook::settings::Config;
use casebook::step::{StepName, StepStatus};
use engine::{Clock, Cloud, Event, RunEnd, Session, Watcher};
use jiff::{SignedDuration, Timestamp};
use ledger::Store;
use std::collections::{BTreeMap, BTreeSet};

/// How the guard is set up.
#[derive(Clone, Debug)]
pub struct Watch<'a> {
    /// How often everything is read again, in seconds.
    pub every_seconds: u32,
    /// The configuration of now.
    pub config: &'a Config,
    /// Who asked for it.
    pub by: Person,
}

/// Guards a case until the operator stops it, the original is gone, or it can not be kept contained.
///
/// # Errors
/// Code 4 when it can not be kept contained; else as a resume.
pub async fn guard<S: Store, C: Cloud, K: Clock>(
    context: &Context,
    site: Site<'_, C, K>,
    session: &mut Session<S>,
    watch: Watch<'_>,
) -> Result<Exit, Failure> {
    let now = site.clock.now();
    let taken_up = resumed(session.case(), None, watch.config, watch.by.clone());
    let guarding = Guarding { every_seconds: watch.every_seconds, by: watch.by };
    session.append(now, &[taken_up, Entry::Guarding(guarding)])?;
    let mut sentry = Sentry::new(context.terminal, site.clock, session.case());
    sentry.begin(session.case(), watch.every_seconds);
    let end = run(site, session, &mut sentry).await?;
    conclude(context, session, &end, &sentry.calls)
}

fn conclude<S: Store>(context: &Context, session: &Session<S>, end: &RunEnd, calls: &Calls) -> Result<Exit, Failure> {
    let history = History::of(session)?;
    if context.terminal.verbosity == Verbosity::Verbose {
        context.terminal.log(&call_lines(calls));
    }
    if end.status != CaseStatus::Held {
        show(context, &history)?;
        return Ok(end.status.into());
    }
    if !context.terminal.is_json() {
        show(context, &history)?;
    }
    let case = &history.case.id;
    let what = match end.interrupted {
        true => format!("case {case} is held: {}", end.reason),
        false => format!("case {case} can not be kept contained: {}", end.reason),
    };
    Err(Failure::new(Exit::Held, what)
        .hint(format!("mend that and guard it again at once: impound guard {case}"))
        .document(Document::of(&history)))
}

/// How often a guard that finds nothing says so.
const SIGN_OF_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Watches a guarded run: a line for each drift and what becomes of it, when it can not look, and one an hour.
struct Sentry<'a, K> {
    terminal: Terminal,
    clock: &'a K,
    every: SignedDuration,
    calls: Calls,
    drifts: BTreeMap<u64, (Drift, Timestamp)>,
    /// The drifts that are not mended.
    open: BTreeSet<u64>,
    /// The steps that do not stand, and why.
    failed: BTreeMap<StepName, String>,
    /// What could not be read when it was asked last.
    unread: BTreeMap<Query, Unread>,
    /// When something that is guarded was read last.
    looked: Timestamp,
    /// Since when it could not look; `None` while it can.
    blind: Option<Timestamp>,
    /// When something was said last.
    said: Timestamp,
}

/// A question that was not answered.
struct Unread {
    since: Timestamp,
    last: Timestamp,
    why: String,
}

impl<'a, K: Clock> Sentry<'a, K> {
    fn new(terminal: Terminal, clock: &'a K, case: &Case) -> Self {
        let known = case.guard.drifts.iter().map(|(seq, record)| (*seq, (record.drift.clone(), record.at)));
        let mut sentry = Self::over(terminal, clock, case.guard.every.unwrap_or_default());
        sentry.drifts = known.collect();
        sentry.open = case.guard.open().map(|(seq, _)| seq).collect();
        case.steps.values().for_each(|record| sentry.stands(&record.entry));
        sentry
    }

    /// Over a case without a past.
    fn over(terminal: Terminal, clock: &'a K, every: SignedDuration) -> Self {
        let now = clock.now();
        Self {
            terminal,
            clock,
            every,
            calls: Calls::new(),
            drifts: BTreeMap::new(),
            open: BTreeSet::new(),
            failed: BTreeMap::new(),
            unread: BTreeMap::new(),
            looked: now,
            blind: None,
            said: now,
        }
    }

    fn begin(&self, case: &Case, every: u32) {
        self.terminal.log(&text!(
            "guarding {} of case {}: everything that was done is looked at again every {} s; Ctrl-C ends it",
            case.target.instance,
            case.id,
            every
        ));
    }

    /// What is said of an event, if anything.
    fn line(&mut self, event: &Event<'_>) -> Option<Text> {
        match event {
            Event::Wrote { seq, at, entry } => {
                let line = self.wrote(*seq, *at, entry)?;
                self.said = *at;
                Some(text!("{}  {}", drifts::clock(*at), line))
            }
            Event::Answered { query, fault, .. } => {
                self.answered(query, *fault);
                None
            }
            Event::Waiting { .. } => self.sign_of_life(),
            Event::Changing { step, effect } if self.terminal.verbosity == Verbosity::Verbose => {
                Some(text!("           {}: {}", step, effect.title()))
            }
            _ => None,
        }
    }

    fn wrote(&mut self, seq: u64, at: Timestamp, entry: &Entry) -> Option<Text> {
        if let Entry::Step(step) = entry {
            self.stands(step);
        }
        Some(match entry {
            Entry::Drift(drift) => {
                self.drifts.insert(seq, ((**drift).clone(), at));
                self.open.insert(seq);
                text!("{} {}", paint(BAD, "drift "), drifts::found(drift, at))
            }
            Entry::Mended(mended) => {
                self.open.remove(&mended.drift);
                let (drift, found) = self.drifts.get(&mended.drift)?;
                let took = format!("{:.1}", at.duration_since(*found).as_secs_f64());
                text!("{} {}: after {} s ({})", paint(GOOD, "mended"), drift.step, took, drift.what)
            }
            Entry::Traced(traced) => {
                let (drift, _) = self.drifts.get(&traced.drift)?;
                text!("{} {}: {} ({})", paint(STRONG, "who   "), drift.step, drifts::who(traced), drift.what)
            }
            Entry::Asked(asked) if !asked.gate.is_offer() => {
                let exposure = asked.exposure.join("; ");
                text!("{} {}: at the gate `{}`: {}", paint(WARN, "gate  "), asked.step, asked.gate, exposure)
            }
            Entry::Step(step) if matches!(step.status, StepStatus::Failed | StepStatus::Unknown) => {
                text!("{} {}: {}", paint(BAD, "failed"), step.step, step.reason)
            }
            _ => return None,
        })
    }

    fn stands(&mut self, step: &StepEntry) {
        if matches!(step.status, StepStatus::Failed | StepStatus::Unknown) {
            self.failed.insert(step.step, step.reason.clone());
        } else {
            self.failed.remove(&step.step);
        }
    }

    /// Whether AWS answered. What will not pass fails a step, and is told of that step; who did it is no
    /// part of what is guarded. That nothing was asked for longer than a few periods, as while the
    /// machine slept, is as good as no answer.
    fn answered(&mut self, query: &Query, fault: Option<&Fault>) {
        if matches!(query, Query::Source(SourceQuery::ChangesOf(_))) {
            return;
        }
        let now = self.clock.now();
        match fault.filter(|fault| fault.passes()) {
            Some(fault) => {
                let why = format!("{}: {fault}", query.title());
                let unread = Unread { since: now, last: now, why };
                self.unread.entry(query.clone()).or_insert(unread).last = now;
            }
            None => {
                self.unread.remove(query);
                if self.is_late(self.looked, now) {
                    self.blind.get_or_insert(self.looked);
                }
                self.looked = now;
            }
        }
    }

    /// Whether that was longer ago than a look and the way to the next one take.
    fn is_late(&self, then: Timestamp, now: Timestamp) -> bool {
        now.duration_since(then) > self.every * 2
    }

    /// What could not be read for the longest time, while it is still asked for.
    fn unseen(&self, now: Timestamp) -> Option<(Timestamp, &str)> {
        let asked = self.unread.values().filter(|unread| !self.is_late(unread.last, now));
        let oldest = asked.min_by_key(|unread| unread.since).map(|unread| (unread.since, unread.why.as_str()));
        oldest.or_else(|| self.is_late(self.looked, now).then_some((self.looked, "nothing was answered")))
    }

    /// Nothing is under way until the next look: once an hour that is worth a line, and so is that it
    /// can not look for longer than a period, or can again.
    fn sign_of_life(&mut self) -> Option<Text> {
        let now = self.clock.now();
        let unseen = self.unseen(now).map(|(since, why)| (since, why.to_owned()));
        let due = now.duration_since(self.said) >= SIGN_OF_LIFE;
        let line = match (unseen, self.blind) {
            (Some((since, why)), before) if due || before.is_none() && now.duration_since(since) > self.every => {
                let since = *self.blind.get_or_insert(since);
                text!("{} could not look since {}: {}", paint(BAD, "blind "), drifts::clock(since), why)
            }
            (None, Some(since)) => {
                self.blind = None;
                text!(
                    "{} everything is read again; it could not look since {}",
                    paint(GOOD, "sees  "),
                    drifts::clock(since)
                )
            }
            (None, None) if due => self.how_it_stands(),
            _ => return None,
        };
        self.said = now;
        Some(text!("{}  {}; {} calls so far", drifts::clock(now), line, self.calls.values().sum::<u64>()))
    }

    /// What everything that was read says: what is not mended comes first.
    fn how_it_stands(&self) -> Text {
        let more = |all: usize| if all > 1 { format!(" (and {} more)", all - 1) } else { String::new() };
        if let Some((drift, found)) = self.open.iter().find_map(|seq| self.drifts.get(seq)) {
            let (since, more) = (drifts::clock(*found), more(self.open.len()));
            return text!(
                "{} not mended since {}: {}: {}{}",
                paint(BAD, "open  "),
                since,
                drift.step,
                drift.what,
                more
            );
        }
        if let Some((step, why)) = self.failed.first_key_value() {
            return text!("{} {} does not stand: {}{}", paint(BAD, "open  "), step, why, more(self.failed.len()));
        }
        text!("quiet  nothing differs since {}", drifts::clock(self.said))
    }
}

impl<K: Clock> Watcher for Sentry<'_, K> {
    fn saw(&mut self, event: &Event<'_>) {
        count(&mut self.calls, event);
        if let Some(line) = self.line(event) {
            self.terminal.log(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Output;
    use casebook::entry::{Mended, Traced};
    use casebook::fault::FaultClass;
    use casebook::id::InstanceId;
    use range::VirtualClock;

    const FOUND: &str = "2026-11-21T12:00:30Z";

    fn clock() -> VirtualClock {
        VirtualClock::starting_at(FOUND.parse().expect("a time"))
    }

    fn sentry(clock: &VirtualClock) -> Sentry<'_, VirtualClock> {
        let terminal = Terminal { output: Output::Text, verbosity: Verbosity::Normal };
        Sentry::over(terminal, clock, SignedDuration::from_secs(30))
    }

    fn drift(what: &str) -> Entry {
        let right = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
        let (step, what, resource) = (StepName::Isolate, what.to_owned(), Some("eni-1".to_owned()));
        Entry::Drift(Box::new(Drift { step, what, mend: None, resource, right }))
    }

    fn plain(line: Option<Text>) -> String {
        anstream::adapter::strip_str(line.unwrap_or_default().as_str()).to_string()
    }

    /// What is said of an entry, so many seconds after the beginning.
    fn say(sentry: &mut Sentry<'_, VirtualClock>, after: i64, entry: &Entry) -> String {
        let at: Timestamp = FOUND.parse().expect("a time");
        plain(sentry.line(&Event::Wrote { seq: 7, at: at + SignedDuration::from_secs(after), entry }))
    }

    /// Looks once a period for some minutes and gives what is said meanwhile; `fault` is what AWS answers.
    fn minutes(sentry: &mut Sentry<'_, VirtualClock>, minutes: i64, fault: Option<&Fault>) -> String {
        let query = SourceQuery::Interfaces(InstanceId::from("i-1")).into();
        let mut said = String::new();
        for _ in 0..minutes * 2 {
            let (clock, calls, took) = (sentry.clock, &[][..], SignedDuration::ZERO);
            range::run(clock, clock.sleep(SignedDuration::from_secs(30)));
            assert_eq!(plain(sentry.line(&Event::Answered { query: &query, fault, calls, took })), "");
            let until = clock.now() + SignedDuration::from_secs(30);
            let line = plain(sentry.line(&Event::Waiting { until, why: "the next look" }));
            said += &if line.is_empty() { line } else { line + "\n" };
        }
        said
    }

    #[test]
    fn a_drift_its_mending_and_its_author_are_a_line_each() {
        let clock = clock();
        let sentry = &mut sentry(&clock);
        let expected = "12:00:30Z  drift  isolate: eni-1 is open; right at 12:00:00Z, found at 12:00:30Z";
        assert_eq!(say(sentry, 0, &drift("eni-1 is open")), expected);
        let expected = "12:00:31Z  mended isolate: after 1.0 s (eni-1 is open)";
        assert_eq!(say(sentry, 1, &Entry::Mended(Mended { drift: 7 })), expected);
        let traced = Traced { drift: 7, changes: vec![], why: "CloudTrail is denied".into() };
        let expected = "12:05:30Z  who    isolate: CloudTrail is denied (eni-1 is open)";
        assert_eq!(say(sentry, 300, &Entry::Traced(traced)), expected);
        assert_eq!(say(sentry, 301, &Entry::Mended(Mended { drift: 8 })), "", "of another guard, and not known");
    }

    #[test]
    fn what_comes_from_outside_ends_no_line() {
        let clock = clock();
        let line = say(&mut sentry(&clock), 0, &drift("eni-1\n12:00:31Z  quiet"));
        assert_eq!(line.lines().count(), 1, "{line}");
    }

    #[test]
    fn a_quiet_guard_gives_a_sign_of_life_each_hour() {
        let clock = clock();
        let mut sentry = sentry(&clock);
        assert_eq!(minutes(&mut sentry, 59, None), "");
        let expected = "13:00:30Z  quiet  nothing differs since 12:00:30Z; 0 calls so far\n";
        assert_eq!(minutes(&mut sentry, 1, None), expected);
        assert_eq!(minutes(&mut sentry, 59, None), "");
        assert!(minutes(&mut sentry, 1, None).contains("since 13:00:30Z"));
    }

    #[test]
    fn a_guard_that_can_not_look_says_so_and_never_that_nothing_differs() {
        let clock = clock();
        let mut sentry = sentry(&clock);
        let fault = Fault::new(FaultClass::Network, "", "AWS was not reached");
        let said = minutes(&mut sentry, 200, Some(&fault));
        assert!(said.starts_with("12:02:00Z  blind  could not look since 12:01:00Z: "), "{said}");
        assert!(said.contains("AWS was not reached; 0 calls so far"), "{said}");
        assert_eq!((said.lines().count(), said.matches("since 12:01:00Z").count()), (4, 4), "{said}");
        assert!(!said.contains("quiet"), "{said}");
        let said = minutes(&mut sentry, 61, None);
        let expected = "15:21:00Z  sees   everything is read again; it could not look since 12:01:00Z; 0 calls so far";
        let mut lines = said.lines();
        assert_eq!(lines.next(), Some(expected));
        assert_eq!(lines.next(), Some("16:21:00Z  quiet  nothing differs since 15:21:00Z; 0 calls so far"));
    }

    #[test]
    fn a_guard_that_was_asleep_says_that_it_did_not_look() {
        let clock = clock();
        let mut sentry = sentry(&clock);
        assert_eq!(minutes(&mut sentry, 1, None), "");
        range::run(&clock, clock.sleep(SignedDuration::from_hours(3)));
        let said = minutes(&mut sentry, 1, None);
        assert!(said.contains("sees   everything is read again; it could not look since 12:01:30Z"), "{said}");
    }

    #[test]
    fn a_drift_that_is_not_mended_is_told_each_hour_and_nothing_is_quiet() {
        let clock = clock();
        let mut sentry = sentry(&clock);
        say(&mut sentry, 0, &drift("eni-1 is open"));
        let said = minutes(&mut sentry, 60, None);
        assert_eq!(said, "13:00:30Z  open   not mended since 12:00:30Z: isolate: eni-1 is open; 0 calls so far\n");
        say(&mut sentry, 3600, &Entry::Mended(Mended { drift: 7 }));
        assert!(minutes(&mut sentry, 60, None).contains("quiet"));
    }

    #[test]
    fn a_step_that_does_not_stand_is_told_each_hour_and_nothing_is_quiet() {
        let clock = clock();
        let mut sentry = sentry(&clock);
        let mut entry = StepEntry {
            step: StepName::Tag,
            status: StepStatus::Failed,
            reason: "denied".into(),
            warnings: vec![],
            proof: vec![],
        };
        say(&mut sentry, 0, &Entry::Step(entry.clone()));
        assert!(minutes(&mut sentry, 60, None).contains("open   tag does not stand: denied"));
        entry.status = StepStatus::Done;
        say(&mut sentry, 3600, &Entry::Step(entry));
        assert!(minutes(&mut sentry, 60, None).contains("quiet"));
    }
}
