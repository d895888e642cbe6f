use super::*;
use crate::effect::{Effect, ForensicEffect};
use crate::gate::Gate;
use crate::query::ForensicQuery as F;
use crate::reading::Reading;
use crate::scene::enclave::Enclave;
use crate::scene::instance::{Attribute, AttributeValue, Instance, InstanceState, MetadataOptions, ShutdownBehavior};
use crate::scene::network::{Direction, Peer, PrivateAddress, Rule, SecurityGroup};
use crate::scene::storage::Volume;
use crate::settings::{ForensicSettings, Settings};
use crate::tags;
use crate::testkit::stage::copied;
use crate::testkit::things::{enclave, group, instance, interface, volume};
use crate::testkit::{Bench, FORENSIC, FORENSIC_KEY, SUBNET, holds, settings, titles};

fn rebuilt(id: &str, copy: &str) -> Volume {
    let tags = tags::with(tags::of(&"case-1".into(), "rebuild"), tags::SOURCE, copy);
    let (state, zone) = ("available".into(), "us-east-1b".into());
    Volume { state, zone, attachments: vec![], tags, ..volume(id, FORENSIC_KEY) }
}

/// Both volumes are there.
fn with_volumes() -> Bench {
    let mut bench = copied(settings());
    let volumes = vec![rebuilt("vol-a", "snap-c1"), rebuilt("vol-b", "snap-c2")];
    bench.know(F::CaseVolumes("case-1".into()), Reading::Volumes(volumes));
    bench
}

fn sealed_group() -> SecurityGroup {
    let tags = tags::with(tags::of(&"case-1".into(), "rebuild"), tags::PART, "sealed");
    group("sg-sealed", "vpc-sealed", FORENSIC, tags)
}

/// The machine as it must come up.
fn machine() -> Instance {
    Instance {
        id: "i-rebuilt".into(),
        subnet: Some(SUBNET.into()),
        public_ip: None,
        metadata: MetadataOptions::default(),
        tags: tags::of(&"case-1".into(), "rebuild"),
        ..instance(&[])
    }
}

fn running(bench: &mut Bench, machine: Instance) {
    let id = machine.id.clone();
    bench.know(F::CaseInstances("case-1".into()), Reading::Instances(vec![machine]));
    bench.know(F::CaseGroups("case-1".into()), Reading::Groups(vec![sealed_group()]));
    bench.know(F::Interfaces(id.clone()), Reading::Interfaces(vec![interface("eni-r", &["sg-sealed"])]));
    bench.know(F::ProfileAssociations(id.clone()), Reading::Associations(vec![]));
    let stop = AttributeValue::Shutdown(ShutdownBehavior::Stop);
    bench.know(F::Attribute(id, Attribute::ShutdownBehavior), Reading::Attribute(stop));
}

#[test]
fn without_a_subnet_it_holds_and_says_which_key() {
    let forensic = ForensicSettings { account: FORENSIC.into(), key: Some(FORENSIC_KEY.into()), subnet: None };
    let bench = copied(Settings { forensic: Some(forensic), ..settings() });
    assert!(holds(&bench.plan(&CARD))[0].contains("forensic.subnet_id"));
}

#[test]
fn every_copy_becomes_a_volume_in_the_subnets_zone() {
    let bench = copied(settings());
    let agenda = bench.plan(&CARD);
    let copies: Vec<_> = agenda
        .perform
        .iter()
        .map(|effect| match effect {
            Effect::Forensic(ForensicEffect::CreateVolume { snapshot, zone, key, tags, .. }) => {
                assert_eq!((zone.as_str(), key.as_str()), ("us-east-1b", FORENSIC_KEY));
                assert_eq!(tags[tags::SOURCE], snapshot.as_str());
                snapshot.to_string()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(copies, ["snap-c1", "snap-c2"]);
}

#[test]
fn a_volume_that_is_not_as_asked_for_holds() {
    let spoils: [fn(&mut Volume); 4] =
        [|v| v.zone = "us-east-1a".into(), |v| v.key = None, |v| v.size_gib = 4, |v| v.state = "error".into()];
    for spoil in spoils {
        let mut bench = with_volumes();
        let mut second = rebuilt("vol-b", "snap-c2");
        spoil(&mut second);
        bench.know(F::CaseVolumes("case-1".into()), Reading::Volumes(vec![rebuilt("vol-a", "snap-c1"), second]));
        assert!(holds(&bench.plan(&CARD))[0].contains("vol-b"));
    }
}

#[test]
fn an_open_subnet_gets_volumes_and_no_instance() {
    let mut bench = with_volumes();
    bench.approve(Gate::BootImage, "");
    let open = Enclave { dns: true, endpoints: vec!["vpce-1 (s3)".into()], ..enclave() };
    bench.know(F::Enclave(SUBNET.into()), Reading::Enclave(Box::new(open)));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.gates.is_empty() && !agenda.is_open());
    assert_eq!(agenda.warnings.len(), 2, "{:?}", agenda.warnings);
    assert!(agenda.proof[0].contains("2 volumes"));
}

#[test]
fn the_instance_is_an_offer() {
    let bench = with_volumes();
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && !agenda.is_open(), "left closed, the step is done");
    assert_eq!(agenda.gates[0].gate, Gate::BootImage);
    assert!(agenda.gates[0].exposure[0].contains("runs whatever the attacker left"));
}

#[test]
fn the_group_is_made_emptied_and_only_then_used() {
    let mut bench = with_volumes();
    bench.approve(Gate::BootImage, "");
    assert!(titles(&bench.plan(&CARD))[0].starts_with("make the security group impound-sealed-"));
    let rule = Rule {
        direction: Direction::Egress,
        protocol: "-1".into(),
        from: None,
        to: None,
        peer: Peer::Ipv4("0.0.0.0/0".into()),
    };
    let open = SecurityGroup { rules: vec![rule], ..sealed_group() };
    let imitation = SecurityGroup { id: "sg-bad".into(), owner: "999999999999".into(), ..sealed_group() };
    bench.know(F::CaseGroups("case-1".into()), Reading::Groups(vec![imitation, open]));
    assert_eq!(titles(&bench.plan(&CARD)), ["revoke 1 rules of our group sg-sealed"]);
    bench.know(F::CaseGroups("case-1".into()), Reading::Groups(vec![sealed_group()]));
    let agenda = bench.plan(&CARD);
    let [Effect::Forensic(ForensicEffect::Launch(launch))] = agenda.perform.as_slice() else {
        panic!("{:?}", titles(&agenda))
    };
    assert_eq!((launch.image.as_str(), launch.group.as_str(), launch.subnet.as_str()), ("ami-c", "sg-sealed", SUBNET));
}

#[test]
fn the_seal_is_read_again_right_before_the_start() {
    let mut bench = with_volumes();
    bench.approve(Gate::BootImage, "");
    bench.know(F::CaseGroups("case-1".into()), Reading::Groups(vec![sealed_group()]));
    bench.later(300);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty());
    assert!(agenda.observe.contains(&F::Enclave(SUBNET.into()).into()));
}

#[test]
fn an_instance_that_is_gone_is_not_started_again() {
    let mut bench = with_volumes();
    bench.approve(Gate::BootImage, "");
    bench.know(F::CaseGroups("case-1".into()), Reading::Groups(vec![sealed_group()]));
    let launch = bench.plan(&CARD).perform[0].clone();
    bench.done(StepName::Rebuild, &launch, &["i-rebuilt"]);
    bench.later(40);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.warnings[0].contains("i-rebuilt is gone"), "{:?}", agenda.warnings);
}

#[test]
fn a_machine_as_it_must_be_is_proved() {
    let mut bench = with_volumes();
    running(&mut bench, machine());
    let agenda = bench.plan(&CARD);
    assert!(!agenda.is_open(), "{:?}", holds(&agenda));
    assert!(agenda.proof[1].contains("i-rebuilt read back: no public address"));
    running(&mut bench, Instance { state: InstanceState::Pending, ..machine() });
    assert!(bench.plan(&CARD).moves());
}

#[test]
fn every_point_that_is_otherwise_holds() {
    let on = MetadataOptions { enabled: true, ..MetadataOptions::default() };
    for wrong in [
        Instance { public_ip: Some("203.0.113.9".into()), ..machine() },
        Instance { metadata: on, ..machine() },
        Instance { profile: Some("arn:aws:iam::222222222222:instance-profile/p".into()), ..machine() },
        Instance { subnet: Some("subnet-other".into()), ..machine() },
    ] {
        let mut bench = with_volumes();
        running(&mut bench, wrong);
        assert!(holds(&bench.plan(&CARD))[0].contains("i-rebuilt"));
    }
    let mut bench = with_volumes();
    running(&mut bench, machine());
    let stops = F::Attribute("i-rebuilt".into(), Attribute::ShutdownBehavior);
    bench.know(stops, Reading::Attribute(AttributeValue::Shutdown(ShutdownBehavior::Terminate)));
    assert!(holds(&bench.plan(&CARD))[0].contains("does not stop it"));
    running(&mut bench, machine());
    let mut exposed = interface("eni-r", &["sg-sealed", "sg-other"]);
    let (private, public) = ("10.9.0.5".into(), Some("203.0.113.9".into()));
    exposed.addresses = vec![PrivateAddress { private, public, allocation: None }];
    bench.know(F::Interfaces("i-rebuilt".into()), Reading::Interfaces(vec![exposed]));
    assert_eq!(holds(&bench.plan(&CARD)).len(), 2);
}
