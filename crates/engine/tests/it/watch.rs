//! Somebody undoes the containment at any moment of a long run: the run looks again, closes again, and
//! what its end claims is so in the world.

use casebook::entry::CaseStatus;
use casebook::id::InterfaceId;
use casebook::step::Phase;
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use engine::{Event, Watcher};
use jiff::{SignedDuration, Timestamp};
use range::proof::{Failure, Trial};
use range::{Range, World};

/// Acts once, as soon as a time has come.
struct Intruder {
    range: Range,
    at: Timestamp,
    act: fn(&mut World, &Range),
    acted: Option<Timestamp>,
    /// When the network was read closed after that.
    closed: Option<Timestamp>,
}

impl Intruder {
    fn new(trial: &Trial, after: SignedDuration, act: fn(&mut World, &Range)) -> Self {
        let range = trial.range.clone();
        Self { at: trial.now() + after, range, act, acted: None, closed: None }
    }
}

impl Watcher for Intruder {
    fn saw(&mut self, event: &Event<'_>) {
        let now = self.range.clock().now();
        if self.acted.is_none() && now >= self.at && !matches!(event, Event::Planned { .. }) {
            let range = self.range.clone();
            self.range.with_world(|world| (self.act)(world, &range));
            self.acted = Some(now);
        } else if self.acted.is_some() && self.closed.is_none() && is_closed(&self.range) {
            self.closed = Some(now);
        }
    }
}

/// The groups that the interfaces were captured in.
fn open_the_groups(world: &mut World, range: &Range) {
    let target = range.target().instance;
    let open = world.network.groups.values().find(|group| !group.shown.rules.is_empty()).map(|g| g.shown.id.clone());
    for card in world.network.interfaces.values_mut().filter(|card| card.shown.instance.as_ref() == Some(&target)) {
        card.shown.groups = open.iter().cloned().collect();
    }
}

fn attach_an_interface(world: &mut World, range: &Range) {
    let target = range.target().instance;
    let open = world.network.groups.values().find(|group| !group.shown.rules.is_empty()).map(|g| g.shown.id.clone());
    let cards = world.network.interfaces.values().find(|card| card.shown.instance.as_ref() == Some(&target));
    let mut card = cards.expect("the target has an interface").clone();
    card.shown.id = InterfaceId::new("eni-0a77ac4e400000001");
    card.shown.groups = open.iter().cloned().collect();
    world.network.interfaces.insert(card.shown.id.clone(), card);
}

fn is_closed(range: &Range) -> bool {
    let target = range.target().instance;
    range.with_world(|world| {
        let cards = world.network.interfaces.values().filter(|card| card.shown.instance.as_ref() == Some(&target));
        let mut groups = cards.flat_map(|card| card.shown.groups.clone());
        groups.all(|id| world.network.groups.get(&id).is_some_and(|group| group.shown.rules.is_empty()))
    })
}

/// Every few seconds of a run through custody, both ways of opening the network.
#[test]
fn what_the_end_claims_holds_whenever_the_network_was_opened() {
    let ways = [open_the_groups, attach_an_interface];
    for (seconds, act) in (0..500).step_by(17).zip(ways.into_iter().cycle()) {
        let trial = Trial::new("web-tier", Phase::Custody);
        let mut intruder = Intruder::new(&trial, SignedDuration::from_secs(seconds), act);
        let end = trial.attempt(Failure::Never, &mut intruder).expect("ends");
        assert_eq!(end.status, CaseStatus::Done, "{seconds}: {}", end.reason);
        assert_eq!(trial.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked, "{seconds}");
        assert!(is_closed(&trial.range), "{seconds}: the run ended with the network open");
    }
}

/// It is closed again within a minute and the time of a few calls.
#[test]
fn an_opened_network_is_closed_again_within_a_minute() {
    let trial = Trial::new("web-tier", Phase::Custody);
    let mut intruder = Intruder::new(&trial, SignedDuration::from_secs(30), open_the_groups);
    trial.attempt(Failure::Never, &mut intruder).expect("ends");
    let (acted, closed) = (intruder.acted.expect("acted"), intruder.closed.expect("closed again"));
    assert!(closed.duration_since(acted) < SignedDuration::from_secs(62), "{}", closed.duration_since(acted));
}

/// The deny is taken off the role while snapshots are being copied.
#[test]
fn a_deny_that_was_taken_off_is_put_again() {
    fn strip(world: &mut World, _: &Range) {
        for role in world.identity.roles.values_mut() {
            role.inline.retain(|policy| !policy.shown.name.starts_with("impound-"));
        }
    }
    let trial = Trial::new("web-tier", Phase::Custody);
    let mut intruder = Intruder::new(&trial, SignedDuration::from_secs(120), strip);
    let end = trial.attempt(Failure::Never, &mut intruder).expect("ends");
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Revoked);
    let denied = trial.range.with_world(|world| {
        let mut policies = world.identity.roles.values().flat_map(|role| &role.inline);
        policies.any(|policy| policy.shown.name.starts_with("impound-"))
    });
    assert!(denied, "the run ended without the deny");
}
