//! A crash that is aimed: right when a change of some step is under way that has met a fault before. By
//! chance alone steps that seldom act are hardly ever under way when a process dies.

use super::{Lived, Storm, Trouble};
use crate::Injection;
use crate::calls::effect_call;
use crate::proof::trial::{Crash, fault};
use casebook::entry::Entry;
use casebook::fault::FaultClass;
use casebook::step::StepName;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// A change that a storm made.
pub(super) struct Change {
    pub(super) step: StepName,
    pub(super) action: &'static str,
    /// How often the same action was called before.
    earlier: u32,
    /// What changes of its step had met until then in this run.
    pub(super) met: BTreeSet<FaultClass>,
    /// How it failed itself.
    pub(super) failed: Option<FaultClass>,
    /// In which run.
    pub(super) run: usize,
    /// The so-manieth change of that run.
    pub(super) nth: usize,
    /// The so-manieth append of that run, which announces it.
    pub(super) announced: usize,
    /// The one that says what became of it.
    pub(super) concluded: usize,
}

impl Change {
    /// Whether it is another step's, and was announced before it was known what became of that one.
    pub(super) fn follows(&self, one: &Self) -> bool {
        self.step != one.step && self.run == one.run && self.nth > one.nth && self.announced <= one.concluded
    }
}

/// The same storm with a fault for a change of some step, and a crash at a later change of that step.
pub(super) fn aimed(storm: &Storm, rng: &mut Rng) -> Storm {
    let mut aimed = storm.clone();
    let changes = changes(&aimed.live());
    let steps: Vec<StepName> = changes.iter().map(|change| change.step).collect::<BTreeSet<_>>().into_iter().collect();
    // The later a step comes, the more seldom does a case get to it.
    let last = steps.last().copied();
    let Some(step) = (if rng.bool() { last } else { rng.choice(steps) }) else { return aimed };
    let of_step = |changes: Vec<Change>| changes.into_iter().filter(|change| change.step == step).collect::<Vec<_>>();
    let classes: Vec<Option<FaultClass>> = FaultClass::ALL.into_iter().map(Some).chain([None]).collect();
    let class = rng.choice(classes).flatten();
    let mut candidates = of_step(changes);
    if let Some(class) = class {
        let Some(struck) = rng.choice(&candidates) else { return aimed };
        aimed.troubles.push(fails(struck, class, 1));
        candidates = of_step(self::changes(&aimed.live()));
        candidates.retain(|change| change.met.contains(&class));
    }
    if class.is_none() {
        candidates.retain(|change| change.met.is_empty());
    }
    if let Some(change) = rng.choice(&candidates) {
        aimed.troubles.push(Trouble::Late(change.run, at(change, rng)));
    }
    aimed
}

/// A fault that strikes a change, and as many calls of its action after it.
pub(super) fn fails(change: &Change, class: FaultClass, times: u32) -> Trouble {
    let (action, n) = (change.action, change.earlier);
    let injection = Injection::before(action, fault(class)).skipping(n).times(times);
    let how_often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    Trouble::Struck(injection, format!("call {} of {action} fails: {class:?}, {how_often}", n + 1))
}

fn at(change: &Change, rng: &mut Rng) -> Crash {
    match rng.u8(..4) {
        0 => Crash::Unsent(change.nth),
        1 => Crash::Unheard(change.nth),
        2 => Crash::Written(change.announced),
        _ => Crash::Unwritten(change.concluded),
    }
}

/// Every change of a storm that was lived through, in order.
pub(super) fn changes(lived: &Lived) -> Vec<Change> {
    let history = lived.trial.history();
    let appends = lived.trial.book.appends();
    let append_of = |seq: u64| appends.partition_point(|last| *last < seq);
    let (mut changes, mut at): (Vec<Change>, BTreeMap<u64, usize>) = (Vec::new(), BTreeMap::new());
    let mut met: BTreeMap<(usize, StepName), BTreeSet<FaultClass>> = BTreeMap::new();
    for line in &history.lines {
        let run = lived.starts.partition_point(|start| *start < line.seq).saturating_sub(1);
        let before = append_of(lived.starts.get(run).map_or(0, |start| start + 1));
        let nth_append = (append_of(line.seq) + 1).saturating_sub(before);
        match &line.entry {
            Entry::Intent(intent) => {
                let action = effect_call(&intent.effect);
                let earlier = changes.iter().filter(|change| change.action == action).count();
                at.insert(line.seq, changes.len());
                changes.push(Change {
                    step: intent.step,
                    action,
                    earlier: u32::try_from(earlier).unwrap_or(u32::MAX),
                    met: met.get(&(run, intent.step)).cloned().unwrap_or_default(),
                    failed: None,
                    run,
                    nth: changes.iter().filter(|change| change.run == run).count() + 1,
                    announced: nth_append,
                    concluded: nth_append,
                });
            }
            Entry::Outcome(outcome) => {
                let Some(change) = at.get(&outcome.intent).and_then(|at| changes.get_mut(*at)) else { continue };
                change.concluded = nth_append;
                change.failed = outcome.fault.as_ref().map(|fault| fault.class);
                met.entry((change.run, change.step)).or_default().extend(change.failed);
            }
            _ => {}
        }
    }
    // A run that dies early is planned so, and a guard is left in peace.
    let planned = lived.storm.troubles.iter().filter(|trouble| matches!(trouble, Trouble::Crash(_))).count();
    changes.retain(|change| change.run >= planned && Some(change.run) != lived.guarded);
    changes
}
