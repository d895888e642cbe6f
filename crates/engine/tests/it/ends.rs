//! How a run ends: done, waiting for a person, or held, and which of them is said first.

use casebook::entry::{Approved, CaseStatus, Entry, Person};
use casebook::gate::Gate;
use casebook::step::{Phase, StepName, StepStatus};
use engine::{RunEnd, end_of};
use range::proof::Trial;

/// The web tier's instance as a protected asset.
fn protected(through: Phase) -> Trial {
    let mut trial = Trial::new("web-tier", through);
    trial.settings.policy.protected_instances = vec![trial.range.target().instance.to_string()];
    trial
}

fn asked(trial: &Trial) -> Vec<Gate> {
    let gate = |entry| if let Entry::Asked(asked) = entry { Some(asked.gate) } else { None };
    trial.entries().into_iter().filter_map(gate).collect()
}

#[test]
fn a_closed_gate_is_asked_once_and_waited_for() {
    let trial = protected(Phase::Contain);
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Waiting);
    assert!(end.reason.contains("protected-asset"), "{}", end.reason);
    assert_eq!(asked(&trial), [Gate::ProtectedAsset], "four steps stand at it, and it is asked once");
    let steps = trial.outcome().steps;
    assert_eq!((steps[&StepName::Snapshot], steps[&StepName::Isolate]), (StepStatus::Done, StepStatus::Waiting));
}

#[test]
fn an_approval_lets_the_case_go_on() {
    let trial = protected(Phase::Contain);
    trial.drive();
    let mut session = trial.case();
    let digest = session.case().asked[&Gate::ProtectedAsset].digest.clone();
    let approved = Approved { gate: Gate::ProtectedAsset, digest, by: Person::default() };
    session.append(trial.now(), &[Entry::Approved(approved)]).expect("written");
    assert_eq!(trial.drive().status, CaseStatus::Done);
}

#[test]
fn missing_forensic_settings_hold_only_custody() {
    let mut trial = Trial::new("web-tier", Phase::Custody);
    trial.settings.forensic = None;
    let end = trial.drive();
    assert_eq!((end.status, end.refused), (CaseStatus::Held, None));
    let steps = trial.outcome().steps;
    assert_eq!((steps[&StepName::Isolate], steps[&StepName::Image]), (StepStatus::Done, StepStatus::Done));
    assert_eq!(steps[&StepName::Share], StepStatus::Failed);
}

#[test]
fn what_a_person_can_approve_is_said_before_what_failed() {
    let mut trial = protected(Phase::Custody);
    trial.settings.forensic = None;
    let RunEnd { status, reason, .. } = trial.drive();
    assert_eq!(status, CaseStatus::Waiting);
    let (gate, failure) = (reason.find("protected-asset"), reason.find("share: "));
    assert!(gate.is_some() && gate < failure, "{reason}");
}

#[test]
fn a_plan_without_steps_is_done() {
    let trial = Trial::new("web-tier", Phase::Capture);
    trial.drive();
    let (status, reason) = end_of(&casebook::next::Next::default(), trial.case().case());
    assert_eq!((status, reason.as_str()), (CaseStatus::Done, "everything through the phase `capture` is done"));
}
