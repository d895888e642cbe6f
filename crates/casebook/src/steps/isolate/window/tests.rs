use super::*;
use crate::effect::Effect;
use crate::entry::{Entry, Outcome};
use crate::fault::{Fault, FaultClass};
use crate::next::next;
use crate::reading::Reading;
use crate::scene::instance::{Instance, InstanceState, Tags};
use crate::step::StepStatus;
use crate::steps::isolate::CARD;
use crate::testkit::things::{group, instance, interface};
use crate::testkit::{ACCOUNT, Bench, INSTANCE, settings};
use Direction::{Egress, Ingress};
use std::slice;

const OURS: &str = "sg-quarantine";
const WINDOW: &str = "sg-window";

fn rule(direction: Direction, range: &str) -> Rule {
    Rule { direction, protocol: "-1".into(), from: None, to: None, peer: Peer::Ipv4(range.into()) }
}

fn shuts(rules: &[Rule]) -> Vec<Effect> {
    let shut = |rule: &Rule| SourceEffect::RevokeRules { group: WINDOW.into(), rules: vec![rule.clone()] }.into();
    rules.iter().map(shut).collect()
}

fn set(group: &str) -> Effect {
    SourceEffect::SetInterfaceGroups { interface: "eni-1".into(), groups: vec![group.into()] }.into()
}

fn made_by_us(id: &str, part: &str, rules: &[Rule]) -> SecurityGroup {
    let tags = tags::with(tags::of(&"case-1".into(), "isolate"), tags::QUARANTINE, part);
    SecurityGroup { rules: rules.to_vec(), ..group(id, "vpc-1", ACCOUNT, tags) }
}

fn shown(bench: &mut Bench, quarantine: bool, window: &[Rule]) {
    let ours = quarantine.then(|| group(OURS, "vpc-1", ACCOUNT, Tags::new()));
    let groups = ours.into_iter().chain([made_by_us(WINDOW, PART, window)]).collect();
    bench.know(S::QuarantineGroups, Reading::Groups(groups));
}

/// An interface that was closed, if `closed`, and is in the window that has just been opened.
fn opened(closed: bool) -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Routes(vec!["vpc-1".into()]), Reading::Routes(vec![]));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.know(S::Membership(INSTANCE.into()), Reading::Membership(None));
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &[WINDOW])]));
    shown(&mut bench, true, &everything());
    if closed {
        bench.done(StepName::Isolate, &set(OURS), &[]);
    }
    let open = SourceEffect::AuthorizeRules { group: WINDOW.into(), rules: vec![rule(Ingress, "0.0.0.0/0")] };
    bench.done(StepName::Isolate, &open.into(), &[]);
    bench.done(StepName::Isolate, &set(WINDOW), &[]);
    bench
}

fn interfaces() -> S {
    S::Interfaces(INSTANCE.into())
}

fn planned(bench: &Bench) -> Vec<Effect> {
    bench.plan(&CARD).perform
}

fn fails(bench: &mut Bench, effect: &Effect, class: FaultClass) {
    let intent = bench.lost(StepName::Isolate, effect);
    let fault = Some(Fault::new(class, "Code", "why"));
    bench.write(&Entry::Outcome(Outcome { intent, made: None, fault }));
}

#[test]
fn a_window_that_nobody_is_let_out_of_loses_its_rules_unread() {
    let mut bench = opened(true);
    bench.deny(S::QuarantineGroups);
    bench.deny(interfaces());
    assert_eq!(planned(&bench), [], "its time has not come");
    bench.later(80);
    assert_eq!(planned(&bench), [set(OURS)], "the way back comes first");
    bench.refused(StepName::Isolate, &set(OURS));
    let all = shuts(&everything());
    assert!(all.iter().all(|shut| planned(&bench).contains(shut)));
    bench.done(StepName::Isolate, &all[0], &[]);
    fails(&mut bench, &all[1], FaultClass::NotFound);
    let left = planned(&bench);
    assert!(!left.contains(&all[0]) && !left.contains(&all[1]), "it is away, or was not there");
    assert!(all[2..].iter().all(|shut| left.contains(shut)), "each by itself");
    bench.later(600);
    let left = planned(&bench);
    assert!(!left.contains(&all[0]) && !left.contains(&all[1]), "however long ago: {left:?}");
}

#[test]
fn where_its_group_is_read_it_loses_what_was_read_there_and_again_what_comes_back() {
    let mut bench = opened(true);
    let ssh = Rule { protocol: "tcp".into(), from: Some(22), to: Some(22), ..rule(Ingress, "203.0.113.0/24") };
    shown(&mut bench, true, slice::from_ref(&ssh));
    bench.deny(interfaces());
    bench.later(80);
    bench.refused(StepName::Isolate, &set(OURS));
    let shut = shuts(slice::from_ref(&ssh));
    assert_eq!(planned(&bench), shut);
    bench.done(StepName::Isolate, &shut[0], &[]);
    bench.later(120);
    shown(&mut bench, true, slice::from_ref(&ssh));
    assert_eq!(planned(&bench), shut, "somebody has put it back");
    bench.deny(S::QuarantineGroups);
    assert!(planned(&bench).iter().all(|effect| *effect != shut[0]), "unread, and it was taken away");
}

/// It was never put into another group by this case: it stood in one without rules already.
#[test]
fn a_window_without_a_way_back_loses_its_rules_when_its_time_is_over() {
    let mut bench = opened(false);
    bench.deny(interfaces());
    let soon = bench.plan(&CARD);
    assert_eq!((soon.perform.len(), soon.wakes[0].at), (0, bench.now + OPEN));
    bench.later(80);
    let agenda = bench.plan(&CARD);
    assert!(shuts(&everything()).iter().all(|shut| agenda.perform.contains(shut)));
    assert!(agenda.wakes.iter().all(|wake| wake.at > bench.now), "no wake of the past");
    assert!(
        agenda.warnings.iter().any(|line| line.contains("the rules of the open window are taken away")),
        "{:?}",
        agenda.warnings
    );
    bench.resume();
    assert!(shuts(&everything()).iter().all(|shut| planned(&bench).contains(shut)), "nor by the next run");
}

#[test]
fn a_way_back_that_is_not_found_for_a_moment_is_tried_again_and_then_the_rules_go() {
    let mut bench = opened(true);
    bench.deny(interfaces());
    bench.later(80);
    for _ in 0..3 {
        assert_eq!(planned(&bench), [set(OURS)]);
        fails(&mut bench, &set(OURS), FaultClass::NotFound);
        bench.later(20);
    }
    assert!(shuts(&everything()).iter().all(|shut| planned(&bench).contains(shut)));
}

/// Storm 79600: a flood of the call that leads back, and one rule that AWS refused to take away at first.
#[test]
fn a_rule_that_aws_refuses_to_take_away_is_tried_again_while_there_is_no_way_back() {
    let mut bench = opened(true);
    bench.deny(interfaces());
    bench.later(80);
    bench.refused(StepName::Isolate, &set(OURS));
    let all = shuts(&everything());
    fails(&mut bench, &all[0], FaultClass::Denied);
    assert!(!planned(&bench).contains(&all[0]));
    bench.later(1);
    assert_eq!(planned(&bench), all);
}

#[test]
fn where_no_group_is_left_to_go_to_the_rules_go_while_one_is_made() {
    let mut bench = opened(true);
    shown(&mut bench, false, &everything());
    let makes = |effect: &Effect| matches!(effect, Effect::Source(SourceEffect::CreateGroup { .. }));
    let early = bench.plan(&CARD);
    assert!(early.perform.iter().all(makes) && early.wakes[0].at == bench.now + OPEN);
    bench.later(80);
    shown(&mut bench, false, &everything());
    let late = planned(&bench);
    assert!(late.iter().any(makes) && shuts(&everything()).iter().all(|shut| late.contains(shut)), "{late:?}");
    assert!(!late.contains(&set(OURS)), "it is there no more");
}

#[test]
fn a_window_whose_tags_were_stripped_is_emptied_too() {
    let mut bench = opened(true);
    bench.later(80);
    bench.know(S::QuarantineGroups, Reading::Groups(vec![group(OURS, "vpc-1", ACCOUNT, Tags::new())]));
    bench.know(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[WINDOW])]));
    assert_eq!(planned(&bench), [set(OURS)]);
    bench.refused(StepName::Isolate, &set(OURS));
    assert!(shuts(&everything()).iter().all(|shut| planned(&bench).contains(shut)));
}

#[test]
fn while_the_instance_shuts_down_its_window_is_closed() {
    let mut bench = opened(true);
    bench.later(80);
    bench.step(StepName::Capture, StepStatus::Done);
    bench.know(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[WINDOW])]));
    for (state, closes) in [(InstanceState::ShuttingDown, true), (InstanceState::Terminated, false)] {
        let mut bench = bench.clone();
        let ends = Instance { state, ..instance(&[]) };
        bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(ends)));
        let plan = next(bench.view());
        assert_eq!(plan.perform.iter().any(|(_, effect)| *effect == set(OURS)), closes, "{state:?}");
    }
}

/// A connection is untracked only while both of its ways are open.
#[test]
fn with_the_first_of_its_rules_the_window_ends() {
    let told = |first: Direction, second: Direction| {
        let mut bench = opened(true);
        bench.observe(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[WINDOW])]));
        bench.later(10);
        bench.done(StepName::Isolate, &shuts(&[rule(first, "0.0.0.0/0")])[0], &[]);
        bench.later(70);
        bench.done(StepName::Isolate, &shuts(&[rule(second, "0.0.0.0/0")])[0], &[]);
        bench.done(StepName::Isolate, &set(OURS), &[]);
        bench.observe(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[OURS])]));
        let mut agenda = Agenda::new(bench.view());
        telling::tell(&mut agenda, &[interface("eni-1", &[OURS])]);
        (agenda.proof, agenda.warnings)
    };
    for (first, second) in [(Ingress, Egress), (Egress, Ingress)] {
        let (proof, warnings) = told(first, second);
        assert!(proof.is_empty() && warnings[0].contains("was not read in the open window"), "{proof:?} {warnings:?}");
    }
}

/// Rules of another group are nothing to it, nor is what else was changed.
#[test]
fn a_window_is_worth_how_long_an_interface_was_read_in_it() {
    let told = |seconds: i64| {
        let mut bench = opened(true);
        bench.observe(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[WINDOW])]));
        let other = SourceEffect::RevokeRules { group: "sg-other".into(), rules: vec![rule(Ingress, "0.0.0.0/0")] };
        bench.done(StepName::Isolate, &other.into(), &[]);
        bench.later(seconds);
        bench.done(StepName::Isolate, &set(OURS), &[]);
        bench.observe(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[OURS])]));
        let mut agenda = Agenda::new(bench.view());
        telling::tell(&mut agenda, &[interface("eni-1", &[OURS])]);
        (agenda.proof, agenda.warnings)
    };
    let (proof, warnings) = told(60);
    assert!(proof.is_empty() && warnings[0].contains("for more than 60 s"), "{proof:?} {warnings:?}");
    let (proof, warnings) = told(61);
    assert!(proof[0].contains("before 61 s had passed") && warnings.is_empty(), "{proof:?} {warnings:?}");
}

#[test]
fn a_window_that_everybody_has_left_is_deleted() {
    let mut bench = opened(true);
    bench.later(80);
    bench.done(StepName::Isolate, &set(OURS), &[]);
    bench.know(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[OURS])]));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.know(S::Membership(INSTANCE.into()), Reading::Membership(None));
    shown(&mut bench, true, &everything());
    assert_eq!(planned(&bench), [SourceEffect::DeleteGroup { group: WINDOW.into() }.into()]);
}

/// What was read of the groups before a change does not say that there is none to go to.
#[test]
fn the_rules_stay_while_the_groups_are_only_being_read_again() {
    let mut bench = opened(true);
    bench.later(80);
    bench.know(interfaces(), Reading::Interfaces(vec![interface("eni-1", &[WINDOW])]));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    shown(&mut bench, false, &everything());
    let shut = |bench: &Bench| planned(bench).contains(&shuts(&everything())[0]);
    assert!(shut(&bench), "there is no other group");
    bench.scene.forget(&S::QuarantineGroups.into());
    assert!(!shut(&bench));
}

/// Whoever wakes when its time is over closes it and does not wait for that again.
#[test]
fn a_window_whose_time_is_over_is_not_waited_for() {
    for (millis, waits) in [(-1, 1), (0, 0)] {
        let mut bench = opened(true);
        bench.deny(S::QuarantineGroups);
        bench.deny(interfaces());
        bench.now += OPEN + SignedDuration::from_millis(millis);
        let agenda = bench.plan(&CARD);
        let waiting = agenda.wakes.iter().filter(|wake| wake.why.contains("outlast")).count();
        assert_eq!((waiting, agenda.perform.len()), (waits, 1 - waits), "{millis} ms");
    }
}
