use super::*;
use crate::fault::FaultClass;
use crate::scene::Tick;
use crate::scene::scaling::Membership;
use crate::tags;
use crate::testkit::things::{group, instance, interface, scaling_group};
use crate::testkit::{ACCOUNT, Bench, INSTANCE, settings, titles};

const OURS: &str = "sg-quarantine";

/// An instance whose interface is open, with a quarantine group that is ready, and the membership read.
fn ready(member: Option<&str>) -> Bench {
    let mut bench = Bench::new(settings());
    let tags = tags::with(tags::of(&"case-1".into(), "isolate"), tags::QUARANTINE, "true");
    bench.know(S::QuarantineGroups, Reading::Groups(vec![group(OURS, "vpc-1", ACCOUNT, tags)]));
    bench.know(S::Routes(vec!["vpc-1".into()]), Reading::Routes(vec![]));
    bench.know(S::ScalingGroup(scaling_group().name), Reading::ScalingGroup(scaling_group().into()));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    show(&mut bench, "sg-web");
    let member = member.map(|lifecycle| Membership {
        group: scaling_group().name,
        lifecycle: lifecycle.to_owned(),
        health: "HEALTHY".to_owned(),
        protected: false,
    });
    bench.know(membership(), Reading::Membership(member));
    bench
}

fn show(bench: &mut Bench, group: &str) {
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &[group])]));
}

fn membership() -> Query {
    S::Membership(INSTANCE.into()).into()
}

fn cut() -> SourceEffect {
    SourceEffect::SetInterfaceGroups { interface: "eni-1".into(), groups: vec![OURS.into()] }
}

/// Cut once, and put back into its old group by somebody, a while later.
fn opened_again(member: Option<&str>) -> Bench {
    let mut bench = ready(member);
    bench.done(StepName::Isolate, &cut().into(), &[]);
    bench.later(60);
    show(&mut bench, "sg-web");
    bench
}

#[test]
fn an_interface_is_closed_by_a_membership_that_was_just_read() {
    let mut bench = ready(None);
    bench.later(4);
    assert_eq!(bench.plan(&CARD).perform, [cut().into()]);
    bench.later(1);
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.observe.contains(&membership()), "{:?}", titles(&agenda));
    bench.know(membership(), Reading::Membership(None));
    assert_eq!(bench.plan(&CARD).perform, [cut().into()]);
}

#[test]
fn a_member_in_service_leaves_first() {
    for (lifecycle, closes) in [("InService", false), ("Pending", false), ("Detaching", true), ("Standby", true)] {
        let bench = ready(Some(lifecycle));
        assert_eq!(bench.plan(&CARD).perform.len(), usize::from(closes), "{lifecycle}");
    }
}

/// A flood of the question keeps nothing open that was closed before; what was never closed waits for an answer.
#[test]
fn a_membership_that_fails_right_after_an_answer_does_not_hold_up_closing_again() {
    for (mut bench, closes) in [(opened_again(None), true), (ready(None), false)] {
        bench.know(membership(), Reading::Membership(None));
        let flooded = Fault::new(FaultClass::Throttled, "Throttling", "Rate exceeded");
        bench.scene.learn(membership(), Err(flooded), Tick(99), bench.now);
        let agenda = bench.plan(&CARD);
        let said = (agenda.perform.len(), titles(&agenda));
        assert_eq!(said.0 == 1, closes, "{said:?}");
    }
}

/// The verdict goes by the groups: unread, it would repeat what an earlier run had read (seed 87307 of the range).
#[test]
fn the_groups_are_read_where_the_instance_can_not_be() {
    let mut bench = Bench::new(settings());
    show(&mut bench, OURS);
    bench.deny(S::Instance(INSTANCE.into()));
    assert!(bench.plan(&CARD).observe.contains(&S::QuarantineGroups.into()));
}

/// An instance in two VPCs: one has a quarantine group, in the other none may be made.
fn half_ready() -> Bench {
    let mut bench = ready(None);
    let elsewhere = Interface { vpc: "vpc-2".into(), subnet: "subnet-2".into(), ..interface("eni-2", &["sg-other"]) };
    let both = Reading::Interfaces(vec![interface("eni-1", &["sg-web"]), elsewhere]);
    bench.capture(S::Interfaces(INSTANCE.into()), both.clone());
    bench.know(S::Interfaces(INSTANCE.into()), both);
    bench.know(S::Routes(vec!["vpc-1".into(), "vpc-2".into()]), Reading::Routes(vec![]));
    let making = bench.plan(&CARD).perform;
    let [make, close] = making.as_slice() else { panic!("{making:?}") };
    assert_eq!(*close, cut().into(), "one waits for no other");
    bench.refused(StepName::Isolate, make);
    bench
}

#[test]
fn what_can_be_closed_is_closed_where_another_interface_has_no_group() {
    let bench = half_ready();
    let agenda = bench.plan(&CARD);
    assert_eq!((&agenda.perform[..], agenda.holds.len()), (&[cut().into()][..], 1));
    let [tag, gate] = agenda.warnings.as_slice() else { panic!("{:?}", agenda.warnings) };
    assert!(tag.contains("vpc-2") && !tag.contains("vpc-1") && tag.contains("impound:quarantine=true"), "{tag}");
    assert!(gate.contains("impound approve case-1 subnet-nacl"), "{gate}");
}

#[test]
fn subnets_that_may_be_cut_are_cut_where_there_is_no_group() {
    let mut bench = half_ready();
    bench.approve(Gate::SubnetNacl, "");
    let vpcs = [VpcId::from("vpc-1"), VpcId::from("vpc-2")];
    bench.capture(S::Acls(vpcs.to_vec()), Reading::Acls(vec![]));
    for (vpc, subnet) in vpcs.iter().zip(["subnet-1", "subnet-2"]) {
        bench.know(S::Acls(vec![vpc.clone()]), Reading::Acls(vec![]));
        bench.know(S::SubnetMembers(subnet.into()), Reading::Neighbours(vec![]));
    }
    let agenda = bench.plan(&CARD);
    let cuts = agenda.perform.iter().filter(|effect| effect.actions().contains(&"ec2:CreateNetworkAcl"));
    assert_eq!((cuts.count(), agenda.perform.len(), agenda.warnings.len()), (2, 3, 1), "{:?}", titles(&agenda));
}
