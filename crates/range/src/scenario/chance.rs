//! A world that its seed decides, for storms: small, and unlike the next one.

use super::Scenario;
use super::stage::{Disk, Stage, all_out, tags, tcp_in};
use super::story::record;
use crate::world::balancers::{ClassicRecord, Front};
use crate::world::flows::{FlowPlan, Path};
use crate::world::scaling::Member;
use casebook::id::{Arn, GroupId, InstanceId, InterfaceId, SubnetId, VpcId};
use casebook::scene::balancer::ClassicBalancer;
use casebook::scene::instance::{ShutdownBehavior, Tags};
use casebook::scene::network::{Direction, Peer};
use casebook::scene::scaling::ScalingGroup;
use jiff::SignedDuration;
use std::collections::BTreeMap;

pub(super) const CHANCE: Scenario =
    Scenario { name: "chance", summary: "a small world that the seed decides", build: chance };

/// The parts that others are added to.
struct Place {
    vpc: VpcId,
    public: SubnetId,
    private: SubnetId,
    group: GroupId,
    target: InstanceId,
}

/// Once in so many.
fn once_in(stage: &mut Stage, n: u64) -> bool {
    stage.world.number().is_multiple_of(n)
}

/// From `least` to `most`.
fn between(stage: &mut Stage, least: usize, most: usize) -> usize {
    let span = u64::try_from(most - least + 1).expect("small");
    least + usize::try_from(stage.world.number() % span).expect("small")
}

fn chance(stage: &mut Stage) {
    let place = network(stage);
    habits(stage, &place.target);
    disks(stage, &place.target);
    identity(stage, &place);
    if once_in(stage, 2) {
        scaling(stage, &place);
    }
    if once_in(stage, 4) {
        let rules = vec![tcp_in(4444, Peer::Ipv4("0.0.0.0/0".into()))];
        stage.group(&place.vpc, "impound-quarantine", rules, tags(&[("impound:quarantine", "true")]));
    }
    if once_in(stage, 4) {
        stage.group(&place.vpc, "quarantine-ready", Vec::new(), tags(&[("impound:quarantine", "true")]));
    }
    if once_in(stage, 4) {
        stage.share_key = None;
    }
    record(stage, &place.target);
    conversations(stage, &place.target);
    stage.target = Some(place.target);
}

/// Two subnets, and a target with one to three interfaces in them.
fn network(stage: &mut Stage) -> Place {
    let owner = stage.source.clone();
    let six = once_in(stage, 4).then_some("2600:1f18:4a2b:8c00::/56");
    let vpc = stage.vpc(&owner, "10.0.0.0/16", six);
    let public = stage.subnet(&vpc, &["10.0.1.0/24"], "us-east-1a");
    let private = stage.subnet(&vpc, &["10.0.2.0/24"], "us-east-1a");
    let (gateway, nat) = (stage.world.fresh("igw"), stage.world.fresh("nat"));
    stage.route(&public, "0.0.0.0/0", &gateway);
    stage.route(&private, "0.0.0.0/0", &nat);
    let mut rules = vec![tcp_in(22, Peer::Ipv4("0.0.0.0/0".into())), tcp_in(80, Peer::Ipv4("10.0.0.0/8".into()))];
    rules.extend(all_out());
    let group = stage.group(&vpc, "app", rules, Tags::new());
    let kind = if once_in(stage, 6) { "t2.micro" } else { "t3.large" };
    let target = stage.instance("target", kind, &public, std::slice::from_ref(&group));
    for index in 1..between(stage, 1, 3) {
        let index = i32::try_from(index).expect("at most three");
        stage.world.plug_in(&target, &owner, &private, std::slice::from_ref(&group), index);
    }
    let first = stage.world.cards_of(&target)[0].shown.id.clone();
    let card = stage.world.network.interfaces.get_mut(&first).expect("made above");
    card.shown.addresses[0].public = Some("203.0.113.9".into());
    Place { vpc, public, private, group, target }
}

/// How the instance was set before anything happened.
fn habits(stage: &mut Stage, target: &InstanceId) {
    let (spot, guarded, ends) = (once_in(stage, 10), once_in(stage, 6), once_in(stage, 3));
    let machine = stage.world.compute.instances.get_mut(target).expect("launched above");
    machine.shown.spot = spot;
    machine.termination_protection = guarded && !spot;
    machine.shutdown = if ends { ShutdownBehavior::Terminate } else { ShutdownBehavior::Stop };
}

/// One to three disks: open, under a customer's key that the forensic account may use or not, or
/// under the default key.
fn disks(stage: &mut Stage, target: &InstanceId) {
    let (owner, forensic) = (stage.source.clone(), stage.forensic.clone());
    let devices = ["/dev/xvda", "/dev/xvdf", "/dev/xvdg"];
    for device in &devices[..between(stage, 1, 3)] {
        let key = match between(stage, 0, 4) {
            0 => Some(stage.key(&owner, &[&forensic])),
            1 => Some(stage.key(&owner, &[])),
            2 => Some(stage.default_key()),
            _ => None,
        };
        let (blocks, deletes) = (i32::try_from(between(stage, 1, 8)).expect("small"), once_in(stage, 2));
        stage.disk(target, &Disk { device, size_gib: 8, key, blocks, deletes });
    }
}

/// Mostly a role, sometimes shared with others, sometimes taken already.
fn identity(stage: &mut Stage, place: &Place) {
    if once_in(stage, 2) {
        stage.quarantine_profile = Some(stage.profile("/", "no-permissions", Some("no-permissions-role")));
    }
    if once_in(stage, 4) {
        return;
    }
    let profile = stage.profile("/team/", "app", Some("app-role"));
    stage.associate(&place.target, &profile);
    for n in 0..between(stage, 0, 2) {
        let id = stage.instance(&format!("other-{n}"), "t3.large", &place.private, std::slice::from_ref(&place.group));
        stage.associate(&id, &profile);
    }
}

/// A group with the target and one more member, checked through its balancers or not.
fn scaling(stage: &mut Stage, place: &Place) {
    let peer = stage.instance("peer", "t3.large", &place.public, std::slice::from_ref(&place.group));
    let members = [place.target.clone(), peer];
    let target_groups = (0..between(stage, 0, 2)).map(|n| balanced(stage, place, n, &members)).collect();
    let classic_balancers = (0..between(stage, 0, 1)).map(|_| classic(stage, place, &members)).collect();
    let health_check = if once_in(stage, 4) { "EC2" } else { "ELB" };
    let shown = ScalingGroup {
        name: "app".into(),
        min: i32::try_from(between(stage, 0, 2)).expect("small"),
        max: 4,
        desired: 2,
        health_check: health_check.into(),
        target_groups,
        classic_balancers,
        suspended: Vec::new(),
        members: Vec::new(),
        max_lifetime_seconds: None,
    };
    let protected = once_in(stage, 4);
    let members = members.map(|id| (id, Member { protected, ..stage.member() })).into();
    stage.scaling_group(shown, (&place.public, &place.group), members);
}

fn front(stage: &mut Stage, place: &Place) -> Front {
    let address = stage.appliance(&place.public, std::slice::from_ref(&place.group), "ELB app/front");
    Front { groups: vec![place.group.clone()], address }
}

fn balanced(stage: &mut Stage, place: &Place, n: usize, members: &[InstanceId]) -> Arn {
    let front = front(stage, place);
    let source = stage.source.clone();
    let balancer =
        Arn::new(stage.world.arn("elasticloadbalancing", &source, &format!("loadbalancer/app/front/{n:016x}")));
    stage.world.balancers.fronts.insert(balancer.clone(), front);
    let group = stage.target_group(&place.vpc, &format!("app-{n}"), "instance", 80, &[balancer]);
    members.iter().for_each(|id| stage.register(&group, id.as_str(), 80));
    group
}

fn classic(stage: &mut Stage, place: &Place, members: &[InstanceId]) -> String {
    let front = front(stage, place);
    let name = "app-classic".to_owned();
    let shown = ClassicBalancer { name: name.clone(), instances: members.to_vec(), draining_seconds: Some(300) };
    let record = ClassicRecord { shown, port: 80, front, misses: BTreeMap::new() };
    stage.world.balancers.classic.insert(name.clone(), record);
    name
}

/// Up to four conversations, and a stolen session where there is a role.
fn conversations(stage: &mut Stage, target: &InstanceId) {
    let running = stage.world.now().saturating_add(SignedDuration::from_secs(15)).expect("in range");
    stage.world.advance(running);
    let cards: Vec<InterfaceId> = stage.world.cards_of(target).iter().map(|card| card.shown.id.clone()).collect();
    for n in 0..between(stage, 0, 4) {
        let plan = conversation(stage, &cards[n % cards.len()], n == 0 || cards.len() == 1);
        stage.world.open_flow(plan);
    }
    stage.world.steal_session(target, "the attacker, from the metadata service");
}

/// Out through the gateway of the interface's subnet, or to Amazon's resolver.
fn conversation(stage: &mut Stage, interface: &InterfaceId, public: bool) -> FlowPlan {
    let (dns, dormant) = (once_in(stage, 5), once_in(stage, 3));
    let out = if public { Path::Internet } else { Path::NatGateway };
    FlowPlan {
        label: format!("a conversation through {interface}"),
        interface: interface.clone(),
        direction: Direction::Egress,
        protocol: if dns { "udp" } else { "tcp" }.into(),
        port: if dns { 53 } else { 443 },
        peer: if dns { "10.0.0.2" } else { "198.51.100.23" }.into(),
        peer_groups: Vec::new(),
        path: if dns { Path::AmazonService } else { out },
        beacon_seconds: (!dormant).then_some(30),
    }
}
