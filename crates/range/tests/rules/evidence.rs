//! What others do to the evidence, and what stands against it.

use crate::support::{apply, ask, case_tags, cloud, instance, make, pass, target, volumes};
use casebook::effect::{ForensicEffect as F, SourceEffect as S};
use casebook::fault::Fault;
use casebook::id::SnapshotId;
use casebook::query::{ForensicQuery, SourceQuery};
use casebook::reading::Reading;
use casebook::scene::storage::{Snapshot, SnapshotState};
use range::Range;
use range::world::attack::Administrator;
use range::world::disposal::OrphanCopy;

fn act<T>(range: &Range, act: impl FnOnce(&mut Administrator<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    range.with_world(|world| act(&mut world.administrator("mallory")))
}

fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.expect_err("AWS refuses it").code
}

fn snapshots(range: &Range) -> Vec<SnapshotId> {
    let set = S::CreateSnapshots { instance: target(range), description: "test".into(), tags: case_tags() };
    apply(range, set).expect("allowed").ids.iter().map(|id| SnapshotId::from(id.as_str())).collect()
}

fn copies(range: &Range) -> Vec<Snapshot> {
    match ask(range, ForensicQuery::CaseSnapshots("c1".into())) {
        Reading::Snapshots(found) => found,
        other => panic!("{other:?}"),
    }
}

/// A shared snapshot of the lone instance and the order to copy it.
fn copy(range: &Range, snapshot: &SnapshotId) {
    let (with, key) = (range.briefing().forensic_account.clone(), range.briefing().forensic_key.clone());
    make(range, S::ShareSnapshot { snapshot: snapshot.clone(), with });
    make(range, F::CopySnapshot { snapshot: snapshot.clone(), key, description: "test".into(), tags: case_tags() });
}

#[test]
fn a_locked_snapshot_stays_until_somebody_unlocks_it() {
    let range = cloud("lone");
    let snapshot = snapshots(&range).remove(0);
    make(&range, S::LockSnapshot { snapshot: snapshot.clone(), days: 30 });
    assert_eq!(code(act(&range, |m| m.delete_snapshot(&snapshot))), "OperationNotPermitted", "pending ones too");
    pass(&range, 600);
    assert_eq!(code(act(&range, |m| m.delete_snapshot(&snapshot))), "OperationNotPermitted");
    act(&range, |m| m.unlock_snapshot(&snapshot)).expect("governance mode opens");
    assert_eq!(code(act(&range, |m| m.unlock_snapshot(&snapshot))), "SnapshotLock.NotFound");
    act(&range, |m| m.delete_snapshot(&snapshot)).expect("nothing keeps it");
    assert_eq!(code(act(&range, |m| m.delete_snapshot(&snapshot))), "InvalidSnapshot.NotFound");
}

#[test]
fn an_image_keeps_its_snapshots() {
    let range = cloud("lone");
    let image = make(&range, S::CreateImage { instance: target(&range), name: "img".into(), tags: case_tags() });
    let Reading::Images(held) = ask(&range, SourceQuery::CaseImages("c1".into())) else { panic!("images") };
    let behind = held[0].disks[0].snapshot.clone().expect("it has one");
    assert_eq!(code(act(&range, |m| m.delete_snapshot(&behind))), "InvalidSnapshot.InUse");
    act(&range, |m| m.deregister_image(&image.as_str().into())).expect("nothing keeps an image");
    act(&range, |m| m.delete_snapshot(&behind)).expect("no image uses it");
}

#[test]
fn a_copy_fails_when_a_key_that_it_needs_is_disabled() {
    let range = cloud("web-tier");
    let key = range.with_world(|world| {
        let volume = world
            .storage
            .volumes
            .values()
            .find(|volume| volume.shown.attachments.iter().any(|held| held.device == "/dev/xvdf"));
        volume.expect("the customer's disk").shown.key.clone().expect("encrypted")
    });
    let wanted = volumes(&range)[1].clone();
    let taken = snapshots(&range);
    pass(&range, 600);
    let Reading::Snapshots(held) = ask(&range, SourceQuery::CaseSnapshots("c1".into())) else { panic!("snapshots") };
    let snapshot = held.into_iter().find(|held| held.volume == wanted && taken.contains(&held.id)).expect("taken").id;
    copy(&range, &snapshot);
    act(&range, |m| m.disable_key(&key)).expect("it is the account's own");
    let failed = copies(&range).remove(0);
    assert_eq!((failed.state, failed.state_message.as_str()), (SnapshotState::Error, "Given key ID is not accessible"));
    let set = S::CreateSnapshot { volume: wanted, description: "test".into(), tags: case_tags() };
    apply(&range, set).expect("an attached volume's key is in memory");
    let default = held_default_key(&range);
    assert_eq!(code(act(&range, |m| m.disable_key(&default))), "AccessDeniedException", "AWS's own key");
}

fn held_default_key(range: &Range) -> casebook::id::Arn {
    range.with_world(|world| {
        world.storage.keys.values().find(|key| key.shown.aws_managed).expect("the web tier has it").shown.arn.clone()
    })
}

#[test]
fn a_finished_copy_outlives_everything_in_the_other_account() {
    let range = cloud("lone");
    let snapshot = snapshots(&range).remove(0);
    pass(&range, 600);
    copy(&range, &snapshot);
    pass(&range, 600);
    act(&range, |m| m.unshare_snapshot(&snapshot)).expect("allowed");
    act(&range, |m| m.delete_snapshot(&snapshot)).expect("it is not locked");
    assert_eq!(copies(&range)[0].state, SnapshotState::Completed);
}

#[test]
fn a_copy_under_way_loses_its_source_in_both_readings() {
    let deletes = |m: &mut Administrator<'_>, id: &SnapshotId| m.delete_snapshot(id);
    let withdraws = |m: &mut Administrator<'_>, id: &SnapshotId| m.unshare_snapshot(id);
    for (reading, end) in [(OrphanCopy::Finishes, SnapshotState::Completed), (OrphanCopy::Fails, SnapshotState::Error)]
    {
        for loss in [deletes as fn(&mut Administrator<'_>, &SnapshotId) -> Result<(), Fault>, withdraws] {
            let range = cloud("lone");
            range.with_world(|world| world.settings.orphan_copy = reading);
            let snapshot = snapshots(&range).remove(0);
            pass(&range, 600);
            copy(&range, &snapshot);
            act(&range, |m| loss(m, &snapshot)).expect("allowed");
            pass(&range, 600);
            assert_eq!(copies(&range)[0].state, end, "{reading:?}");
        }
    }
}

#[test]
fn a_withdrawn_share_leaves_nothing_to_copy() {
    let range = cloud("lone");
    let snapshot = snapshots(&range).remove(0);
    pass(&range, 600);
    copy(&range, &snapshot);
    act(&range, |m| m.unshare_snapshot(&snapshot)).expect("allowed");
    let key = range.briefing().forensic_key.clone();
    let again = F::CopySnapshot { snapshot: snapshot.clone(), key, description: "test".into(), tags: case_tags() };
    assert_eq!(crate::support::refused(&range, again).1, "InvalidSnapshot.NotFound");
    let stranger = casebook::id::AccountId::from("333333333333");
    act(&range, |m| m.share_snapshot(&snapshot, &stranger)).expect("allowed");
    let Reading::Sharing(sharing) = ask(&range, SourceQuery::SnapshotSharing(snapshot)) else { panic!("sharing") };
    assert_eq!(sharing.accounts, [stranger]);
}

#[test]
fn a_detached_volume_is_missing_from_the_set_and_cloudtrail_knows() {
    let range = cloud("web-tier");
    let held = volumes(&range);
    assert_eq!(code(act(&range, |m| m.detach_volume(&held[0]))), "OperationNotPermitted", "the root volume");
    assert_eq!(code(act(&range, |m| m.delete_volume(&held[1]))), "VolumeInUse");
    act(&range, |m| m.detach_volume(&held[1])).expect("a data volume");
    assert_eq!(snapshots(&range).len(), 2, "the set is what is attached");
    let Reading::Detached(detached) = ask(&range, SourceQuery::DetachedVolumes(target(&range))) else {
        panic!("detached")
    };
    assert_eq!(detached.volumes.iter().map(|volume| volume.id.clone()).collect::<Vec<_>>(), [held[1].clone()]);
    assert_eq!(code(act(&range, |m| m.detach_volume(&held[1]))), "IncorrectState");
    let early = S::CreateSnapshot { volume: held[1].clone(), description: "test".into(), tags: case_tags() };
    let early = SnapshotId::from(make(&range, early).as_str());
    act(&range, |m| m.delete_volume(&held[1])).expect("it is attached to nothing");
    pass(&range, 600);
    let Reading::Snapshots(kept) = ask(&range, SourceQuery::CaseSnapshots("c1".into())) else { panic!("snapshots") };
    let early = kept.iter().find(|held| held.id == early).expect("accepted before");
    assert_eq!(early.state, SnapshotState::Completed, "what was accepted outlives the volume");
    assert_eq!(instance(&range).block_devices.len(), 2);
}

#[test]
fn an_account_has_a_hundred_pending_snapshots_at_most() {
    let range = cloud("big-account");
    let all: Vec<_> = range.with_world(|world| world.storage.volumes.keys().cloned().collect());
    let snapshot = |volume: &casebook::id::VolumeId| S::CreateSnapshot {
        volume: volume.clone(),
        description: "test".into(),
        tags: case_tags(),
    };
    for volume in &all[..100] {
        apply(&range, snapshot(volume)).expect("within the limit");
    }
    assert_eq!(crate::support::refused(&range, snapshot(&all[100])).1, "PendingSnapshotLimitExceeded");
    pass(&range, 600);
    apply(&range, snapshot(&all[100])).expect("the others are done");
}

/// The block at an index of a completed snapshot, as the EBS direct APIs tell it.
fn block(range: &Range, snapshot: &SnapshotId, index: i32) -> Option<u8> {
    range.with_world(|world| {
        let content = &world.storage.snapshots[snapshot].content;
        content.iter().find(|(held, _)| *held == index).map(|(_, pattern)| *pattern)
    })
}

fn of_volume(range: &Range, taken: &[SnapshotId], volume: &casebook::id::VolumeId) -> SnapshotId {
    let found =
        range.with_world(|world| taken.iter().find(|id| world.storage.snapshots[*id].shown.volume == *volume).cloned());
    found.expect("the set has one of each volume")
}

/// A database writes its log on one volume, and then the data on another.
#[test]
fn a_set_of_snapshots_holds_one_moment_and_single_snapshots_do_not() {
    let range = cloud("web-tier");
    let held = volumes(&range);
    let write = |volume: usize, pattern| range.with_world(|world| world.write_block(&held[volume], 7, pattern));
    let single = |volume: usize| {
        let effect = S::CreateSnapshot { volume: held[volume].clone(), description: "test".into(), tags: case_tags() };
        SnapshotId::from(make(&range, effect).as_str())
    };
    assert!(write(0, 1) && write(1, 1));
    let snapshots = snapshots(&range);
    let set = [0, 1].map(|volume| of_volume(&range, &snapshots, &held[volume]));
    let log = single(0);
    assert!(write(0, 2) && write(1, 2));
    let data = single(1);
    assert_eq!((block(&range, &set[0], 7), block(&range, &set[1], 7)), (Some(1), Some(1)), "as it was when accepted");
    assert_eq!((block(&range, &log, 7), block(&range, &data, 7)), (Some(1), Some(2)), "torn: data without its log");
    crate::support::take_out(&range);
    range.with_world(|world| world.administrator("ops").stop(&target(&range))).expect("allowed");
    pass(&range, 30);
    assert!(!write(0, 3), "nothing writes on a stopped instance's volumes");
    let content = range.with_world(|world| world.storage.volumes[&held[0]].content.clone());
    assert!(content.contains(&(7, 2)) && !content.contains(&(7, 3)));
}

#[test]
fn a_guest_keeps_writing_while_it_runs() {
    let range = cloud("web-tier");
    range.with_world(|world| world.keep_writing(&target(&range), jiff::SignedDuration::from_secs(10)));
    let contents = || {
        let held = volumes(&range);
        range.with_world(|world| held.iter().map(|id| world.storage.volumes[id].content.clone()).collect::<Vec<_>>())
    };
    let mut last = contents();
    for _ in 0..5 {
        pass(&range, 10);
        let now = contents();
        assert!(now.iter().zip(&last).all(|(now, last)| now != last), "every volume, every time");
        last = now;
    }
    crate::support::take_out(&range);
    range.with_world(|world| world.administrator("ops").stop(&target(&range))).expect("allowed");
    pass(&range, 30);
    let stopped = contents();
    pass(&range, 30);
    assert_eq!(contents(), stopped);
}
