//! Containment: each change, read back, and undone where it can be.

use super::World;
use casebook::effect::{Capacity, SourceEffect as E, Switch};
use casebook::fault::FaultClass;
use casebook::query::SourceQuery as Q;
use casebook::reading::Reading;
use casebook::scene::balancer::Registration;
use casebook::scene::instance::{Attribute, AttributeValue, ShutdownBehavior, Tags};
use casebook::scene::network::{Direction, IdleTimeouts, Peer, Rule};
use serde_json::json;

macro_rules! read {
    ($world:expr, $query:expr, $kind:ident) => {
        match $world.ask($query) {
            Reading::$kind(value) => value,
            other => panic!("{other:?}"),
        }
    };
}

fn tags() -> Tags {
    Tags::from([("impound:case".to_owned(), "c1".to_owned())])
}

/// All changes of containment, and back.
pub fn contain_and_undo(w: World) {
    protect(&w);
    scaling(&w);
    traffic(&w);
    let deny = quarantine_group(&w);
    isolate(&w, &deny);
    acl(&w);
    address(&w);
    role(&w);
    terminate(&w);
}

fn protect(w: &World) {
    let instance = || w.text("/source/instance").into();
    let resources = || vec![w.text("/source/instance")];
    w.make(E::Tag { resources: resources(), tags: tags() });
    assert_eq!(read!(w, Q::Instance(instance()), Instance).tags.get("impound:case").map(String::as_str), Some("c1"));
    w.make(E::SetTerminationProtection { instance: instance(), to: Switch::On });
    w.make(E::SetStopProtection { instance: instance(), to: Switch::On });
    w.make(E::SetShutdownBehavior { instance: instance(), to: ShutdownBehavior::Stop });
    for attribute in [Attribute::TerminationProtection, Attribute::StopProtection] {
        assert_eq!(read!(w, Q::Attribute(instance(), attribute), Attribute), AttributeValue::Flag(true));
    }
    let device = read!(w, Q::Instance(instance()), Instance).root_device;
    w.make(E::SetDeleteOnTermination { instance: instance(), device: device.clone(), to: Switch::Off });
    let devices = read!(w, Q::Instance(instance()), Instance).block_devices;
    assert!(!devices.iter().find(|found| found.device == device).unwrap().delete_on_termination);
}

fn scaling(w: &World) {
    let (instance, group) = (|| w.text("/source/instance").into(), || w.text("/source/auto_scaling_group").into());
    w.make(E::SetScaleInProtection { group: group(), instance: instance(), to: Switch::On });
    assert!(read!(w, Q::Membership(instance()), Membership).unwrap().protected);
    w.make(E::SuspendProcesses { group: group(), processes: vec!["AZRebalance".into()] });
    assert_eq!(read!(w, Q::ScalingGroup(group()), ScalingGroup).suspended, ["AZRebalance"]);
    w.make(E::ResumeProcesses { group: group(), processes: vec!["AZRebalance".into()] });
    assert!(read!(w, Q::ScalingGroup(group()), ScalingGroup).suspended.is_empty());
    w.make(E::EnterStandby { group: group(), instance: instance(), capacity: Capacity::Decrement });
    assert!(!read!(w, Q::Membership(instance()), Membership).unwrap().in_service());
    w.make(E::ExitStandby { group: group(), instance: instance() });
    w.make(E::DetachFromGroup { group: group(), instance: instance(), capacity: Capacity::Keep });
    assert_eq!(read!(w, Q::Membership(instance()), Membership), None);
    w.make(E::AttachToGroup { group: group(), instance: instance() });
    assert!(read!(w, Q::Membership(instance()), Membership).is_some());
    w.make(E::DetachFromGroup { group: group(), instance: instance(), capacity: Capacity::Keep });
}

fn traffic(w: &World) {
    let instance = || w.text("/source/instance").into();
    w.make(E::RegisterClassic { balancer: "classic".into(), instance: instance() });
    assert_eq!(read!(w, Q::ClassicBalancers(instance()), Classic).len(), 1);
    w.make(E::DeregisterClassic { balancer: "classic".into(), instance: instance() });
    assert!(read!(w, Q::ClassicBalancers(instance()), Classic).is_empty());
    let group = || w.text("/source/target_groups/by_id").into();
    let target = || vec![Registration { id: w.text("/source/instance"), port: Some(8080), zone: None }];
    let serving = || {
        let health = read!(w, Q::TargetHealth(group()), TargetHealth);
        health.iter().any(|t| t.registration.port == Some(8080) && t.serving())
    };
    w.make(E::DeregisterTargets { group: group(), targets: target() });
    assert!(!serving());
    w.make(E::RegisterTargets { group: group(), targets: target() });
    assert!(serving());
}

/// A group of ours without any rule; the way there and back through a window's rules.
fn quarantine_group(w: &World) -> String {
    let vpc = || w.text("/source/vpc").into();
    let (name, description) = ("impound-c1".to_owned(), "deny".to_owned());
    let group = w.make(E::CreateGroup { vpc: vpc(), name, description, tags: tags() }).ids.remove(0);
    let rules = || read!(w, Q::Groups(vec![group.as_str().into()]), Groups).remove(0).rules;
    assert!(!rules().is_empty(), "AWS opens the way out of a new group");
    w.make(E::RevokeRules { group: group.as_str().into(), rules: rules() });
    assert!(rules().is_empty());
    let all = |direction, peer| Rule { direction, protocol: "-1".into(), from: None, to: None, peer };
    for direction in [Direction::Ingress, Direction::Egress] {
        let open = vec![all(direction, Peer::Ipv4("0.0.0.0/0".into())), all(direction, Peer::Ipv6("::/0".into()))];
        w.make(E::AuthorizeRules { group: group.as_str().into(), rules: open.clone() });
        assert_eq!(rules(), open);
        w.make(E::RevokeRules { group: group.as_str().into(), rules: open });
    }
    let (name, description) = ("impound-window".to_owned(), "window".to_owned());
    let window = w.make(E::CreateGroup { vpc: vpc(), name, description, tags: tags() }).ids.remove(0);
    w.make(E::DeleteGroup { group: window.as_str().into() });
    assert!(read!(w, Q::Groups(vec![window.into()]), Groups).is_empty());
    group
}

fn isolate(w: &World, deny: &str) {
    let interface = w.text("/source/interfaces/0/id");
    w.make(E::SetInterfaceGroups { interface: interface.as_str().into(), groups: vec![deny.into()] });
    let idle = IdleTimeouts { tcp_established_seconds: Some(60), ..IdleTimeouts::default() };
    w.make(E::SetIdleTimeouts { interface: interface.as_str().into(), idle });
    let seen = read!(w, Q::Interfaces(w.text("/source/instance").into()), Interfaces);
    let seen = seen.into_iter().find(|found| found.id.as_str() == interface).unwrap();
    assert_eq!((seen.groups, seen.idle.tcp_established_seconds), (vec![deny.into()], Some(60)));
}

fn acl(w: &World) {
    let vpc = || w.text("/source/vpc").into();
    let acls = || read!(w, Q::Acls(vec![vpc()]), Acls);
    let old = acls().remove(0);
    let tie = old.associations[0].clone();
    let new = w.make(E::CreateAcl { vpc: vpc(), token: "token-1".into(), tags: tags() }).ids.remove(0);
    let made = w.make(E::ReplaceAcl { association: tie.id, acl: new.as_str().into() }).ids.remove(0);
    let seen = acls().into_iter().find(|acl| acl.id.as_str() == new).unwrap();
    assert!(seen.denies_everything() && seen.associations[0].subnet == tie.subnet);
    w.make(E::ReplaceAcl { association: made.into(), acl: old.id });
}

fn address(w: &World) {
    let instance = || w.text("/source/instance").into();
    let place = || {
        let interfaces = read!(w, Q::Interfaces(instance()), Interfaces);
        let each = interfaces.into_iter().flat_map(|i| i.addresses.clone().into_iter().map(move |a| (i.id.clone(), a)));
        each.filter(|(_, address)| address.allocation.is_some()).collect::<Vec<_>>()
    };
    let (interface, before) = place().remove(0);
    let (allocation, private) = (before.allocation.unwrap(), before.private);
    let off = E::DisassociateAddress {
        interface: interface.clone(),
        allocation: allocation.clone(),
        public: before.public.unwrap(),
        private: private.clone(),
    };
    w.make(off.clone());
    assert!(place().is_empty());
    w.make(off);
    w.make(E::AssociateAddress { interface: interface.clone(), allocation, private: private.clone() });
    let (back, address) = place().remove(0);
    assert_eq!((back, address.private), (interface, private));
}

fn role(w: &World) {
    let instance = || w.text("/source/instance").into();
    let tie =
        || read!(w, Q::ProfileAssociations(instance()), Associations).into_iter().find(|t| t.state == "associated");
    let quarantine = w.text("/source/quarantine_profile_arn");
    w.make(E::ReplaceProfile { association: tie().unwrap().id, profile: quarantine.as_str().into() });
    assert_eq!(tie().unwrap().profile.as_str(), quarantine);
    w.make(E::DisassociateProfile { association: tie().unwrap().id });
    assert_eq!(tie(), None);
    w.make(E::AssociateProfile { instance: instance(), profile: w.text("/source/profile_arn").as_str().into() });
    assert!(tie().is_some());
    let (role, name) = (|| w.text("/source/role_name").into(), || "impound-c1".to_owned());
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    w.make(E::PutRolePolicy { role: role(), name: name(), document: document.into() });
    let put = read!(w, Q::RolePolicy(role(), name()), Policy).unwrap();
    let plain = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(plain(&put), plain(document));
    w.make(E::DeleteRolePolicy { role: role(), name: name() });
    assert_eq!(read!(w, Q::RolePolicy(role(), name()), Policy), None);
}

fn terminate(w: &World) {
    let instance = || w.text("/source/instance").into();
    w.make(E::SetTerminationProtection { instance: instance(), to: Switch::Off });
    w.make(E::SetStopProtection { instance: instance(), to: Switch::Off });
    let state = read!(w, Q::Instance(instance()), Instance).state;
    assert_eq!(state, casebook::scene::instance::InstanceState::Running);
    // A proof can not be made here; the wire format of a written intent has one.
    let written = json!({"terminate": {"instance": w.text("/source/instance"), "proof": {"case": "c1", "digest": ""}}});
    w.make(serde_json::from_value(written).unwrap());
    let state = read!(w, Q::Instance(instance()), Instance).state;
    assert_ne!(state, casebook::scene::instance::InstanceState::Running);
}

/// Every kind of rehearsal.
pub fn rehearse(w: World) {
    let instance = || w.text("/source/instance").into();
    assert_eq!(w.rehearse(E::SetStopProtection { instance: instance(), to: Switch::On }), "");
    assert_eq!(w.rehearse(E::CreateImage { instance: instance(), name: "n".into(), tags: tags() }), "");
    let description = String::new();
    assert_eq!(w.rehearse(E::CreateSnapshots { instance: instance(), description, tags: tags() }), "");
    w.control("deny", json!({"account": w.text("/source/account"), "actions": ["ec2:CreateImage"]}));
    assert_eq!(
        w.rehearse(E::CreateImage { instance: instance(), name: "n".into(), tags: tags() }),
        "UnauthorizedOperation"
    );
    assert_eq!(w.rehearse(E::DeleteRolePolicy { role: "web-server".into(), name: "inline".into() }), "NotRehearsed");
    let stop = read!(w, Q::Attribute(instance(), Attribute::StopProtection), Attribute);
    assert_eq!(stop, AttributeValue::Flag(false));
    assert!(read!(w, Q::CaseImages("c1".into()), Images).is_empty());
    assert!(read!(w, Q::CaseSnapshots("c1".into()), Snapshots).is_empty());
}

/// Refusals, throttling and lost answers.
pub fn fail(w: World) {
    let effect =
        || E::CreateSnapshots { instance: w.text("/source/instance").into(), description: String::new(), tags: tags() };
    let made = || read!(w, Q::CaseSnapshots("c1".into()), Snapshots).len();
    w.control("fault", json!({"action": "CreateSnapshots", "code": "RequestLimitExceeded", "status": 503}));
    assert_eq!(w.fail(effect()).class, FaultClass::Throttled);
    w.control("fault", json!({"action": "CreateSnapshots", "when": "before", "drop": true}));
    assert_eq!((w.fail(effect()).class, made()), (FaultClass::Unknown, 0));
    w.control("fault", json!({"action": "CreateSnapshots", "when": "after", "drop": true}));
    assert_eq!((w.fail(effect()).class, made()), (FaultClass::Unknown, 3));
    w.control("deny", json!({"account": w.text("/source/account"), "actions": ["ec2:CreateSnapshots"]}));
    let denied = w.fail(effect());
    assert_eq!(denied.class, FaultClass::Denied);
    assert!(!denied.message.contains("ncoded"), "{denied}");
    let gone = E::SetStopProtection { instance: "i-0000000000000dead".into(), to: Switch::On };
    assert_eq!(w.fail(gone).class, FaultClass::NotFound);
    let twice = E::AssociateProfile {
        instance: w.text("/source/instance").into(),
        profile: w.text("/source/quarantine_profile_arn").into(),
    };
    assert_eq!(w.fail(twice).class, FaultClass::Conflict);
}
