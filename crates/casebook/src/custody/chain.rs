//! The chain of custody of each volume: original snapshot, forensic copy, comparison, lock.

use super::readings::{last, locked, made_from, snapshots, volumes};
use crate::entry::Manifest;
use crate::id::VolumeId;
use crate::query::{Side, SourceQuery as S};
use crate::scene::storage::{Snapshot, SnapshotState, Volume};
use crate::settings::ForensicSettings;
use crate::step::StepName;
use crate::steps::snapshot::{is_original, serves_another};
use crate::view::View;
use std::collections::BTreeMap;

/// A volume of which everything is secured.
pub(crate) struct Secured<'a> {
    /// Its own snapshot.
    pub original: &'a Snapshot,
    /// The forensic account's copy.
    pub copy: &'a Snapshot,
    /// What both hold.
    pub manifest: &'a Manifest,
}

/// Every volume whose content the case must keep: attached when it was opened, attached now,
/// detached before and serving no other instance, or snapshotted by the case.
pub(crate) fn volumes_at_stake(view: View<'_>) -> BTreeMap<VolumeId, Option<&Volume>> {
    let target = &view.case.target.instance;
    let mut found = BTreeMap::new();
    let taken = snapshots(view, Side::Source).unwrap_or_default().iter();
    found.extend(taken.filter(|s| is_original(view.case, s)).map(|s| (s.volume.clone(), None)));
    let attached = S::AttachedVolumes(target.clone());
    if let Some(crate::reading::Reading::Volumes(before)) = view.case.baseline.scene.last(&attached.clone().into()) {
        found.extend(before.iter().map(|volume| (volume.id.clone(), Some(volume))));
    }
    let detached = volumes(view, S::DetachedVolumes(target.clone())).unwrap_or_default().iter();
    let left_over = detached.filter(|volume| !serves_another(view.case, volume));
    let here = volumes(view, attached).unwrap_or_default();
    found.extend(left_over.chain(here).map(|volume| (volume.id.clone(), Some(volume))));
    found
}

/// What is missing before the original may go, a sentence for each volume that is not secured.
pub(crate) fn missing(view: View<'_>) -> Vec<String> {
    if last(view, S::AttachedVolumes(view.case.target.instance.clone())).is_none() {
        return vec!["which volumes the instance has was never read: resume the case".into()];
    }
    let volumes = volumes_at_stake(view);
    if volumes.is_empty() {
        return vec![
            "the instance has no EBS volume, so nothing of it can be secured; terminate it by hand if it shall go"
                .into(),
        ];
    }
    volumes.keys().filter_map(|volume| secured(view, volume).err()).collect()
}

/// The chain of a volume, or the first link that is missing and what to do about it.
pub(crate) fn secured<'a>(view: View<'a>, volume: &VolumeId) -> Result<Secured<'a>, String> {
    let forensic = view.case.settings.forensic.as_ref();
    let forensic =
        forensic.ok_or_else(|| format!("{volume}: no forensic account is set; set [forensic] account_id"))?;
    let unread = || format!("{volume}: its snapshots were not read; resume the case");
    let sources = snapshots(view, Side::Source).ok_or_else(unread)?;
    let copies = snapshots(view, Side::Forensic).ok_or_else(unread)?;
    let originals = sources.iter().filter(|s| s.volume == *volume && is_original(view.case, s));
    let mut lack = format!("{volume} has no snapshot; resume the case, the step `snapshot` makes one");
    for original in originals {
        match chain(view, forensic, original, copies) {
            Ok(secured) => return Ok(secured),
            Err(why) => lack = format!("{volume}: {why}"),
        }
    }
    Err(lack)
}

fn chain<'a>(
    view: View<'a>,
    forensic: &ForensicSettings,
    original: &'a Snapshot,
    copies: &'a [Snapshot],
) -> Result<Secured<'a>, String> {
    match original.state {
        SnapshotState::Completed => {}
        SnapshotState::Elsewhere => {
            return Err(format!(
                "its snapshot {} is in the archive tier or in the recycle bin; restore it and resume the case",
                original.id
            ));
        }
        _ => return Err(format!("its snapshot {} is not complete; wait and resume the case", original.id)),
    }
    let owned = |s: &&Snapshot| s.owner == forensic.account && made_from(&s.tags, StepName::Copy, original.id.as_str());
    let mut lack =
        format!("the forensic account has no copy of {}; resume the case, the step `copy` makes one", original.id);
    for copy in copies.iter().filter(owned) {
        match link(view, forensic, original, copy) {
            Ok(manifest) => return Ok(Secured { original, copy, manifest }),
            Err(why) => lack = why,
        }
    }
    Err(lack)
}

fn link<'a>(
    view: View<'a>,
    forensic: &ForensicSettings,
    original: &Snapshot,
    copy: &Snapshot,
) -> Result<&'a Manifest, String> {
    whole(forensic, original, copy)?;
    let manifest = equal(view, original, copy)?;
    if locked(view, Side::Forensic, &copy.id) {
        return Ok(manifest);
    }
    Err(match view.case.settings.policy.lock_days {
        0 => format!(
            "the copy {} is not locked because policy.lock_days is 0; set it to 1 or more and resume the case",
            copy.id
        ),
        _ => format!("the lock on the copy {} was not read back; resume the case", copy.id),
    })
}

fn whole(forensic: &ForensicSettings, original: &Snapshot, copy: &Snapshot) -> Result<(), String> {
    let Snapshot { id, .. } = copy;
    if copy.state != SnapshotState::Completed {
        return Err(format!("the copy {id} of {} is not complete; wait and resume the case", original.id));
    }
    if copy.size_gib != original.size_gib {
        return Err(format!(
            "the copy {id} has {} GiB, {} has {}; make another",
            copy.size_gib, original.id, original.size_gib
        ));
    }
    match &copy.key {
        Some(key) if key.account() == forensic.account => Ok(()),
        _ => Err(format!(
            "the copy {id} is not under a key of the forensic account; make another under forensic.kms_key_arn"
        )),
    }
}

fn equal<'a>(view: View<'a>, original: &Snapshot, copy: &Snapshot) -> Result<&'a Manifest, String> {
    let source = view.case.manifest(Side::Source, &original.id);
    let forensic = view.case.manifest(Side::Forensic, &copy.id);
    match (source, forensic) {
        (Some(source), Some(forensic)) if source.sha256 == forensic.sha256 => Ok(forensic),
        (Some(_), Some(_)) => {
            Err(format!("the copy {} differs from its source {}; keep both and look into it", copy.id, original.id))
        }
        _ => Err(format!(
            "the copy {} was not compared with {} block by block; set policy.verify = \"blocks\" and resume the case",
            copy.id, original.id
        )),
    }
}
