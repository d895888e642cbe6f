//! What goes further than the standard response, or another way: the classic order, a whole subnet cut
//! off, a whole group's processes suspended, a member in standby, the open window. And the way back.

use crate::harness::{Call, Calls, Incident};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The network ACL in force, by subnet.
fn acls(photo: &Value) -> BTreeMap<String, String> {
    let rows = photo["around"]["acls"].as_object().unwrap().iter();
    let ties = rows.flat_map(|(acl, row)| row["subnets"].as_array().unwrap().iter().map(move |subnet| (subnet, acl)));
    ties.map(|(subnet, acl)| (subnet.as_str().unwrap().to_owned(), acl.clone())).collect()
}

/// The one Auto Scaling group.
fn scaling(incident: &Incident) -> Value {
    incident.photo()["around"]["scaling"][0].clone()
}

/// The instance's place in it.
fn membership(incident: &Incident) -> Value {
    incident.photo()["target"]["scaling"][0].clone()
}

/// What a gate showed, as the ledger has it.
fn exposure(incident: &Incident, case: &str, gate: &str) -> String {
    use ledger::Store;
    let store = ledger::CaseFile::read(&incident.home.state(), case).unwrap();
    let bodies: Vec<Value> = store.entries().unwrap().into_iter().map(|entry| entry.body).collect();
    let asked = bodies.iter().find(|body| body["entry"] == "asked" && body["gate"] == gate);
    asked.unwrap_or_else(|| panic!("{gate} was never asked: {bodies:#?}"))["exposure"].to_string()
}

fn release(incident: &Incident, case: &str) {
    let end = incident.home.run(&["release", case, "--yes"]).ends_with(0);
    assert_eq!(end.text("/status"), "done");
}

#[test]
fn the_classic_order_ends_in_custody_too() {
    let incident = Incident::new();
    let end = incident.respond(&["--runbook", "classic"]).ends_with(0);
    assert_eq!(end.text("/status"), "done");
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(end.text("/verdict/credentials"), "revoked");
    let copies = end.evidence("snapshot", "222222222222");
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| copy["state"] == "verified" && copy["locked"] == true), "{copies:#?}");
    let calls = incident.calls().changes();
    let isolated = calls.of("ModifyNetworkInterfaceAttribute");
    assert!(calls.of("DetachInstances").last() < isolated.first(), "a law outranks the runbook's order");
    assert!(isolated.last() < calls.of("CreateSnapshots").first(), "and where none does, the runbook's order holds");
    assert!(calls.of("CreateSnapshots").last() < calls.of("CreateTags").naming(incident.instance()).first());
}

#[test]
fn a_subnet_is_cut_off_behind_its_gate_and_given_its_captured_acl_back() {
    let incident = Incident::new();
    let before = acls(&incident.photo());
    let end = incident.respond(&["--through", "contain", "--approve", "subnet-nacl"]).ends_with(0);
    let cut = acls(&incident.photo());
    let subnets = incident.world.texts("/source/subnets");
    let ours = &cut[&subnets[0]];
    assert!(subnets.iter().all(|subnet| cut[subnet] == *ours && before[subnet] != *ours), "{before:?} became {cut:?}");
    let entries = incident.photo()["around"]["acls"][ours]["entries"].as_array().unwrap().clone();
    assert!(!entries.is_empty());
    assert!(entries.iter().all(|entry| entry.as_str().unwrap().contains("\"RuleAction\": \"deny\"")), "{entries:#?}");
    let shown = exposure(&incident, &end.case(), "subnet-nacl");
    assert!(shown.contains(incident.world.text("/source/bystander")), "{shown}");
    assert!(!shown.contains(incident.instance()), "{shown}");
    let calls = incident.calls().changes();
    let closed = calls.of("ModifyNetworkInterfaceAttribute").last();
    assert!(closed < calls.of("ReplaceNetworkAclAssociation").first(), "put on top of interfaces that are closed");
    release(&incident, &end.case());
    assert_eq!(acls(&incident.photo()), before);
}

#[test]
fn a_group_at_its_minimum_waits_for_a_person_and_is_resumed_at_the_release() {
    let incident = Incident::new();
    incident.server.change(&["minimum", "web", "2"]);
    incident.configure(|settings| settings.policy.push("asg = \"detach-decrement\"".to_owned()));
    let (before, member) = (scaling(&incident), membership(&incident));
    let held = incident.respond(&["--through", "contain"]).ends_with(3);
    assert_eq!(held.waits_at(), ["asg-suspend"]);
    assert_eq!((held.step("detach"), held.step("isolate")), ("waiting".into(), "waiting".into()));
    assert_eq!(held.text("/verdict/network"), "open", "isolated it would be terminated");
    assert_eq!(scaling(&incident), before);
    let shown = exposure(&incident, &held.case(), "asg-suspend");
    assert!(shown.contains(incident.world.text("/source/bystander")), "{shown}");
    incident.home.run(&["approve", &held.case(), "asg-suspend"]).ends_with(0);
    let end = incident.home.run(&["resume", &held.case()]).ends_with(0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(scaling(&incident)["suspended"], json!(["ReplaceUnhealthy", "Terminate"]));
    assert_eq!(membership(&incident)[1], member[1], "it stays a member in service");
    let calls = incident.calls().changes();
    assert_eq!(calls.of("DetachInstances").len(), 0);
    assert!(calls.of("SuspendProcesses").last() < calls.of("ModifyNetworkInterfaceAttribute").first());
    release(&incident, &held.case());
    assert_eq!(scaling(&incident), before);
    let calls = incident.calls().changes();
    assert!(
        calls.of("ModifyNetworkInterfaceAttribute").last() < calls.of("ResumeProcesses").first(),
        "the network first"
    );
}

#[test]
fn a_member_in_standby_is_contained_there_and_comes_back_into_service() {
    let incident = Incident::new();
    incident.configure(|settings| settings.policy.push("asg = \"standby\"".to_owned()));
    let (before, member, target) = (scaling(&incident), membership(&incident), incident.photo()["target"].clone());
    let end = incident.respond(&["--through", "contain"]).ends_with(0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    assert_eq!(membership(&incident)[1], "Standby");
    assert_eq!(scaling(&incident)["sizes"], json!([1, 4, 1]));
    assert_eq!(scaling(&incident)["members"], before["members"], "no replacement is started");
    let calls = incident.calls().changes();
    assert_eq!(calls.of("DetachInstances").len(), 0);
    assert!(calls.of("EnterStandby").last() < calls.of("ModifyNetworkInterfaceAttribute").first());
    release(&incident, &end.case());
    assert_eq!(membership(&incident), member);
    assert_eq!(scaling(&incident), before);
    let after = incident.photo()["target"].clone();
    for part in ["targets", "classic", "attributes", "mappings", "profile"] {
        assert_eq!(after[part], target[part], "{part}");
    }
}

/// A call that put an interface into a group.
struct Swap {
    interface: String,
    group: String,
    began: f64,
    ended: f64,
}

/// In the order of arrival; seconds since the epoch.
fn swaps(calls: &Calls) -> Vec<Swap> {
    let set = calls.of("ModifyNetworkInterfaceAttribute").0.into_iter();
    let swap = |call: Call| Swap {
        interface: call.param("NetworkInterfaceId"),
        group: call.param("SecurityGroupId.1"),
        began: call.began,
        ended: call.ended,
    };
    set.map(swap).filter(|swap| !swap.group.is_empty()).collect()
}

/// For how long each interface was in a group, the shortest: from the answer to the call that put it in, to
/// the first call that took it out. Each has its own time: they do not go in at the same instant.
fn shortest_stay(calls: &Calls, group: &str) -> f64 {
    let swaps = swaps(calls);
    let into: Vec<_> = swaps.iter().filter(|swap| swap.group == group).collect();
    assert_eq!(into.len(), 2, "both interfaces once");
    let stay = |swap: &&Swap| {
        let out = swaps
            .iter()
            .filter(|other| other.interface == swap.interface && other.group != group && other.began > swap.ended);
        out.map(|other| other.began).fold(f64::INFINITY, f64::min) - swap.ended
    };
    into.iter().map(stay).fold(f64::INFINITY, f64::min)
}

/// Idle timeouts with AWS's default where none was set: no call clears one.
fn with_defaults(mut idle: Value) -> Value {
    for (name, seconds) in [("TcpEstablishedTimeout", 432_000), ("UdpStreamTimeout", 180), ("UdpTimeout", 30)] {
        if idle[name].is_null() {
            idle[name] = json!(seconds);
        }
    }
    idle
}

/// A part of every interface, by its id.
fn of_interfaces(photo: &Value, part: &str) -> BTreeMap<String, Value> {
    let rows = photo["target"]["interfaces"].as_object().unwrap().iter();
    rows.map(|(id, row)| (id.clone(), row[part].clone())).collect()
}

/// The one test that waits as long as in an incident: the length of the window is what it is about.
#[test]
fn the_open_window_outlasts_the_idle_timeouts_and_leaves_no_rule() {
    let incident = Incident::new();
    let interfaces = incident.world.interfaces();
    incident.server.change(&["idle", &interfaces[0], "350"]);
    incident.configure(|settings| settings.policy.push("tracked_connections = \"convert\"".to_owned()));
    let before = incident.photo();
    let end = incident.respond(&["--through", "contain", "--approve", "open-window"]).ends_with(0);
    assert_eq!(end.text("/verdict/network"), "new-flows-blocked");
    assert!(exposure(&incident, &end.case(), "open-window").contains("every port is open both ways"));
    let after = incident.photo();
    for (interface, idle) in of_interfaces(&after, "idle") {
        assert_eq!(idle, json!({"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30}), "{interface}");
    }
    the_window_was_open_and_is_gone(&incident, &after);
    release(&incident, &end.case());
    let released = incident.photo();
    for part in ["groups", "public"] {
        assert_eq!(of_interfaces(&released, part), of_interfaces(&before, part), "{part}");
    }
    let idle = of_interfaces(&before, "idle").into_iter().map(|(interface, idle)| (interface, with_defaults(idle)));
    assert_eq!(of_interfaces(&released, "idle"), idle.collect());
}

fn the_window_was_open_and_is_gone(incident: &Incident, after: &Value) {
    let calls = incident.calls().changes();
    let [ingress, egress] = ["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"].map(|way| calls.of(way));
    assert_eq!(ingress.len(), 1, "both families in one call");
    let window = ingress.0[0].param("GroupId");
    assert!(ingress.0.iter().chain(&egress.0).all(|call| call.param("GroupId") == window), "no other group was opened");
    let open = shortest_stay(&calls, &window);
    assert!((75.0..120.0).contains(&open), "it was open for {open} s");
    assert!(after["around"]["groups"].get(&window).is_none(), "{window} is still there");
    for (interface, groups) in of_interfaces(after, "groups") {
        let [group] = groups.as_array().unwrap().as_slice() else { panic!("{interface}: {groups}") };
        assert_eq!(after["around"]["groups"][group.as_str().unwrap()]["rules"], json!([]), "{interface}");
    }
}
