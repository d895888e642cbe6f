//! The bounded open window that cuts tracked connections: what it cuts, what it can not, that it
//! opens only through its gate, and that whoever takes the case up again closes it first.

use crate::stage::Stage;
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::Entry;
use casebook::gate::Gate;
use casebook::id::{GroupId, InterfaceId};
use casebook::scene::network::Direction;
use casebook::settings::TrackedConnections;
use casebook::step::Phase;
use jiff::SignedDuration;
use range::World;
use range::world::flows::{FlowPlan, Path, Tracking};
use std::collections::BTreeSet;

fn stage() -> Stage {
    let mut stage = Stage::new("web-tier", Phase::Contain);
    stage.settings.policy.tracked_connections = TrackedConnections::Convert;
    stage
}

/// A stage on which the window's gate is approved ahead.
fn approved() -> Stage {
    let stage = stage();
    stage.approve(Gate::OpenWindow);
    stage
}

/// Names of the conversations of the target that live.
fn alive(stage: &Stage) -> BTreeSet<String> {
    stage.pass(SignedDuration::from_secs(5));
    stage.range.with_world(|world| {
        world.flows().iter().filter(|flow| flow.alive()).map(|flow| flow.plan.label.clone()).collect()
    })
}

/// Groups with rules that an interface of the target is in.
fn open_groups(stage: &Stage) -> Vec<GroupId> {
    let target = stage.range.target().instance;
    stage.range.with_world(|world| {
        let cards = world.network.interfaces.values().filter(|card| card.shown.instance.as_ref() == Some(&target));
        let groups: Vec<GroupId> = cards.flat_map(|card| card.shown.groups.clone()).collect();
        let ruled = |id: &GroupId| world.network.groups.get(id).is_some_and(|group| !group.shown.rules.is_empty());
        groups.into_iter().filter(ruled).collect()
    })
}

fn window_was_opened(stage: &Stage) -> bool {
    let opens = |entry: &Entry| match entry {
        Entry::Intent(intent) => matches!(intent.effect, Effect::Source(SourceEffect::AuthorizeRules { .. })),
        _ => false,
    };
    stage.entries().iter().any(opens)
}

/// Interfaces of the target that are in a window group.
fn in_window(stage: &Stage) -> BTreeSet<InterfaceId> {
    let target = stage.range.target().instance;
    let is_window = |world: &World, id: &GroupId| {
        world.network.groups.get(id).is_some_and(|group| group.shown.name.starts_with("impound-window"))
    };
    stage.range.with_world(|world| {
        let cards = world.network.interfaces.values().map(|card| &card.shown);
        let ours = cards.filter(|card| card.instance.as_ref() == Some(&target));
        ours.filter(|card| card.groups.iter().any(|id| is_window(world, id))).map(|card| card.id.clone()).collect()
    })
}

#[test]
fn it_stays_shut_until_its_gate_is_approved() {
    let stage = stage();
    stage.drive();
    assert!(!window_was_opened(&stage));
    assert!(stage.case().case().asked.contains_key(&Gate::OpenWindow), "the offer is reported");
    assert_eq!(open_groups(&stage), Vec::<GroupId>::new());
}

/// A conversation within the VPC that only rules track, every `seconds`.
fn beat(stage: &Stage, label: String, seconds: i64) {
    let target = stage.range.target().instance;
    stage.range.with_world(|world| {
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
fn beats(stage: &Stage) {
    for phase in 0..6 {
        for seconds in [50, 59] {
            beat(stage, format!("beats every {seconds} s, phase {phase}"), seconds);
        }
        stage.pass(SignedDuration::from_secs(10));
    }
}

/// What no group cuts: a path on which AWS tracks everything, and Amazon's resolver.
const OUT_OF_REACH: [&str; 2] = ["DNS tunnel through Amazon's resolver", "reverse shell through the NAT gateway"];

#[test]
fn it_cuts_all_but_what_can_not_be_cut_and_closes_again() {
    let plain = Stage::new("web-tier", Phase::Contain);
    beats(&plain);
    plain.drive();
    let kept = alive(&plain);
    assert!(kept.iter().filter(|label| label.starts_with("beats")).count() == 12, "tracked, they survive: {kept:?}");
    let stage = stage();
    beats(&stage);
    stage.approve(Gate::OpenWindow);
    stage.drive();
    assert!(window_was_opened(&stage));
    assert_eq!(alive(&stage).into_iter().collect::<Vec<_>>(), OUT_OF_REACH);
    assert_eq!(open_groups(&stage), Vec::<GroupId>::new());
    let windows = stage.range.with_world(|world| {
        let names = world.network.groups.values().map(|group| group.shown.name.clone());
        names.filter(|name| name.starts_with("impound-window")).count()
    });
    assert_eq!(windows, 0, "the window group is deleted");
}

/// Broken off at any call while it is open, the case closes it in the end.
#[test]
fn whoever_takes_the_case_up_again_closes_it() {
    let mut seen_open = 0;
    for moments in 1..400 {
        let stage = approved();
        if !stage.crash_after(moments) {
            break;
        }
        seen_open += usize::from(!in_window(&stage).is_empty());
        stage.drive();
        assert_eq!(open_groups(&stage), Vec::<GroupId>::new(), "after a crash at {moments}");
    }
    assert!(seen_open > 0, "no crash fell into the window");
}

/// Stages that died while the window was open, one for each moment at which a process can.
fn died_in_the_window() -> Vec<Stage> {
    let died = (1..400).map(|moments| (approved(), moments));
    let died = died.take_while(|(stage, moments)| stage.crash_after(*moments)).map(|(stage, _)| stage);
    let open: Vec<Stage> = died.filter(|stage| !in_window(stage).is_empty()).collect();
    assert!(open.len() >= 2, "{} crashes fell into the window", open.len());
    open
}

/// Takes the case up again; the very first changes put every open interface back.
fn closes_first(stage: &Stage) {
    stage.pass(SignedDuration::from_secs(1));
    let (open, before) = (in_window(stage), stage.entries().len());
    stage.drive();
    let intents = stage.entries().into_iter().skip(before).filter_map(|entry| match entry {
        Entry::Intent(intent) => Some(intent.effect),
        _ => None,
    });
    let first: Vec<Effect> = intents.take(open.len()).collect();
    let quarantine = |groups: &[GroupId]| {
        let empty = |id: &GroupId| {
            stage.range.with_world(|world| world.network.groups.get(id).is_some_and(|g| g.shown.rules.is_empty()))
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
    let session = stage.case();
    for effect in &first {
        let took = session.case().attempts[effect].at.duration_since(session.case().resumed);
        assert!(took < SignedDuration::from_secs(2), "closed after {took}");
    }
    assert_eq!(open_groups(stage), Vec::<GroupId>::new());
}

#[test]
fn who_resumes_closes_an_open_window_before_any_other_change() {
    died_in_the_window().iter().for_each(closes_first);
}

/// A route through the instance and the configuration close two gates meanwhile: closing needs
/// neither of them.
#[test]
fn a_closed_gate_does_not_keep_an_open_window_open() {
    for mut stage in died_in_the_window() {
        let instance = stage.range.target().instance;
        stage.settings.policy.protected_instances = vec![instance.to_string()];
        stage.range.with_world(|world| {
            let cards = world.network.interfaces.values_mut().map(|card| &mut card.shown);
            cards.filter(|card| card.instance.as_ref() == Some(&instance)).for_each(|c| c.source_dest_check = false);
        });
        closes_first(&stage);
        assert!(stage.case().case().asked.contains_key(&Gate::ProtectedAsset), "it stands closed");
    }
}
/// What an attacker undid meanwhile is mended after the window is closed, not before.
#[test]
fn what_was_undone_meanwhile_waits_until_the_window_is_closed() {
    for stage in died_in_the_window() {
        let instance = stage.range.target().instance;
        stage.range.with_world(|world| {
            world.compute.instances.get_mut(&instance).expect("the target").termination_protection = false;
        });
        closes_first(&stage);
    }
}
