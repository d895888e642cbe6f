use super::*;
use crate::entry::{Approved, Asked, Entry, Intent, Outcome, Person};
use crate::fault::Fault;
use crate::scene::instance::{BlockDevice, Instance};
use crate::step::StepStatus;
use crate::steps::protect;
use crate::testkit::stage::{protections, secured};
use crate::testkit::things::instance;
use crate::testkit::{Bench, INSTANCE, denied, titles};

/// Sent for the instance of the bench, as far as this module looks.
fn end() -> Effect {
    SourceEffect::terminate_nothing().into()
}

fn failed(bench: &mut Bench, fault: Fault) {
    let intent = bench.write(&Entry::Intent(Intent { step: StepName::Terminate, effect: end() }));
    bench.write(&Entry::Outcome(Outcome { intent, made: None, fault: Some(fault) }));
}

fn server_error() -> Fault {
    Fault::new(FaultClass::Unknown, "InternalError", "an internal error has occurred")
}

fn seen(bench: &mut Bench, state: InstanceState) {
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(Instance { state, ..instance(&["vol-1"]) })));
}

/// The last change touches the instance: its reading is old.
fn unread(bench: &mut Bench) {
    bench.scene.forget(&S::Instance(INSTANCE.into()).into());
}

fn approve(bench: &mut Bench) {
    let asked = Asked { gate: Gate::Terminate, step: StepName::Terminate, exposure: vec![], digest: "seen".into() };
    bench.write(&Entry::Asked(asked));
    bench.write(&Entry::Approved(Approved { gate: Gate::Terminate, digest: "seen".into(), by: Person::default() }));
}

fn isolation_rests(bench: &Bench) -> bool {
    rests(bench.view(), StepName::Isolate)
}

#[test]
fn a_vague_answer_rests_only_until_the_instance_is_seen_alive() {
    let mut bench = secured();
    failed(&mut bench, server_error());
    unread(&mut bench);
    assert!(isolation_rests(&bench), "it may be gone");
    seen(&mut bench, InstanceState::Running);
    assert!(!isolation_rests(&bench), "it stands: it is contained as before");
    seen(&mut bench, InstanceState::ShuttingDown);
    assert!(isolation_rests(&bench));
}

#[test]
fn a_denial_after_a_vague_answer_abandons_nothing() {
    let mut bench = secured();
    failed(&mut bench, server_error());
    failed(&mut bench, denied());
    assert!(!isolation_rests(&bench));
    unread(&mut bench);
    assert!(!isolation_rests(&bench), "AWS has refused it, whatever is read");
}

#[test]
fn an_accepted_end_rests_while_it_becomes_visible() {
    let mut bench = secured();
    bench.done(StepName::Terminate, &end(), &[]);
    seen(&mut bench, InstanceState::Running);
    assert!(isolation_rests(&bench), "AWS may show the end late");
    bench.later(30);
    seen(&mut bench, InstanceState::Running);
    assert!(!isolation_rests(&bench));
    seen(&mut bench, InstanceState::Terminated);
    assert!(isolation_rests(&bench) && !rests(bench.view(), StepName::Terminate));
}

/// Somebody may take the deny off again, and what was stolen works until it expires.
#[test]
fn the_deny_is_kept_up_until_no_session_can_be_valid_any_more() {
    let mut bench = secured();
    bench.done(StepName::Terminate, &end(), &[]);
    seen(&mut bench, InstanceState::Terminated);
    let revoke_rests = |bench: &Bench| rests(bench.view(), StepName::Revoke);
    assert!(isolation_rests(&bench) && !revoke_rests(&bench));
    bench.later(SESSIONS_LAST.as_secs() - 1);
    assert!(!revoke_rests(&bench));
    bench.later(1);
    seen(&mut bench, InstanceState::Terminated);
    assert!(revoke_rests(&bench));
    seen(&mut bench, InstanceState::Running);
    assert!(!revoke_rests(&bench), "it stands, and gives out credentials");
}

/// The intent is written before the call, and so is its effect under way.
#[test]
fn protect_rests_from_the_moment_the_end_is_sent() {
    let mut bench = secured();
    bench.busy.effects.insert(end());
    assert!(rests(bench.view(), StepName::Protect) && !isolation_rests(&bench));
}

#[test]
fn a_lost_answer_rests_under_way_and_is_looked_after_in_the_next_run() {
    let mut bench = secured();
    bench.lost(StepName::Terminate, &end());
    bench.busy.effects.insert(end());
    assert!(isolation_rests(&bench) && rests(bench.view(), StepName::Protect));
    bench.busy.effects.clear();
    bench.resume();
    unread(&mut bench);
    assert!(isolation_rests(&bench), "the step `terminate` reads it first");
    seen(&mut bench, InstanceState::Running);
    assert!(!isolation_rests(&bench));
}

/// Resumed through an earlier phase, nobody looks for the end.
#[test]
fn an_end_that_is_no_longer_planned_does_not_stop_containment() {
    let mut bench = secured();
    failed(&mut bench, server_error());
    seen(&mut bench, InstanceState::Running);
    unread(&mut bench);
    assert!(isolation_rests(&bench));
    bench.case.through = Phase::Contain;
    assert!(!isolation_rests(&bench));
}

fn off(attribute: Attribute) -> Effect {
    protection(INSTANCE.into(), attribute, Switch::Off).into()
}

#[test]
fn protect_rests_only_while_something_is_lifted() {
    let mut bench = secured();
    approve(&mut bench);
    assert!(!rests(bench.view(), StepName::Protect), "approved, and nothing lifted");
    bench.done(StepName::Terminate, &off(Attribute::StopProtection), &[]);
    assert!(rests(bench.view(), StepName::Protect));
    let on: Effect = protection(INSTANCE.into(), Attribute::StopProtection, Switch::On).into();
    bench.done(StepName::Terminate, &on, &[]);
    assert!(!rests(bench.view(), StepName::Protect), "put back");
    bench.done(StepName::Terminate, &off(Attribute::StopProtection), &[]);
    assert!(rests(bench.view(), StepName::Protect), "lifted again");
}

/// Nobody was asked, somebody was asked and has agreed to something else, or the end is not planned now.
#[test]
fn protect_puts_back_what_was_lifted_without_this_approval() {
    let mut lifted = secured();
    lifted.done(StepName::Terminate, &off(Attribute::StopProtection), &[]);
    assert!(!rests(lifted.view(), StepName::Protect));
    approve(&mut lifted);
    let mut other = lifted.clone();
    other.approve(Gate::Terminate, "another");
    assert!(!rests(other.view(), StepName::Protect));
    lifted.case.through = Phase::Custody;
    assert!(!rests(lifted.view(), StepName::Protect));
}

/// A disk is set to go with the instance after the approval: terminate holds, protect mends it.
#[test]
fn a_disk_that_goes_along_after_the_approval_is_set_to_stay() {
    let mut bench = secured();
    approve(&mut bench);
    protections(&mut bench, true);
    let disk = BlockDevice { device: "/dev/sda".into(), volume: "vol-1".into(), delete_on_termination: true };
    let flipped = Instance { block_devices: vec![disk], ..instance(&[]) };
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(flipped)));
    assert!(!rests(bench.view(), StepName::Protect));
    let wanted = titles(&bench.plan(&protect::CARD)).join("; ");
    assert!(wanted.contains("/dev/sda"), "{wanted}");
}

/// What an earlier run could not do does not count any more once nothing can be valid.
#[test]
fn a_deny_that_could_not_be_kept_up_is_over_with_the_sessions() {
    let mut bench = secured();
    bench.step(StepName::Revoke, StepStatus::Failed);
    bench.done(StepName::Terminate, &end(), &[]);
    seen(&mut bench, InstanceState::Terminated);
    bench.later(SESSIONS_LAST.as_secs());
    seen(&mut bench, InstanceState::Terminated);
    let next = crate::next::next(bench.view());
    let revoke = next.steps.iter().find(|report| report.step == StepName::Revoke).expect("planned");
    assert_eq!((revoke.status, revoke.passable), (StepStatus::Skipped, true), "{}", revoke.reason);
}
