//! The bounded open window that cuts tracked connections: what it cuts, what it can not, that it
//! opens only through its gate, and that whoever takes the case up again closes it first.

use crate::stage::Stage;
use crate::store::Failure;
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{Approved, Entry, Person};
use casebook::gate::Gate;
use casebook::id::GroupId;
use casebook::settings::TrackedConnections;
use casebook::step::Phase;
use engine::Session;
use jiff::SignedDuration;
use std::collections::BTreeSet;

fn stage() -> Stage {
    let mut stage = Stage::new("web-tier", Phase::Contain);
    stage.settings.policy.tracked_connections = TrackedConnections::Convert;
    stage
}

fn approve(stage: &Stage, session: &mut Session<crate::store::Book>) {
    let approved = Approved { gate: Gate::OpenWindow, digest: String::new(), by: Person::default() };
    session.append(stage.now(), &[Entry::Approved(approved)]).expect("written");
}

/// Names of the conversations of the target that live.
fn alive(stage: &Stage) -> BTreeSet<String> {
    let later = stage.now() + SignedDuration::from_secs(5);
    range::run(&stage.range.clock(), stage.range.clock().sleep_until(later));
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

#[test]
fn it_stays_shut_until_its_gate_is_approved() {
    let stage = stage();
    stage.drive();
    assert!(!window_was_opened(&stage));
    assert!(stage.case().case().asked.contains_key(&Gate::OpenWindow), "the offer is reported");
    assert_eq!(open_groups(&stage), Vec::<GroupId>::new());
}

#[test]
fn it_cuts_what_is_tracked_by_rules_and_closes_again() {
    let plain = Stage::new("web-tier", Phase::Contain);
    plain.drive();
    let kept = alive(&plain);
    let stage = stage();
    let mut session = stage.session(Failure::Never).expect("opens");
    approve(&stage, &mut session);
    stage.drive_session(&mut session, &mut ()).expect("ends");
    let left = alive(&stage);
    assert!(window_was_opened(&stage));
    assert!(left.is_subset(&kept) && left.len() < kept.len(), "kept without: {kept:?}, left with: {left:?}");
    assert_eq!(open_groups(&stage), Vec::<GroupId>::new());
    let windows = stage.range.with_world(|world| {
        let names = world.network.groups.values().map(|group| group.shown.name.clone());
        names.filter(|name| name.starts_with("impound-window")).count()
    });
    assert_eq!(windows, 0, "the window group is deleted");
}

/// Broken off at any call while it is open, the case closes it before anything else.
#[test]
fn whoever_takes_the_case_up_again_closes_it_first() {
    let mut seen_open = 0;
    for moments in 1..400 {
        let stage = stage();
        let mut session = stage.session(Failure::Never).expect("opens");
        approve(&stage, &mut session);
        drop(session);
        if !stage.crash_after(moments) {
            break;
        }
        let was_open = !open_groups(&stage).is_empty() && window_was_opened(&stage);
        seen_open += usize::from(was_open && in_window(&stage));
        stage.drive();
        assert_eq!(open_groups(&stage), Vec::<GroupId>::new(), "after a crash at {moments}");
    }
    assert!(seen_open > 0, "no crash fell into the window");
}

/// Whether an interface of the target is in a window group.
fn in_window(stage: &Stage) -> bool {
    let open = open_groups(stage);
    stage.range.with_world(|world| {
        open.iter().filter_map(|id| world.network.groups.get(id)).any(|g| g.shown.name.starts_with("impound-window"))
    })
}
