//! Snapshot: one crash-consistent set of every EBS volume, at one point in time
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html>).
//!
//! Before: the capture's first tier. After: every volume that is attached, was attached when the
//! case was opened, or was detached before and serves no other instance, has a completed, locked
//! snapshot tagged with the case. The point in time is fixed when the request is accepted, so
//! nothing waits for the completion but custody.
//!
//! What can go wrong: no client token, so a lost answer is looked up by tag before a second set is
//! asked for; five pending snapshots a volume is the limit (waited for, it may be the attacker's
//! doing); a snapshot that ends in `error` (a new one is asked for) or is archived (held); an attacker
//! who detaches a volume first (found through its DetachVolume event; where there are more of these
//! than are read, that is said). What is only in memory or in instance store is not in any snapshot.

use super::StepCard;
use crate::agenda::Agenda;
use crate::case::{Attempt, Case, Last};
use crate::custody::origin::{begun_since, made};
use crate::custody::readings::made_by;
use crate::effect::{Effect, SourceEffect};
use crate::fault::FaultClass;
use crate::id::{SnapshotId, VolumeId};
use crate::query::SourceQuery as S;
use crate::reading::{Made, Reading};
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

/// Whether the request was accepted, or read back, for every volume known: that fixes the point in
/// time, and is what others wait for
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).
fn all_requested(agenda: &Agenda<'_>) -> bool {
    let case = agenda.view.case;
    let volumes = agenda.view.scene.last(&S::AttachedVolumes(case.target.instance.clone()).into());
    let snapshots = agenda.view.scene.last(&S::CaseSnapshots(case.id.clone()).into());
    match (volumes, snapshots) {
        (Some(Reading::Volumes(volumes)), Some(Reading::Snapshots(snapshots))) => {
            let wanted = at_stake(case, volumes);
            let accepted = |attempt: &Attempt| {
                let one_each = |made: &Made| made.ids.len() >= wanted.len();
                attempt.at >= case.resumed && matches!(&attempt.last, Last::Done(made) if one_each(made))
            };
            requests(case).any(accepted) || missing(&wanted, &originals(case, snapshots)).is_empty()
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
    let tagged = made_by(&snapshot.tags, StepName::Snapshot);
    let answers = |attempt: &Attempt| made(attempt, snapshot.id.as_str(), || begun_since(attempt, snapshot));
    tagged && requests(case).any(answers)
}

fn requests(case: &Case) -> impl Iterator<Item = &Attempt> {
    let asks = |effect: &Effect| {
        matches!(effect, Effect::Source(SourceEffect::CreateSnapshots { .. } | SourceEffect::CreateSnapshot { .. }))
    };
    case.attempts.iter().filter(move |(effect, _)| asks(effect)).map(|(_, attempt)| attempt)
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

/// Volumes that someone detached from the instance, that still exist and serve nobody else.
fn detached(agenda: &mut Agenda<'_>) -> BTreeSet<VolumeId> {
    let target = &agenda.view.case.target.instance;
    match agenda.read_or_gap(S::DetachedVolumes(target.clone())) {
        Some(Ok(Reading::Detached(detached))) => {
            if !detached.whole {
                agenda.warn(format!(
                    "CloudTrail has more DetachVolume events than were read: what was detached from {target} before those is not known; look for older DetachVolume events of {target} by hand"
                ));
            }
            left_over(agenda, &detached.volumes)
        }
        Some(Err(fault)) => {
            agenda.warn(format!(
                "volumes detached before the case was opened could not be looked for ({fault}); look for DetachVolume events of {target} by hand"
            ));
            BTreeSet::new()
        }
        _ => BTreeSet::new(),
    }
}

/// A volume that serves another instance by now holds that one's data: it is named and left alone.
fn left_over(agenda: &mut Agenda<'_>, detached: &[Volume]) -> BTreeSet<VolumeId> {
    let case = agenda.view.case;
    for volume in detached.iter().filter(|volume| serves_another(case, volume)) {
        let users: Vec<_> = volume.attachments.iter().map(|attachment| attachment.instance.as_str()).collect();
        agenda.warn(format!(
            "{} was detached from {} and now serves {}: it is not taken; if it bears on the incident, snapshot it by hand or open a case on that instance",
            volume.id,
            case.target.instance,
            users.join(", ")
        ));
    }
    detached.iter().filter(|volume| !serves_another(case, volume)).map(|volume| volume.id.clone()).collect()
}

/// Whether a volume is attached to another instance than the target.
pub(crate) fn serves_another(case: &Case, volume: &Volume) -> bool {
    volume.attachments.iter().any(|attachment| attachment.instance != case.target.instance)
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
    for volume in still_there(agenda, attached, missing) {
        let (volume, description, tags) = (volume.clone(), description.clone(), tags.clone());
        agenda.act(SourceEffect::CreateSnapshot { volume, description, tags }, check.clone());
    }
}

/// The volumes of these that AWS still shows; one that was deleted before its snapshot was accepted is
/// lost, and asking again changes nothing.
fn still_there(agenda: &mut Agenda<'_>, attached: &[Volume], wanted: Vec<&VolumeId>) -> Vec<VolumeId> {
    let scene = agenda.view.scene;
    let detached = match scene.last(&S::DetachedVolumes(agenda.view.case.target.instance.clone()).into()) {
        Some(Reading::Detached(detached)) => detached.volumes.as_slice(),
        _ => &[],
    };
    let seen = |id: &VolumeId| attached.iter().chain(detached).any(|volume| volume.id == *id);
    let (mut there, unseen): (Vec<_>, Vec<_>) = wanted.into_iter().cloned().partition(seen);
    if unseen.is_empty() {
        return there;
    }
    let Some(found) = agenda.volumes(&unseen) else { return there };
    let (found, lost): (Vec<_>, Vec<_>) =
        unseen.into_iter().partition(|id| found.iter().any(|volume| volume.id == *id));
    for volume in lost {
        agenda.hold(format!(
            "{volume} was deleted before a snapshot of it was accepted: its content is lost; find out who did it (CloudTrail, DeleteVolume or TerminateInstances), and look for older snapshots and backups of it"
        ));
    }
    there.extend(found);
    there
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
    let elsewhere = ours.iter().filter(|snapshot| snapshot.state == SnapshotState::Elsewhere);
    let elsewhere: Vec<_> = elsewhere.map(|snapshot| snapshot.id.as_str()).collect();
    if !elsewhere.is_empty() {
        agenda.hold(format!(
            "{} is in the archive tier or in the recycle bin, where it can be neither read nor copied: find out who put it there (CloudTrail), restore it, wait until it is complete and resume the case",
            elsewhere.join(", ")
        ));
    } else if pending.is_empty() {
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
    use crate::scene::storage::Detached;
    use crate::testkit::stage::preserved;
    use crate::testkit::things::{detached, snapshot, volume};
    use crate::testkit::{Bench, INSTANCE, KEY, settings};

    /// A snapshot that somebody tagged like ours is not ours: the ledger does not know its id.
    #[test]
    fn a_tag_alone_makes_no_evidence() {
        let bench = preserved(settings());
        let all = [snapshot("snap-1", "vol-1"), snapshot("snap-forged", "vol-1")];
        let ours: Vec<_> = originals(bench.view().case, &all).iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ours, ["snap-1"]);
    }

    /// Everything known is requested, and CloudTrail has answered.
    fn searched(answer: Detached) -> Bench {
        let mut bench = preserved(settings());
        bench.know(S::DetachedVolumes(INSTANCE.into()), Reading::Detached(answer));
        bench
    }

    #[test]
    fn a_volume_detached_before_gets_a_snapshot_of_its_own() {
        let bench = searched(detached(vec![volume("vol-9", KEY)]));
        let agenda = bench.plan(&CARD);
        let [Effect::Source(SourceEffect::CreateSnapshot { volume, .. })] = agenda.perform.as_slice() else {
            panic!("{:?}", agenda.perform)
        };
        assert_eq!(volume.as_str(), "vol-9");
        assert!(agenda.warnings.is_empty(), "{:?}", agenda.warnings);
    }

    #[test]
    fn events_that_were_not_read_are_said() {
        let bench = searched(Detached { volumes: vec![], whole: false });
        let agenda = bench.plan(&CARD);
        let [warning] = agenda.warnings.as_slice() else { panic!("{:?}", agenda.warnings) };
        assert!(warning.contains("more DetachVolume events than were read") && warning.contains(INSTANCE));
    }

    /// A disk that was moved to somebody else holds that one's data by now.
    #[test]
    fn a_volume_that_serves_another_instance_is_named_and_left_alone() {
        let mut moved = volume("vol-9", KEY);
        moved.attachments[0].instance = "i-other".into();
        let bench = searched(detached(vec![moved]));
        let agenda = bench.plan(&CARD);
        assert!(!format!("{:?}", agenda.perform).contains("vol-9"), "{:?}", agenda.perform);
        let [warning] = agenda.warnings.as_slice() else { panic!("{:?}", agenda.warnings) };
        assert!(warning.contains("vol-9") && warning.contains("i-other"), "{warning}");
        let missing = crate::custody::index(bench.view()).missing;
        assert!(missing.iter().all(|lack| !lack.contains("vol-9")), "terminate does not wait for it: {missing:?}");
    }

    #[test]
    fn an_archived_snapshot_is_not_complete() {
        let mut bench = searched(detached(vec![]));
        let archived = Snapshot { state: SnapshotState::Elsewhere, ..snapshot("snap-2", "vol-2") };
        let all = vec![snapshot("snap-1", "vol-1"), archived];
        bench.know(S::CaseSnapshots("case-1".into()), Reading::Snapshots(all));
        let agenda = bench.plan(&CARD);
        assert!(agenda.proof.is_empty(), "{:?}", agenda.proof);
        let [hold] = agenda.holds.as_slice() else { panic!("{:?}", agenda.proof) };
        assert!(hold.why.contains("snap-2") && hold.why.contains("restore it"), "{}", hold.why);
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
