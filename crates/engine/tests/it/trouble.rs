//! Credentials that may not, networks that are not there, permissions that are missing in the middle.

use casebook::entry::CaseStatus;
use casebook::fault::FaultClass;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::NetworkVerdict;
use range::Injection;
use range::proof::{Trial, fault};

#[test]
fn an_instance_that_cannot_be_read_refuses_the_run_and_changes_nothing() {
    for class in [FaultClass::Denied, FaultClass::Network, FaultClass::NotFound] {
        let trial = Trial::new("web-tier", Phase::Custody);
        trial.range.inject(Injection::before("ec2:DescribeInstances", fault(class)).times(100));
        let end = trial.drive();
        assert_eq!(end.status, CaseStatus::Held, "{class:?} {end:?}");
        assert_eq!(
            end.refused.as_ref().map(|fault| fault.class),
            Some(class),
            "{end:?} {:#?}",
            trial.case().case().steps
        );
        assert!(trial.case().case().attempts.is_empty());
    }
}

#[test]
fn a_refused_case_goes_on_once_the_permission_is_there() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.range.inject(Injection::before("ec2:DescribeInstances", fault(FaultClass::Denied)));
    assert!(trial.drive().refused.is_some());
    let end = trial.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 0));
}

#[test]
fn a_reading_that_is_denied_is_a_named_gap() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.range.inject(Injection::before("ec2:GetConsoleScreenshot", fault(FaultClass::Denied)).times(100));
    let end = trial.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 1));
}

#[test]
fn a_throttled_capture_comes_through() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial
        .range
        .inject(Injection::before("elasticloadbalancing:DescribeTargetHealth", fault(FaultClass::Throttled)).times(7));
    let end = trial.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 0));
}

#[test]
fn a_permission_missing_in_the_middle_holds_and_resume_goes_on() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.range.inject(Injection::before("iam:PutRolePolicy", fault(FaultClass::Denied)));
    let end = trial.drive();
    assert_eq!((end.status, end.refused), (CaseStatus::Held, None));
    assert!(end.reason.contains("iam:PutRolePolicy"), "{}", end.reason);
    let held = trial.outcome();
    assert_eq!(held.steps[&StepName::Revoke], StepStatus::Failed);
    assert_eq!(held.network, NetworkVerdict::NewFlowsBlocked, "containment is kept");
    trial.drive();
    let undisturbed = Trial::new("web-tier", Phase::Contain);
    undisturbed.drive();
    assert_eq!(trial.outcome(), undisturbed.outcome());
}
