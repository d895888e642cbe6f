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
use crate::case::{Attempt, Case, Last};
use crate::effect::{Effect, SourceEffect};
use crate::fault::FaultClass;
use crate::id::{SnapshotId, VolumeId};
use crate::query::SourceQuery as S;
use crate::reading::Reading;
use crate::scene::storage::{Snapshot, SnapshotState, Volume};
use crate::step::{Phase, StepName};
use crate::tags;
use jiff::{SignedDuration, Timestamp};
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

/// How far our clock may be ahead of AWS's.
const SKEW: SignedDuration = SignedDuration::from_mins(2);

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let (attached, snapshots) = (agenda.attached_volumes(&case.target.instance), agenda.case_snapshots(&case.id));
    agenda.passable = all_requested(agenda);
    let (Some(attached), Some(snapshots)) = (attached, snapshots) else { return };
    let ours = originals(case, snapshots);
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
            missing(&at_stake(case, volumes), &originals(case, snapshots)).is_empty()
        }
        _ => false,
    }
}

fn missing<'v>(wanted: &'v BTreeSet<VolumeId>, ours: &[&Snapshot]) -> Vec<&'v VolumeId> {
    wanted.iter().filter(|volume| !ours.iter().any(|snapshot| snapshot.volume == **volume)).collect()
}

/// The snapshots of the set: not of the image, not re-encrypted ones, not failed ones.
pub(crate) fn originals<'s>(case: &Case, snapshots: &'s [Snapshot]) -> Vec<&'s Snapshot> {
    snapshots.iter().filter(|snapshot| snapshot.state != SnapshotState::Error && is_original(case, snapshot)).collect()
}

/// Whether this case made a snapshot of a volume. A tag alone proves nothing: anyone can write it on
/// an older snapshot. The ledger knows the ids; for an answer that was lost, the tag and a start
/// after the request do.
pub(crate) fn is_original(case: &Case, snapshot: &Snapshot) -> bool {
    let tagged = snapshot.tags.get(tags::STEP).is_some_and(|step| step == StepName::Snapshot.as_str());
    tagged && requests(case).any(|attempt| answers(attempt, snapshot))
}

fn requests(case: &Case) -> impl Iterator<Item = &Attempt> {
    let asks = |effect: &Effect| {
        matches!(effect, Effect::Source(SourceEffect::CreateSnapshots { .. } | SourceEffect::CreateSnapshot { .. }))
    };
    case.attempts.iter().filter(move |(effect, _)| asks(effect)).map(|(_, attempt)| attempt)
}

fn answers(attempt: &Attempt, snapshot: &Snapshot) -> bool {
    match &attempt.last {
        Last::Done(made) => made.ids.iter().any(|id| id == snapshot.id.as_str()),
        Last::Lost | Last::Failed(_) => {
            let started = snapshot.started.parse::<Timestamp>();
            started.is_ok_and(|started| started >= attempt.first - SKEW)
        }
        Last::Cleared => false,
    }
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
    name_the_crowd(agenda, &missing);
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

/// Somebody else's pending snapshots use up the quota of five a volume: a backup, or the attacker.
fn name_the_crowd(agenda: &mut Agenda<'_>, missing: &[&VolumeId]) {
    let full = |attempt: &Attempt| matches!(&attempt.last, Last::Failed(fault) if fault.class == FaultClass::Limit);
    if !requests(agenda.view.case).any(full) {
        return;
    }
    let volumes: Vec<VolumeId> = missing.iter().map(|volume| (*volume).clone()).collect();
    if let Some(Ok(Reading::Snapshots(pending))) = agenda.read_or_gap(S::PendingSnapshots(volumes)) {
        for snapshot in pending {
            let (id, volume) = (&snapshot.id, &snapshot.volume);
            agenda.warn(format!(
                "{id} of {volume} is pending and not this case's: find out who asked for it (CloudTrail)"
            ));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::stage::preserved;
    use crate::testkit::things::snapshot;
    use crate::testkit::{INSTANCE, settings};

    /// A snapshot that somebody tagged like ours is not ours: the ledger does not know its id.
    #[test]
    fn a_tag_alone_makes_no_evidence() {
        let bench = preserved(settings());
        let all = [snapshot("snap-1", "vol-1"), snapshot("snap-forged", "vol-1")];
        let ours: Vec<_> = originals(bench.view().case, &all).iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ours, ["snap-1"]);
    }

    /// After a lost answer the tag counts, but only on what started after the request.
    #[test]
    fn a_lost_answer_is_adopted_by_tag_and_time() {
        let mut bench = preserved(settings());
        let tags = tags::of(&"case-1".into(), StepName::Snapshot.as_str());
        let description = "again".to_owned();
        let request = SourceEffect::CreateSnapshots { instance: INSTANCE.into(), description, tags };
        bench.lost(StepName::Snapshot, &request.into());
        let now = bench.view().now;
        let at = |seconds: i64| Snapshot {
            started: (now + SignedDuration::from_secs(seconds)).to_string(),
            ..snapshot("snap-new", "vol-1")
        };
        let case = bench.view().case.clone();
        assert!(is_original(&case, &at(5)));
        assert!(!is_original(&case, &at(-3600)));
    }
}
