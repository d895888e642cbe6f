//! What was changed: every intent with what became of it, how it is undone, and the release.

use super::history::{History, Line};
use crate::effect::{Effect, ForensicEffect, Repeat, SourceEffect};
use crate::entry::{CaseStatus, Entry, Intent, Outcome, Person};
use crate::fault::FaultClass;
use crate::query::Side;
use crate::scene::network::{Direction, Rule};
use crate::step::StepName;
use crate::steps;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeOutcome {
    /// AWS accepted it. Whether its goal holds is the step's read-back to say.
    Accepted,
    /// AWS refused it, or it never arrived.
    Failed,
    /// It was sent, or about to be, and no answer was written: it may have taken effect.
    Lost,
}

/// A call that was to change something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The intent's entry.
    pub seq: u64,
    /// When the intent was written, just before the call.
    pub at: Timestamp,
    /// For which step.
    pub step: StepName,
    /// In which account.
    pub side: Side,
    /// What it does, in words.
    pub title: String,
    /// The API action.
    pub action: String,
    /// What became of it.
    pub outcome: ChangeOutcome,
    /// The entry that says so; `None` when no answer was written.
    pub outcome_seq: Option<u64>,
    /// When that was written.
    pub outcome_at: Option<Timestamp>,
    /// What it made: ids as AWS gave them.
    pub made: Vec<String>,
    /// Why it failed or was lost, and what a repeat does.
    pub why: String,
    /// The entry of a later attempt at the same change that AWS accepted.
    pub settled_by: Option<u64>,
    /// Whether it belongs to the release.
    pub releases: bool,
}

/// How what a step changed is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The step.
    pub step: StepName,
    /// How many of its calls AWS accepted.
    pub accepted: u64,
    /// How it is undone, or why it is not.
    pub how: String,
}

/// A release of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The entry.
    pub seq: u64,
    /// When it was asked for.
    pub at: Timestamp,
    /// By whom.
    pub by: Person,
    /// When a run ended after that; `None` when none has.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub status: Option<CaseStatus>,
    /// Why.
    pub reason: String,
}

/// Every intent of a ledger.
pub(super) fn changes(history: &History) -> Vec<Change> {
    let lines = history.lines();
    let released = history.response().len();
    let intents = lines.iter().enumerate().filter_map(|(index, line)| match &line.entry {
        Entry::Intent(intent) => Some((index, line, intent)),
        _ => None,
    });
    intents.map(|(index, line, intent)| change(lines, line, intent, index >= released)).collect()
}

fn change(lines: &[Line], line: &Line, intent: &Intent, releases: bool) -> Change {
    let answer = last_outcome(lines, line.seq);
    let outcome = answer.map_or(ChangeOutcome::Lost, |(_, outcome)| class(outcome));
    let open = outcome != ChangeOutcome::Accepted;
    Change {
        seq: line.seq,
        at: line.at,
        step: intent.step,
        side: intent.effect.side(),
        title: intent.effect.title(),
        action: action(&intent.effect).to_owned(),
        outcome,
        outcome_seq: answer.map(|(line, _)| line.seq),
        outcome_at: answer.map(|(line, _)| line.at),
        made: answer.and_then(|(_, outcome)| outcome.made.clone()).unwrap_or_default().ids,
        why: why(outcome, answer.map(|(_, outcome)| outcome), &intent.effect),
        settled_by: if open { settled_by(lines, line.seq, &intent.effect) } else { None },
        releases,
    }
}

/// What became of it last: a lost answer may be followed by another outcome of the same intent.
fn last_outcome(lines: &[Line], intent: u64) -> Option<(&Line, &Outcome)> {
    lines.iter().rev().find_map(|line| match &line.entry {
        Entry::Outcome(outcome) if outcome.intent == intent => Some((line, outcome)),
        _ => None,
    })
}

fn class(outcome: &Outcome) -> ChangeOutcome {
    match &outcome.fault {
        None => ChangeOutcome::Accepted,
        Some(fault) if fault.class == FaultClass::Unknown => ChangeOutcome::Lost,
        Some(_) => ChangeOutcome::Failed,
    }
}

fn why(class: ChangeOutcome, outcome: Option<&Outcome>, effect: &Effect) -> String {
    let fault = outcome.and_then(|outcome| outcome.fault.as_ref()).map(ToString::to_string);
    match class {
        ChangeOutcome::Accepted => String::new(),
        ChangeOutcome::Failed => fault.unwrap_or_default(),
        ChangeOutcome::Lost => {
            let what = fault.unwrap_or_else(|| "no answer was written".into());
            format!("{what}; it may have taken effect; {}", if_repeated(effect.repeat()))
        }
    }
}

fn if_repeated(repeat: Repeat) -> &'static str {
    match repeat {
        Repeat::Idempotent => "it sets a state, so sending it again changes nothing further",
        Repeat::Token => "it carries a client token, so sending it again finds the first one",
        Repeat::AdoptByTag => "what it may have made carries the case's tag and is looked for before it is sent again",
    }
}

fn settled_by(lines: &[Line], intent: u64, effect: &Effect) -> Option<u64> {
    let later = lines.iter().filter(|line| line.seq > intent);
    let mut same = later.filter(|line| matches!(&line.entry, Entry::Intent(again) if again.effect == *effect));
    same.find_map(|line| {
        let (answer, outcome) = last_outcome(lines, line.seq)?;
        (class(outcome) == ChangeOutcome::Accepted).then_some(answer.seq)
    })
}

/// The API action of the call. Rules have one action a direction.
fn action(effect: &Effect) -> &'static str {
    let actions = effect.actions();
    let ingress = match effect {
        Effect::Source(SourceEffect::RevokeRules { rules, .. } | SourceEffect::AuthorizeRules { rules, .. })
        | Effect::Forensic(ForensicEffect::RevokeRules { rules, .. }) => all_ingress(rules),
        _ => false,
    };
    actions.get(usize::from(ingress)).copied().unwrap_or("")
}

fn all_ingress(rules: &[Rule]) -> bool {
    !rules.is_empty() && rules.iter().all(|rule| rule.direction == Direction::Ingress)
}

/// How each step is undone of which at least one call was accepted or lost.
pub(super) fn undo(changes: &[Change]) -> Vec<Undo> {
    let sent = |step: StepName| changes.iter().filter(move |change| change.step == step && !change.releases);
    let touched = |step: &StepName| sent(*step).any(|change| change.outcome != ChangeOutcome::Failed);
    let steps = StepName::ALL.into_iter().filter(touched);
    let row = |step| Undo {
        step,
        accepted: sent(step).filter(|change| change.outcome == ChangeOutcome::Accepted).count() as u64,
        how: steps::card(step).undo.to_owned(),
    };
    steps.map(row).collect()
}

/// The last release that was asked for, and how it ended.
pub(super) fn release(history: &History) -> Option<Release> {
    let lines = history.lines();
    let index = lines.iter().rposition(|line| matches!(line.entry, Entry::Releasing(_)))?;
    let Entry::Releasing(by) = &lines[index].entry else { return None };
    let mut release = Release {
        seq: lines[index].seq,
        at: lines[index].at,
        by: by.clone(),
        ended: None,
        status: None,
        reason: String::new(),
    };
    for line in &lines[index..] {
        match &line.entry {
            Entry::Ended(ended) => {
                release.ended = Some(line.at);
                release.status = Some(ended.status);
                release.reason.clone_from(&ended.reason);
            }
            Entry::Resumed(_) => (release.ended, release.status) = (None, None),
            _ => {}
        }
    }
    Some(release)
}
