use super::*;
use crate::effect::Capacity;
use crate::entry::{Captured, Entry};
use crate::scene::instance::{Instance, InstanceState};
use crate::step::StepName;
use crate::testkit::things::{instance, scaling_group};
use crate::testkit::{Bench, INSTANCE, denied, settings, titles};

fn plan(bench: &Bench) -> Agenda<'_> {
    let mut agenda = Agenda::new(bench.view());
    release(&mut agenda);
    agenda
}

fn member(lifecycle: &str, protected: bool) -> Reading {
    let (lifecycle, health) = (lifecycle.into(), "HEALTHY".into());
    Reading::Membership(Some(Membership { group: "web".into(), lifecycle, health, protected }))
}

fn group(suspended: &[&str]) -> Reading {
    let suspended = suspended.iter().map(|process| (*process).to_owned()).collect();
    Reading::ScalingGroup(Box::new(ScalingGroup { suspended, ..scaling_group() }))
}

fn detach() -> SourceEffect {
    SourceEffect::DetachFromGroup { group: "web".into(), instance: INSTANCE.into(), capacity: Capacity::Keep }
}

fn suspend() -> SourceEffect {
    let processes = vec!["ReplaceUnhealthy".to_owned(), "Terminate".to_owned()];
    SourceEffect::SuspendProcesses { group: "web".into(), processes }
}

fn stage(now: Reading, suspended: &[&str]) -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1"]))));
    bench.know(S::Membership(INSTANCE.into()), now);
    bench.know(S::ScalingGroup("web".into()), group(suspended));
    bench
}

fn captured(mut bench: Bench, before: Reading) -> Bench {
    bench.capture(S::Membership(INSTANCE.into()), before);
    bench
}

#[test]
fn standby_by_somebody_else_is_left_and_said() {
    let mut bench = captured(stage(member("Standby", false), &["Terminate"]), member("InService", false));
    bench.done(StepName::Detach, &suspend().into(), &[]);
    let agenda = plan(&bench);
    assert!(agenda.warnings.iter().any(|line| line.contains("in standby in web, where this case did not put it")));
    let processes = vec!["Terminate".to_owned()];
    assert_eq!(agenda.perform, [SourceEffect::ResumeProcesses { group: "web".into(), processes }.into()]);
}

#[test]
fn standby_by_this_case_ends() {
    let mut bench = captured(stage(member("Standby", false), &[]), member("InService", false));
    let (group, instance) = (ScalingGroupName::from("web"), INSTANCE.into());
    let enter = SourceEffect::EnterStandby { group: group.clone(), instance, capacity: Capacity::Decrement };
    bench.done(StepName::Detach, &enter.into(), &[]);
    let exit = SourceEffect::ExitStandby { group, instance: INSTANCE.into() };
    assert_eq!(plan(&bench).perform, [exit.into()]);
}

#[test]
fn a_protection_that_somebody_took_off_is_not_set_again() {
    let bench = captured(stage(member("InService", false), &[]), member("InService", true));
    assert!(plan(&bench).perform.is_empty(), "this case never took the member out");
    let mut bench = bench;
    bench.done(StepName::Detach, &detach().into(), &[]);
    assert!(titles(&plan(&bench))[0].contains("scale-in"), "leaving dropped it");
    bench.know(S::Membership(INSTANCE.into()), member("Pending", false));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty() && agenda.moves(), "AWS refuses it until the member serves");
}

#[test]
fn a_member_of_another_group_stays_there() {
    let mut bench = captured(stage(Reading::Membership(None), &[]), member("InService", false));
    bench.done(StepName::Detach, &detach().into(), &[]);
    let (lifecycle, health) = ("Standby".into(), "HEALTHY".into());
    let other = Membership { group: "green".into(), lifecycle, health, protected: false };
    bench.know(S::Membership(INSTANCE.into()), Reading::Membership(Some(other)));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty() && agenda.warnings[0].contains("is in green meanwhile"), "{:?}", agenda.warnings);
}

/// The membership could not be captured: our own call names the group.
#[test]
fn an_uncaptured_member_goes_back_into_the_group_we_took_it_from() {
    let mut bench = stage(Reading::Membership(None), &[]);
    let query = S::Membership(INSTANCE.into()).into();
    bench.write(&Entry::Captured(Captured { query, reading: None, gap: Some(denied()), artefacts: vec![] }));
    assert!(plan(&bench).skipped.is_some(), "nothing was changed");
    bench.done(StepName::Detach, &detach().into(), &[]);
    let agenda = plan(&bench);
    let attach = SourceEffect::AttachToGroup { group: "web".into(), instance: INSTANCE.into() };
    assert_eq!(agenda.perform, [attach.into()]);
    assert!(agenda.warnings[0].contains("protected from scale-in in web could not be read"), "{:?}", agenda.warnings);
}

#[test]
fn a_group_is_resumed_when_the_instance_is_gone() {
    let mut bench = captured(stage(Reading::Membership(None), &["Terminate"]), member("InService", true));
    bench.done(StepName::Detach, &suspend().into(), &[]);
    bench.done(StepName::Detach, &detach().into(), &[]);
    let machine = Instance { state: InstanceState::Terminated, ..instance(&[]) };
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(machine)));
    let processes = vec!["Terminate".to_owned()];
    assert_eq!(plan(&bench).perform, [SourceEffect::ResumeProcesses { group: "web".into(), processes }.into()]);
    bench.know(S::ScalingGroup("web".into()), group(&[]));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty() && !agenda.is_open(), "not attached again: {:?}", titles(&agenda));
}
