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
use casebook::entry::{CaseStatus, Drift, Entry, Guarding, Person};
use casebook::settings::Config;
use casebook::step::StepStatus;
use engine::{Clock, Cloud, Event, RunEnd, Session, Watcher};
use jiff::{SignedDuration, Timestamp};
use ledger::Store;
use std::collections::BTreeMap;

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
    let mut sentry = Sentry::new(context.terminal, session.case(), now);
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

/// Watches a guarded run: a line for each drift and what becomes of it, and one an hour.
struct Sentry {
    terminal: Terminal,
    calls: Calls,
    drifts: BTreeMap<u64, (Drift, Timestamp)>,
    /// When something was said last.
    said: Timestamp,
}

impl Sentry {
    fn new(terminal: Terminal, case: &Case, now: Timestamp) -> Self {
        let known = case.guard.drifts.iter().map(|(seq, record)| (*seq, (record.drift.clone(), record.at)));
        Self { terminal, calls: Calls::new(), drifts: known.collect(), said: now }
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
            Event::Waiting { until, .. } => self.sign_of_life(*until),
            Event::Changing { step, effect } if self.terminal.verbosity == Verbosity::Verbose => {
                Some(text!("           {}: {}", step, effect.title()))
            }
            _ => None,
        }
    }

    fn wrote(&mut self, seq: u64, at: Timestamp, entry: &Entry) -> Option<Text> {
        Some(match entry {
            Entry::Drift(drift) => {
                self.drifts.insert(seq, ((**drift).clone(), at));
                text!("{} {}", paint(BAD, "drift "), drifts::found(drift, at))
            }
            Entry::Mended(mended) => {
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

    /// Nothing is under way until the next look: once an hour that is worth a line.
    fn sign_of_life(&mut self, until: Timestamp) -> Option<Text> {
        if until.duration_since(self.said) < SIGN_OF_LIFE {
            return None;
        }
        let since = std::mem::replace(&mut self.said, until);
        let calls = self.calls.values().sum::<u64>();
        let (now, since) = (drifts::clock(until), drifts::clock(since));
        Some(text!("{}  quiet  nothing differs since {}; {} calls so far", now, since, calls))
    }
}

impl Watcher for Sentry {
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
    use casebook::step::StepName;

    const FOUND: &str = "2026-11-21T12:00:30Z";

    fn sentry() -> Sentry {
        let terminal = Terminal { output: Output::Text, verbosity: Verbosity::Normal };
        let said = FOUND.parse().expect("a time");
        Sentry { terminal, calls: Calls::new(), drifts: BTreeMap::new(), said }
    }

    fn drift(what: &str) -> Entry {
        let right = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
        let (step, what, resource) = (StepName::Isolate, what.to_owned(), Some("eni-1".to_owned()));
        Entry::Drift(Box::new(Drift { step, what, mend: None, resource, right }))
    }

    fn plain(line: Option<Text>) -> String {
        anstream::adapter::strip_str(line.unwrap_or_default().as_str()).to_string()
    }

    #[test]
    fn a_drift_its_mending_and_its_author_are_a_line_each() {
        let mut sentry = sentry();
        let at: Timestamp = FOUND.parse().expect("a time");
        let mut say = |after: i64, entry: &Entry| {
            plain(sentry.line(&Event::Wrote { seq: 7, at: at + SignedDuration::from_secs(after), entry }))
        };
        let expected = "12:00:30Z  drift  isolate: eni-1 is open; right at 12:00:00Z, found at 12:00:30Z";
        assert_eq!(say(0, &drift("eni-1 is open")), expected);
        let expected = "12:00:31Z  mended isolate: after 1.0 s (eni-1 is open)";
        assert_eq!(say(1, &Entry::Mended(Mended { drift: 7 })), expected);
        let traced = Traced { drift: 7, changes: vec![], why: "CloudTrail is denied".into() };
        let expected = "12:05:30Z  who    isolate: CloudTrail is denied (eni-1 is open)";
        assert_eq!(say(300, &Entry::Traced(traced)), expected);
        assert_eq!(say(301, &Entry::Mended(Mended { drift: 8 })), "", "of another guard, and not known");
    }

    #[test]
    fn what_comes_from_outside_ends_no_line() {
        let line = plain(sentry().line(&Event::Wrote {
            seq: 7,
            at: FOUND.parse().expect("a time"),
            entry: &drift("eni-1\n12:00:31Z  quiet"),
        }));
        assert_eq!(line.lines().count(), 1, "{line}");
    }

    #[test]
    fn a_quiet_guard_gives_a_sign_of_life_each_hour() {
        let mut sentry = sentry();
        let start = sentry.said;
        let mut at = |minutes: i64| {
            let until = start + SignedDuration::from_mins(minutes);
            plain(sentry.line(&Event::Waiting { until, why: "the next look" }))
        };
        assert_eq!([at(1), at(59)], ["", ""]);
        assert_eq!(at(60), "13:00:30Z  quiet  nothing differs since 12:00:30Z; 0 calls so far");
        assert_eq!(at(61), "");
        assert!(!at(120).is_empty());
    }
}
