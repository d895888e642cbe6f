//! Copy: the forensic account's own copies of snapshots and image, under its own key, proved equal.
//!
//! Why: what is only shared still belongs to the attacked account, which can delete it or disable
//! its key. Evidence counts as secured when a completed, locked copy of the forensic account equals
//! its source block by block.
//!
//! Before: `share` was read back. After: every snapshot has such a copy, tagged with its source and
//! with the ledger's head when the share was done; the image has a copy too, where it can be copied.
//!
//! What can go wrong: a share that does not become visible (held after minutes); a copy that fails
//! silently with `Given key ID is not accessible` (held, naming the key); twenty copies at a time a
//! region (queued); a copy under another key or of another size than asked for (held); a copy that
//! differs from its source (held, never secured); volumes too large to be compared (reported;
//! `terminate` stays shut). Nothing is undone: copies are locked evidence.

use super::{StepCard, snapshot};
use crate::agenda::Agenda;
use crate::custody::{forensic, volumes_at_stake};
use crate::id::{AccountId, Arn};
use crate::query::{ForensicQuery as F, SourceQuery as S};
use crate::scene::storage::Snapshot;
use crate::settings::ForensicSettings;
use crate::step::StepName;

mod announce;
mod images;
mod order;
mod proof;
#[cfg(test)]
mod tests;

/// The row of the registry.
pub const CARD: StepCard = StepCard {
    name: StepName::Copy,
    title: "copies owned by the forensic account, locked, and proved equal block by block",
    undo: "none: the copies are the evidence, locked",
    plan,
    prepare: None,
    release: None,
    source_actions: &[
        "ebs:GetSnapshotBlock",
        "ebs:ListSnapshotBlocks",
        "ec2:DescribeImages",
        "ec2:DescribeSnapshots",
        "kms:Decrypt",
        "kms:DescribeKey",
    ],
    forensic_actions: &[
        "ebs:GetSnapshotBlock",
        "ebs:ListSnapshotBlocks",
        "ec2:CopyImage",
        "ec2:CopySnapshot",
        "ec2:CreateTags",
        "ec2:DescribeImages",
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshots",
        "ec2:LockSnapshot",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "sts:GetCallerIdentity",
    ],
};

/// What every copy of this case has in common.
struct Order<'a> {
    /// The account that will own it.
    account: &'a AccountId,
    /// The key it is encrypted under.
    key: &'a Arn,
    /// The ledger's head when the share was done.
    head: &'a str,
}

fn plan(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let Some(forensic) = forensic::settings(agenda) else { return };
    let Some(head) = forensic::head_after(agenda, StepName::Share) else { return };
    let Some(key) = key(agenda, forensic) else { return };
    let Some(snapshots) = agenda.case_snapshots(&case.id) else { return };
    let Some(copies) = agenda.forensic_snapshots(&case.id) else { return };
    let order = Order { account: &forensic.account, key, head };
    let originals = snapshot::originals(agenda.view.case, snapshots);
    let pairs = order::copies(agenda, &order, snapshots, &originals, copies);
    let image = images::copy(agenda, &order);
    let equal = proof::compare(agenda, &pairs);
    name_the_lost(agenda, &originals);
    if agenda.moves() || !agenda.holds.is_empty() {
        return;
    }
    agenda.prove(format!(
        "{} copies owned by {} read back as completed{image}; {equal} equal to their sources block by block",
        pairs.len(),
        forensic.account
    ));
}

/// What has no snapshot is in no copy.
fn name_the_lost(agenda: &mut Agenda<'_>, originals: &[&Snapshot]) {
    for volume in volumes_at_stake(agenda.view).into_keys() {
        if originals.iter().all(|snapshot| snapshot.volume != volume) {
            agenda.warn(format!("{volume} has no snapshot, so nothing of it is in the forensic account"));
        }
    }
}

/// The key of the copies: set, enabled, a customer's, and the forensic account's own. Without a key in
/// the call, AWS would take the copier's default key, which no other account could ever use
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
fn key<'a>(agenda: &mut Agenda<'a>, forensic: &'a ForensicSettings) -> Option<&'a Arn> {
    let Some(arn) = &forensic.key else {
        agenda.hold("no key for the copies is set: set forensic.kms_key_arn to a customer-managed key of the forensic account and resume the case");
        return None;
    };
    let key = agenda.forensic_key(arn)?;
    let wrong = if key.aws_managed {
        "is managed by AWS; set a customer-managed key".to_owned()
    } else if key.arn.account() != forensic.account {
        format!("belongs to the account {}; set one of the forensic account", key.arn.account())
    } else if !key.enabled {
        format!("is {}; enable it or set another", key.state)
    } else {
        return Some(&key.arn);
    };
    agenda.hold(format!("forensic.kms_key_arn {arn} {wrong}, and resume the case"));
    None
}

/// The question that shows the case's snapshots in the forensic account.
fn copies_of(agenda: &Agenda<'_>) -> F {
    F::CaseSnapshots(agenda.view.case.id.clone())
}

/// The question that shows the case's snapshots in the account under investigation.
fn sources_of(agenda: &Agenda<'_>) -> S {
    S::CaseSnapshots(agenda.view.case.id.clone())
}
