//! Two laws that need a world in which they could be broken: containment only grows, and nobody
//! else is touched.

use casebook::id::{GroupId, InterfaceId};
use casebook::step::Phase;
use engine::{Event, Watcher};
use range::proof::{Failure, Trial};
use range::{Range, World};
use std::collections::BTreeSet;

/// Looks after every event whether an interface of the target that was closed is open again.
struct Lookout {
    range: Range,
    closed: BTreeSet<InterfaceId>,
}

impl Lookout {
    fn new(range: &Range) -> Self {
        Self { range: range.clone(), closed: BTreeSet::new() }
    }

    fn look(&mut self) {
        let target = self.range.target().instance;
        let closed = self.range.with_world(|world| {
            let cards = world.network.interfaces.values();
            let ours = cards.filter(|card| card.shown.instance.as_ref() == Some(&target));
            ours.filter(|card| is_closed(world, &card.shown.groups)).map(|card| card.shown.id.clone()).collect()
        });
        assert!(self.closed.is_subset(&closed), "open again: {:?}", self.closed.difference(&closed));
        self.closed = closed;
    }
}

impl Watcher for Lookout {
    fn saw(&mut self, _: &Event<'_>) {
        self.look();
    }
}

fn is_closed(world: &World, groups: &[GroupId]) -> bool {
    groups.iter().all(|id| world.network.groups.get(id).is_some_and(|group| group.shown.rules.is_empty()))
}

/// Whatever write fails, and however the case is taken up, what is closed stays closed.
#[test]
fn containment_only_grows() {
    let mut tried = 0;
    for n in (1..).step_by(3) {
        let trial = Trial::new("web-tier", Phase::Contain);
        let mut lookout = Lookout::new(&trial.range);
        let whole = trial.attempt(Failure::After(n), &mut lookout).is_ok();
        trial.attempt(Failure::Never, &mut lookout).expect("the second run ends");
        lookout.look();
        assert_eq!(lookout.closed.len(), 2, "both interfaces are closed in the end");
        tried += 1;
        if whole {
            break;
        }
    }
    assert!(tried > 10, "only {tried} failures were tried");
}

/// What belongs to others, a line each: what stands there before must stand there afterwards.
fn others(trial: &Trial) -> BTreeSet<String> {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let mut lines = BTreeSet::new();
        let interfaces = world.network.interfaces.values().map(|card| &card.shown);
        let others = interfaces.filter(|interface| interface.instance.as_ref() != Some(&target));
        lines.extend(others.map(|i| format!("{} {:?} {:?} {:?}", i.id, i.groups, i.addresses, i.tags)));
        lines.extend(world.network.groups.values().map(|group| format!("{:?}", group.shown)));
        lines.extend(world.network.acls.values().map(|acl| format!("{:?}", acl.shown)));
        let machines = world.compute.instances.values().filter(|machine| machine.shown.id != target);
        lines.extend(machines.map(|machine| format!("{machine:?}")));
        let ties = world.identity.associations.values().filter(|tie| tie.instance != target);
        lines.extend(ties.map(|tie| format!("{tie:?}")));
        for role in world.identity.roles.values() {
            lines.insert(format!("{:?} {:?}", role.shown, role.attached));
            lines.extend(role.inline.iter().map(|policy| format!("{} {:?}", role.shown.name, policy.shown)));
        }
        lines
    })
}

#[test]
fn nobody_else_is_touched() {
    for scenario in ["web-tier", "shared-role"] {
        let trial = Trial::new(scenario, Phase::Custody);
        let before = others(&trial);
        assert!(before.len() > 10, "{scenario}: there are others");
        trial.drive();
        let after = others(&trial);
        let changed: Vec<_> = before.difference(&after).collect();
        assert!(changed.is_empty(), "{scenario}: {changed:#?}");
    }
}
