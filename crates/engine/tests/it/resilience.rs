//! Containment in bad company: an operator who stops in the wrong moment, throttling, permissions that
//! come later, an attacker who plugs in where others would be hurt, a gate that stays closed.

use casebook::effect::{Effect, SourceEffect};
use casebook::entry::{CaseStatus, Entry};
use casebook::fault::{Fault, FaultClass};
use casebook::gate::Gate;
use casebook::settings::{ScalingPolicy, TrackedConnections};
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use engine::{Event, Stop, Watcher};
use jiff::SignedDuration;
use range::Injection;
use range::proof::{Failure, Trial};

/// Stops the run once the window is open.
struct StopsInTheWindow(Stop);

impl Watcher for StopsInTheWindow {
    fn saw(&mut self, event: &Event<'_>) {
        if let Event::Waiting { why, .. } = event
            && why.contains("open window")
            && self.0.times() == 0
        {
            self.0.wish();
        }
    }
}

fn converting(through: Phase) -> Trial {
    let mut trial = Trial::new("web-tier", through);
    trial.settings.policy.tracked_connections = TrackedConnections::Convert;
    trial.approve(Gate::OpenWindow);
    trial
}

/// How many rules the groups have in which the target's interfaces are.
fn open_rules(trial: &Trial) -> usize {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let cards = world.network.interfaces.values().filter(|card| card.shown.instance.as_ref() == Some(&target));
        let groups = cards.flat_map(|card| card.shown.groups.clone());
        groups.filter_map(|id| world.network.groups.get(&id)).map(|group| group.shown.rules.len()).sum()
    })
}

fn verdicts(trial: &Trial) -> Vec<NetworkVerdict> {
    let entries = trial.entries().into_iter();
    entries.filter_map(|entry| if let Entry::Verdict(verdict) = entry { Some(verdict.network) } else { None }).collect()
}

fn denied(call: &'static str) -> Injection {
    Injection::before(call, Fault::new(FaultClass::Denied, "UnauthorizedOperation", "not authorized"))
}

#[test]
fn a_stop_closes_an_open_window_first() {
    let trial = converting(Phase::Contain);
    let end = trial.attempt(Failure::Never, &mut StopsInTheWindow(trial.stop.clone())).expect("ends");
    assert!(end.interrupted);
    assert_eq!(open_rules(&trial), 0, "the run ended with the window open");
    assert_eq!(trial.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked);
}

#[test]
fn the_ledger_calls_the_network_open_while_the_window_is() {
    let trial = converting(Phase::Contain);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    let said = verdicts(&trial);
    let closed = said.iter().position(|verdict| *verdict == NetworkVerdict::NewFlowsBlocked).expect("was closed");
    assert!(said[closed..].contains(&NetworkVerdict::Open), "{said:?}");
    assert_eq!(said.last(), Some(&NetworkVerdict::NewFlowsBlocked), "{said:?}");
}

/// Failed tries are not reverts: the limit of reverts must not keep a window open.
#[test]
fn throttled_tries_do_not_use_up_the_closing() {
    let trial = converting(Phase::Contain);
    let slow = Fault::new(FaultClass::Throttled, "RequestLimitExceeded", "slow down");
    trial.range.inject(Injection::before("ec2:ModifyNetworkInterfaceAttribute", slow).times(10));
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert_eq!(open_rules(&trial), 0);
}

/// What the first run might not read is no absence for the second.
#[test]
fn a_gap_of_the_capture_is_filled_when_the_permission_is_there() {
    for call in ["ec2:DescribeNetworkInterfaces", "ec2:DescribeIamInstanceProfileAssociations"] {
        let trial = Trial::new("web-tier", Phase::Contain);
        trial.range.inject(denied(call).times(1));
        trial.drive();
        let end = trial.drive();
        assert_eq!(end.status, CaseStatus::Done, "{call}: {}", end.reason);
        assert_eq!(end.gaps, 0, "{call}");
        assert_eq!(trial.case().case().verdict.credentials, CredentialVerdict::Revoked, "{call}");
        assert_eq!(trial.case().case().step_status(StepName::Revoke), Some(StepStatus::Done), "{call}");
        let said = trial.case().case().steps[&StepName::Capture].entry.warnings.concat();
        assert!(!said.contains("not captured"), "{call}: {said}");
    }
}

/// Approved for the subnets shown; the attacker then plugs into one of others.
#[test]
fn a_subnet_that_the_attacker_plugs_into_is_not_cut() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.approve(Gate::SubnetNacl);
    assert_eq!(trial.drive().status, CaseStatus::Done);
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let cards = world.network.interfaces.values().find(|card| card.shown.instance.as_ref() == Some(&target));
        let mut card = cards.expect("an interface").clone();
        let mut subnet = world.network.subnets[&card.shown.subnet].clone();
        subnet.id = "subnet-0b00c000000000001".into();
        card.shown.subnet = subnet.id.clone();
        card.shown.id = "eni-0a77ac4e400000001".into();
        let acl = world.network.acls.values_mut().find(|acl| acl.shown.vpc == subnet.vpc && acl.shown.tags.is_empty());
        let mut tie =
            acl.as_ref().expect("an ACL of the VPC").shown.associations.first().cloned().unwrap_or(
                casebook::scene::network::AclAssociation { id: "aclassoc-1".into(), subnet: subnet.id.clone() },
            );
        tie.id = "aclassoc-0b00c000000000001".into();
        tie.subnet = subnet.id.clone();
        acl.expect("an ACL of the VPC").shown.associations.push(tie);
        world.network.subnets.insert(subnet.id.clone(), subnet);
        world.network.interfaces.insert(card.shown.id.clone(), card);
    });
    trial.drive();
    let acls = trial.range.with_world(|world| {
        let holds = |acl: &&range::world::acls::AclRecord| {
            acl.shown.associations.iter().any(|tie| tie.subnet.as_str() == "subnet-0b00c000000000001")
        };
        world.network.acls.values().filter(holds).map(|acl| acl.shown.tags.clone()).collect::<Vec<_>>()
    });
    assert!(acls.iter().all(|tags| !tags.contains_key("impound:case")), "{acls:?}");
    assert_eq!(open_rules(&trial), 0, "the new interface is isolated all the same");
}

/// A gate stops only what stands behind it.
#[test]
fn a_closed_gate_of_the_group_stops_neither_the_role_nor_custody() {
    let mut trial = Trial::new("web-tier", Phase::Custody);
    trial.settings.policy.asg = ScalingPolicy::DetachDecrement;
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let group = world.scaling.groups.values_mut().find(|group| group.members.contains_key(&target));
        let group = group.expect("the target's group");
        group.shown.min = group.shown.desired;
    });
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Waiting, "{}", end.reason);
    let case = trial.case();
    let status = |step| case.case().step_status(step);
    for step in [StepName::Revoke, StepName::Image, StepName::Share, StepName::Copy, StepName::Rebuild] {
        assert_eq!(status(step), Some(StepStatus::Done), "{step}");
    }
    for step in [StepName::Isolate, StepName::Detach] {
        assert_eq!(status(step), Some(StepStatus::Waiting), "{step}");
    }
}

/// Six reverts in a row are enough for the moment, and no reason to give up for good.
#[test]
fn reverts_are_answered_again_by_the_next_run() {
    struct Reverter(range::Range, u32);
    impl Watcher for Reverter {
        fn saw(&mut self, event: &Event<'_>) {
            let Event::Wrote { entry: Entry::Outcome(_), .. } = event else { return };
            let target = self.0.target().instance;
            self.0.with_world(|world| {
                let open = world.network.groups.values().find(|group| !group.shown.rules.is_empty());
                let open = open.map(|group| group.shown.id.clone());
                let cards = world.network.interfaces.values_mut();
                for card in cards.filter(|card| card.shown.instance.as_ref() == Some(&target)) {
                    card.shown.groups = open.iter().cloned().collect();
                }
            });
            self.1 += 1;
        }
    }
    let trial = Trial::new("web-tier", Phase::Contain);
    let end = trial.attempt(Failure::Never, &mut Reverter(trial.range.clone(), 0)).expect("ends");
    assert_eq!(end.status, CaseStatus::Held, "{}", end.reason);
    assert_eq!(trial.case().case().verdict.network, NetworkVerdict::Open);
    let sent = |entry: &Entry| matches!(entry, Entry::Intent(intent) if matches!(intent.effect, Effect::Source(SourceEffect::SetInterfaceGroups { .. })));
    assert!(trial.entries().iter().filter(|entry| sent(entry)).count() < 60, "it does not race for ever");
    trial.pass(SignedDuration::from_secs(120));
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert_eq!(open_rules(&trial), 0);
}
