//! The drill told as it goes, in words that need no knowledge of the program: what is changed, what
//! was read back, what is waited for, and which gate is reached.

use crate::progress::{Calls, count};
use crate::tables;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, Terminal, Verbosity, WARN};
use crate::text::{Text, paint, text};
use casebook::case::Case;
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{Asked, Entry, StepEntry};
use casebook::step::{StepName, StepStatus};
use casebook::steps;
use casebook::verdict::{CredentialVerdict, NetworkVerdict, Verdict};
use engine::{Event, Watcher};
use jiff::{SignedDuration, Timestamp};
use range::{Briefing, Scenario, VirtualClock};
use std::collections::{BTreeMap, BTreeSet};

/// Tells a drill.
#[derive(Debug)]
pub(super) struct Story {
    terminal: Terminal,
    clock: VirtualClock,
    start: Timestamp,
    isolated: Option<Timestamp>,
    calls: Calls,
    begun: BTreeSet<StepName>,
    told: BTreeMap<StepName, StepEntry>,
    awaited: String,
    proved: &'static str,
}

impl Story {
    pub(super) fn new(terminal: Terminal, clock: VirtualClock) -> Self {
        let start = clock.now();
        Self {
            terminal,
            clock,
            start,
            isolated: None,
            calls: Calls::new(),
            begun: BTreeSet::new(),
            told: BTreeMap::new(),
            awaited: String::new(),
            proved: "",
        }
    }

    /// Who is accused of what.
    pub(super) fn begin(&self, scenario: &Scenario, briefing: &Briefing) {
        self.terminal.log(&text!("{}: {}", paint(STRONG, scenario.name), scenario.summary));
        let detail = &briefing.finding["detail"];
        let title = detail["title"].as_str().unwrap_or("a finding");
        let kind = detail["type"].as_str().unwrap_or_default();
        self.terminal.log(&text!("GuardDuty says: {} ({})", title, kind));
        let (target, account) = (&briefing.target, &briefing.forensic_account);
        self.terminal.log(&text!("Accused: {}. Evidence goes to account {}.", target, account));
        self.terminal.log(&text!("The clock is the range's: waiting costs nothing, every call takes 50 ms.\n"));
    }

    /// A new part of the story.
    pub(super) fn chapter(&mut self, line: &str) {
        self.awaited.clear();
        self.terminal.log(&text!("\n{}", paint(STRONG, line)));
    }

    /// A remark.
    pub(super) fn tell(&self, text: &Text) {
        text.lines().for_each(|line| self.terminal.log(&text!("           {}", line)));
    }

    /// What is shown at the last gate.
    pub(super) fn evidence(&self, case: &Case) {
        self.tell(&tables::evidence(case.evidence.values()));
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// From the start to the answer that put the last interface into its group.
    pub(super) fn isolation(&self) -> Option<SignedDuration> {
        self.isolated.map(|at| at.duration_since(self.start))
    }

    pub(super) fn elapsed(&self) -> SignedDuration {
        self.clock.now().duration_since(self.start)
    }

    fn say(&self, line: &Text) {
        let seconds = format!("{:.2}", self.elapsed().as_secs_f64());
        self.terminal.log(&text!("{:>8} s  {}", seconds, line));
    }
}

impl Watcher for Story {
    fn saw(&mut self, event: &Event<'_>) {
        count(&mut self.calls, event);
        match event {
            Event::Wrote { entry: Entry::Step(step), .. } => self.step(step),
            Event::Wrote { entry: Entry::Asked(asked), .. } => self.gate(asked),
            Event::Wrote { entry: Entry::Verdict(verdict), .. } => self.verdict(verdict),
            Event::Changing { step, effect } => self.change(*step, effect),
            Event::Changed { effect, fault, .. } => self.changed(effect, fault.is_some()),
            Event::Waiting { why, .. } => self.wait(why),
            Event::Answered { query, calls, .. } if self.terminal.verbosity == Verbosity::Verbose => {
                self.say(&paint(FAINT, text!("read {} ({} calls)", query.title(), calls.len())));
            }
            _ => {}
        }
    }
}

impl Story {
    fn step(&mut self, entry: &StepEntry) {
        self.announce(entry.step);
        let before = self.told.insert(entry.step, entry.clone());
        if before.as_ref().is_some_and(|before| before.status == entry.status && before.reason == entry.reason) {
            return;
        }
        match entry.status {
            StepStatus::Done => self.done(entry),
            StepStatus::Skipped => self.say(&text!("{} {}: {}", paint(FAINT, "–"), entry.step, entry.reason)),
            StepStatus::Failed | StepStatus::Unknown => {
                self.say(&text!("{} {}: {}", paint(BAD, "✘"), entry.step, entry.reason));
            }
            StepStatus::Waiting => {}
        }
    }

    fn done(&self, entry: &StepEntry) {
        self.say(&text!("{} {}", paint(GOOD, "✔"), paint(STRONG, entry.step)));
        let proofs = entry.proof.iter().map(|proof| proof.strip_prefix("read back: ").unwrap_or(proof));
        proofs.for_each(|proof| self.tell(&text!("  read back: {}", proof)));
        entry.warnings.iter().for_each(|warning| self.tell(&paint(WARN, text!("  to know: {}", warning))));
    }

    /// What a step is for, the first time it is heard of.
    fn announce(&mut self, step: StepName) {
        if self.begun.insert(step) {
            self.say(&text!("{} {}", paint(STRONG, step), paint(FAINT, steps::card(step).title)));
        }
    }

    fn change(&mut self, step: StepName, effect: &Effect) {
        self.announce(step);
        self.awaited.clear();
        self.say(&text!("  {}: {}", step, effect.title()));
    }

    fn changed(&mut self, effect: &Effect, failed: bool) {
        let moves = matches!(effect, Effect::Source(SourceEffect::SetInterfaceGroups { .. }));
        if moves && !failed {
            self.isolated = Some(self.clock.now());
        }
    }

    /// What is proved, when it is more than before.
    fn verdict(&mut self, verdict: &Verdict) {
        let line = match (verdict.network, verdict.credentials) {
            (NetworkVerdict::Open, _) => return,
            (NetworkVerdict::NewFlowsBlocked, CredentialVerdict::Live) => {
                "proved: no new connection in or out; existing ones may still be alive"
            }
            (NetworkVerdict::NewFlowsBlocked, _) => {
                "proved: no new connection in or out, and no credentials of the role"
            }
            (NetworkVerdict::VerifiedDead, _) => "proved: no connection is left",
        };
        if self.proved != line {
            self.say(&paint(GOOD, line));
            self.proved = line;
        }
    }

    fn gate(&self, asked: &Asked) {
        self.say(&text!("{} `{}`: a person decides", paint(WARN, "gate"), asked.gate));
        asked.exposure.iter().for_each(|line| self.tell(&text!("  {}", line)));
    }

    /// The same wait with other numbers is told once.
    fn wait(&mut self, why: &str) {
        let words: String = why.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect();
        if words != self.awaited {
            self.say(&paint(FAINT, text!("  waits for {}", why)));
            self.awaited = words;
        }
    }
}
