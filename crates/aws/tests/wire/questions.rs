//! The questions of a capture, with what the world must answer.

use super::World;
use casebook::query::SourceQuery as Q;
use casebook::reading::Reading;
use casebook::scene::instance::{Attribute, AttributeValue, ShutdownBehavior};

macro_rules! read {
    ($world:expr, $query:expr, $kind:ident) => {
        match $world.ask($query) {
            Reading::$kind(value) => value,
            other => panic!("{other:?}"),
        }
    };
}

/// Every question to the source account.
pub fn source(w: World) {
    identity_and_instance(&w);
    network(&w);
    storage(&w);
    role(&w);
    traffic(&w);
    traces(&w);
}

fn identity_and_instance(w: &World) {
    let id = || w.text("/source/instance").into();
    assert_eq!(read!(w, Q::Identity, Identity).account, w.text("/source/account").into());
    let instance = read!(w, Q::Instance(id()), Instance);
    assert_eq!((instance.id, instance.interfaces.len()), (id(), 2));
    assert_eq!(instance.block_devices.len(), 3);
    let attribute = |attribute| read!(w, Q::Attribute(id(), attribute), Attribute);
    assert_eq!(attribute(Attribute::TerminationProtection), AttributeValue::Flag(false));
    assert_eq!(attribute(Attribute::StopProtection), AttributeValue::Flag(false));
    assert_eq!(attribute(Attribute::ShutdownBehavior), AttributeValue::Shutdown(ShutdownBehavior::Stop));
    assert!(matches!(attribute(Attribute::UserData), AttributeValue::UserData(Some(_))));
    assert!(read!(w, Q::InstanceType("m5.large".into()), InstanceType).nitro);
    read!(w, Q::ScheduledEvents(id()), Events);
    read!(w, Q::SerialConsole, Flag);
}

fn network(w: &World) {
    let group = || vec![w.text("/source/groups/web").into()];
    let interfaces = read!(w, Q::Interfaces(w.text("/source/instance").into()), Interfaces);
    assert_eq!(interfaces.len(), 2);
    assert!(interfaces.iter().any(|interface| interface.addresses.iter().any(|address| address.allocation.is_some())));
    let groups =
        vec![w.text("/source/groups/web").into(), w.text("/source/groups/back").into(), "sg-0000000000000dead".into()];
    let groups = read!(w, Q::Groups(groups), Groups);
    assert_eq!(groups.len(), 2, "one that does not exist is left out");
    assert!(groups.iter().all(|group| !group.rules.is_empty()));
    let naming = read!(w, Q::GroupReferences(group()), Groups);
    assert_eq!(naming.iter().map(|g| g.id.to_string()).collect::<Vec<_>>(), [w.text("/source/groups/back")]);
    assert_eq!(read!(w, Q::QuarantineGroups, Groups).len(), 1);
    assert!(read!(w, Q::GroupMembers(group()), Neighbours).len() >= 2);
    assert!(!read!(w, Q::SubnetMembers(w.text("/source/subnets/0").into()), Neighbours).is_empty());
    let vpc = || vec![w.text("/source/vpc").into()];
    assert_eq!(read!(w, Q::Acls(vpc()), Acls)[0].id.to_string(), w.text("/source/network_acl"));
    assert_eq!(read!(w, Q::Routes(vpc()), Routes)[0].id, w.text("/source/route_table"));
    assert!(read!(w, Q::Endpoints(vpc()), Endpoints).is_empty());
    assert_eq!(read!(w, Q::Subnets(vec![w.text("/source/subnets/0").into()]), Subnets)[0].zone, w.text("/source/zone"));
    assert_eq!(read!(w, Q::Vpcs(vpc()), Vpcs)[0].ipv4, ["10.0.0.0/16"]);
    let addresses = read!(w, Q::Addresses(w.text("/source/instance").into()), Document);
    assert_eq!(addresses["addresses"][0]["public"], w.text("/source/elastic_ip/address"));
    read!(w, Q::FlowLogs(vec![w.text("/source/vpc"), w.text("/source/subnets/0")]), Document);
}

fn storage(w: &World) {
    let id = || w.text("/source/instance").into();
    let volumes = read!(w, Q::AttachedVolumes(id()), Volumes);
    assert_eq!(volumes.len(), 3);
    assert_eq!(volumes.iter().filter(|volume| volume.key.is_some()).count(), 2);
    let root = || w.text("/source/volumes/root").into();
    let named = read!(w, Q::Volumes(vec![root(), "vol-0000000000000dead".into()]), Volumes);
    assert_eq!(named.iter().map(|volume| volume.id.clone()).collect::<Vec<_>>(), [root()]);
    assert!(read!(w, Q::DetachedVolumes(id()), Detached).whole);
    assert!(read!(w, Q::CaseSnapshots("c1".into()), Snapshots).is_empty());
    assert!(read!(w, Q::PendingSnapshots(vec![root()]), Snapshots).is_empty());
    assert!(read!(w, Q::CaseImages("c1".into()), Images).is_empty());
    let key = read!(w, Q::Key(w.text("/source/customer_key").into()), Key);
    assert!(key.enabled && !key.aws_managed);
}

fn role(w: &World) {
    let id = || w.text("/source/instance").into();
    let ties = read!(w, Q::ProfileAssociations(id()), Associations);
    assert_eq!(ties[0].profile.as_str(), w.text("/source/profile_arn"));
    let role = read!(w, Q::Profile(w.text("/source/profile_name")), Profile).role.expect("the profile holds a role");
    assert_eq!(role.arn.as_str(), w.text("/source/instance_role_arn"));
    assert!(role.trust.contains("ec2.amazonaws.com") && role.id.starts_with("AROA"), "{role:?}");
    let policies = read!(w, Q::RolePolicies(role.name.clone()), RolePolicies);
    assert!(policies.inline[0].document.contains("s3:GetObject"));
    assert_eq!(policies.attached[0].as_str(), w.text("/source/managed_policy"));
    assert_eq!(read!(w, Q::RolePolicy(role.name.clone(), "no-such".into()), Policy), None);
    let sharers = read!(w, Q::RoleSharers(role.name), RoleSharers);
    assert_eq!((sharers.profiles.len(), sharers.instances.len()), (1, 2));
}

fn traffic(w: &World) {
    let id = || w.text("/source/instance").into();
    let membership = read!(w, Q::Membership(id()), Membership).expect("a member");
    assert!(membership.in_service());
    let group = read!(w, Q::ScalingGroup(membership.group), ScalingGroup);
    assert_eq!((group.min, group.desired, group.members.len()), (1, 2, 2));
    assert!(group.checks_balancers() && group.classic_balancers == ["classic"]);
    let classic = read!(w, Q::ClassicBalancers(id()), Classic);
    assert_eq!(classic[0].instances.len(), 2);
    assert_eq!(read!(w, Q::TargetGroups, TargetGroups).len(), 25, "more than one page");
    let by_id = || w.text("/source/target_groups/by_id").into();
    let health = read!(w, Q::TargetHealth(by_id()), TargetHealth);
    let ours = health.iter().filter(|target| target.registration.id == w.text("/source/instance"));
    assert_eq!(ours.count(), 2, "one instance on two ports");
    read!(w, Q::TargetGroupSettings(by_id()), TargetGroupSettings);
}

fn traces(w: &World) {
    let id = || w.text("/source/instance").into();
    assert_eq!(read!(w, Q::KillerAlarms(id()), Alarms), [w.text("/source/alarm")]);
    assert!(read!(w, Q::ConsoleOutput(id()), Document)["instance"].is_string());
    assert!(read!(w, Q::ConsoleScreenshot(id()), Document)["image"].is_string());
    assert_eq!(read!(w, Q::SsmRegistration(id()), Document)["registered"], false);
    let session = read!(w, Q::SessionEvents(id()), Document);
    assert_eq!((&session["events"][0]["eventName"], &session["more"]), (&"ListBuckets".into(), &false.into()));
}
