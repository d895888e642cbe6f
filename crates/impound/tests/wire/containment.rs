//! What the complete job did to the network, the group, the balancers, the role and the attributes,
//! and what it left alone.

use crate::complete::{Job, job};
use crate::harness::{Calls, Incident, Variant};
use serde_json::Value;
use std::collections::BTreeSet;

/// The groups that the target's interfaces are in.
fn quarantine_groups(photo: &Value) -> BTreeSet<String> {
    let interfaces = photo["target"]["interfaces"].as_object().unwrap();
    assert_eq!(interfaces.len(), 2);
    let only = |interface: &Value| {
        let groups = interface["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 1, "{interface}");
        groups[0].as_str().unwrap().to_owned()
    };
    interfaces.values().map(only).collect()
}

#[test]
fn every_interface_is_alone_in_a_fresh_group_without_rules() {
    let Job { incident, before, at_gate, calls, .. } = job();
    let groups: Vec<_> = quarantine_groups(at_gate).into_iter().collect();
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    assert!(before["around"]["groups"].get(group).is_none(), "{group} was there before");
    assert_eq!(at_gate["around"]["groups"][group]["rules"], Value::Array(Vec::new()));
    assert_eq!(at_gate["around"]["groups"][group]["tags"]["impound:case"], "whole");
    assert_eq!(calls.of("CreateSecurityGroup").filter(|call| call.account.as_deref() == Some("111111111111")).len(), 1);
    let revoked = calls.of("RevokeSecurityGroupEgress").naming(group);
    for family in ["0.0.0.0/0", "::/0"] {
        assert_eq!(revoked.naming(family).len(), 1, "{family}");
    }
    assert!(revoked.last() < calls.of("ModifyNetworkInterfaceAttribute").first(), "used before it was empty");
    assert_eq!(calls.attempts().naming(incident.world.text("/source/attacker_group")).len(), 0);
}

#[test]
fn the_look_alike_is_reported() {
    let attacker = job().incident.world.text("/source/attacker_group");
    let steps = job().first.list("/steps");
    let isolate = steps.iter().find(|step| step["step"] == "isolate").unwrap();
    let warnings = isolate["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning.as_str().unwrap().contains(attacker)), "{isolate:#}");
}

#[test]
fn it_leaves_the_auto_scaling_group_before_it_loses_the_network() {
    let Job { incident, calls, first, .. } = job();
    let detached = calls.of("DetachInstances").naming(incident.instance());
    assert_eq!(detached.len(), 1);
    assert_eq!(detached.0[0].param("ShouldDecrementDesiredCapacity"), "false");
    assert!(detached.last() < calls.of("ModifyNetworkInterfaceAttribute").first());
    assert_eq!(first.step("detach"), "done");
}

#[test]
fn protection_precedes_isolation_with_one_attribute_a_call() {
    let Job { incident, calls, at_gate, .. } = job();
    let set = calls.of("ModifyInstanceAttribute").filter(|call| call.n < calls.of("TerminateInstances").first());
    for call in &set.0 {
        let attributes: BTreeSet<_> =
            call.params.keys().filter(|name| *name != "InstanceId").map(|name| attribute(name)).collect();
        assert_eq!(attributes.len(), 1, "{:?}", call.params);
    }
    let before_isolation = set.filter(|call| call.n < calls.of("ModifyNetworkInterfaceAttribute").first());
    for attribute in ["DisableApiTermination.Value", "DisableApiStop.Value"] {
        assert_eq!(before_isolation.filter(|call| call.param(attribute) == "true").len(), 1, "{attribute}");
    }
    let kept = before_isolation.filter(|call| call.param("BlockDeviceMapping.1.DeviceName") == "/dev/xvda");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept.0[0].param("BlockDeviceMapping.1.Ebs.DeleteOnTermination"), "false");
    for (device, deleted) in at_gate["target"]["mappings"].as_object().unwrap() {
        assert_eq!(*deleted, Value::Bool(false), "{device} of {}", incident.instance());
    }
}

fn attribute(parameter: &str) -> String {
    parameter.split('.').next().unwrap_or_default().to_owned()
}

#[test]
fn no_balancer_knows_the_instance_or_its_addresses() {
    let Job { at_gate, calls, .. } = job();
    assert_eq!(at_gate["target"]["targets"], Value::Array(Vec::new()));
    assert_eq!(at_gate["target"]["classic"], Value::Array(Vec::new()));
    assert!(calls.of("DescribeTargetGroups").len() > 1, "more target groups than one page holds");
}

#[test]
fn the_role_is_away_from_the_instance_and_its_sessions_are_denied() {
    let Job { incident, at_gate, calls, .. } = job();
    assert_eq!(at_gate["target"]["profile"], Value::Array(Vec::new()));
    let policy = &at_gate["around"]["roles"]["web-server"]["inline"]["impound-whole"]["Statement"][0];
    let arn = format!("arn:aws:ec2:us-east-1:111111111111:instance/{}", incident.instance());
    assert_eq!(policy["Effect"], "Deny");
    assert_eq!(policy["Condition"]["ArnEquals"]["ec2:SourceInstanceARN"], arn);
    assert_eq!(calls.of("PutRolePolicy").len(), 1);
    assert!(calls.of("DisassociateIamInstanceProfile").last() < calls.of("PutRolePolicy").first());
}

#[test]
fn the_bystander_and_all_that_was_there_is_as_before() {
    let Job { incident, before, at_gate, after, .. } = job();
    let bystander = incident.world.text("/source/bystander");
    for photo in [at_gate, after] {
        let (then, now) = (&before["around"], &photo["around"]);
        assert_eq!(now["instances"][bystander], then["instances"][bystander]);
        assert_eq!(now["acls"], then["acls"]);
        assert_eq!(now["keys"], then["keys"]);
        for (id, group) in then["groups"].as_object().unwrap() {
            assert_eq!(now["groups"][id], *group, "{id}");
        }
        assert_eq!(now["roles"]["quarantine"], then["roles"]["quarantine"]);
        assert_eq!(now["roles"]["web-server"]["inline"]["inline"], then["roles"]["web-server"]["inline"]["inline"]);
        assert_eq!(now["roles"]["web-server"]["attached"], then["roles"]["web-server"]["attached"]);
        assert_eq!(now["scaling"], then["scaling"], "a replacement has taken its place");
    }
}

#[test]
fn nothing_but_the_declared_changes_was_asked_for() {
    let Job { calls, at_gate, .. } = job();
    let group = quarantine_groups(at_gate).into_iter().next().unwrap();
    let on_groups = |call: &crate::harness::Call| {
        call.action.ends_with("SecurityGroupEgress") || call.action.ends_with("SecurityGroupIngress")
    };
    for call in &calls.attempts().filter(on_groups).0 {
        assert!(call.names(&group), "{call:?}");
        assert!(call.action.starts_with("Revoke"), "{call:?}");
    }
    let source =
        |calls: &Calls| calls.attempts().filter(|call| call.account.as_deref() == Some("111111111111")).actions();
    assert_eq!(
        source(calls),
        [
            "autoscaling:DetachInstances",
            "autoscaling:SetInstanceProtection",
            "ec2:CopyImage",
            "ec2:CopySnapshot",
            "ec2:CreateImage",
            "ec2:CreateSecurityGroup",
            "ec2:CreateSnapshots",
            "ec2:CreateTags",
            "ec2:DisassociateIamInstanceProfile",
            "ec2:LockSnapshot",
            "ec2:ModifyImageAttribute",
            "ec2:ModifyInstanceAttribute",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:ModifySnapshotAttribute",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:TerminateInstances",
            "elasticloadbalancing:DeregisterTargets",
            "iam:PutRolePolicy",
        ]
    );
}

#[test]
fn what_belongs_to_the_case_is_tagged() {
    let Job { at_gate, incident, .. } = job();
    let target = &at_gate["target"];
    assert_eq!(target["tags"]["impound:case"], "whole");
    assert_eq!(target["tags"]["impound:status"], "quarantined");
    for interface in target["interfaces"].as_object().unwrap().values() {
        assert_eq!(interface["tags"]["impound:case"], "whole");
    }
    for volume in incident.world.volumes() {
        assert_eq!(at_gate["evidence"]["source"]["volumes"][&volume]["tags"]["impound:case"], "whole", "{volume}");
    }
}

#[test]
fn an_empty_group_of_ours_is_used_again() {
    let incident = Incident::of(Variant::ExistingGroup);
    incident.respond(&["--through", "contain"]).ends_with(0);
    let ours = incident.world.text("/source/quarantine_group").to_owned();
    assert_eq!(quarantine_groups(&incident.photo()), BTreeSet::from([ours]));
    let calls = incident.calls();
    assert_eq!(calls.of("CreateSecurityGroup").len(), 0);
    assert_eq!(calls.of("RevokeSecurityGroupEgress").len(), 0);
    assert_eq!(calls.of("ModifyNetworkInterfaceAttribute").len(), 2);
}
