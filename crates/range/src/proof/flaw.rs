//! Flaws: defects that responders have had, planted to show that a checker catches each. A flawed
//! responder believes its own calls: what it claims to have done it also "reads back".

use super::trial::Trial;
use crate::Range;
use casebook::effect::Effect;
use casebook::fault::Fault;
use casebook::query::Query;
use casebook::reading::Reading;
use casebook::step::Phase;
use jiff::SignedDuration;

mod containment;
mod custody;
mod manners;
mod window;

/// What a flawed responder makes of a change.
#[derive(Clone, Debug)]
pub enum Act {
    /// It makes it.
    AsTold,
    /// It makes others, one after another, and takes them for this one.
    Instead(Vec<Effect>),
    /// It makes another one as well.
    Also(Effect),
    /// It makes it so many times.
    Repeatedly(usize),
    /// It makes none and reports success.
    OnlyClaim,
    /// It makes none and reports this.
    Fail(Fault),
}

/// A defect.
pub struct Flaw {
    /// What it does wrong, in a line.
    pub what: &'static str,
    /// Where it was seen: a tool, or `here` for what only this project's checkers guard against.
    pub seen_in: &'static str,
    /// The checker that catches it.
    pub caught_by: &'static str,
    /// The scenario in which it does harm.
    pub scenario: &'static str,
    /// How far the case goes.
    pub through: Phase,
    /// Settings, approvals and attackers with which it does harm.
    pub prepare: fn(&mut Trial),
    /// What it makes of a change.
    pub act: fn(&Range, &Effect) -> Act,
    /// What it makes of an answer.
    pub read: fn(&Query, Reading) -> Reading,
    /// Whether the case is guarded for ten minutes.
    pub guarded: bool,
    /// Whether the case is released in the end.
    pub release: bool,
}

/// A responder without a flaw, to write the difference of.
const NONE: Flaw = Flaw {
    what: "",
    seen_in: "here",
    caught_by: "",
    scenario: "web-tier",
    through: Phase::Contain,
    prepare: |_| (),
    act: |_, _| Act::AsTold,
    read: |_, reading| reading,
    guarded: false,
    release: false,
};

/// All of them.
pub const ALL: [&[Flaw]; 4] = [containment::FLAWS, window::FLAWS, custody::FLAWS, manners::FLAWS];

impl Flaw {
    /// Every flaw.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.into_iter().flatten()
    }

    /// The case in which it does harm, with it or without.
    ///
    /// # Panics
    /// When the run does not end.
    pub fn play(&'static self, planted: bool) -> Trial {
        let mut trial = Trial::new(self.scenario, self.through);
        (self.prepare)(&mut trial);
        trial.flaw = planted.then_some(self);
        let _ended = trial.attempt(super::Failure::Never, &mut ());
        if self.guarded {
            let _ended = trial.guard(30, SignedDuration::from_mins(10));
        }
        if self.release {
            trial.ask_for_release();
            let _ended = trial.attempt(super::Failure::Never, &mut ());
        }
        trial
    }
}
