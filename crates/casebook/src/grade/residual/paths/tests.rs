use super::*;
use crate::query::Query;
use crate::scene::balancer::{Registration, TargetHealth};
use crate::scene::network::Route;
use crate::testkit::things::interface;
use crate::testkit::{Bench, INSTANCE, settings};

fn endpoint(id: &str, kind: &str, service: &str) -> Endpoint {
    Endpoint {
        id: id.into(),
        vpc: "vpc-1".into(),
        kind: kind.into(),
        service: service.into(),
        state: "available".into(),
    }
}

/// The instance's subnet has a table of its own, which leads to these; the main table leads elsewhere.
fn bench(targets: &[&str]) -> Bench {
    let mut bench = Bench::new(settings());
    bench.capture(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-1"])]));
    let route = |target: &&str| Route { destination: "0.0.0.0/0".into(), target: (*target).to_owned() };
    let table = |id: &str, main, subnets, targets: &[&str]| RouteTable {
        id: id.into(),
        vpc: "vpc-1".into(),
        subnets,
        main,
        routes: targets.iter().map(route).collect(),
    };
    let tables = vec![
        table("rtb-main", true, vec![], &["nat-main"]),
        table("rtb-own", false, vec!["subnet-1".into()], targets),
        table("rtb-other", false, vec!["subnet-2".into()], &["tgw-other"]),
    ];
    bench.capture(S::Routes(vec!["vpc-1".into()]), Reading::Routes(tables));
    bench.capture(S::TargetGroups, Reading::TargetGroups(vec![]));
    bench
}

fn with(mut bench: Bench, endpoints: Vec<Endpoint>) -> Bench {
    bench.capture(S::Endpoints(vec!["vpc-1".into()]), Reading::Endpoints(endpoints));
    bench
}

fn said(bench: &Bench) -> String {
    channel(bench.view()).why.into_owned()
}

fn paths(bench: &Bench) -> Vec<String> {
    Found::in_view(bench.view()).paths.into_iter().collect()
}

#[test]
fn the_table_in_force_decides_which_gateways_are_named() {
    let targets = ["local", "igw-1", "nat-1", "eigw-1", "tgw-1", "vgw-1", "pcx-1", "eni-9"];
    assert_eq!(
        paths(&with(bench(&targets), vec![])),
        ["NAT gateway nat-1", "egress-only internet gateway eigw-1", "transit gateway tgw-1"]
    );
}

#[test]
fn a_subnet_without_a_table_of_its_own_has_the_main_one() {
    let mut bench = with(bench(&["nat-1"]), vec![]);
    let moved = Interface { subnet: "subnet-3".into(), ..interface("eni-1", &["sg-1"]) };
    bench.capture(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![moved]));
    assert_eq!(paths(&bench), ["NAT gateway nat-main"]);
}

#[test]
fn an_endpoint_on_a_route_is_named_for_what_it_is() {
    let endpoints = vec![
        endpoint("vpce-s3", "Gateway", "com.amazonaws.us-east-1.s3"),
        endpoint("vpce-table", "Gateway", "com.amazonaws.us-east-1.dynamodb"),
        endpoint("vpce-wall", "GatewayLoadBalancer", "com.amazonaws.vpce.us-east-1.vpce-svc-1"),
        endpoint("vpce-unrouted", "GatewayLoadBalancer", "com.amazonaws.vpce.us-east-1.vpce-svc-2"),
    ];
    let bench = with(bench(&["vpce-s3", "vpce-table", "vpce-wall", "vpce-else"]), endpoints);
    let named = [
        "DynamoDB gateway endpoint vpce-table",
        "endpoint vpce-else, of which kind was not read,",
        "gateway load balancer or firewall endpoint vpce-wall",
    ];
    assert_eq!(paths(&bench), named);
    assert_eq!(
        gateways(bench.view()).into_iter().collect::<Vec<_>>(),
        ["the gateway endpoint vpce-s3 (com.amazonaws.us-east-1.s3)"]
    );
}

/// S3's gateway endpoint is a way out like any other: what rules tracked there lives on.
#[test]
fn connections_to_s3_are_named_with_those_that_rules_track() {
    let bench = with(bench(&["vpce-s3"]), vec![endpoint("vpce-s3", "Gateway", "com.amazonaws.us-east-1.s3")]);
    let why = super::super::tracked::channel(bench.view()).expect("tracked").why;
    assert!(why.contains("through the gateway endpoint vpce-s3 (com.amazonaws.us-east-1.s3)"), "{why}");
    assert!(said(&bench).starts_with("no path was found"), "{}", said(&bench));
}

#[test]
fn interface_endpoints_of_the_vpc_are_named_while_they_stand() {
    let gone = |state: &str| Endpoint { state: state.into(), ..endpoint("vpce-gone", "Interface", "gone") };
    let endpoints = vec![
        endpoint("vpce-1", "Interface", "com.amazonaws.us-east-1.ssm"),
        endpoint("vpce-2", "Resource", ""),
        gone("deleted"),
        gone("Rejected"),
    ];
    assert_eq!(
        paths(&with(bench(&[]), endpoints)),
        ["Resource endpoint vpce-2", "interface endpoint vpce-1 (com.amazonaws.us-east-1.ssm)"]
    );
}

fn balanced(protocol: &str, name: &str) -> TargetGroup {
    TargetGroup {
        arn: format!("arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/{name}/1").into(),
        name: name.into(),
        kind: "instance".into(),
        protocol: protocol.into(),
        port: Some(443),
        vpc: Some("vpc-1".into()),
        balancers: vec![],
    }
}

#[test]
fn network_and_gateway_balancers_are_named_and_application_balancers_are_not() {
    let groups = vec![balanced("TLS", "tls"), balanced("GENEVE", "inspect"), balanced("HTTPS", "web")];
    let mut bench = with(bench(&[]), vec![]);
    bench.capture(S::TargetGroups, Reading::TargetGroups(groups.clone()));
    assert!(said(&bench).contains("not read: the targets of network and gateway load balancers;"), "{}", said(&bench));
    let registration = Registration { id: INSTANCE.into(), port: Some(443), zone: None };
    for group in groups {
        let health = vec![TargetHealth { registration: registration.clone(), state: "healthy".into() }];
        bench.capture(S::TargetHealth(group.arn), Reading::TargetHealth(health));
    }
    assert_eq!(paths(&bench), ["gateway load balancer target group inspect", "network load balancer target group tls"]);
}

#[test]
fn what_was_not_read_is_said() {
    let unread = said(&Bench::new(settings()));
    assert!(unread.starts_with("no path was found"), "{unread}");
    assert!(unread.contains("not read: the VPC endpoints, the route tables, the target groups;"), "{unread}");
    let denied: Query = S::Endpoints(vec!["vpc-1".into()]).into();
    let mut bench = bench(&["vpce-1"]);
    let gap = crate::testkit::denied();
    bench.write(&crate::entry::Entry::Captured(crate::entry::Captured {
        query: denied,
        reading: None,
        gap: Some(gap),
        artefacts: vec![],
    }));
    let why = said(&bench);
    assert!(why.contains("endpoint vpce-1, of which kind was not read,"), "{why}");
    assert!(why.contains("not read: the VPC endpoints;"), "{why}");
    let read = said(&with(bench, vec![]));
    assert!(!read.contains("not read: ") && read.contains("not looked for: accelerators"), "{read}");
}
