//! Snapshot: one crash-consistent set of every EBS volume, at one point in time
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
//!
//! Before: the capture's first tier. After: every volume that is attached, was attached when the
//! case was opened, or was detached since and still exists, has a completed, locked snapshot
//! tagged with the case. The point in time is fixed when the request is accepted, so nothing waits
//! for the completion but custody.
//!
//! What can go wrong: no client token, so a lost answer is looked up by tag before a second set is
//! asked for; five pending snapshots a volume is the limit (waited for, it may be the attacker's
//! doing); a snapshot that ends in `error` (a new one is asked for); an attacker who detaches a
//! volume first (found through its DetachVolume event). What is only in memory or in instance
//! store is not in any snapshot.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::Case;
use crate::effect::SourceEffect;
use crate::id::{SnapshotId, VolumeId};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::storage::{Snapshot, SnapshotState, Volume};
use crate::step::{Phase, StepName};
use crate::tags;
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Snapshot,
    title: "one crash-consistent set of snapshots of every EBS volume, locked",
    undo: "none: snapshots are evidence; release leaves them, locked",
    plan,
    prepare: None,
    release: None,
    source_actions: &[
        "ec2:CreateSnapshot",
        "ec2:CreateSnapshots",
        "ec2:CreateTags",
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshots",
        "ec2:DescribeVolumes",
        "ec2:LockSnapshot",
        "cloudtrail:LookupEvents",
    ],
    forensic_actions: &[],
};

/// How often pending snapshots are looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(15);

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let (attached, snapshots) = (agenda.attached_volumes(&case.target.instance), agenda.case_snapshots(&case.id));
    agenda.passable = all_requested(agenda);
    let (Some(attached), Some(snapshots)) = (attached, snapshots) else { return };
    let ours = originals(snapshots);
    let mut wanted = at_stake(case, attached);
    if missing(&wanted, &ours).is_empty() {
        wanted.extend(detached(agenda));
    }
    if wanted.is_empty() {
        agenda.skip("the instance has no EBS volume; what is in instance store can not be snapshotted");
        return;
    }
    let missing = missing(&wanted, &ours);
    if !missing.is_empty() {
        request(agenda, attached, &ours, missing);
        return;
    }
    lock(agenda, &ours);
    complete(agenda, &ours);
}

/// Whether the request was read back for every volume known: that fixes the point in time, and
/// is what others wait for.
fn all_requested(agenda: &Agenda<'_>) -> bool {
    let case = agenda.view.case;
    let volumes = agenda.view.scene.last(&S::AttachedVolumes(case.target.instance.clone()).into());
    let snapshots = agenda.view.scene.last(&S::CaseSnapshots(case.id.clone()).into());
    match (volumes, snapshots) {
        (Some(Reading::Volumes(volumes)), Some(Reading::Snapshots(snapshots))) => {
            missing(&at_stake(case, volumes), &originals(snapshots)).is_empty()
        }
        _ => false,
    }
}

fn missing<'v>(wanted: &'v BTreeSet<VolumeId>, ours: &[&Snapshot]) -> Vec<&'v VolumeId> {
    wanted.iter().filter(|volume| !ours.iter().any(|snapshot| snapshot.volume == **volume)).collect()
}

/// The snapshots of the set: not of the image, not re-encrypted ones, not failed ones.
pub(crate) fn originals(snapshots: &[Snapshot]) -> Vec<&Snapshot> {
    let ours = |s: &&Snapshot| s.tags.get(tags::STEP).is_some_and(|step| step == StepName::Snapshot.as_str());
    snapshots.iter().filter(ours).filter(|s| s.state != SnapshotState::Error).collect()
}

/// The volumes attached now, or when the case was opened.
pub(crate) fn at_stake(case: &Case, attached: &[Volume]) -> BTreeSet<VolumeId> {
    let mut volumes: BTreeSet<VolumeId> = attached.iter().map(|volume| volume.id.clone()).collect();
    let before = case.baseline.scene.last(&S::AttachedVolumes(case.target.instance.clone()).into());
    if let Some(Reading::Volumes(before)) = before {
        volumes.extend(before.iter().map(|volume| volume.id.clone()));
    }
    volumes
}

/// Volumes that someone detached from the instance and that still exist.
fn detached(agenda: &mut Agenda<'_>) -> BTreeSet<VolumeId> {
    let target = &agenda.view.case.target.instance;
    match agenda.read_or_gap(S::DetachedVolumes(target.clone())) {
        Some(Ok(Reading::Volumes(detached))) => detached.iter().map(|volume| volume.id.clone()).collect(),
        Some(Err(fault)) => {
            agenda.warn(format!(
                "volumes detached before the case was opened could not be looked for ({fault}); look for DetachVolume events of {target} by hand"
            ));
            BTreeSet::new()
        }
        _ => BTreeSet::new(),
    }
}

fn request(agenda: &mut Agenda<'_>, attached: &[Volume], ours: &[&Snapshot], missing: Vec<&VolumeId>) {
    let case = agenda.view.case;
    let description = format!("impound case {}: {}", case.id, case.target.instance);
    let tags = tags::of(&case.id, StepName::Snapshot.as_str());
    let check = S::CaseSnapshots(case.id.clone());
    if ours.is_empty() && !attached.is_empty() {
        let instance = case.target.instance.clone();
        agenda.act(SourceEffect::CreateSnapshots { instance, description, tags }, check);
        return;
    }
    for volume in missing {
        let (volume, description, tags) = (volume.clone(), description.clone(), tags.clone());
        agenda.act(SourceEffect::CreateSnapshot { volume, description, tags }, check.clone());
    }
}

/// A lock works on pending snapshots too; its duration starts at their completion
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/lock-snapshot.html>).
fn lock(agenda: &mut Agenda<'_>, ours: &[&Snapshot]) {
    let days = agenda.view.case.settings.policy.lock_days;
    if days == 0 {
        agenda.warn("snapshots are not locked: policy.lock_days is 0");
        return;
    }
    let ids: Vec<SnapshotId> = ours.iter().map(|snapshot| snapshot.id.clone()).collect();
    let Some(locks) = agenda.locks(&ids) else { return };
    for id in &ids {
        if !locks.iter().any(|lock| lock.snapshot == *id && lock.holds()) {
            agenda.act(SourceEffect::LockSnapshot { snapshot: id.clone(), days }, S::Locks(ids.clone()));
        }
    }
}

fn complete(agenda: &mut Agenda<'_>, ours: &[&Snapshot]) {
    let case = agenda.view.case;
    let pending: Vec<_> = ours.iter().filter(|snapshot| snapshot.state == SnapshotState::Pending).collect();
    if pending.is_empty() {
        agenda.prove(format!("{} snapshots read back as completed", ours.len()));
    } else if case.through <= Phase::Contain {
        agenda.prove(format!("{} snapshots requested; their completion belongs to the phase preserve", ours.len()));
    } else {
        let progress: Vec<_> = pending.iter().map(|s| format!("{} {} %", s.id, s.progress_percent)).collect();
        agenda.poll(S::CaseSnapshots(case.id.clone()), LOOK, format!("snapshots to complete: {}", progress.join(", ")));
    }
}
