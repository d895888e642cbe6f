//! What holds for every seed, every step in time and every order.

use crate::support::{case_tags, empty_group, swap, target};
use casebook::effect::{Capacity, SourceEffect as S};
use casebook::query::{Query, SourceQuery};
use jiff::SignedDuration;
use proptest::prelude::{ProptestConfig, prop, prop_assert_eq, proptest};
use range::{Range, Scenario, World};

/// A web tier in which much is under way: snapshots, draining, an unreachable target, a change of
/// role.
fn busy(seed: u64) -> World {
    let range = Range::new(Scenario::named("web-tier").expect("there is one"), seed);
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    let association = range.with_world(|world| {
        let mut held = world.identity.associations.values();
        held.find(|held| held.instance == target(&range)).expect("it has one").id.clone()
    });
    let effects = [
        S::CreateSnapshots { instance: target(&range), description: "test".into(), tags: case_tags() },
        S::DetachFromGroup { group: "web".into(), instance: target(&range), capacity: Capacity::Keep },
        S::DisassociateProfile { association },
    ];
    for effect in effects {
        crate::support::make(&range, effect);
    }
    range.with_world(|world| world.clone())
}

/// Everything that can be seen of a world.
fn view(mut world: World) -> String {
    world.settle();
    let queries: Vec<Query> = vec![
        SourceQuery::CaseSnapshots("c1".into()).into(),
        SourceQuery::ScalingGroup("web".into()).into(),
        SourceQuery::RoleSharers("web-app-role".into()).into(),
        SourceQuery::TargetGroups.into(),
    ];
    let answers: Vec<_> = queries.iter().map(|query| world.answer(query)).collect();
    let flows: Vec<_> =
        world.flows().iter().map(|flow| (flow.plan.label.clone(), flow.ended, flow.last_packet)).collect();
    let targets: Vec<_> = world.balancers.target_groups.values().map(|group| group.targets.clone()).collect();
    format!("{answers:?} {flows:?} {targets:?} {:?}", world.compute.instances)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn many_short_steps_end_where_a_long_one_does(steps in prop::collection::vec(1_i64..200_000, 1..30)) {
        let (mut long, mut short) = (busy(3), busy(3));
        let begin = long.now();
        let at = |millis: i64| begin.saturating_add(SignedDuration::from_millis(millis)).expect("in range");
        let mut passed = 0;
        for step in &steps {
            passed += step;
            short.advance(at(passed));
            short.settle();
        }
        long.advance(at(passed));
        prop_assert_eq!(view(long), view(short));
    }

    #[test]
    fn the_same_seed_is_the_same_world(seed in 0_u64..1000) {
        let build = |seed| view(busy(seed));
        prop_assert_eq!(build(seed), build(seed));
    }

    #[test]
    fn time_never_goes_back(moments in prop::collection::vec(-100_i64..10_000, 1..20)) {
        let mut world = busy(5);
        let begin = world.now();
        for moment in moments {
            let before = world.now();
            world.advance(begin.saturating_add(SignedDuration::from_secs(moment)).expect("in range"));
            assert!(world.now() >= before);
        }
    }
}

#[test]
fn another_seed_is_another_world() {
    assert_ne!(view(busy(1)), view(busy(2)));
}
