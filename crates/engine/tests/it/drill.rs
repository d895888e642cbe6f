//! Whole runs.

use crate::stage::Stage;
use casebook::entry::CaseStatus;
use casebook::query::Side;
use casebook::step::{Phase, StepName, StepStatus};
use casebook::verdict::{CredentialVerdict, NetworkVerdict};
use std::collections::BTreeSet;

#[test]
fn the_web_tier_is_contained() {
    let stage = Stage::new("web-tier", Phase::Contain);
    let end = stage.drive();
    assert_eq!((end.status, end.gaps, end.refused, end.interrupted), (CaseStatus::Done, 0, None, false));
    let finish = stage.outcome();
    assert_eq!(finish.status, CaseStatus::Done);
    assert_eq!(finish.network, NetworkVerdict::NewFlowsBlocked);
    assert_eq!(finish.credentials, CredentialVerdict::Revoked);
    assert!(finish.steps.values().all(|status| *status == StepStatus::Done), "{finish:?}");
    let calls = stage.range.calls();
    assert_eq!(end.calls.values().sum::<u64>(), calls.len() as u64, "every request is counted, and no other");
}

#[test]
fn the_web_tier_comes_into_custody() {
    let stage = Stage::new("web-tier", Phase::Custody);
    let end = stage.drive();
    assert_eq!((end.status, end.gaps), (CaseStatus::Done, 0), "{}", end.reason);
    let finish = stage.outcome();
    assert!(finish.steps.values().all(|status| *status == StepStatus::Done), "{finish:?}");
    let session = stage.case();
    let case = session.case();
    let sides = |side| case.blocks.iter().filter(move |((of, _), _)| *of == side).map(|(_, record)| record);
    let manifests = |side| sides(side).map(|record| record.manifest.as_ref().expect("sealed").sha256.clone());
    let copies: BTreeSet<String> = manifests(Side::Forensic).collect();
    assert_eq!(copies.len(), 3);
    assert_eq!(copies, manifests(Side::Source).collect(), "every copy equals its source");
}

#[test]
fn capturing_alone_changes_nothing() {
    let stage = Stage::new("web-tier", Phase::Capture);
    let before = stage.range.with_world(|world| format!("{:?}{:?}", world.compute, world.network.groups));
    let end = stage.drive();
    assert_eq!(end.status, CaseStatus::Done);
    let after = stage.range.with_world(|world| format!("{:?}{:?}", world.compute, world.network.groups));
    assert_eq!(before, after);
    assert_eq!(stage.outcome().steps.into_iter().collect::<Vec<_>>(), [(StepName::Capture, StepStatus::Done)]);
}

#[test]
fn driving_a_finished_case_again_changes_nothing_more() {
    let stage = Stage::new("web-tier", Phase::Contain);
    stage.drive();
    let sent = || -> Vec<_> { stage.case().case().attempts.values().map(|attempt| attempt.sent).collect() };
    let (first, before) = (stage.outcome(), sent());
    stage.drive();
    assert_eq!(stage.outcome(), first);
    assert_eq!(sent(), before, "nothing was sent again");
}
