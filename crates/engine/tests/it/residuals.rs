//! What lives on after containment, in a world that knows: every conversation that is still alive
//! belongs to a channel that the verdict names, and what the verdict names is there.

use casebook::id::{Arn, InterfaceId};
use casebook::reading::TargetGroupSettings;
use casebook::scene::balancer::{Registration, TargetGroup};
use casebook::scene::network::{Direction, Endpoint, Peer, Route, Rule};
use casebook::step::Phase;
use casebook::verdict::NetworkVerdict;
use jiff::SignedDuration;
use range::proof::Trial;
use range::proof::check::channel_of;
use range::world::balancers::{Target, TargetGroupRecord, TargetState};
use range::world::flows::{Flow, FlowPlan, Path, Tracking};
use range::{Scenario, World};
use std::collections::{BTreeMap, BTreeSet};

const TRACKED: &str = "tracked-connections";
const AUTOMATIC: &str = "automatically-tracked-connections";

/// Channel and sentence.
type Named = BTreeMap<String, String>;

/// Runs the containment and gives the verdict's channels.
fn contained(trial: &Trial) -> Named {
    trial.drive();
    let session = trial.case();
    let verdict = &session.case().verdict;
    assert_eq!(verdict.network, NetworkVerdict::NewFlowsBlocked);
    verdict.residual.iter().map(|residual| (residual.channel.to_string(), residual.why.to_string())).collect()
}

/// The conversations of the target, alive ones and ended ones, five seconds later.
fn flows(trial: &Trial) -> Vec<Flow> {
    trial.pass(SignedDuration::from_secs(5));
    let ours = interfaces(trial);
    trial
        .range
        .with_world(|world| world.flows().iter().filter(|flow| ours.contains(&flow.plan.interface)).cloned().collect())
}

fn interfaces(trial: &Trial) -> Vec<InterfaceId> {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| world.cards_of(&target).iter().map(|card| card.shown.id.clone()).collect())
}

/// Every living conversation is named; gives how many there are, by channel.
fn every_living_flow_is_named(trial: &Trial, named: &Named) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for flow in flows(trial).iter().filter(|flow| flow.alive()) {
        let by_rules = matches!(flow.plan.path, Path::Internet | Path::Local);
        assert!(!by_rules || flow.tracking == Tracking::Tracked, "'{}' lives and nothing tracks it", flow.plan.label);
        let (channel, what) = channel_of(flow);
        let why = named.get(channel).map(String::as_str).unwrap_or_default();
        assert!(!why.is_empty() && why.contains(&what), "'{}' belongs to {channel}: {named:#?}", flow.plan.label);
        *counts.entry(channel).or_default() += 1;
    }
    counts
}

/// The ids of a kind in a sentence.
fn ids(why: &str, prefix: &str) -> BTreeSet<String> {
    let words = why.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.starts_with(prefix)).map(str::to_owned).collect()
}

#[test]
fn in_every_scenario_what_lives_on_is_named_and_what_is_named_is_there() {
    for (scenario, _) in Scenario::list() {
        let trial = Trial::new(scenario, Phase::Contain);
        let named = contained(&trial);
        every_living_flow_is_named(&trial, &named);
        let ours: BTreeSet<String> = interfaces(&trial).iter().map(ToString::to_string).collect();
        let tracked = ids(&named[TRACKED], "eni-");
        assert!(!tracked.is_empty() && tracked.is_subset(&ours), "{scenario}: {tracked:?} of {ours:?}");
        let routed: BTreeSet<String> = trial.range.with_world(|world| {
            world.network.routes.iter().flat_map(|table| &table.routes).map(|route| route.target.clone()).collect()
        });
        let gateways = ids(&named[AUTOMATIC], "nat-");
        assert!(gateways.is_subset(&routed), "{scenario}: {gateways:?} of {routed:?}");
        assert_eq!(gateways.is_empty(), matches!(scenario, "lone" | "spot"), "{scenario}: {gateways:?}");
    }
}

/// One conversation on each path that AWS tracks by itself, and a ping.
#[test]
fn every_path_that_tracks_by_itself_is_named() {
    let trial = Trial::new("web-tier", Phase::Contain);
    let card = interfaces(&trial)[0].clone();
    trial.range.with_world(|world| {
        lead_out(world, &card, &["eigw-0e1", "tgw-0e2"]);
        open_endpoint(world, &card, "vpce-0e3", "Interface", "com.amazonaws.us-east-1.ssm");
        balance(world, &trial.range.target().instance.to_string());
        for path in [Path::EgressOnlyGateway, Path::TransitGateway, Path::Endpoint, Path::NetworkBalancer] {
            talk(world, plan(&card, "tcp", path));
        }
        talk(world, plan(&card, "icmp", Path::Internet));
    });
    let named = contained(&trial);
    let counts = every_living_flow_is_named(&trial, &named);
    assert!(counts[AUTOMATIC] >= 5, "the four, and the scenario's reverse shell: {counts:?}");
    assert!(counts[TRACKED] >= 1, "{counts:?}");
}

/// With everything open both ways TCP is cut at once, the ping is not.
#[test]
fn of_a_group_open_both_ways_only_icmp_lives_on() {
    let trial = Trial::new("lone", Phase::Contain);
    let card = interfaces(&trial)[0].clone();
    trial.range.with_world(|world| {
        open_both_ways(world, &card);
        talk(world, plan(&card, "tcp", Path::Internet));
        talk(world, plan(&card, "icmp", Path::Internet));
    });
    let named = contained(&trial);
    let alive: Vec<String> =
        flows(&trial).into_iter().filter(|flow| flow.alive()).map(|flow| flow.plan.protocol).collect();
    assert_eq!(alive, ["icmp"]);
    assert_eq!(every_living_flow_is_named(&trial, &named)[TRACKED], 1);
    assert!(named[TRACKED].contains(&format!("{card} (only ICMP")), "{}", named[TRACKED]);
}

/// S3's gateway endpoint is on no list of paths that track by themselves; what was open there before
/// is tracked by the rules, and is named with that.
#[test]
fn an_upload_to_s3_that_was_open_before_is_named() {
    let trial = Trial::new("lone", Phase::Contain);
    let card = interfaces(&trial)[0].clone();
    trial.range.with_world(|world| {
        lead_out(world, &card, &["vpce-0f1"]);
        open_endpoint(world, &card, "vpce-0f1", "Gateway", "com.amazonaws.us-east-1.s3");
        talk(world, FlowPlan { label: "upload".into(), ..plan(&card, "tcp", Path::Local) });
    });
    let named = contained(&trial);
    assert!(flows(&trial).iter().any(|flow| flow.alive() && flow.plan.label == "upload"));
    assert_eq!(every_living_flow_is_named(&trial, &named)[TRACKED], 1);
    assert!(named[TRACKED].contains("the gateway endpoint vpce-0f1"), "{}", named[TRACKED]);
    assert!(named[AUTOMATIC].starts_with("no path was found"), "{}", named[AUTOMATIC]);
}

/// A conversation that the instance began, with a packet every thirty seconds.
fn plan(interface: &InterfaceId, protocol: &str, path: Path) -> FlowPlan {
    FlowPlan {
        label: format!("{protocol} by {path:?}"),
        interface: interface.clone(),
        direction: Direction::Egress,
        protocol: protocol.into(),
        port: 443,
        peer: "198.51.100.24".into(),
        peer_groups: vec![],
        path,
        beacon_seconds: Some(30),
    }
}

fn talk(world: &mut World, plan: FlowPlan) {
    let label = plan.label.clone();
    assert!(world.open_flow(plan), "the rules let '{label}' through");
}

/// Routes of the table of the interface's subnet.
fn lead_out(world: &mut World, card: &InterfaceId, targets: &[&str]) {
    let subnet = world.network.interfaces[card].shown.subnet.clone();
    let mut tables = world.network.routes.iter_mut();
    let table = tables.find(|table| table.subnets.contains(&subnet)).expect("the subnet has a table of its own");
    let route = |target: &&str| Route { destination: "192.0.2.0/24".into(), target: (*target).to_owned() };
    table.routes.extend(targets.iter().map(route));
}

fn open_endpoint(world: &mut World, card: &InterfaceId, id: &str, kind: &str, service: &str) {
    let vpc = world.network.interfaces[card].shown.vpc.clone();
    let endpoint = Endpoint {
        id: id.into(),
        vpc: vpc.clone(),
        kind: kind.into(),
        service: service.into(),
        state: "available".into(),
    };
    world.network.vpcs.get_mut(&vpc).expect("the interface is in it").endpoints.push(endpoint);
}

/// A network load balancer's target group that holds the instance.
fn balance(world: &mut World, instance: &str) {
    let account = world.place.source.clone();
    let arn = Arn::new(world.arn("elasticloadbalancing", &account, "targetgroup/raw/0123456789abcdef"));
    let shown = TargetGroup {
        arn: arn.clone(),
        name: "raw".into(),
        kind: "instance".into(),
        protocol: "TCP".into(),
        port: Some(443),
        vpc: None,
        balancers: vec![],
    };
    let registration = Registration { id: instance.into(), port: Some(443), zone: None };
    let target = Target { state: TargetState::Healthy, misses: 0 };
    let settings = TargetGroupSettings { draining_seconds: 300, closes_connections: false };
    let record = TargetGroupRecord { shown, settings, targets: [(registration, target)].into() };
    world.balancers.target_groups.insert(arn, record);
}

fn open_both_ways(world: &mut World, card: &InterfaceId) {
    let groups = world.network.interfaces[card].shown.groups.clone();
    let rule = |direction| Rule {
        direction,
        protocol: "-1".into(),
        from: None,
        to: None,
        peer: Peer::Ipv4("0.0.0.0/0".into()),
    };
    for group in groups {
        let record = world.network.groups.get_mut(&group).expect("the interface is in it");
        record.shown.rules = [Direction::Ingress, Direction::Egress].map(rule).into();
    }
}
