//! An attacker who undoes what was done while the case is driven: the loop looks again and does it
//! again, and never claims what does not stand.

use casebook::entry::{CaseStatus, Entry};
use casebook::id::GroupId;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::NetworkVerdict;
use engine::{Event, Watcher};
use range::Range;
use range::proof::{Failure, Trial};

/// Puts the captured groups back once, right after isolation was written as done.
struct Reverter {
    range: Range,
    before: Vec<(casebook::id::InterfaceId, Vec<GroupId>)>,
    done: bool,
}

impl Reverter {
    fn new(range: &Range) -> Self {
        let target = range.target().instance;
        let before = range.with_world(|world| {
            let cards = world.network.interfaces.values().map(|card| &card.shown);
            cards
                .filter(|card| card.instance.as_ref() == Some(&target))
                .map(|c| (c.id.clone(), c.groups.clone()))
                .collect()
        });
        Self { range: range.clone(), before, done: false }
    }

    fn revert(&mut self) {
        self.done = true;
        self.range.with_world(|world| {
            for (id, groups) in &self.before {
                if let Some(card) = world.network.interfaces.get_mut(id) {
                    card.shown.groups.clone_from(groups);
                }
            }
        });
    }
}

impl Watcher for Reverter {
    fn saw(&mut self, event: &Event<'_>) {
        if let Event::Wrote { entry: Entry::Step(step), .. } = event
            && step.step == StepName::Isolate
            && step.status == StepStatus::Done
            && !self.done
        {
            self.revert();
        }
    }
}

/// Whatever is read again after the revert shows it, and the next run at the latest closes it.
#[test]
fn reverted_groups_are_closed_again() {
    let trial = Trial::new("web-tier", Phase::Preserve);
    let mut attacker = Reverter::new(&trial.range);
    trial.attempt(Failure::Never, &mut attacker).expect("ends");
    assert!(attacker.done, "the attacker has acted");
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    let target = trial.range.target().instance;
    let open = trial.range.with_world(|world| {
        let cards = world.network.interfaces.values().filter(|card| card.shown.instance.as_ref() == Some(&target));
        let groups: Vec<GroupId> = cards.flat_map(|card| card.shown.groups.clone()).collect();
        groups.iter().filter(|id| world.network.groups.get(*id).is_some_and(|g| !g.shown.rules.is_empty())).count()
    });
    assert_eq!(open, 0);
    assert_eq!(trial.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked);
}
