//! The drill told as it goes, in words that need no knowledge of the program: what is changed, what
//! was read back, what is waited for, and which gate is reached.

use super::onlooker::Onlooker;
use super::prose;
use super::teacher::Teacher;
use crate::commands::verify;
use crate::history::History;
use crate::progress::{Calls, count};
use crate::tables;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, Terminal, Verbosity, WARN};
use crate::text::{Text, paint, text};
use crate::verification::{Check, Found};
use casebook::case::Case;
use casebook::effect::{Effect, ForensicEffect, SourceEffect};
use casebook::entry::{Asked, Entry, StepEntry};
use casebook::fault::{Fault, FaultClass};
use casebook::step::{StepName, StepStatus};
use casebook::steps;
use casebook::verdict::{CredentialVerdict, NetworkVerdict, Verdict};
use engine::{Event, Watcher};
use jiff::Timestamp;
use range::script::leaks::Leaks;
use range::world::documents::TrailEvent;
use range::{Briefing, Range, Script, VirtualClock};
use std::collections::{BTreeMap, BTreeSet};

/// Tells a drill.
#[derive(Debug)]
pub(super) struct Story {
    terminal: Terminal,
    clock: VirtualClock,
    start: Timestamp,
    onlooker: Onlooker,
    teacher: Option<Teacher>,
    calls: Calls,
    begun: BTreeSet<StepName>,
    told: BTreeMap<StepName, StepEntry>,
    /// What was said of each step's proofs and warnings.
    said: BTreeSet<(StepName, String)>,
    /// Which steps changed something since they were last told as done.
    acted: BTreeSet<StepName>,
    /// What was said to be awaited, without its numbers.
    awaited: BTreeSet<String>,
    /// The last change that was told, and how many like it at the same moment were not.
    alike: Option<Alike>,
    proved: &'static str,
}

/// Changes of one kind for one step at one moment: the first is told, the others are counted.
#[derive(Debug)]
struct Alike {
    step: StepName,
    action: &'static str,
    at: Timestamp,
    line: String,
    more: usize,
}

/// How many proofs, and how many warnings, of a step are told; the report has all.
const PROOFS: usize = 2;
const WARNINGS: usize = 1;
/// How long a line of the story may be.
const WIDTH: usize = 150;

impl Story {
    pub(super) fn new(terminal: Terminal, range: &Range, teacher: Option<Teacher>) -> Self {
        Self {
            terminal,
            clock: range.clock(),
            start: range.clock().now(),
            onlooker: Onlooker::of(range),
            teacher,
            calls: Calls::new(),
            begun: BTreeSet::new(),
            told: BTreeMap::new(),
            said: BTreeSet::new(),
            acted: BTreeSet::new(),
            awaited: BTreeSet::new(),
            alike: None,
            proved: "",
        }
    }

    /// Who is accused of what, and what this drill is about.
    pub(super) fn begin(&self, script: &Script, briefing: &Briefing) {
        self.terminal.log(&text!("{}: {}", paint(STRONG, &script.name), script.title));
        prose::lines(&script.story, 0).iter().for_each(|line| self.terminal.log(&text!("{}", line)));
        let detail = &briefing.finding["detail"];
        let title = detail["title"].as_str().unwrap_or("a finding");
        let kind = detail["type"].as_str().unwrap_or_default();
        self.terminal.log(&text!("\nGuardDuty says: {} ({})", title, kind));
        let (target, account) = (&briefing.target, &briefing.forensic_account);
        self.terminal.log(&text!("Accused: {}. Evidence goes to account {}.", target, account));
        self.terminal.log(&text!("The clock is the range's: waiting costs nothing, every call takes 50 ms.\n"));
    }

    /// What a responder takes home.
    pub(super) fn lesson(&self, script: &Script) {
        let lesson = prose::lines(&format!("What to take home: {}", script.lesson), 0);
        self.terminal.log(&text!(""));
        lesson.iter().for_each(|line| self.terminal.log(&text!("{}", line)));
    }

    /// A new part of the story.
    pub(super) fn chapter(&mut self, line: &str) {
        self.awaited.clear();
        self.tell_alike();
        self.terminal.log(&text!("\n{}", paint(STRONG, line)));
    }

    /// A remark.
    pub(super) fn tell(&self, text: &Text) {
        text.lines().for_each(|line| self.terminal.log(&text!("           {}", line)));
    }

    /// What is shown at the last gate; the gate itself names every volume and its copy.
    pub(super) fn evidence(&self, case: &Case) {
        if self.verbose() {
            self.tell(&tables::evidence(case.evidence.values()));
        }
    }

    /// What was checked: one line where all is good, and whatever is not.
    pub(super) fn checks(&mut self, history: &History, checks: &[Check]) {
        if self.verbose() {
            self.chapter("Everything is checked once more, as `impound verify` does.");
            return self.tell(&verify::shown(history, checks));
        }
        let wrong: Vec<&Check> = checks.iter().filter(|check| check.found != Found::Good).collect();
        let (good, all) = (checks.len() - wrong.len(), checks.len());
        self.terminal.log(&text!(
            "\nEverything is checked once more, as `impound verify` does: {} of {} are good.",
            good,
            all
        ));
        wrong.iter().for_each(|check| self.remark(&format!("not good: {}: {}", check.what, check.why)));
    }

    fn verbose(&self) -> bool {
        self.terminal.verbosity == Verbosity::Verbose
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What went on meanwhile.
    pub(super) fn leaks(&self) -> &Leaks {
        self.onlooker.leaks()
    }

    /// A remark of one line.
    pub(super) fn remark(&self, line: &str) {
        self.tell(&text!("{}", line));
    }

    /// What went on behind the response's back; that the instance ends is told unless the response
    /// itself ends it.
    fn look(&mut self) {
        let Some(news) = self.onlooker.look() else { return };
        self.tell_alike();
        self.others(&news.acts);
        let ours = self.acted.contains(&StepName::Terminate);
        if let Some(now) = news.turned.filter(|_| !ours) {
            self.say(&text!("{} the instance is {}", paint(WARN, "»"), tables::word(&now)));
        }
    }

    /// What somebody else did, which no response sees at once: one line for acts of one kind at one
    /// moment.
    fn others(&self, news: &[TrailEvent]) {
        let alike =
            |a: &TrailEvent, b: &TrailEvent| (a.at, &a.user, &a.name, &a.error) == (b.at, &b.user, &b.name, &b.error);
        let mut kinds: Vec<Vec<&TrailEvent>> = Vec::new();
        for act in news {
            match kinds.iter_mut().find(|acts| alike(acts[0], act)) {
                Some(acts) => acts.push(act),
                None => kinds.push(vec![act]),
            }
        }
        for acts in kinds {
            let (act, more) = (acts[0], acts.len() - 1);
            let what = format!("{} calls {} on {}", act.user, act.name, act.resources.join(", "));
            let more = if more == 0 { String::new() } else { format!(" (and {more} more like this)") };
            let refused = act.error.as_ref().map(|code| format!(": refused, {code}")).unwrap_or_default();
            self.say_at(act.at, &text!("{} {}{}{}", paint(WARN, "»"), self.cut(&what), more, refused));
        }
    }

    /// What fits a line; everything in a verbose run.
    fn cut(&self, line: &str) -> String {
        if self.verbose() || line.chars().count() <= WIDTH {
            return line.to_owned();
        }
        line.chars().take(WIDTH - 1).chain(['…']).collect()
    }

    /// The change that was held back, with how many were like it.
    fn tell_alike(&mut self) {
        let Some(Alike { at, line, more, .. }) = self.alike.take() else { return };
        let more = if more == 0 { Text::new() } else { paint(FAINT, text!(" (and {} more like this)", more)) };
        self.say_at(at, &text!("{}{}", self.cut(&line), more));
    }

    fn say(&self, line: &Text) {
        self.say_at(self.clock.now(), line);
    }

    fn say_at(&self, at: Timestamp, line: &Text) {
        let seconds = format!("{:.2}", at.duration_since(self.start).as_secs_f64());
        self.terminal.log(&text!("{:>8} s  {}", seconds, line));
    }
}

impl Watcher for Story {
    fn saw(&mut self, event: &Event<'_>) {
        count(&mut self.calls, event);
        if matches!(event, Event::Changed { .. } | Event::Waiting { .. } | Event::Planned { .. }) {
            self.look();
        }
        if interrupts(event) {
            self.tell_alike();
        }
        match event {
            Event::Wrote { entry: Entry::Step(step), .. } => self.step(step),
            Event::Wrote { entry: Entry::Asked(asked), .. } => self.gate(asked),
            Event::Wrote { entry: Entry::Verdict(verdict), .. } => self.verdict(verdict),
            Event::Changing { step, effect } => self.change(*step, effect),
            Event::Changed { effect, fault: Some(fault), .. } if matters(effect, fault) => self.failed(effect, fault),
            Event::Waiting { why, .. } => self.wait(why),
            Event::Answered { query, calls, .. } if self.verbose() => {
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
            StepStatus::Skipped => self.skipped(entry),
            StepStatus::Failed | StepStatus::Unknown => {
                self.say(&text!("{} {}: {}", paint(BAD, "✘"), entry.step, entry.reason));
            }
            StepStatus::Waiting => {}
        }
    }

    /// What was said of a step before is not said again; a step that is done again without having
    /// changed anything is not told.
    fn done(&mut self, entry: &StepEntry) {
        let proofs = entry.proof.iter().map(|proof| proof.strip_prefix("read back: ").unwrap_or(proof));
        let proofs = self.news(entry.step, proofs);
        let warnings = self.news(entry.step, entry.warnings.iter().map(String::as_str));
        let acted = self.acted.remove(&entry.step);
        if proofs.is_empty() && warnings.is_empty() && !acted {
            return;
        }
        let again = if proofs.is_empty() && acted { text!(" again, as before") } else { Text::new() };
        self.say(&text!("{} {}{}", paint(GOOD, "✔"), paint(STRONG, entry.step), again));
        self.few(&proofs, PROOFS, |line| text!("  read back: {}", line));
        self.few(&warnings, WARNINGS, |line| paint(WARN, text!("  to know: {}", line)));
        if let Some(teacher) = &mut self.teacher {
            teacher.done(entry.step);
        }
    }

    fn news<'l>(&mut self, step: StepName, lines: impl Iterator<Item = &'l str>) -> Vec<String> {
        let lines = lines.map(|line| (step, line.to_owned()));
        lines.filter(|line| self.said.insert(line.clone())).map(|(_, line)| line).collect()
    }

    /// The first lines of many.
    fn few(&self, lines: &[String], most: usize, show: impl Fn(String) -> Text) {
        let most = if self.verbose() { lines.len() } else { most };
        lines.iter().take(most).for_each(|line| self.tell(&show(self.cut(line))));
        if lines.len() > most {
            self.tell(&paint(FAINT, text!("  and {} more, in the report", lines.len() - most)));
        }
    }

    fn skipped(&mut self, entry: &StepEntry) {
        if !self.said.insert((entry.step, entry.reason.clone())) {
            return;
        }
        self.say(&text!("{} {}: {}", paint(FAINT, "–"), entry.step, entry.reason));
        if let Some(teacher) = &self.teacher {
            teacher.skipped(entry.step);
        }
    }

    /// What a step is for, the first time it is heard of.
    fn announce(&mut self, step: StepName) {
        if !self.begun.insert(step) {
            return;
        }
        match &self.teacher {
            Some(teacher) => teacher.begins(step),
            None => self.say(&text!("{} {}", paint(STRONG, step), paint(FAINT, steps::card(step).title))),
        }
    }

    fn change(&mut self, step: StepName, effect: &Effect) {
        self.announce(step);
        self.acted.insert(step);
        let (action, at) = (range::effect_call(effect), self.clock.now());
        match &mut self.alike {
            Some(alike) if alike.step == step && alike.action == action && alike.at == at => alike.more += 1,
            _ => {
                self.tell_alike();
                self.alike = Some(Alike { step, action, at, line: format!("  {step}: {}", effect.title()), more: 0 });
            }
        }
        if self.verbose() || self.teacher.is_some() {
            self.tell_alike();
        }
        if let Some(teacher) = &mut self.teacher {
            teacher.calls(step, action);
        }
    }

    /// A call that failed says why; what becomes of it follows from its class.
    fn failed(&mut self, effect: &Effect, fault: &Fault) {
        self.say(&text!("  {} {}: {}", paint(WARN, "!"), effect.title(), fault));
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

    /// An offer is told in short: nothing waits for it.
    fn gate(&self, asked: &Asked) {
        const OFFERED: usize = 2;
        self.say(&text!("{} `{}`: a person decides", paint(WARN, "gate"), asked.gate));
        let most = if asked.gate.is_offer() { OFFERED } else { asked.exposure.len() };
        self.few(&asked.exposure, most, |line| text!("  {}", line));
    }

    /// The same wait with other numbers is told once a chapter.
    fn wait(&mut self, why: &str) {
        let what = why.split(": ").next().unwrap_or(why);
        let named = what.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
        if why != NEXT_LOOK && self.awaited.insert(named.collect()) {
            self.say(&paint(FAINT, text!("  waits for {}", self.cut(why))));
        }
    }
}

/// What every run waits for beside everything else.
const NEXT_LOOK: &str = "the next look at what was contained";

/// Whether an event is told in lines of its own.
fn interrupts(event: &Event<'_>) -> bool {
    match event {
        Event::Wrote { entry, .. } => matches!(entry, Entry::Step(_) | Entry::Asked(_) | Entry::Verdict(_)),
        Event::Changed { fault, .. } => fault.is_some(),
        Event::Waiting { .. } => true,
        _ => false,
    }
}

/// Whether a person should hear of a failed call: what was only too early or done by others already is
/// looked at again at once. That evidence is gone before it was locked is neither.
fn matters(effect: &Effect, fault: &Fault) -> bool {
    let locks = matches!(
        effect,
        Effect::Source(SourceEffect::LockSnapshot { .. }) | Effect::Forensic(ForensicEffect::LockSnapshot { .. })
    );
    locks && fault.class == FaultClass::NotFound
        || !matches!(fault.class, FaultClass::Conflict | FaultClass::NotFound | FaultClass::NotFoundYet)
}
