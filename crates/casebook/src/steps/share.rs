//! Share: image and snapshots to the forensic account, and to nobody else
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>).
//!
//! Why: only what is shared can be copied, and only a copy is out of the attacker's reach.
//!
//! Before: the snapshots were requested, the image was made. After: every snapshot of the case, or
//! its copy under the share key where its own key bars the forensic account, was read back as shared
//! with the forensic account alone; the image and the snapshots behind it too. No key policy is
//! ever edited, and there is no effect that shares with everybody.
//!
//! What can go wrong: no share key (held, with the volumes it is needed for); a copy that ends in
//! `error`, mostly because of its key (held with AWS's message); somebody else in the sharing (taken
//! out and named); the organisation's policies (denied: held). Shares are not withdrawn: evidence
//! and its shares stay until its owner decides.

use super::{StepCard, image, snapshot};
use crate::agenda::Agenda;
use crate::custody::forensic::{self, share_key};
use crate::custody::handover::{COPIES_AT_ONCE, Carrier, carrier, may_retry, progress};
use crate::custody::origin::copied_from;
use crate::effect::{Effect, SourceEffect};
use crate::id::{AccountId, Arn, SnapshotId};
use crate::query::SourceQuery as S;
use crate::scene::storage::{Snapshot, SnapshotState};
use crate::step::{StepName, StepStatus};
use crate::tags;
use jiff::SignedDuration;
use sharing::{Shared, share};

mod sharing;
#[cfg(test)]
mod tests;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Share,
    title: "image and snapshots shared with the forensic account alone",
    undo: "none: evidence and its shares stay; who withdraws a share before the copy is proved loses the way to it",
    plan,
    prepare: None,
    release: None,
    source_actions: &[
        "ec2:CopySnapshot",
        "ec2:CreateTags",
        "ec2:DescribeImageAttribute",
        "ec2:DescribeImages",
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeSnapshots",
        "ec2:LockSnapshot",
        "ec2:ModifyImageAttribute",
        "ec2:ModifySnapshotAttribute",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ],
    forensic_actions: &["kms:DescribeKey", "sts:GetCallerIdentity"],
};

/// How often pending snapshots are looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(15);

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let Some(forensic) = forensic::settings(agenda) else { return };
    let Some(snapshots) = agenda.case_snapshots(&case.id) else { return };
    let originals = snapshot::originals(agenda.view.case, snapshots);
    if originals.is_empty() {
        nothing(agenda);
        return;
    }
    let ready = carriers(agenda, snapshots, &originals);
    lock(agenda, snapshots);
    for snapshot in &ready {
        share(agenda, Shared::Snapshot(snapshot.clone()), &forensic.account);
    }
    let image = share_image(agenda, &forensic.account);
    if agenda.moves() || !agenda.holds.is_empty() {
        return;
    }
    let image = image.map_or(String::new(), |image| format!(" and the image {image}"));
    agenda.prove(format!("read back: {} snapshots{image} shared with {} alone", ready.len(), forensic.account));
}

fn nothing(agenda: &mut Agenda<'_>) {
    match agenda.view.case.step_status(StepName::Snapshot) {
        Some(StepStatus::Skipped) => agenda.skip("there is no snapshot to share: the instance has no EBS volume"),
        _ => agenda.hold("no snapshot of this case was found to share; see the step `snapshot` and resume the case"),
    }
}

/// The snapshots that can be shared now; what is missing for the others is set going or held.
fn carriers(agenda: &mut Agenda<'_>, snapshots: &[Snapshot], originals: &[&Snapshot]) -> Vec<SnapshotId> {
    let (mut ready, mut pending, mut barred) = (Vec::new(), Vec::new(), Vec::new());
    for original in originals {
        match carrier(agenda, snapshots, original) {
            None => {}
            Some(Carrier::Ready(snapshot)) => ready.push(snapshot.id.clone()),
            Some(Carrier::Pending(snapshot)) => pending.push(snapshot),
            Some(Carrier::Spoiled(snapshot)) => spoiled(agenda, original, snapshot),
            Some(Carrier::Barred(why)) => barred.push((*original, why)),
        }
    }
    reencrypt(agenda, snapshots, &barred);
    if !pending.is_empty() {
        let query = S::CaseSnapshots(agenda.view.case.id.clone());
        agenda.poll(query, LOOK, format!("snapshots to complete: {}", progress(&pending)));
    }
    ready
}

fn reencrypt(agenda: &mut Agenda<'_>, snapshots: &[Snapshot], barred: &[(&Snapshot, String)]) {
    if barred.is_empty() {
        return;
    }
    let Some(key) = share_key(agenda) else { return };
    let Some(key) = key else {
        let list: Vec<_> = barred.iter().map(|(s, why)| format!("{} of {} is {why}", s.id, s.volume)).collect();
        agenda.hold(format!(
            "{}: set source.share_kms_key_arn to a customer-managed key that the forensic account may use, and resume the case",
            list.join("; ")
        ));
        return;
    };
    let copies = snapshots.iter().filter(|s| copied_from(agenda.view.case, s).is_some());
    let running = copies.filter(|s| s.state == SnapshotState::Pending).count();
    for (original, _) in barred.iter().take(COPIES_AT_ONCE.saturating_sub(running)) {
        agenda.act(copy(agenda, original, key), S::CaseSnapshots(agenda.view.case.id.clone()));
    }
}

fn copy(agenda: &Agenda<'_>, original: &Snapshot, key: &Arn) -> Effect {
    let case = agenda.view.case;
    let tags = tags::of(&case.id, StepName::Share.as_str());
    let description = format!("impound case {}: {} under the share key", case.id, original.id);
    let tags = tags::with(tags, tags::SOURCE, original.id.as_str());
    SourceEffect::Reencrypt { snapshot: original.id.clone(), key: key.clone(), description, tags }.into()
}

/// A failed copy is made again once a person has taken the case up again.
fn spoiled(agenda: &mut Agenda<'_>, original: &Snapshot, snapshot: &Snapshot) {
    let key = agenda.view.case.settings.share_key.as_ref();
    let failed_copy = snapshot.id != original.id && snapshot.state == SnapshotState::Error;
    if let Some(again) = key.filter(|_| failed_copy).map(|key| copy(agenda, original, key))
        && may_retry(agenda, &again)
    {
        agenda.act(again, S::CaseSnapshots(agenda.view.case.id.clone()));
        return;
    }
    agenda.hold(match snapshot.state {
        SnapshotState::Error => format!(
            "{}, the copy of {} under the share key, failed: {}; check the key's policy and resume the case",
            snapshot.id, original.id, snapshot.state_message
        ),
        _ => format!("{} is archived or in the recycle bin; restore it and resume the case", snapshot.id),
    });
}

/// Copies under the share key are evidence like the originals until the forensic copy is proved.
fn lock(agenda: &mut Agenda<'_>, snapshots: &[Snapshot]) {
    let days = agenda.view.case.settings.policy.lock_days;
    let copies = snapshots.iter().filter(|s| copied_from(agenda.view.case, s).is_some());
    let ids: Vec<SnapshotId> = copies.filter(|s| s.state != SnapshotState::Error).map(|s| s.id.clone()).collect();
    if days == 0 || ids.is_empty() {
        return;
    }
    let Some(locks) = agenda.locks(&ids) else { return };
    for id in ids.iter().filter(|id| !locks.iter().any(|lock| lock.snapshot == **id && lock.holds())) {
        agenda.act(SourceEffect::LockSnapshot { snapshot: id.clone(), days }, S::Locks(ids.clone()));
    }
}

/// Image and the snapshots behind it: CopyImage by another account needs both
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html>).
fn share_image(agenda: &mut Agenda<'_>, forensic: &AccountId) -> Option<String> {
    let image = match image::handover(agenda)? {
        image::Handover::By(image) => image,
        image::Handover::Without(why) => {
            agenda.warn(format!("no image is shared: {why}"));
            return None;
        }
    };
    for snapshot in image.disks.iter().filter_map(|disk| disk.snapshot.as_ref()) {
        share(agenda, Shared::Snapshot(snapshot.clone()), forensic);
    }
    share(agenda, Shared::Image(image.id.clone()), forensic);
    Some(image.id.to_string())
}
