//! With an organisation's policy in force containment holds, whatever habit an attacker has and
//! whenever it begins; without one some habits do undo it, so the policy is what holds it.

use casebook::step::Phase;
use jiff::SignedDuration;
use range::adversary::{self, Strategy};
use range::proof::Trial;
use range::world::organisation::OrganisationPolicy;

/// Contains and preserves while an attacker is at large, and lets some minutes pass; gives whether
/// something is open in the end.
fn open_after(strategy: &'static Strategy, first: i64, policy: OrganisationPolicy) -> bool {
    let trial = Trial::new("web-tier", Phase::Preserve);
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        world.settings.organisation = policy;
        world.set_loose(strategy, &target, SignedDuration::from_secs(first), SignedDuration::from_secs(40));
    });
    trial.drive();
    assert_eq!(trial.breaches(), [], "{strategy:?} from {first} s on");
    trial.pass(SignedDuration::from_mins(5));
    trial.range.with_world(|world| !world.exposure(&target).interfaces.is_empty())
}

#[test]
fn with_a_policy_in_force_containment_holds() {
    for strategy in adversary::ALL {
        for first in [0, 2, 45] {
            assert!(!open_after(strategy, first, OrganisationPolicy::InForce), "{strategy:?} from {first} s on");
        }
    }
}

#[test]
fn without_it_the_attacker_comes_back() {
    let undoes = |strategy: &&'static Strategy| open_after(strategy, 45, OrganisationPolicy::None);
    let names: Vec<_> = adversary::ALL.iter().filter(undoes).map(|strategy| strategy.name).collect();
    assert!(names.contains(&"revert-groups") && names.contains(&"new-interface"), "{names:?}");
}
