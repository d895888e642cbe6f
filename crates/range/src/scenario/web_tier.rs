//! A web server behind two balancers, in an Auto Scaling group, with everything that makes an
//! instance hard to take off the road.

use super::Scenario;
use super::stage::{Disk, Stage, all_out, tags, tcp_in};
use crate::world::flows::{FlowPlan, Path};
use casebook::id::{Arn, GroupId, InstanceId, InterfaceId, SubnetId, VpcId};
use casebook::scene::instance::Tags;
use casebook::scene::network::{Direction, Peer};
use casebook::scene::scaling::ScalingGroup;
use jiff::SignedDuration;
use serde_json::json;

pub(super) const WEB_TIER: Scenario = Scenario {
    name: "web-tier",
    summary: "a web server in an Auto Scaling group behind two balancers, with a reverse shell through a NAT gateway",
    build,
};

/// The web tier's parts, for scenarios that add to it.
pub(super) struct WebTier {
    pub(super) vpc: VpcId,
    pub(super) public: SubnetId,
    pub(super) private: SubnetId,
    pub(super) balancer_group: GroupId,
    pub(super) web_group: GroupId,
    pub(super) backend_group: GroupId,
    pub(super) target: InstanceId,
    pub(super) second: InterfaceId,
    pub(super) peer: InstanceId,
    pub(super) batch: InstanceId,
    pub(super) profile: Arn,
}

fn build(stage: &mut Stage) {
    web_tier(stage);
}

/// Builds it all.
pub(super) fn web_tier(stage: &mut Stage) -> WebTier {
    let mut tier = network(stage);
    tier.profile = identity(stage, &tier);
    disks(stage, &tier);
    let balancers = super::web_balancers::balancers(stage, &tier);
    scaling(stage, &tier, balancers);
    squatter(stage, &tier);
    flows(stage, &tier);
    super::story::record(stage, &tier.target);
    stage.world.records.flow_logs.push((
        tier.vpc.to_string(),
        json!({ "id": "fl-0f1e2d3c4b5a69788", "resource": tier.vpc, "status": "ACTIVE", "traffic": "ALL" }),
    ));
    tier
}

/// Two subnets, three groups, the target with an interface in each subnet, and two bystanders.
fn network(stage: &mut Stage) -> WebTier {
    let owner = stage.source.clone();
    let vpc = stage.vpc(&owner, "10.0.0.0/16", Some("2600:1f18:4a2b:8c00::/56"));
    let public = stage.subnet(&vpc, &["10.0.1.0/24", "2600:1f18:4a2b:8c01::/64"], "us-east-1a");
    let private = stage.subnet(&vpc, &["10.0.2.0/24"], "us-east-1a");
    let (gateway, nat) = (stage.world.fresh("igw"), stage.world.fresh("nat"));
    stage.route(&public, "0.0.0.0/0", &gateway);
    stage.route(&private, "0.0.0.0/0", &nat);
    stage.appliance(&public, &[], &format!("Interface for NAT Gateway {nat}"));
    let balancer_group = stage.group(&vpc, "front", front_rules(), Tags::new());
    let mut web_rules = vec![tcp_in(22, Peer::Ipv4("10.0.0.0/8".into()))];
    web_rules.extend([80, 8080].map(|port| tcp_in(port, Peer::Group(balancer_group.clone()))));
    web_rules.extend(all_out());
    let web_group = stage.group(&vpc, "web", web_rules, Tags::new());
    let mut backend_rules = vec![tcp_in(8443, Peer::Group(balancer_group.clone()))];
    backend_rules.extend(all_out());
    let backend_group = stage.group(&vpc, "backend", backend_rules, Tags::new());
    let target = stage.instance("web-1", "t3.large", &public, std::slice::from_ref(&web_group));
    let second = stage.world.plug_in(&target, &owner, &private, std::slice::from_ref(&backend_group), 1);
    let peer = stage.instance("web-2", "t3.large", &public, std::slice::from_ref(&web_group));
    let batch = stage.instance("batch", "c5.xlarge", &private, std::slice::from_ref(&backend_group));
    elastic_address(stage, &target);
    stage.target = Some(target.clone());
    let profile = Arn::from("");
    WebTier { vpc, public, private, balancer_group, web_group, backend_group, target, second, peer, batch, profile }
}

fn front_rules() -> Vec<casebook::scene::network::Rule> {
    let mut rules = vec![tcp_in(443, Peer::Ipv4("0.0.0.0/0".into())), tcp_in(443, Peer::Ipv6("::/0".into()))];
    rules.extend(all_out());
    rules
}

fn elastic_address(stage: &mut Stage, target: &InstanceId) {
    let allocation = casebook::id::AllocationId::new(stage.world.fresh("eipalloc"));
    let public = "203.0.113.40";
    stage.world.network.addresses.insert(allocation.clone(), public.into());
    let cards = stage.world.network.interfaces.values_mut();
    let mut first =
        cards.filter(|card| card.shown.instance.as_ref() == Some(target) && card.shown.device_index == Some(0));
    let card = &mut first.next().expect("made above").shown;
    card.addresses[0].public = Some(public.into());
    card.addresses[0].allocation = Some(allocation);
    card.ipv6.push("2600:1f18:4a2b:8c01::1a".into());
}

/// A role with a path, shared with a bystander; and a profile that may do nothing.
fn identity(stage: &mut Stage, tier: &WebTier) -> Arn {
    let profile = stage.profile("/team/web/", "web-app", Some("web-app-role"));
    stage.associate(&tier.target, &profile);
    stage.associate(&tier.batch, &profile);
    stage.quarantine_profile = Some(stage.profile("/", "no-permissions", Some("no-permissions-role")));
    profile
}

/// Without encryption, under a customer's key, and under the default key.
fn disks(stage: &mut Stage, tier: &WebTier) {
    let (owner, forensic) = (stage.source.clone(), stage.forensic.clone());
    let customer = Some(stage.key(&owner, &[&forensic]));
    let default = Some(stage.default_key());
    for disk in [
        Disk { device: "/dev/xvda", size_gib: 8, key: None, blocks: 180, deletes: true },
        Disk { device: "/dev/xvdf", size_gib: 20, key: customer, blocks: 240, deletes: false },
        Disk { device: "/dev/xvdg", size_gib: 30, key: default, blocks: 120, deletes: true },
    ] {
        stage.disk(&tier.target, &disk);
    }
    for bystander in [&tier.peer, &tier.batch] {
        stage.disk(bystander, &Disk { device: "/dev/xvda", size_gib: 8, key: None, blocks: 10, deletes: true });
    }
}

/// Two members, at least one, checked through the balancers.
fn scaling(stage: &mut Stage, tier: &WebTier, (target_group, classic): (Arn, String)) {
    let shown = ScalingGroup {
        name: "web".into(),
        min: 1,
        max: 4,
        desired: 2,
        health_check: "ELB".into(),
        target_groups: vec![target_group],
        classic_balancers: vec![classic],
        suspended: Vec::new(),
        members: Vec::new(),
        max_lifetime_seconds: None,
    };
    let members = [&tier.target, &tier.peer].map(|id| (id.clone(), stage.member())).into();
    stage.scaling_group(shown, (&tier.public, &tier.web_group), members);
}

/// An attacker's group, named and tagged like a quarantine group, and open.
fn squatter(stage: &mut Stage, tier: &WebTier) {
    let mut rules = vec![tcp_in(4444, Peer::Ipv4("0.0.0.0/0".into()))];
    rules.extend(all_out());
    stage.group(&tier.vpc, "impound-quarantine", rules, tags(&[("impound:quarantine", "true")]));
}

/// What the attacker and the users have open. They begin when the instances run.
fn flows(stage: &mut Stage, tier: &WebTier) {
    let running = stage.world.now().saturating_add(SignedDuration::from_secs(15)).expect("in range");
    stage.world.advance(running);
    let first = stage.world.cards_of(&tier.target)[0].shown.id.clone();
    let front = stage.world.balancers.fronts.values().next().expect("made before").address.clone();
    let out = |label: &str, interface: &InterfaceId, port, path, beacon| FlowPlan {
        label: label.into(),
        interface: interface.clone(),
        direction: Direction::Egress,
        protocol: if port == 53 { "udp" } else { "tcp" }.into(),
        port,
        peer: if port == 53 { "10.0.0.2" } else { "198.51.100.23" }.into(),
        peer_groups: Vec::new(),
        path,
        beacon_seconds: beacon,
    };
    let plans = [
        out("reverse shell through the NAT gateway", &tier.second, 443, Path::NatGateway, Some(30)),
        out("beacon through the internet gateway", &first, 443, Path::Internet, Some(120)),
        out("dormant channel through the internet gateway", &first, 8443, Path::Internet, None),
        out("DNS tunnel through Amazon's resolver", &first, 53, Path::AmazonService, Some(10)),
        FlowPlan {
            label: "requests from the balancer".into(),
            direction: Direction::Ingress,
            port: 80,
            peer: front,
            peer_groups: vec![tier.balancer_group.clone()],
            path: Path::Local,
            ..out("", &first, 443, Path::Local, Some(5))
        },
    ];
    for plan in plans {
        let label = plan.label.clone();
        assert!(stage.world.open_flow(plan), "the web tier's rules let '{label}' through");
    }
    stage.world.steal_session(&tier.target, "the attacker, from the metadata service");
    stage.world.steal_session(&tier.batch, "the batch worker");
}
