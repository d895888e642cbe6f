//! Whole runs.

use casebook::entry::CaseStatus;
use casebook::query::Side;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use range::proof::Trial;
use std::collections::BTreeSet;

#[test]
fn the_web_tier_is_contained() {
    let trial = Trial::new("web-tier", Phase::Contain);
    let end = trial.drive();
    assert_eq!((end.status, end.gaps, end.refused, end.interrupted), (CaseStatus::Done, 0, None, false));
    let finish = trial.outcome();
    assert_eq!(finish.status, CaseStatus::Done);
    assert_eq!(finish.network, NetworkVerdict::NewFlowsBlocked);
    assert_eq!(finish.credentials, CredentialVerdict::Revoked);
    assert!(finish.steps.values().all(|status| *status == StepStatus::Done), "{finish:?}");
    let calls = trial.range.calls();
    assert_eq!(end.calls.values().sum::<u64>(), calls.len() as u64, "every request is counted, and no other");
}

#[test]
fn the_web_tier_comes_into_custody() {
    let trial = Trial::new("web-tier", Phase::Custody);
    let end = trial.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 0), "{}", end.reason);
    let finish = trial.outcome();
    assert!(finish.steps.values().all(|status| *status == StepStatus::Done), "{finish:?}");
    let session = trial.case();
    let case = session.case();
    let sides = |side| case.blocks.iter().filter(move |((of, _), _)| *of == side).map(|(_, record)| record);
    let manifests = |side| sides(side).map(|record| record.manifest.as_ref().expect("sealed").sha256.clone());
    let copies: BTreeSet<String> = manifests(Side::Forensic).collect();
    assert_eq!(copies.len(), 3);
    assert_eq!(copies, manifests(Side::Source).collect(), "every copy equals its source");
}

#[test]
fn capturing_alone_changes_nothing() {
    let trial = Trial::new("web-tier", Phase::Capture);
    let before = trial.range.with_world(|world| format!("{:?}{:?}", world.compute, world.network.groups));
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done);
    let after = trial.range.with_world(|world| format!("{:?}{:?}", world.compute, world.network.groups));
    assert_eq!(before, after);
    assert_eq!(trial.outcome().steps.into_iter().collect::<Vec<_>>(), [(StepName::Capture, StepStatus::Done)]);
}

#[test]
fn driving_a_finished_case_again_changes_nothing_more() {
    let trial = Trial::new("web-tier", Phase::Contain);
    trial.drive();
    let sent = || -> Vec<_> { trial.case().case().attempts.values().map(|attempt| attempt.sent).collect() };
    let (first, before) = (trial.outcome(), sent());
    trial.drive();
    assert_eq!(trial.outcome(), first);
    assert_eq!(sent(), before, "nothing was sent again");
}
