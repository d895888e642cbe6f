//! One instance and nothing around it: on demand, or a Spot Instance.

use super::Scenario;
use super::stage::{Disk, Stage, all_out, tcp_in};
use super::story::record;
use crate::world::flows::{FlowPlan, Path};
use casebook::id::InstanceId;
use casebook::scene::instance::Tags;
use casebook::scene::network::{Direction, Peer};
use jiff::SignedDuration;

pub(super) const LONE: Scenario = Scenario {
    name: "lone",
    summary: "one instance with one volume: no role, no Auto Scaling group, no balancer",
    build: |stage| drop(lone(stage)),
};

pub(super) const SPOT: Scenario = Scenario {
    name: "spot",
    summary: "a lone Spot Instance, which nothing protects from being taken back",
    build: spot,
};

fn lone(stage: &mut Stage) -> InstanceId {
    let owner = stage.source.clone();
    let vpc = stage.vpc(&owner, "172.31.0.0/16", None);
    let subnet = stage.subnet(&vpc, &["172.31.16.0/20"], "us-east-1a");
    let gateway = stage.world.fresh("igw");
    stage.route(&subnet, "0.0.0.0/0", &gateway);
    let mut rules = vec![tcp_in(22, Peer::Ipv4("0.0.0.0/0".into()))];
    rules.push(all_out().swap_remove(0));
    let group = stage.group(&vpc, "launch-wizard-1", rules, Tags::new());
    let target = stage.instance("lone", "t3.large", &subnet, std::slice::from_ref(&group));
    stage.disk(&target, &Disk { device: "/dev/xvda", size_gib: 8, key: None, blocks: 150, deletes: true });
    for card in stage.world.network.interfaces.values_mut().filter(|card| card.shown.instance.as_ref() == Some(&target))
    {
        card.shown.addresses[0].public = Some("203.0.113.77".into());
    }
    stage.world.records.alarms.push((target.clone(), "stop-when-idle".into()));
    record(stage, &target);
    shell(stage, &target);
    stage.target = Some(target.clone());
    target
}

/// Somebody is logged in: SSH is open to everybody and everything may leave, so it is not tracked.
fn shell(stage: &mut Stage, target: &InstanceId) {
    let running = stage.world.now().saturating_add(SignedDuration::from_secs(15)).expect("in range");
    stage.world.advance(running);
    let interface = stage.world.cards_of(target)[0].shown.id.clone();
    let opened = stage.world.open_flow(FlowPlan {
        label: "SSH session of the attacker".into(),
        interface,
        direction: Direction::Ingress,
        protocol: "tcp".into(),
        port: 22,
        peer: "198.51.100.23".into(),
        peer_groups: Vec::new(),
        path: Path::Internet,
        beacon_seconds: Some(15),
    });
    assert!(opened, "the group lets SSH in");
}

fn spot(stage: &mut Stage) {
    let target = lone(stage);
    stage.world.compute.instances.get_mut(&target).expect("launched above").shown.spot = true;
    // Large enough that the copies are not done when AWS takes the instance back.
    stage.world.storage.volumes.values_mut().for_each(|volume| volume.shown.size_gib = 16);
}
