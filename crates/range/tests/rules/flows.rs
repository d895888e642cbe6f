//! Which conversations a change cuts.

use crate::support::{
    alive, cloud, empty_group, first_interface, groups, instance, interfaces, make, pass, swap, take_out, target,
};
use casebook::effect::SourceEffect as S;
use casebook::id::{AclId, GroupId};
use casebook::query::SourceQuery;
use casebook::scene::network::{Direction, IdleTimeouts, Peer, Rule};
use range::Range;
use range::script::leaks::Leaks;
use range::world::TimeoutReach;
use range::world::flows::{FlowPlan, Path, Tracking};
use range::world::rules::{Packet, contains, tracked};

#[test]
fn a_reverse_shell_through_a_nat_gateway_survives_the_swap() {
    let range = cloud("web-tier");
    take_out(&range);
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    pass(&range, 600);
    assert!(alive(&range, "NAT gateway"), "it is tracked whatever the rules are");
    assert!(alive(&range, "dormant"), "tracked, and idle for less than five days");
    assert!(!admits(&range, Path::NatGateway), "nothing new gets out");
}

fn admits(range: &Range, path: Path) -> bool {
    let interface = interfaces(range).pop().expect("two of them").id;
    range.with_world(|world| world.admits(&outward(interface.as_str(), path, Some(30))))
}

fn outward(interface: &str, path: Path, beacon_seconds: Option<i64>) -> FlowPlan {
    FlowPlan {
        label: "test".into(),
        interface: interface.into(),
        direction: Direction::Egress,
        protocol: "tcp".into(),
        port: 443,
        peer: "198.51.100.99".into(),
        peer_groups: Vec::new(),
        path,
        beacon_seconds,
    }
}

#[test]
fn an_untracked_session_dies_with_the_swap() {
    let range = cloud("lone");
    assert!(alive(&range, "SSH"));
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    assert!(!alive(&range, "SSH"), "open to everybody both ways, it was not tracked");
}

#[test]
fn no_group_and_no_acl_stops_the_resolver() {
    let range = cloud("web-tier");
    take_out(&range);
    let quarantine = empty_group(&range);
    swap(&range, &quarantine);
    let _lift = deny_subnet(&range);
    pass(&range, 3600);
    assert!(alive(&range, "DNS"));
}

/// Puts a denying ACL on the first interface's subnet; gives what puts the old one back.
fn deny_subnet(range: &Range) -> impl Fn(&Range) + use<> {
    let card = interfaces(range).remove(0);
    let acl =
        AclId::new(make(range, S::CreateAcl { vpc: card.vpc.clone(), token: "d".into(), tags: Default::default() }));
    let (old, association) = range.with_world(|world| {
        let mut acls = world.network.acls.values();
        acls.find_map(|held| {
            let tie = held.shown.associations.iter().find(|a| a.subnet == card.subnet)?;
            Some((held.shown.id.clone(), tie.id.clone()))
        })
        .expect("every subnet has one")
    });
    let now = make(range, S::ReplaceAcl { association, acl });
    move |range| drop(make(range, S::ReplaceAcl { association: now.as_str().into(), acl: old.clone() }))
}

#[test]
fn an_acl_silences_a_tracked_flow_that_comes_back_when_it_is_lifted_in_time() {
    for (minutes, back) in [(5, true), (15, false)] {
        let range = cloud("web-tier");
        take_out(&range);
        let idle = IdleTimeouts { tcp_established_seconds: Some(600), ..IdleTimeouts::default() };
        make(&range, S::SetIdleTimeouts { interface: first_interface(&range), idle });
        let lift = deny_subnet(&range);
        pass(&range, minutes * 60);
        lift(&range);
        pass(&range, 120);
        assert_eq!(alive(&range, "beacon"), back, "{minutes} minutes");
    }
}

/// What is told of the beacon after a time with the ACL in place, and after it was lifted again.
#[test]
fn what_an_acl_silences_is_told_as_cut_off_until_it_is_lifted() {
    let range = cloud("web-tier");
    take_out(&range);
    let mut leaks = range.with_world(|world| Leaks::of(world, &target(&range)));
    let mut told = |range: &Range| {
        let leaks = range.with_world(|world| {
            leaks.look(world);
            leaks.conversations(world)
        });
        let find = |what: &str| leaks.iter().find(|leak| leak.what.contains(what)).cloned().expect("it is there");
        (find("beacon"), find("DNS"))
    };
    assert_eq!(told(&range).0.until, None);
    let lift = deny_subnet(&range);
    let (beacon, tunnel) = told(&range);
    assert!(beacon.until.is_some());
    assert_eq!((beacon.why.as_str(), tunnel.until), ("cut off by the network ACL", None));
    pass(&range, 60);
    assert_eq!(told(&range).0, beacon, "since the ACL");
    lift(&range);
    assert_eq!(told(&range).0.until, None, "its packets pass again");
}

fn everything(direction: Direction) -> [Rule; 2] {
    ["0.0.0.0/0", "::/0"].map(|range| Rule {
        direction,
        protocol: "-1".into(),
        from: None,
        to: None,
        peer: if range.contains(':') { Peer::Ipv6(range.into()) } else { Peer::Ipv4(range.into()) },
    })
}

/// Timeout 60 s, everything open for `window` seconds, then nothing.
fn convert(range: &Range, window: i64) {
    take_out(range);
    let quarantine = empty_group(range);
    let vpc = instance(range).vpc.expect("it has one");
    let open = GroupId::new(make(range, crate::support::create_group(&vpc, "window")));
    let rules = everything(Direction::Ingress).to_vec();
    make(range, S::AuthorizeRules { group: open.clone(), rules });
    for interface in interfaces(range) {
        let idle = IdleTimeouts { tcp_established_seconds: Some(60), ..IdleTimeouts::default() };
        make(range, S::SetIdleTimeouts { interface: interface.id, idle });
    }
    swap(range, &open);
    pass(range, window);
    swap(range, &quarantine);
}

#[test]
fn an_open_window_of_the_timeout_cuts_what_is_not_tracked_by_its_path() {
    let range = cloud("web-tier");
    convert(&range, 65);
    assert!(!alive(&range, "dormant") && !alive(&range, "beacon"));
    assert!(alive(&range, "NAT gateway"), "its path keeps it tracked");
}

#[test]
fn a_beacon_survives_a_window_shorter_than_its_interval() {
    let range = cloud("web-tier");
    let interface = first_interface(&range);
    let opened = range.with_world(|world| world.open_flow(outward(interface.as_str(), Path::Internet, Some(50))));
    assert!(opened);
    convert(&range, 20);
    pass(&range, 600);
    assert!(alive(&range, "test"), "it was silent during the window and talks again within the timeout");
}

#[test]
fn whether_a_timeout_reaches_existing_flows_is_open() {
    for (reach, survives) in [(TimeoutReach::ExistingFlows, false), (TimeoutReach::NewFlows, true)] {
        let range = cloud("web-tier");
        range.with_world(|world| world.settings.timeout_reach = reach);
        let idle = IdleTimeouts { tcp_established_seconds: Some(60), ..IdleTimeouts::default() };
        make(&range, S::SetIdleTimeouts { interface: first_interface(&range), idle });
        pass(&range, 120);
        assert_eq!(alive(&range, "dormant"), survives, "{reach:?}");
    }
}

#[test]
fn a_flow_through_the_internet_gateway_hangs_on_the_public_address() {
    let range = cloud("lone");
    let id = first_interface(&range);
    range.with_world(|world| {
        world.network.interfaces.get_mut(&id).expect("there").shown.addresses[0].public = None;
    });
    assert!(!alive(&range, "SSH"));
}

/// An address of one family carries nothing of the other.
#[test]
fn taking_an_elastic_address_off_cuts_the_ipv4_flows_alone() {
    let range = cloud("web-tier");
    let id = first_interface(&range);
    let six = FlowPlan { peer: "2001:db8::66".into(), ..outward(id.as_str(), Path::Internet, Some(30)) };
    assert!(range.with_world(|world| world.open_flow(six)));
    let address = interfaces(&range)[0].addresses[0].clone();
    let (public, allocation) = (address.public.expect("public"), address.allocation.expect("an Elastic IP address"));
    make(&range, S::DisassociateAddress { interface: id.clone(), allocation, public, private: address.private });
    assert!(!alive(&range, "beacon") && !alive(&range, "dormant"), "they went through that address");
    assert!(alive(&range, "test"), "IPv6 has an address of its own");
    assert!(alive(&range, "NAT gateway") && alive(&range, "balancer"), "other ways out");
    range.with_world(|world| world.network.interfaces.get_mut(&id).expect("there").shown.ipv6.clear());
    assert!(!alive(&range, "test"));
}

#[test]
fn termination_ends_every_flow() {
    let range = cloud("web-tier");
    range.with_world(|world| world.shutdown_from_inside(&target(&range)));
    for label in ["NAT gateway", "DNS", "balancer"] {
        assert!(!alive(&range, label), "{label}");
    }
}

/// The example of AWS's page: SSH from one address is tracked, HTTP from everywhere is not, ICMP
/// always is.
#[test]
fn the_tracking_example_of_the_documentation() {
    let tcp = |port, peer| Rule {
        direction: Direction::Ingress,
        protocol: "tcp".into(),
        from: Some(port),
        to: Some(port),
        peer,
    };
    let mut rules = vec![
        tcp(22, Peer::Ipv4("203.0.113.1/32".into())),
        tcp(80, Peer::Ipv4("0.0.0.0/0".into())),
        tcp(80, Peer::Ipv6("::/0".into())),
        Rule { protocol: "icmp".into(), from: Some(-1), to: Some(-1), ..tcp(0, Peer::Ipv4("0.0.0.0/0".into())) },
    ];
    rules.extend(everything(Direction::Egress));
    let cases = [
        ("tcp", 22, "203.0.113.1", true),
        ("tcp", 80, "192.0.2.7", false),
        ("tcp", 80, "2001:db8::7", false),
        ("icmp", 0, "192.0.2.7", true),
    ];
    for (protocol, port, peer, expected) in cases {
        let packet = Packet { direction: Direction::Ingress, protocol, port, peer, peer_groups: &[] };
        let rules: Vec<&Rule> = rules.iter().collect();
        assert_eq!(tracked(&rules, &packet), expected, "{protocol} {port} {peer}");
        let no_answers: Vec<&Rule> = rules.into_iter().filter(|rule| rule.direction == Direction::Ingress).collect();
        assert!(tracked(&no_answers, &packet), "without the outward rules everything is tracked");
    }
}

#[test]
fn ranges_hold_their_addresses() {
    for (range, address, expected) in [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("0.0.0.0/0", "198.51.100.1", true),
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("2001:db8::/32", "2001:db8:1::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("::/0", "10.0.0.1", false),
    ] {
        assert_eq!(contains(range, address), expected, "{range} {address}");
    }
}

#[test]
fn the_web_tier_begins_with_the_tracking_that_its_rules_give() {
    let range = cloud("web-tier");
    let rules = groups(&range, SourceQuery::Groups(interfaces(&range)[0].groups.clone())).remove(0).rules;
    assert!(rules.iter().any(|rule| matches!(&rule.peer, Peer::Group(_))));
    range.with_world(|world| {
        let of = |label: &str, world: &mut range::World| {
            let flow = world.flows().iter().find(|flow| flow.plan.label.contains(label));
            flow.expect("there").tracking
        };
        assert_eq!(of("beacon", world), Tracking::Tracked);
        assert_eq!(of("DNS", world), Tracking::Untracked);
    });
}
