//! How a run ends: done, waiting for a person, or held, and which of them is said first.

use crate::stage::Stage;
use casebook::entry::{Approved, CaseStatus, Entry, Person};
use casebook::gate::Gate;
use casebook::step::{Phase, StepName, StepStatus};
use engine::{RunEnd, end_of};

/// The web tier's instance as a protected asset.
fn protected(through: Phase) -> Stage {
    let mut stage = Stage::new("web-tier", through);
    stage.settings.policy.protected_instances = vec![stage.range.target().instance.to_string()];
    stage
}

fn asked(stage: &Stage) -> Vec<Gate> {
    let gate = |entry| if let Entry::Asked(asked) = entry { Some(asked.gate) } else { None };
    stage.entries().into_iter().filter_map(gate).collect()
}

#[test]
fn a_closed_gate_is_asked_once_and_waited_for() {
    let stage = protected(Phase::Contain);
    let end = stage.drive();
    assert_eq!(end.status, CaseStatus::Waiting);
    assert!(end.reason.contains("protected-asset"), "{}", end.reason);
    assert_eq!(asked(&stage), [Gate::ProtectedAsset], "four steps stand at it, and it is asked once");
    let steps = stage.outcome().steps;
    assert_eq!((steps[&StepName::Snapshot], steps[&StepName::Isolate]), (StepStatus::Done, StepStatus::Waiting));
}

#[test]
fn an_approval_lets_the_case_go_on() {
    let stage = protected(Phase::Contain);
    stage.drive();
    let mut session = stage.case();
    let digest = session.case().asked[&Gate::ProtectedAsset].digest.clone();
    let approved = Approved { gate: Gate::ProtectedAsset, digest, by: Person::default() };
    session.append(stage.now(), &[Entry::Approved(approved)]).expect("written");
    assert_eq!(stage.drive().status, CaseStatus::Done);
}

#[test]
fn missing_forensic_settings_hold_only_custody() {
    let mut stage = Stage::new("web-tier", Phase::Custody);
    stage.settings.forensic = None;
    let end = stage.drive();
    assert_eq!((end.status, end.refused), (CaseStatus::Held, None));
    let steps = stage.outcome().steps;
    assert_eq!((steps[&StepName::Isolate], steps[&StepName::Image]), (StepStatus::Done, StepStatus::Done));
    assert_eq!(steps[&StepName::Share], StepStatus::Failed);
}

#[test]
fn what_a_person_can_approve_is_said_before_what_failed() {
    let mut stage = protected(Phase::Custody);
    stage.settings.forensic = None;
    let RunEnd { status, reason, .. } = stage.drive();
    assert_eq!(status, CaseStatus::Waiting);
    let (gate, failure) = (reason.find("protected-asset"), reason.find("share: "));
    assert!(gate.is_some() && gate < failure, "{reason}");
}

#[test]
fn a_plan_without_steps_is_done() {
    let stage = Stage::new("web-tier", Phase::Capture);
    stage.drive();
    let (status, reason) = end_of(&casebook::next::Next::default(), stage.case().case());
    assert_eq!((status, reason.as_str()), (CaseStatus::Done, "everything through the phase `capture` is done"));
}
