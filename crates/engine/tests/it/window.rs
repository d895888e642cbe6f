//! The bounded open window that cuts tracked connections: what it cuts, what it can not, that it
//! opens only through its gate, and that whoever takes the case up again closes it first.

use casebook::effect::{Effect, SourceEffect};
use casebook::entry::Entry;
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::id::{GroupId, InterfaceId};
use casebook::scene::network::Direction;
use casebook::settings::TrackedConnections;
use casebook::step::{Phase, StepName};
use jiff::SignedDuration;
use range::proof::{Crash, Trial, fault};
use range::world::flows::{FlowPlan, Path, Tracking};
use range::{Injection, World};
use std::collections::BTreeSet;

fn trial() -> Trial {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.settings.policy.tracked_connections = TrackedConnections::Convert;
    trial
}

/// A trial on which the window's gate is approved ahead.
fn approved() -> Trial {
    let trial = trial();
    trial.approve(Gate::OpenWindow);
    trial
}

/// Names of the conversations of the target that live.
fn alive(trial: &Trial) -> BTreeSet<String> {
    trial.pass(SignedDuration::from_secs(5));
    trial.range.with_world(|world| {
        world.flows().iter().filter(|flow| flow.alive()).map(|flow| flow.plan.label.clone()).collect()
    })
}

/// Groups with rules that an interface of the target is in.
fn open_groups(trial: &Trial) -> Vec<GroupId> {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let cards = world.network.interfaces.values().filter(|card| card.shown.instance.as_ref() == Some(&target));
        let groups: Vec<GroupId> = cards.flat_map(|card| card.shown.groups.clone()).collect();
        let ruled = |id: &GroupId| world.network.groups.get(id).is_some_and(|group| !group.shown.rules.is_empty());
        groups.into_iter().filter(ruled).collect()
    })
}

fn window_was_opened(trial: &Trial) -> bool {
    let opens = |entry: &Entry| match entry {
        Entry::Intent(intent) => matches!(intent.effect, Effect::Source(SourceEffect::AuthorizeRules { .. })),
        _ => false,
    };
    trial.entries().iter().any(opens)
}

/// Interfaces of the target that are in a window group.
fn in_window(trial: &Trial) -> BTreeSet<InterfaceId> {
    let target = trial.range.target().instance;
    let is_window = |world: &World, id: &GroupId| {
        world.network.groups.get(id).is_some_and(|group| group.shown.name.starts_with("impound-window"))
    };
    trial.range.with_world(|world| {
        let cards = world.network.interfaces.values().map(|card| &card.shown);
        let ours = cards.filter(|card| card.instance.as_ref() == Some(&target));
        ours.filter(|card| card.groups.iter().any(|id| is_window(world, id))).map(|card| card.id.clone()).collect()
    })
}

#[test]
fn it_stays_shut_until_its_gate_is_approved() {
    let trial = trial();
    trial.drive();
    assert!(!window_was_opened(&trial));
    assert!(trial.case().case().asked.contains_key(&Gate::OpenWindow), "the offer is reported");
    assert_eq!(open_groups(&trial), Vec::<GroupId>::new());
}

/// A conversation within the VPC that only rules track, every `seconds`.
fn beat(trial: &Trial, label: String, seconds: i64) {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let interface = world.cards_of(&target)[0].shown.id.clone();
        let plan = FlowPlan {
            label,
            interface,
            direction: Direction::Egress,
            protocol: "tcp".into(),
            port: 4444,
            peer: "10.0.2.200".into(),
            peer_groups: Vec::new(),
            path: Path::Local,
            beacon_seconds: Some(seconds),
        };
        assert!(world.open_flow(plan), "everything may leave");
        assert_eq!(world.flows().last().expect("opened").tracking, Tracking::Tracked);
    });
}

/// Beats that fall on every tenth second between 50 and 60, in every phase: a window shorter than
/// the idle timeout would miss one of them, and it would live on.
fn beats(trial: &Trial) {
    for phase in 0..6 {
        for seconds in [50, 59] {
            beat(trial, format!("beats every {seconds} s, phase {phase}"), seconds);
        }
        trial.pass(SignedDuration::from_secs(10));
    }
}

/// What no group cuts: a path on which AWS tracks everything, and Amazon's resolver.
const OUT_OF_REACH: [&str; 2] = ["DNS tunnel through Amazon's resolver", "reverse shell through the NAT gateway"];

#[test]
fn it_cuts_all_but_what_can_not_be_cut_and_closes_again() {
    let plain = Trial::new("web-tier", Phase::Contain);
    beats(&plain);
    plain.drive();
    let kept = alive(&plain);
    assert!(kept.iter().filter(|label| label.starts_with("beats")).count() == 12, "tracked, they survive: {kept:?}");
    let trial = trial();
    beats(&trial);
    trial.approve(Gate::OpenWindow);
    trial.drive();
    assert!(window_was_opened(&trial));
    assert_eq!(alive(&trial).into_iter().collect::<Vec<_>>(), OUT_OF_REACH);
    assert_eq!(open_groups(&trial), Vec::<GroupId>::new());
    let windows = trial.range.with_world(|world| {
        let names = world.network.groups.values().map(|group| group.shown.name.clone());
        names.filter(|name| name.starts_with("impound-window")).count()
    });
    assert_eq!(windows, 0, "the window group is deleted");
}

/// More than a containment with a window has.
const CHANGES: usize = 60;

/// Every change, on its way and unheard.
fn crashes() -> Vec<Crash> {
    (1..CHANGES).flat_map(|n| [Crash::Unsent(n), Crash::Unheard(n)]).collect()
}

/// Broken off at any call while it is open, the case closes it in the end.
#[test]
fn whoever_takes_the_case_up_again_closes_it() {
    let mut seen_open = 0;
    for crash in crashes() {
        let trial = approved();
        if !trial.crash(crash) {
            continue;
        }
        seen_open += usize::from(!in_window(&trial).is_empty());
        trial.drive();
        assert_eq!(open_groups(&trial), Vec::<GroupId>::new(), "{crash:?}");
    }
    assert!(seen_open > 0, "no crash fell into the window");
}

/// Stages that died while the window was open, one for each moment at which a process can.
fn died_in_the_window() -> Vec<Trial> {
    let died = crashes().into_iter().map(|crash| (approved(), crash));
    let died = died.filter(|(trial, crash)| trial.crash(*crash)).map(|(trial, _)| trial);
    let open: Vec<Trial> = died.filter(|trial| !in_window(trial).is_empty()).collect();
    assert!(open.len() >= 2, "{} crashes fell into the window", open.len());
    open
}

/// Takes the case up again; the very first changes put every open interface back.
fn closes_first(trial: &Trial) {
    trial.pass(SignedDuration::from_secs(1));
    let (open, before) = (in_window(trial), trial.entries().len());
    trial.drive();
    let intents = trial.entries().into_iter().skip(before).filter_map(|entry| match entry {
        Entry::Intent(intent) => Some(intent.effect),
        _ => None,
    });
    let first: Vec<Effect> = intents.take(open.len()).collect();
    let quarantine = |groups: &[GroupId]| {
        let empty = |id: &GroupId| {
            trial.range.with_world(|world| world.network.groups.get(id).is_some_and(|g| g.shown.rules.is_empty()))
        };
        groups.iter().all(empty)
    };
    let closed: BTreeSet<InterfaceId> = first
        .iter()
        .filter_map(|effect| match effect {
            Effect::Source(SourceEffect::SetInterfaceGroups { interface, groups }) if quarantine(groups) => {
                Some(interface.clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(closed, open, "the first changes: {first:?}");
    let session = trial.case();
    for effect in &first {
        let took = session.case().attempts[effect].at.duration_since(session.case().resumed);
        assert!(took < SignedDuration::from_secs(2), "closed after {took}");
    }
    assert_eq!(open_groups(trial), Vec::<GroupId>::new());
}

#[test]
fn who_resumes_closes_an_open_window_before_any_other_change() {
    died_in_the_window().iter().for_each(closes_first);
}

/// A route through the instance and the configuration close two gates meanwhile: closing needs
/// neither of them.
#[test]
fn a_closed_gate_does_not_keep_an_open_window_open() {
    for mut trial in died_in_the_window() {
        let instance = trial.range.target().instance;
        trial.settings.policy.protected_instances = vec![instance.to_string()];
        trial.range.with_world(|world| {
            let cards = world.network.interfaces.values_mut().map(|card| &mut card.shown);
            cards.filter(|card| card.instance.as_ref() == Some(&instance)).for_each(|c| c.source_dest_check = false);
        });
        closes_first(&trial);
        assert!(trial.case().case().asked.contains_key(&Gate::ProtectedAsset), "it stands closed");
    }
}
/// A window whose rules were taken away, because nobody could leave it, was open until then and no longer:
/// staying in its group proves nothing.
#[test]
fn an_emptied_window_proves_nothing() {
    let mut emptied_early = 0;
    for trial in died_in_the_window() {
        let (stuck, session) = (in_window(&trial), trial.case());
        let put = |card: &InterfaceId| {
            let held = trial.range.with_world(|world| world.network.interfaces[card].shown.groups.clone());
            let into = SourceEffect::SetInterfaceGroups { interface: card.clone(), groups: held }.into();
            let puts = session.case().attempts.iter().filter(|(effect, _)| **effect == into);
            puts.map(|(_, attempt)| attempt.at).max().expect("it was put there")
        };
        let early: Vec<&InterfaceId> =
            stuck.iter().filter(|card| trial.now().duration_since(put(card)) < SignedDuration::from_secs(50)).collect();
        let action = "ec2:ModifyNetworkInterfaceAttribute";
        trial.range.inject(Injection::before(action, fault(FaultClass::Invalid)).times(1_000));
        trial.drive();
        assert_eq!(open_groups(&trial), Vec::<GroupId>::new());
        trial.pass(SignedDuration::from_mins(5));
        trial.range.lift(action);
        trial.drive();
        let said = trial.case().case().steps[&StepName::Isolate].entry.warnings.join("\n");
        for card in &early {
            assert!(said.contains(&format!("{card} was not read in the open window")), "{said}");
        }
        emptied_early += early.len();
        assert_eq!(trial.breaches(), []);
    }
    assert!(emptied_early > 0);
}

/// Somebody takes the tags off the window's group, by which it is found: the ledger knows it.
#[test]
fn a_window_without_its_tags_is_closed_too() {
    for trial in died_in_the_window() {
        let open = open_groups(&trial);
        trial.range.with_world(|world| {
            let groups = world.network.groups.iter_mut().filter(|(id, _)| open.contains(id));
            groups.for_each(|(_, group)| group.shown.tags.clear());
        });
        closes_first(&trial);
    }
}

/// What an attacker undid meanwhile is mended after the window is closed, not before.
#[test]
fn what_was_undone_meanwhile_waits_until_the_window_is_closed() {
    for trial in died_in_the_window() {
        let instance = trial.range.target().instance;
        trial.range.with_world(|world| {
            world.compute.instances.get_mut(&instance).expect("the target").termination_protection = false;
        });
        closes_first(&trial);
    }
}
