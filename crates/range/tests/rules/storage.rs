//! Snapshots: sets, limits, locks, shares, copies, blocks.

use crate::support::{apply, ask, case_tags, cloud, instance, make, pass, refused, target, volumes};
use casebook::effect::{ForensicEffect as F, SourceEffect as S};
use casebook::fault::FaultClass;
use casebook::id::{Arn, SnapshotId};
use casebook::query::{ForensicQuery, Query, SourceQuery};
use casebook::reading::Reading;
use casebook::scene::storage::{BlockRun, Lock, Snapshot, SnapshotState};
use range::Range;
use sha2::{Digest, Sha256};

fn set(range: &Range) -> S {
    S::CreateSnapshots { instance: target(range), description: "test".into(), tags: case_tags() }
}

/// The set's snapshots in the order of the devices.
fn snapshot_all(range: &Range) -> Vec<SnapshotId> {
    let made = apply(range, set(range)).expect("allowed").ids;
    let snapshots = found(range, SourceQuery::CaseSnapshots("c1".into()));
    let of = |volume: &casebook::id::VolumeId| {
        let own = snapshots.iter().find(|s| s.volume == *volume && made.contains(&s.id.to_string()));
        own.expect("each volume has one").id.clone()
    };
    volumes(range).iter().map(of).collect()
}

fn found(range: &Range, query: impl Into<Query>) -> Vec<Snapshot> {
    match ask(range, query) {
        Reading::Snapshots(snapshots) => snapshots,
        other => panic!("{other:?}"),
    }
}

fn copy(range: &Range, snapshot: &SnapshotId, key: &Arn) -> SnapshotId {
    SnapshotId::new(make(range, copying(snapshot, key)))
}

fn copying(snapshot: &SnapshotId, key: &Arn) -> F {
    F::CopySnapshot { snapshot: snapshot.clone(), key: key.clone(), description: "test".into(), tags: case_tags() }
}

fn share(range: &Range, snapshot: &SnapshotId) -> S {
    S::ShareSnapshot { snapshot: snapshot.clone(), with: range.briefing().forensic_account.clone() }
}

fn of_case(range: &Range, id: &SnapshotId) -> Snapshot {
    let all = found(range, ForensicQuery::CaseSnapshots("c1".into()));
    all.into_iter().find(|snapshot| snapshot.id == *id).expect("tagged in the call")
}

#[test]
fn a_set_covers_every_volume_and_grows_with_time() {
    let range = cloud("web-tier");
    snapshot_all(&range);
    let now = found(&range, SourceQuery::CaseSnapshots("c1".into()));
    assert_eq!(now.len(), 3);
    assert!(now.iter().all(|s| s.state == SnapshotState::Pending && s.progress_percent == 0));
    pass(&range, 30);
    let later = found(&range, SourceQuery::CaseSnapshots("c1".into()));
    assert!(later.iter().any(|s| s.progress_percent > 0 && s.progress_percent < 100));
    pass(&range, 600);
    let done = found(&range, SourceQuery::CaseSnapshots("c1".into()));
    assert!(done.iter().all(|s| s.state == SnapshotState::Completed && s.progress_percent == 100));
    assert_eq!(found(&range, SourceQuery::PendingSnapshots(volumes(&range))), vec![]);
}

#[test]
fn five_snapshots_of_a_volume_may_be_pending_and_a_set_is_all_or_nothing() {
    let range = cloud("web-tier");
    let root = volumes(&range).remove(0);
    for _ in 0..5 {
        let one = S::CreateSnapshot { volume: root.clone(), description: "d".into(), tags: case_tags() };
        make(&range, one);
    }
    assert_eq!(refused(&range, set(&range)), (FaultClass::Limit, "ConcurrentSnapshotLimitExceeded".into()));
    assert_eq!(found(&range, SourceQuery::CaseSnapshots("c1".into())).len(), 5);
    pass(&range, 60);
    make(&range, set(&range));
}

#[test]
fn a_lock_holds_on_a_pending_snapshot_and_its_time_begins_at_completion() {
    let range = cloud("lone");
    let id = snapshot_all(&range).remove(0);
    make(&range, S::LockSnapshot { snapshot: id.clone(), days: 30 });
    let lock = |range: &Range| match ask(range, SourceQuery::Locks(vec![id.clone()])) {
        Reading::Locks(mut locks) => locks.remove(0),
        other => panic!("{other:?}"),
    };
    let pending: Lock = lock(&range);
    assert_eq!((pending.state.as_str(), pending.until.clone(), pending.holds()), ("governance", None, true));
    pass(&range, 600);
    assert!(lock(&range).until.is_some());
    pass(&range, 31 * 86_400);
    assert!(!lock(&range).holds());
}

#[test]
fn what_is_under_the_default_key_is_not_shared() {
    let range = cloud("web-tier");
    let ids = snapshot_all(&range);
    make(&range, share(&range, &ids[0]));
    make(&range, share(&range, &ids[1]));
    assert_eq!(refused(&range, share(&range, &ids[2])).1, "OperationNotPermitted");
}

#[test]
fn the_other_account_sees_what_is_shared_without_tags() {
    let range = cloud("web-tier");
    let ids = snapshot_all(&range);
    let seen = |range: &Range| found(range, ForensicQuery::SharedSnapshots(ids.clone()));
    assert_eq!(seen(&range), vec![]);
    make(&range, share(&range, &ids[0]));
    let shared = seen(&range);
    assert_eq!((shared.len(), &shared[0].id, shared[0].tags.len()), (1, &ids[0], 0));
    let forensic = range.briefing().forensic_account.clone();
    make(&range, S::UnshareSnapshot { snapshot: ids[0].clone(), from: vec![forensic] });
    assert_eq!(seen(&range), vec![]);
}

#[test]
fn a_copy_needs_a_share_and_a_completed_source() {
    let range = cloud("lone");
    let id = snapshot_all(&range).remove(0);
    let key = range.briefing().forensic_key.clone();
    assert_eq!(refused(&range, copying(&id, &key)).1, "InvalidSnapshot.NotFound");
    make(&range, share(&range, &id));
    assert_eq!(refused(&range, copying(&id, &key)).1, "IncorrectState");
    pass(&range, 600);
    let made = copy(&range, &id, &key);
    pass(&range, 600);
    let copied = of_case(&range, &made);
    assert_eq!((copied.state, copied.volume.as_str()), (SnapshotState::Completed, "vol-ffffffff"));
    assert_eq!(copied.key, Some(key));
}

#[test]
fn a_key_out_of_reach_fails_late_and_says_why() {
    let range = cloud("web-tier");
    let ids = snapshot_all(&range);
    pass(&range, 600);
    make(&range, share(&range, &ids[1]));
    let source_key = found(&range, SourceQuery::CaseSnapshots("c1".into()))
        .into_iter()
        .find(|snapshot| snapshot.id == ids[1])
        .and_then(|snapshot| snapshot.key)
        .expect("the second is under a customer's key");
    range.with_world(|world| world.storage.keys.get_mut(&source_key).expect("there").shown.enabled = false);
    let made = copy(&range, &ids[1], &range.briefing().forensic_key.clone());
    assert_eq!(of_case(&range, &made).state, SnapshotState::Pending, "the call itself succeeds");
    pass(&range, 60);
    let failed = of_case(&range, &made);
    assert_eq!(failed.state, SnapshotState::Error);
    assert_eq!(failed.state_message, "Given key ID is not accessible");
}

#[test]
fn twenty_copies_at_a_time() {
    let range = cloud("lone");
    let id = snapshot_all(&range).remove(0);
    pass(&range, 600);
    make(&range, share(&range, &id));
    let key = range.briefing().forensic_key.clone();
    for _ in 0..20 {
        copy(&range, &id, &key);
    }
    assert_eq!(refused(&range, copying(&id, &key)), (FaultClass::Limit, "ResourceLimitExceeded".into()));
    pass(&range, 600);
    copy(&range, &id, &key);
}

fn blocks(range: &Range, query: impl Into<Query>) -> BlockRun {
    match ask(range, query) {
        Reading::Blocks(run) => run,
        other => panic!("{other:?}"),
    }
}

#[test]
fn blocks_of_a_copy_are_those_of_its_source() {
    let range = cloud("lone");
    let id = snapshot_all(&range).remove(0);
    let early = range.with_world(|world| world.answer(&SourceQuery::Blocks(id.clone(), 0).into()));
    assert_eq!(early.expect_err("pending").code, "ValidationException");
    pass(&range, 600);
    make(&range, share(&range, &id));
    let copied = copy(&range, &id, &range.briefing().forensic_key.clone());
    pass(&range, 600);
    let source = blocks(&range, SourceQuery::Blocks(id.clone(), 0));
    assert_eq!(source, blocks(&range, ForensicQuery::Blocks(copied, 0)));
    assert_eq!(source.read, source.blocks.len() as u64 + 1, "one listed block is all zeros");
    let first = range.with_world(|world| world.storage.snapshots[&id].content[0].1);
    assert_eq!(source.blocks[0].sha256, hex::encode(Sha256::digest(vec![first; 512 * 1024])));
    assert_eq!(ask(&range, SourceQuery::BlockCount(id)), Reading::Count(150));
}

#[test]
fn runs_of_blocks_follow_each_other_without_gap() {
    let range = cloud("web-tier");
    let count = 600;
    let ids = volumes(&range);
    range.with_world(|world| {
        let content = (0..count).map(|index| (index * 3, 1)).collect();
        world.storage.volumes.get_mut(&ids[0]).expect("there").content = content;
    });
    let id = snapshot_all(&range).remove(0);
    pass(&range, 600);
    let (mut from, mut indexes) = (Some(0), Vec::new());
    while let Some(next) = from {
        let run = blocks(&range, SourceQuery::Blocks(id.clone(), next));
        indexes.extend(run.blocks.iter().map(|block| block.index));
        from = run.next;
    }
    assert_eq!(indexes, (0..count).map(|index| index * 3).collect::<Vec<_>>());
}

#[test]
fn volumes_are_made_once_for_a_token() {
    let range = cloud("lone");
    let id = snapshot_all(&range).remove(0);
    pass(&range, 600);
    make(&range, share(&range, &id));
    let key = range.briefing().forensic_key.clone();
    let copied = copy(&range, &id, &key);
    pass(&range, 600);
    let create = |zone: &str| F::CreateVolume {
        snapshot: copied.clone(),
        zone: zone.into(),
        key: key.clone(),
        token: "t".into(),
        tags: case_tags(),
    };
    let first = make(&range, create("us-east-1b"));
    assert_eq!(make(&range, create("us-east-1b")), first);
    assert_eq!(refused(&range, create("us-east-1a")).1, "IdempotentParameterMismatch");
    match ask(&range, ForensicQuery::CaseVolumes("c1".into())) {
        Reading::Volumes(volumes) => assert_eq!(volumes.len(), 1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn volumes_detached_before_are_found_in_the_trail() {
    let range = cloud("web-tier");
    let volume = volumes(&range).remove(1);
    let id = target(&range);
    range.with_world(|world| {
        world.storage.volumes.get_mut(&volume).expect("there").shown.attachments.clear();
        let event = world.records.trail[0].clone();
        world.records.trail.push(range::world::documents::TrailEvent {
            name: "DetachVolume".into(),
            resources: vec![id.to_string(), volume.to_string()],
            ..event
        });
    });
    assert_eq!(instance(&range).block_devices.len(), 2);
    match ask(&range, SourceQuery::DetachedVolumes(id.clone())) {
        Reading::Detached(found) => assert_eq!((&found.volumes[0].id, found.whole), (&volume, true)),
        other => panic!("{other:?}"),
    }
}
