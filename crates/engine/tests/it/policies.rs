//! What a person may choose beforehand: the runbook, what becomes of a group's member, the open
//! window. Each way ends contained, and its release ends where it began.

use crate::standing::{differences, standing};
use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{CaseStatus, Entry};
use casebook::gate::Gate;
use casebook::scene::instance::InstanceState;
use casebook::settings::{ScalingPolicy, TrackedConnections};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use jiff::SignedDuration;
use range::proof::Trial;
use std::collections::BTreeMap;

/// Long enough for every health check to complain, and for every balancer to have drained.
const LONG: SignedDuration = SignedDuration::from_mins(15);
/// All that a release leaves of the network: a group without rules and members, for the next case.
pub const LEFT: &str = "group impound-quarantine of a case";

fn trial(scenario: &str, asg: ScalingPolicy) -> Trial {
    let mut trial = Trial::new(scenario, Phase::Contain);
    trial.settings.policy.asg = asg;
    trial
}

/// Drives to containment: every step done, all of it read back, and alive a long time later.
pub fn contain(trial: &Trial) {
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    let finish = trial.outcome();
    assert_eq!((finish.network, finish.credentials), (NetworkVerdict::NewFlowsBlocked, CredentialVerdict::Revoked));
    assert!(finish.steps.values().all(|status| *status == StepStatus::Done), "{:?}", finish.steps);
    trial.pass(LONG);
    lives(trial);
}

pub fn lives(trial: &Trial) {
    let id = trial.range.target().instance;
    let state = trial.range.with_world(|world| world.compute.instances[&id].shown.state);
    assert_eq!(state, InstanceState::Running, "the original");
}

/// Releases, waits for health checks, and gives by name what is not as it was.
pub fn released(trial: &Trial, before: &BTreeMap<String, String>) -> Vec<String> {
    let contained = standing(trial);
    assert!(differences(before, &contained).len() > 5, "containment has changed something");
    let end = trial.release();
    assert_eq!(end.status, CaseStatus::Done, "{} {:#?}", end.reason, trial.case().case().steps);
    trial.pass(LONG);
    lives(trial);
    let tags =
        trial.range.with_world(|world| world.compute.instances[&trial.range.target().instance].shown.tags.clone());
    assert_eq!(tags.get("impound:status").map(String::as_str), Some("released"));
    differences(before, &standing(trial))
}

/// Effects in the order in which they were written.
fn intents(trial: &Trial) -> Vec<SourceEffect> {
    let effect = |entry| match entry {
        Entry::Intent(intent) => match intent.effect {
            Effect::Source(effect) => Some(effect),
            Effect::Forensic(_) => None,
        },
        _ => None,
    };
    trial.entries().into_iter().filter_map(effect).collect()
}

#[test]
fn a_member_in_standby_stays_a_member_and_comes_back() {
    let trial = trial("web-tier", ScalingPolicy::Standby);
    let before = standing(&trial);
    contain(&trial);
    let target = trial.range.target().instance;
    let (lifecycle, desired) = trial.range.with_world(|world| {
        let group = &world.scaling.groups[&"web".into()];
        (group.members[&target].lifecycle.clone(), group.shown.desired)
    });
    assert_eq!((lifecycle.as_str(), desired), ("Standby", 1), "and no replacement");
    assert_eq!(released(&trial, &before), [LEFT]);
}

#[test]
fn a_member_that_leaves_a_smaller_group_comes_back_into_it() {
    let trial = trial("web-tier", ScalingPolicy::DetachDecrement);
    let before = standing(&trial);
    contain(&trial);
    let (members, desired) = trial.range.with_world(|world| {
        let group = &world.scaling.groups[&"web".into()];
        (group.members.len(), group.shown.desired)
    });
    assert_eq!((members, desired), (1, 1), "and no replacement");
    assert_eq!(released(&trial, &before), [LEFT]);
}

/// The replacement is the group's own: release leaves it, and the group one larger.
#[test]
fn a_member_that_was_replaced_comes_back_beside_its_replacement() {
    let trial = trial("web-tier", ScalingPolicy::DetachReplace);
    let before = standing(&trial);
    contain(&trial);
    let rest = released(&trial, &before);
    let known = |name: &String| before.contains_key(name);
    let (changed, new): (Vec<_>, Vec<_>) = rest.into_iter().partition(known);
    assert_eq!(changed, ["classic web-classic", "scaling web"], "the replacement serves, the group is one larger");
    let kinds: Vec<&str> = new.iter().filter_map(|name| name.split(' ').next()).collect();
    assert_eq!(kinds, ["group", "instance", "interface", "member", "target", "volume"], "{new:?}");
}

/// The classic order isolates before it detaches; the law that a member in service must not be cut
/// off outranks it.
#[test]
fn the_classic_order_ends_contained_and_is_released() {
    let mut trial = trial("web-tier", ScalingPolicy::DetachDecrement);
    trial.runbook = "classic";
    let before = standing(&trial);
    contain(&trial);
    let intents = intents(&trial);
    let first = |which: fn(&SourceEffect) -> bool| intents.iter().position(which).expect("it was made");
    let protects = first(|effect| matches!(effect, SourceEffect::SetTerminationProtection { .. }));
    let detaches = first(|effect| matches!(effect, SourceEffect::DetachFromGroup { .. }));
    let isolates = first(|effect| matches!(effect, SourceEffect::SetInterfaceGroups { .. }));
    let snapshots = first(|effect| matches!(effect, SourceEffect::CreateSnapshots { .. }));
    let tags = first(|effect| matches!(effect, SourceEffect::Tag { .. }));
    assert!(protects < detaches && detaches < isolates && isolates < snapshots && snapshots < tags, "{intents:#?}");
    assert_eq!(released(&trial, &before), [LEFT]);
}

#[test]
fn the_classic_order_comes_into_custody() {
    let mut trial = Trial::new("web-tier", Phase::Custody);
    trial.runbook = "classic";
    let end = trial.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 0), "{}", end.reason);
    let steps = trial.outcome().steps;
    assert_eq!((steps[&StepName::Copy], steps[&StepName::Tag]), (StepStatus::Done, StepStatus::Done));
}

/// Groups, idle timeouts and the Elastic IP address go back; the window's own group is gone.
#[test]
fn after_the_open_window_everything_goes_back() {
    let mut trial = trial("web-tier", ScalingPolicy::DetachDecrement);
    trial.settings.policy.tracked_connections = TrackedConnections::Convert;
    let before = standing(&trial);
    trial.approve(Gate::OpenWindow);
    contain(&trial);
    let opened = |effect: &SourceEffect| matches!(effect, SourceEffect::AuthorizeRules { .. });
    assert!(intents(&trial).iter().any(opened), "the window was opened");
    let changed = differences(&before, &standing(&trial));
    assert!(!changed.iter().any(|name| name.contains("impound-window")), "{changed:?}");
    assert_eq!(released(&trial, &before), [LEFT]);
}
