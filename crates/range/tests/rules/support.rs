//! Words that the tests share.

use casebook::effect::{Capacity, Effect, SourceEffect};
use casebook::fault::{Fault, FaultClass};
use casebook::id::{GroupId, InstanceId, InterfaceId, SubnetId, VolumeId, VpcId};
use casebook::query::{Query, SourceQuery};
use casebook::reading::{Made, Reading};
use casebook::scene::instance::{Instance, Tags};
use casebook::scene::network::{Interface, SecurityGroup};
use jiff::SignedDuration;
use range::{Range, Scenario, run};

/// A scenario's cloud.
pub fn cloud(name: &str) -> Range {
    Range::new(Scenario::named(name).expect("a known scenario"), 7)
}

/// Makes a change now, outside any call.
pub fn apply(range: &Range, effect: impl Into<Effect>) -> Result<Made, Fault> {
    let effect = effect.into();
    range.with_world(|world| world.apply(&effect))
}

/// A change that must work; its first new id.
pub fn make(range: &Range, effect: impl Into<Effect>) -> String {
    let made = apply(range, effect).expect("AWS allows it");
    made.ids.into_iter().next().unwrap_or_default()
}

/// A change that must be refused: class and code.
pub fn refused(range: &Range, effect: impl Into<Effect>) -> (FaultClass, String) {
    let fault = apply(range, effect).expect_err("AWS refuses it");
    (fault.class, fault.code)
}

/// What a question is answered now.
pub fn ask(range: &Range, query: impl Into<Query>) -> Reading {
    let query = query.into();
    range.with_world(|world| world.answer(&query)).expect("AWS answers it")
}

/// Lets seconds of virtual time pass.
pub fn pass(range: &Range, seconds: i64) {
    let clock = range.clock();
    run(&clock, clock.sleep(SignedDuration::from_secs(seconds)));
    range.with_world(|_| ());
}

pub fn target(range: &Range) -> InstanceId {
    range.target().instance
}

pub fn instance(range: &Range) -> Instance {
    match ask(range, SourceQuery::Instance(target(range))) {
        Reading::Instance(instance) => *instance,
        other => panic!("{other:?}"),
    }
}

pub fn interfaces(range: &Range) -> Vec<Interface> {
    match ask(range, SourceQuery::Interfaces(target(range))) {
        Reading::Interfaces(interfaces) => interfaces,
        other => panic!("{other:?}"),
    }
}

pub fn groups(range: &Range, query: SourceQuery) -> Vec<SecurityGroup> {
    match ask(range, query) {
        Reading::Groups(groups) => groups,
        other => panic!("{other:?}"),
    }
}

/// The target's volumes, by device.
pub fn volumes(range: &Range) -> Vec<VolumeId> {
    instance(range).block_devices.into_iter().map(|device| device.volume).collect()
}

pub fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn case_tags() -> Tags {
    tags(&[("impound:case", "c1")])
}

pub fn create_group(vpc: &VpcId, name: &str) -> SourceEffect {
    SourceEffect::CreateGroup { vpc: vpc.clone(), name: name.into(), description: "test".into(), tags: case_tags() }
}

/// A group without rules in the target's VPC.
pub fn empty_group(range: &Range) -> GroupId {
    let vpc = instance(range).vpc.expect("it has a VPC");
    let id = GroupId::new(make(range, create_group(&vpc, "empty")));
    let rules = groups(range, SourceQuery::Groups(vec![id.clone()])).remove(0).rules;
    make(range, SourceEffect::RevokeRules { group: id.clone(), rules });
    id
}

/// Takes the target out of its Auto Scaling group, which would kill it once it is isolated.
pub fn take_out(range: &Range) {
    let capacity = Capacity::Keep;
    make(range, SourceEffect::DetachFromGroup { group: "web".into(), instance: target(range), capacity });
}

/// Puts every interface of the target in one group.
pub fn swap(range: &Range, group: &GroupId) {
    for interface in interfaces(range) {
        make(range, SourceEffect::SetInterfaceGroups { interface: interface.id, groups: vec![group.clone()] });
    }
}

pub fn first_interface(range: &Range) -> InterfaceId {
    interfaces(range).remove(0).id
}

pub fn first_subnet(range: &Range) -> SubnetId {
    interfaces(range).remove(0).subnet
}

/// Whether a flow of the given label still talks.
pub fn alive(range: &Range, label: &str) -> bool {
    range.with_world(|world| {
        let flow = world.flows().iter().find(|flow| flow.plan.label.contains(label));
        flow.expect("the scenario has it").alive()
    })
}
