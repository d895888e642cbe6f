//! What one step wants next, gathered while its file reads like a list of goals: read this, change
//! that until it is read back, wait, ask a person, hold. The rules of retrying, adopting and
//! waiting stand here once.

use crate::case::{Attempt, Case, Last};
use crate::effect::{Effect, Repeat};
use crate::fault::{Fault, FaultClass};
use crate::gate::Gate;
use crate::next::watch;
use crate::query::Query;
use crate::reading::Reading;
use crate::scene::Fact;
use crate::step::StepName;
use crate::view::View;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

mod asks;

/// How long AWS may take to show everywhere what a call has done
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>). Absence within it
/// is not absence.
pub const CONSISTENCY: SignedDuration = SignedDuration::from_secs(30);
/// How often something that is becoming visible is looked at.
const GLANCE: SignedDuration = SignedDuration::from_secs(2);
/// The shortest pause between two looks at something that changes by itself.
const SOONEST: SignedDuration = SignedDuration::from_millis(250);
/// How often a failing call is repeated before the step holds.
pub(crate) const TRIES: u32 = 8;
/// How often a call is repeated whose quota others free by finishing: half an hour in all.
const PATIENT_TRIES: u32 = 60;
/// The pause between two of these.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);
/// How often a call that cannot reach AWS at all is repeated while nothing has changed yet.
const TRIES_BEFORE_ANYTHING: u32 = 3;
/// How often an effect is repeated at once that somebody keeps undoing, within one run.
const REVERTS: u32 = 6;
/// How long the next try waits after that.
const RELENT: SignedDuration = SignedDuration::from_secs(60);

/// A gate that a step has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub gate: Gate,
    /// What passing it exposes or destroys, in sentences.
    pub exposure: Vec<String>,
    /// The digest of what is shown.
    pub digest: String,
    /// Whether it was approved.
    pub approved: bool,
}

/// Why a step can not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What was tried, why it failed, what to do.
    pub why: String,
    /// The fault behind it, if a call failed.
    pub fault: Option<Fault>,
}

/// A time at which to look again, and for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// What is awaited.
    pub why: String,
}

/// What a step wants next.
pub struct Agenda<'a> {
    /// What may be looked at.
    pub view: View<'a>,
    /// Questions to ask.
    pub observe: BTreeSet<Query>,
    /// Changes to make.
    pub perform: Vec<Effect>,
    /// When to look again.
    pub wakes: Vec<Wake>,
    /// Why it can not go on.
    pub holds: Vec<Hold>,
    /// Gates it has reached.
    pub gates: Vec<Reached>,
    /// What a responder should know.
    pub warnings: Vec<String>,
    /// What was read back.
    pub proof: Vec<String>,
    /// Why it does not apply.
    pub skipped: Option<String>,
    /// Whether others may go on before it is done.
    pub passable: bool,
    /// Calls under way that it waits for.
    pub pending: bool,
    /// A step that a law puts before this one, whatever the runbook says, and why.
    pub yields: Option<(StepName, String)>,
    /// What it has looked at, as often as it did; kept only where somebody asks.
    pub(crate) consulted: Vec<Query>,
    noting: bool,
}

impl<'a> Agenda<'a> {
    /// An empty one.
    pub fn new(view: View<'a>) -> Self {
        Self {
            view,
            observe: BTreeSet::new(),
            perform: Vec::new(),
            wakes: Vec::new(),
            holds: Vec::new(),
            gates: Vec::new(),
            warnings: Vec::new(),
            proof: Vec::new(),
            skipped: None,
            passable: false,
            pending: false,
            yields: None,
            consulted: Vec::new(),
            noting: view.case.guard.every.is_some() || view.now >= view.case.resumed + watch::AT_THE_END,
        }
    }

    /// Whether anything is still wanted, awaited, or in the way.
    pub fn is_open(&self) -> bool {
        self.moves() || !self.holds.is_empty() || self.gates.iter().any(|gate| !gate.approved && !gate.gate.is_offer())
    }

    /// Whether it moves by itself.
    pub fn moves(&self) -> bool {
        self.pending || !self.observe.is_empty() || !self.perform.is_empty() || !self.wakes.is_empty()
    }

    /// The fresh answer to a question. Without one it is asked, or asked again after a pause; a
    /// question that can not be answered holds the step.
    pub fn read(&mut self, query: impl Into<Query>) -> Option<&'a Reading> {
        match self.look(query)? {
            Ok(reading) => Some(reading),
            Err((query, fault)) => {
                self.hold_unread(&query, fault);
                None
            }
        }
    }

    /// The same, but a question that can not be answered is the step's own business.
    pub fn read_or_gap(&mut self, query: impl Into<Query>) -> Option<Result<&'a Reading, &'a Fault>> {
        Some(self.look(query)?.map_err(|(_, fault)| fault))
    }

    /// The last answer of this run, fresh or not: for what a stale answer can not make wrong. Asks
    /// when there is none.
    pub fn known(&mut self, query: impl Into<Query>) -> Option<&'a Reading> {
        let query = query.into();
        self.consult(&query);
        match self.view.scene.last(&query) {
            Some(reading) => Some(reading),
            None => self.read(query),
        }
    }

    fn look(&mut self, query: impl Into<Query>) -> Option<Result<&'a Reading, (Query, &'a Fault)>> {
        let query = query.into();
        self.consult(&query);
        let Some(fact) = self.view.scene.fact(&query) else {
            self.ask(query);
            return None;
        };
        match &fact.answer {
            _ if fact.stale => {
                self.ask(query);
                None
            }
            Ok(reading) => Some(Ok(reading)),
            Err(fault) if !gives_up(self.view.case, fact) => {
                self.again(query, fact.at + pause(fact.failures), fault);
                None
            }
            Err(fault) => Some(Err((query, fault))),
        }
    }

    /// Notes what a step looks at, where somebody will ask: a guard, or a run that is older than what
    /// is read at its end.
    fn consult(&mut self, query: &Query) {
        if self.noting {
            self.consulted.push(query.clone());
        }
    }

    /// Asks a question unless it is under way.
    pub fn ask(&mut self, query: impl Into<Query>) {
        let query = query.into();
        if self.view.busy.queries.contains(&query) {
            self.pending = true;
        } else {
            self.observe.insert(query);
        }
    }

    /// Looks at something that changes by itself until the step stops asking: soon after the last
    /// change, then less and less often, at the least every `longest`.
    pub fn poll(&mut self, query: impl Into<Query>, longest: SignedDuration, why: impl Into<String>) {
        let query = query.into();
        let due = self.view.scene.fact(&query).map(|fact| self.next_look(fact.at, longest));
        match due {
            Some(due) if due > self.view.now => self.wait(due, why),
            _ => self.ask(query),
        }
    }

    /// The first moment to look again at what was read at `read`. The moments are counted from the last change, each
    /// wait half as long as all before it: whoever waits beside others looks when they look.
    fn next_look(&self, read: Timestamp, longest: SignedDuration) -> Timestamp {
        let last = self.view.case.attempts.values().map(|attempt| attempt.at).max().unwrap_or(self.view.case.opened);
        let soonest = read.duration_since(last) + SOONEST.min(longest);
        let mut moment = SOONEST;
        while moment < soonest {
            moment += (moment / 2).min(longest);
        }
        last + moment
    }

    /// Makes a change whose goal does not hold in the fresh answer to `check`. What was sent before
    /// decides: wait until it is visible, repeat, or hold.
    pub fn act(&mut self, effect: impl Into<Effect>, check: impl Into<Query>) {
        let (effect, check) = (effect.into(), check.into());
        if self.view.busy.effects.contains(&effect) {
            self.pending = true;
            return;
        }
        match self.view.case.attempt(&effect) {
            None => self.perform.push(effect),
            Some(attempt) => self.act_again(effect, attempt, check),
        }
    }

    /// As [`Agenda::act`], for what stands in the fresh answer to `check`: when a call says that it is not there,
    /// AWS has not heard of it everywhere yet, and the call is tried again.
    pub fn insist(&mut self, effect: impl Into<Effect>, check: impl Into<Query>) {
        let effect = effect.into();
        match self.refusal(&effect) {
            Some((attempt, fault)) if fault.class == FaultClass::NotFound => {
                let not_yet = Fault { class: FaultClass::NotFoundYet, ..fault.clone() };
                self.try_again(effect, attempt, &not_yet);
            }
            _ => self.act(effect, check),
        }
    }

    /// As [`Agenda::act`], where nothing else is left that could be done: what AWS refuses for good is tried again as
    /// often as what passes, and holds then, under a guard too.
    pub fn persist(&mut self, effect: impl Into<Effect>, check: impl Into<Query>) {
        let effect = effect.into();
        match self.refusal(&effect) {
            Some((attempt, fault)) if !fault.passes() && attempt.failures < TRIES => {
                self.try_again(effect, attempt, fault);
            }
            _ => self.act(effect, check),
        }
    }

    /// How a change failed that is not under way.
    fn refusal(&self, effect: &Effect) -> Option<(&'a Attempt, &'a Fault)> {
        let attempt = self.view.case.attempt(effect).filter(|_| !self.view.busy.effects.contains(effect))?;
        match &attempt.last {
            Last::Failed(fault) => Some((attempt, fault)),
            _ => None,
        }
    }

    fn act_again(&mut self, effect: Effect, attempt: &Attempt, check: Query) {
        let visible_by = attempt.at + CONSISTENCY;
        let may_have_happened = effect.repeat() == Repeat::AdoptByTag;
        match &attempt.last {
            Last::Done(_) if self.view.now < visible_by && !self.superseded(&effect, attempt) => {
                self.poll(check, GLANCE, format!("{} to become visible", effect.title()));
            }
            Last::Done(_) if self.is_fruitless(attempt) => self.hold(format!(
                "{} was done {} times and does not stay: someone undoes it; find out who (CloudTrail) and resume",
                effect.title(),
                attempt.done
            )),
            Last::Lost if may_have_happened && self.view.now < visible_by => self.adopt(check, &effect),
            Last::Failed(fault)
                if fault.class == FaultClass::Unknown && may_have_happened && self.view.now < visible_by =>
            {
                self.adopt(check, &effect);
            }
            Last::Failed(fault) => self.after_fault(effect, attempt, fault),
            Last::Done(_) | Last::Lost | Last::Cleared => self.perform.push(effect),
        }
    }

    /// Whether it was done so often that somebody must undo it; a guard never tires.
    fn is_fruitless(&self, attempt: &Attempt) -> bool {
        let tired = attempt.done >= REVERTS && self.view.now < attempt.at + RELENT;
        tired && !self.view.case.guard.is_tireless()
    }

    /// Whether this run has set the same thing to another value since: the reading is right then,
    /// not late.
    fn superseded(&self, effect: &Effect, attempt: &Attempt) -> bool {
        let Some(subject) = effect.subject() else { return false };
        let later = self.view.case.attempts.iter().filter(|(_, other)| other.intent > attempt.intent);
        later.into_iter().any(|(other, _)| other.subject().as_ref() == Some(&subject))
    }

    /// The answer was lost: what may have been made is looked for by its tags before anything is
    /// asked again.
    fn adopt(&mut self, check: Query, effect: &Effect) {
        self.poll(check, GLANCE, format!("whether a lost call took effect: {}", effect.title()));
    }

    fn after_fault(&mut self, effect: Effect, attempt: &Attempt, fault: &Fault) {
        if fault.passes() {
            self.try_again(effect, attempt, fault);
        } else {
            self.hold_fault(&effect, fault);
        }
    }

    fn try_again(&mut self, effect: Effect, attempt: &Attempt, fault: &Fault) {
        let patient = fault.class == FaultClass::Limit && frees_itself(&effect);
        let tries = if patient { PATIENT_TRIES } else { tries(self.view.case, fault) };
        let guard = &self.view.case.guard;
        let used_up = attempt.failures >= tries;
        // A quota that does not free itself waits for a person: a guard that waited for that would keep nothing contained.
        let stays = fault.class == FaultClass::Limit && !patient;
        if used_up && (stays || !guard.is_tireless()) {
            self.hold_fault(&effect, fault);
            return;
        }
        let period = guard.every.filter(|_| used_up).unwrap_or_default();
        let due = attempt.at + period.max(if patient { PATIENCE } else { pause(attempt.failures) });
        if due <= self.view.now {
            self.perform.push(effect);
        } else {
            self.wait(due, format!("another try after {fault}: {}", effect.title()));
        }
    }

    /// Asks a question again that has failed, when it is time.
    pub(crate) fn again(&mut self, query: Query, due: Timestamp, fault: &Fault) {
        if due <= self.view.now {
            self.ask(query);
        } else {
            let why = format!("another try after {fault}: {}", query.title());
            self.wait(due, why);
        }
    }

    /// Looks again at a time.
    pub fn wait(&mut self, at: Timestamp, why: impl Into<String>) {
        self.wakes.push(Wake { at, why: why.into() });
    }

    /// Can not go on.
    pub fn hold(&mut self, why: impl Into<String>) {
        self.holds.push(Hold { why: why.into(), fault: None });
    }

    /// Lets another step go first, because a law says so.
    pub fn yield_to(&mut self, step: StepName, why: impl Into<String>) {
        self.yields = Some((step, why.into()));
    }

    /// A sentence that a responder can act on.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    /// A sentence on what was read back.
    pub fn prove(&mut self, sentence: impl Into<String>) {
        self.proof.push(sentence.into());
    }

    /// Does not apply.
    pub fn skip(&mut self, why: impl Into<String>) {
        self.skipped = Some(why.into());
    }

    /// Whether a gate is open; if not it is reached, with what passing it exposes.
    pub fn gate(&mut self, gate: Gate, exposure: Vec<String>) -> bool {
        let digest = digest(&exposure);
        self.gate_on(gate, exposure, digest)
    }

    /// The same for a gate that is bound to a digest of its own.
    pub fn gate_on(&mut self, gate: Gate, exposure: Vec<String>, digest: String) -> bool {
        let approved = self.view.approved(gate, &digest);
        self.gates.push(Reached { gate, exposure, digest, approved });
        approved
    }

    /// Holds on a question's fault.
    pub(crate) fn hold_unread(&mut self, query: &Query, fault: &Fault) {
        let why = format!("could not read {}: {fault}; {}", query.title(), remedy(fault, query.actions()));
        self.holds.push(Hold { why, fault: Some(fault.clone()) });
    }

    /// Holds on an effect's fault.
    fn hold_fault(&mut self, effect: &Effect, fault: &Fault) {
        let why = format!("could not {}: {fault}; {}", effect.title(), remedy(fault, effect.actions()));
        self.holds.push(Hold { why, fault: Some(fault.clone()) });
    }
}

/// Whether a question that could not be read is not asked again: its fault will not pass, or its
/// tries are used up; a guard does not use them up. False for what was read.
pub fn gives_up(case: &Case, fact: &Fact) -> bool {
    let used_up = |fault: &Fault| !case.guard.is_tireless() && fact.failures >= tries(case, fault);
    fact.answer.as_ref().err().is_some_and(|fault| !fault.passes() || used_up(fault))
}

fn tries(case: &Case, fault: &Fault) -> u32 {
    let cut_off = fault.class == FaultClass::Network && !case.has_changed_anything();
    if cut_off { TRIES_BEFORE_ANYTHING } else { TRIES }
}

/// Whether a quota of calls under way is what stands against an effect: pending snapshots and copies
/// end by themselves
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
fn frees_itself(effect: &Effect) -> bool {
    let call = effect.actions().first().copied().unwrap_or_default();
    matches!(call, "ec2:CreateSnapshots" | "ec2:CreateSnapshot" | "ec2:CopySnapshot" | "ec2:CopyImage")
}

/// What a responder can do about a fault.
fn remedy(fault: &Fault, actions: &[&str]) -> String {
    match fault.class {
        FaultClass::Denied => format!("allow {} and resume the case", actions.join(", ")),
        FaultClass::Throttled => "AWS keeps throttling this API; stop what else calls it and resume the case".into(),
        FaultClass::Limit => "free or raise this quota and resume the case".into(),
        FaultClass::Network => "check the network and the endpoint, then resume the case".into(),
        FaultClass::NotFound => "check account, region and id, then resume the case".into(),
        FaultClass::Conflict | FaultClass::NotFoundYet | FaultClass::Unknown => "resume the case to try again".into(),
        FaultClass::Invalid => "AWS refuses the request as it is; change what it names and resume the case".into(),
    }
}

/// 0.2 s, 0.4 s, … up to 12.8 s.
fn pause(failures: u32) -> SignedDuration {
    SignedDuration::from_millis(200 << failures.saturating_sub(1).min(6))
}

/// SHA-256 over sentences, to bind an approval to what was shown.
pub fn digest(sentences: &[String]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(sentences.join("\n")))
}

#[cfg(test)]
mod tests;
