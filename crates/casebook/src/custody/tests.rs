use super::*;
use crate::evidence::{Evidence, EvidenceKind as Kind, EvidenceState as State};
use crate::query::{ForensicQuery as F, SourceQuery as S};
use crate::reading::Reading;
use crate::step::{StepName, StepStatus};
use crate::testkit::stage::{both_copies, copied, copies, preserved, secured, shared, sources};
use crate::testkit::things::{derived, image, image_copy, sharing, snapshot};
use crate::testkit::{Bench, FORENSIC, INSTANCE, SHARE_KEY, settings};

fn item(bench: &Bench, id: &str) -> Evidence {
    let found = index(bench.view()).items.into_iter().find(|item| item.id == id);
    found.unwrap_or_else(|| panic!("no item {id}"))
}

#[test]
fn a_state_rises_only_with_what_was_read_back() {
    let mut bench = preserved(settings());
    assert_eq!((item(&bench, "snap-1").state, item(&bench, "snap-1").sha256), (State::Completed, None));
    bench.know(S::SnapshotSharing("snap-1".into()), Reading::Sharing(sharing(&[FORENSIC, "999999999999"])));
    assert_eq!(item(&bench, "snap-1").state, State::Completed, "shared with others too");
    let mut bench = shared(settings());
    assert_eq!(item(&bench, "snap-1").state, State::Shared);
    assert_eq!(item(&bench, "ami-2").state, State::Shared);
    copies(&mut bench, both_copies());
    let copy = item(&bench, "snap-c1");
    assert_eq!((copy.state, copy.locked, copy.account.as_str()), (State::Copied, false, FORENSIC));
    let bench = copied(settings());
    let copy = item(&bench, "snap-c2");
    assert_eq!((copy.state, copy.locked), (State::Verified, true));
    assert_eq!((copy.source.as_deref(), copy.sha256.as_deref()), (Some("snap-2"), Some("sha-snap-2")));
    assert_eq!(item(&bench, "snap-2").sha256.as_deref(), Some("sha-snap-2"));
}

/// Whoever may tag can write our tags on anything.
#[test]
fn what_is_only_tagged_like_ours_is_no_evidence() {
    let mut bench = preserved(settings());
    let forged = [snapshot("snap-f1", "vol-1"), derived("snap-f2", "share", "snap-2", SHARE_KEY)];
    sources(&mut bench, forged.into());
    let images = ["ami-1", "ami-golden"].map(|id| image(id, "original", &[]));
    bench.know(S::CaseImages("case-1".into()), Reading::Images(images.into()));
    let items = index(bench.view()).items;
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).filter(|id| *id != "scene").collect();
    assert_eq!(ids, ["snap-1", "snap-2", "ami-1"]);
}

#[test]
fn a_copy_that_differs_is_not_verified() {
    let mut bench = copied(settings());
    bench.manifest(Side::Forensic, "snap-c2", "other");
    assert_eq!(item(&bench, "snap-c2").state, State::Copied);
}

#[test]
fn nothing_is_missing_when_every_chain_is_whole() {
    let custody = index(secured().view());
    assert_eq!(custody.missing, Vec::<String>::new());
    assert!(custody.prove(&"case-1".into()).is_some());
}

#[test]
fn each_volume_says_what_it_lacks() {
    let mut bench = secured();
    copies(&mut bench, both_copies()[..1].to_vec());
    let custody = index(bench.view());
    assert_eq!(custody.missing.len(), 1);
    assert!(
        custody.missing[0].starts_with("vol-2: the forensic account has no copy of snap-2"),
        "{:?}",
        custody.missing
    );
    assert!(custody.prove(&"case-1".into()).is_none());
}

#[test]
fn a_machine_without_volumes_is_never_secured() {
    let mut bench = Bench::new(settings());
    assert!(index(bench.view()).missing[0].contains("was never read"));
    bench.know(S::AttachedVolumes(INSTANCE.into()), Reading::Volumes(vec![]));
    assert!(index(bench.view()).missing[0].contains("no EBS volume"));
}

/// What the ledger holds stands in until AWS was read again; then AWS counts.
#[test]
fn the_ledger_stands_in_for_what_was_not_read() {
    let full = secured();
    let items = index(full.view()).items;
    let mut bench = Bench::new(settings());
    for item in &items {
        bench.write(&crate::entry::Entry::Evidence(item.clone()));
    }
    let cloud = |items: Vec<Evidence>| items.into_iter().filter(|i| i.kind != Kind::Scene).collect::<Vec<_>>();
    assert_eq!(cloud(index(bench.view()).items), cloud(items));
    copies(&mut bench, vec![]);
    assert!(index(bench.view()).items.iter().all(|item| item.id != "snap-c1"));
}

#[test]
fn the_order_of_aws_does_not_change_the_digest() {
    let mut bench = secured();
    let before = index(bench.view()).digest();
    let mut turned = both_copies();
    turned.reverse();
    copies(&mut bench, turned);
    assert_eq!(index(bench.view()).digest(), before);
    bench.know(F::CaseImages("case-1".into()), Reading::Images(vec![image_copy("ami-d", "ami-2")]));
    assert_ne!(index(bench.view()).digest(), before);
}

#[test]
fn the_scene_gets_its_digest_when_the_capture_is_done() {
    let mut bench = Bench::new(settings());
    bench.capture(S::SerialConsole, Reading::Flag(true));
    assert_eq!((item(&bench, "scene").state, item(&bench, "scene").sha256), (State::Requested, None));
    bench.step(StepName::Capture, StepStatus::Done);
    let first = item(&bench, "scene").sha256.expect("a digest");
    assert_eq!((first.len(), &first), (64, &scene_digest(&bench.case)));
    bench.capture(S::SerialConsole, Reading::Flag(false));
    assert_ne!(scene_digest(&bench.case), first);
}

#[test]
fn only_what_was_read_to_its_end_and_has_no_manifest_is_to_be_sealed() {
    let mut bench = Bench::new(settings());
    for (snapshot, next) in [("snap-1", None), ("snap-2", Some(4)), ("snap-3", None)] {
        bench.run(Side::Source, snapshot, 0, next);
    }
    bench.manifest(Side::Source, "snap-3", "sha");
    assert_eq!(unsealed(&bench.case), [(Side::Source, "snap-1".into())]);
}
