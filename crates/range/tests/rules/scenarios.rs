//! Every scenario is what it says.

use crate::support::{ask, cloud, groups, instance, interfaces, target};
use casebook::query::{ForensicQuery, SourceQuery};
use casebook::reading::Reading;
use casebook::scene::enclave::Enclave;
use casebook::scene::instance::InstanceState;
use range::{Range, Scenario};

#[test]
fn every_scenario_accuses_a_running_instance() {
    for (name, _) in Scenario::list() {
        let range = cloud(name);
        let accused = &range.briefing().finding["detail"]["resource"]["instanceDetails"]["instanceId"];
        assert_eq!(accused.as_str(), Some(target(&range).as_str()), "{name}");
        assert_eq!(instance(&range).state, InstanceState::Running, "{name}");
        assert!(range.with_world(|world| world.flows().iter().all(range::world::flows::Flow::alive)), "{name}");
    }
}

#[test]
fn the_web_tier_has_what_makes_it_hard() {
    let range = cloud("web-tier");
    let shown = instance(&range);
    assert_eq!((shown.interfaces.len(), shown.block_devices.len()), (2, 3));
    let cards = interfaces(&range);
    assert_ne!(cards[0].subnet, cards[1].subnet);
    let squatted = groups(&range, SourceQuery::QuarantineGroups);
    assert_eq!(squatted.len(), 1);
    assert!(!squatted[0].rules.is_empty());
    match ask(&range, SourceQuery::TargetGroups) {
        Reading::TargetGroups(groups) => assert_eq!(groups.len(), 60),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_prepared_account_has_an_empty_group_beside_the_attackers() {
    let range = cloud("prepared");
    let empty = groups(&range, SourceQuery::QuarantineGroups).into_iter().filter(|group| group.rules.is_empty());
    assert_eq!(empty.count(), 1);
}

fn enclave(range: &Range) -> Enclave {
    match ask(range, ForensicQuery::Enclave(range.briefing().forensic_subnet.clone())) {
        Reading::Enclave(enclave) => *enclave,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_forensic_subnet_is_sealed_but_in_one_scenario() {
    for (name, _) in Scenario::list() {
        let openings = enclave(&cloud(name)).openings();
        assert_eq!(openings.is_empty(), name != "open-enclave", "{name}: {openings:?}");
    }
}

#[test]
fn thirty_share_a_role_and_the_big_account_is_big() {
    match ask(&cloud("shared-role"), SourceQuery::RoleSharers("web-app-role".into())) {
        Reading::RoleSharers(sharers) => assert_eq!(sharers.instances.len(), 30),
        other => panic!("{other:?}"),
    }
    let big = cloud("big-account");
    let (instances, groups) =
        big.with_world(|world| (world.compute.instances.len(), world.balancers.target_groups.len()));
    assert_eq!((instances, groups), (503, 1000));
}

#[test]
fn without_a_share_key_the_briefing_says_so() {
    assert_eq!(cloud("no-share-key").briefing().share_key, None);
    assert!(Scenario::named("no-such-scenario").is_none());
}
