use super::*;
use crate::fault::FaultClass;
use crate::scene::Tick;
use crate::scene::network::Route;
use crate::scene::scaling::Membership;
use crate::tags;
use crate::testkit::things::{group, instance, interface, scaling_group};
use crate::testkit::{ACCOUNT, Bench, INSTANCE, settings, titles};
use crate::view::View;

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
fn half_ready(member: Option<&str>) -> Bench {
    let mut bench = ready(member);
    let both = Reading::Interfaces(vec![interface("eni-1", &["sg-web"]), elsewhere()]);
    bench.capture(S::Interfaces(INSTANCE.into()), both.clone());
    bench.know(S::Interfaces(INSTANCE.into()), both);
    bench.know(S::Routes(vec!["vpc-1".into(), "vpc-2".into()]), Reading::Routes(vec![]));
    let making = bench.plan(&CARD).perform;
    let [make] = making.as_slice() else { panic!("{making:?}") };
    bench.refused(StepName::Isolate, make);
    bench
}

fn elsewhere() -> Interface {
    Interface { vpc: "vpc-2".into(), subnet: "subnet-2".into(), ..interface("eni-2", &["sg-other"]) }
}

#[test]
fn what_can_be_closed_is_closed_where_another_interface_has_no_group() {
    let bench = half_ready(None);
    let agenda = bench.plan(&CARD);
    assert_eq!((&agenda.perform[..], agenda.holds.len()), (&[cut().into()][..], 1));
    let [tag, gate] = agenda.warnings.as_slice() else { panic!("{:?}", agenda.warnings) };
    assert!(tag.contains("vpc-2") && !tag.contains("vpc-1") && tag.contains("impound:quarantine=true"), "{tag}");
    assert!(gate.contains("subnet-1, subnet-2") && gate.contains("impound approve case-1 subnet-nacl && "), "{gate}");
}

/// Once it is closed nothing is read again and again for the other one.
#[test]
fn what_has_no_group_asks_for_nothing() {
    let mut bench = half_ready(None);
    bench.done(StepName::Isolate, &cut().into(), &[]);
    bench.later(60);
    let now = vec![interface("eni-1", &[OURS]), elsewhere()];
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(now));
    let agenda = bench.plan(&CARD);
    assert!(!agenda.moves() && agenda.holds.len() == 1, "{:?} {:?}", titles(&agenda), agenda.observe);
}

#[test]
fn a_member_in_service_is_told_first_that_no_group_can_be_had() {
    let bench = half_ready(Some("InService"));
    let agenda = bench.plan(&CARD);
    assert!(agenda.perform.is_empty() && agenda.yields.is_none() && agenda.holds.len() == 1);
}

#[test]
fn a_run_that_is_stopped_begins_nothing_for_want_of_a_group() {
    let bench = half_ready(None);
    let mut agenda = Agenda::new(View { stopping: true, ..bench.view() });
    plan(&mut agenda);
    assert!(agenda.perform.is_empty() && agenda.observe.is_empty(), "{:?}", titles(&agenda));
}

/// Nothing is said that would not help: tags that nobody can read, the subnets of others.
#[test]
fn only_ways_that_help_are_offered() {
    let mut unread = half_ready(None);
    unread.deny(S::QuarantineGroups);
    let agenda = unread.plan(&CARD);
    assert!(matches!(&agenda.warnings[..], [gate] if gate.contains("subnet-nacl")), "{:?}", agenda.warnings);
    let mut late = half_ready(None);
    late.capture(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-web"])]));
    let agenda = late.plan(&CARD);
    assert!(matches!(&agenda.warnings[..], [tag] if tag.contains("impound:quarantine")), "{:?}", agenda.warnings);
}

#[test]
fn subnets_that_may_be_cut_are_cut_where_there_is_no_group() {
    let mut bench = half_ready(None);
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

/// Of an instance that is cut in part, what stood there from the beginning and now forwards for others is asked about;
/// what was cut before, or came later, is not.
#[test]
fn an_interface_that_was_never_cut_is_asked_about() {
    let forwarding = |mut card: Interface| {
        card.source_dest_check = false;
        card
    };
    let asks = |bench: &Bench| bench.plan(&CARD).gates.iter().any(|reached| reached.gate == Gate::Router);
    let show = |bench: &mut Bench, first: Interface, second: Interface| {
        bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![first, second]));
    };
    let mut bench = half_ready(None);
    bench.done(StepName::Isolate, &cut().into(), &[]);
    show(&mut bench, interface("eni-1", &[OURS]), forwarding(elsewhere()));
    assert!(asks(&bench));
    show(&mut bench, forwarding(interface("eni-1", &["sg-web"])), elsewhere());
    assert!(!asks(&bench), "it was cut before");
    let late = forwarding(Interface { id: "eni-3".into(), ..elsewhere() });
    show(&mut bench, interface("eni-1", &[OURS]), late);
    assert!(!asks(&bench), "it came later");
}

/// What was read says enough for the first cut, though a tag has made it stale; a second one waits for what is so now.
#[test]
fn the_first_cut_goes_by_readings_that_a_tag_has_made_stale() {
    for (mut bench, cuts) in [(ready(None), true), (opened_again(None), false)] {
        bench.know(membership(), Reading::Membership(None));
        bench.scene.forget(&S::Instance(INSTANCE.into()).into());
        assert_eq!(bench.plan(&CARD).perform.len(), usize::from(cuts), "{cuts}");
    }
    let mut bare = ready(None);
    bare.know(S::QuarantineGroups, Reading::Groups(vec![]));
    bare.scene.forget(&S::Instance(INSTANCE.into()).into());
    assert!(!bare.plan(&CARD).perform.contains(&cut().into()), "there is no group yet");
}

fn asks_at_the_router(bench: &Bench) -> bool {
    bench.plan(&CARD).gates.iter().any(|reached| reached.gate == Gate::Router)
}

/// An instance of which a route leads to `target`.
fn routed(target: &str) -> Bench {
    let mut bench = ready(None);
    let route = Route { destination: "10.1.0.0/16".to_owned(), target: target.to_owned() };
    let (id, vpc, main) = ("rtb-1".to_owned(), "vpc-1".into(), true);
    let table = RouteTable { id, vpc, main, subnets: vec!["subnet-7".into()], routes: vec![route] };
    bench.know(S::Routes(vec!["vpc-1".into()]), Reading::Routes(vec![table]));
    bench
}

/// Once it is cut a route that somebody adds keeps nothing from being closed again.
#[test]
fn whose_traffic_goes_through_the_instance_is_asked_about_before_the_first_cut() {
    for (target, asks) in [(INSTANCE, true), ("eni-1", true), ("eni-9", false), ("igw-1", false)] {
        let mut bench = routed(target);
        assert_eq!(asks_at_the_router(&bench), asks, "{target}");
        bench.done(StepName::Isolate, &cut().into(), &[]);
        assert!(!asks_at_the_router(&bench), "{target}, cut before");
    }
}

#[test]
fn routes_that_can_not_be_read_are_asked_about_before_the_first_cut() {
    let mut bench = ready(None);
    bench.deny(S::Routes(vec!["vpc-1".into()]));
    assert!(asks_at_the_router(&bench));
    bench.done(StepName::Isolate, &cut().into(), &[]);
    assert!(!asks_at_the_router(&bench));
}

/// What goes through the instance was cut with its subnet.
#[test]
fn where_the_subnets_are_cut_nobody_is_asked_about_the_router() {
    let mut bench = routed(INSTANCE);
    let acl = SourceEffect::ReplaceAcl { association: "aclassoc-1".into(), acl: "acl-1".into() };
    bench.done(StepName::Isolate, &acl.into(), &[]);
    assert!(!asks_at_the_router(&bench));
}
