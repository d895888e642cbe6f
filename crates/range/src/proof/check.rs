//! Checkers: each knows one law and looks, whenever something is written, sent or has reached the
//! world, whether it still holds. They know the world itself and believe no reading; none of them
//! uses the planner's own judgement.

use super::history::History;
use crate::{Briefing, World};
use casebook::effect::Effect;
use casebook::entry::Entry;
use casebook::step::StepName;
use jiff::{SignedDuration, Timestamp};

mod blast;
mod containment;
mod custody;
mod guard;
mod identity;
mod loss;
mod order;
mod quotas;
mod release;
mod sharing;
mod steps;
mod tags;
mod window;
mod words;

pub use containment::channel_of;
pub(super) use release::belongings;

/// What of a sight breaks a law.
type Look = fn(&Sight<'_>) -> Option<String>;

/// Knows a law.
#[derive(Clone, Copy)]
pub struct Checker {
    /// Its name.
    pub name: &'static str,
    /// The law, in a sentence.
    pub law: &'static str,
    /// What it sees that breaks the law.
    pub(crate) look: Look,
}

/// What has just happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News<'a> {
    /// An entry was written.
    Wrote(&'a Entry),
    /// A change is sent. It was announced or not, and the same one is under way already or not.
    Sending { effect: &'a Effect, announced: bool, twice: bool },
    /// The newest change of the history has reached the world.
    Landed,
    /// Everything is over.
    Over,
}

/// What a checker looks at.
pub(crate) struct Sight<'a> {
    pub(crate) news: News<'a>,
    pub(crate) history: &'a History,
    pub(crate) briefing: &'a Briefing,
    pub(crate) world: &'a World,
}

impl Sight<'_> {
    /// The newest change, when it has just reached the world and AWS took it.
    pub(crate) fn taken(&self) -> Option<&crate::Deed> {
        let deed = self.history.deeds.last().filter(|_| matches!(self.news, News::Landed))?;
        deed.result.is_ok().then_some(deed)
    }

    /// Whether a run has just ended.
    pub(crate) fn run_ended(&self) -> bool {
        matches!(self.news, News::Wrote(Entry::Ended(_)))
    }

    /// Whether somebody else changed the world since a step was last written down.
    pub(crate) fn disturbed_since(&self, step: StepName) -> bool {
        let written = self
            .history
            .lines
            .iter()
            .rev()
            .find(|line| matches!(&line.entry, Entry::Step(entry) if entry.step == step));
        written.is_some_and(|line| self.world.disturbed_within(self.world.now().duration_since(line.at) + self.fresh()))
    }

    /// Whether somebody else changed the world after a moment.
    pub(crate) fn disturbed_after(&self, moment: Timestamp) -> bool {
        self.world.disturbed_within(self.world.now().duration_since(moment))
    }

    /// Whether somebody else changed the world so shortly ago that no reading can show it yet.
    pub(crate) fn disturbed(&self) -> bool {
        self.world.disturbed_within(self.fresh())
    }

    /// How old what was read last may be: under a guard a period more.
    fn fresh(&self) -> SignedDuration {
        FRESH + self.history.guarding().map_or(SignedDuration::ZERO, |(_, every)| every)
    }
}

/// What the end of a run claims was read at most so long before, and a call's way.
const FRESH: SignedDuration = SignedDuration::from_secs(7);

/// All of them.
pub const ALL: &[Checker] = &[
    order::ANNOUNCED,
    order::ONCE,
    order::CAPTURED_FIRST,
    order::FROZEN_FIRST,
    order::DENY_AFTER_PROFILE,
    order::RUNBOOK,
    containment::MONOTONE,
    containment::HONEST_NETWORK,
    containment::NAMED,
    window::WINDOW_CLOSED,
    window::WINDOW_BOUNDED,
    window::WINDOW_CUTS,
    guard::KEPT,
    identity::HONEST_CREDENTIALS,
    blast::DECLARED,
    custody::CLAIMS,
    custody::TERMINATE,
    custody::GUARDED,
    custody::ONE_MOMENT,
    loss::NOTHING_LOST,
    steps::DONE_IS_SO,
    sharing::NOBODY_ELSE,
    sharing::SEPARATE,
    tags::TAGGED,
    quotas::RESTRAINED,
    release::AS_CAPTURED,
    words::SENTENCES,
];

/// Histories that no responder behind these ports can be made to write, fed to a checker by hand.
#[cfg(test)]
mod fed {
    use super::{Checker, News, Sight};
    use crate::proof::{History, Line, Trial};
    use casebook::entry::Entry;
    use casebook::step::Phase;

    /// What a checker says of the last of these entries, in the lone instance's world, after the
    /// opening of a case.
    pub(super) fn wrote(checker: &Checker, entries: Vec<Entry>) -> Option<String> {
        let (trial, history) = written(entries);
        let last = &history.lines.last()?.entry;
        look(checker, &trial, &history, News::Wrote(last))
    }

    /// A trial, and a history of its opening and these entries.
    pub(super) fn written(entries: Vec<Entry>) -> (Trial, History) {
        written_in("lone", entries)
    }

    /// The same in the world of a scenario.
    pub(super) fn written_in(scenario: &str, entries: Vec<Entry>) -> (Trial, History) {
        let trial = Trial::new(scenario, Phase::Contain);
        let at = trial.now();
        let all = [Entry::Opened(Box::new(trial.opened()))].into_iter().chain(entries);
        let lines = (1..).zip(all).map(|(seq, entry)| Line { seq, at, entry }).collect();
        (trial, History { lines, ..History::default() })
    }

    pub(super) fn look(checker: &Checker, trial: &Trial, history: &History, news: News<'_>) -> Option<String> {
        let briefing = trial.range.briefing();
        trial.range.with_world(|world| (checker.look)(&Sight { news, history, briefing, world }))
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;

    #[test]
    fn every_checker_has_a_name_of_its_own() {
        let names: BTreeSet<_> = ALL.iter().map(|checker| checker.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
