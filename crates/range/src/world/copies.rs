//! What is done with snapshots afterwards: copied, shared, locked.

use super::World;
use super::disposal::CopyOf;
use super::errors::refused;
use super::storage::{Draft, Origin, SnapshotRecord};
use casebook::fault::Fault;
use casebook::id::{AccountId, Arn, SnapshotId, VolumeId};
use casebook::reading::Made;
use casebook::scene::instance::Tags;
use casebook::scene::storage::{Lock, Sharing, SnapshotState};
use jiff::{SignedDuration, Timestamp};
use std::rc::Rc;

/// How many snapshots an account copies at a time into a region
/// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
const CONCURRENT_COPIES: usize = 20;
/// What a copy says when a key cannot be used.
pub(crate) const KEY_NOT_ACCESSIBLE: &str = "Given key ID is not accessible";
/// The volume that every copy names
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>).
pub(crate) const VOLUME_OF_COPIES: &str = "vol-ffffffff";

impl World {
    /// CopySnapshot: a key that the caller cannot use is found out later: the call succeeds, and
    /// the copy ends in an error
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html>).
    pub(crate) fn copy_snapshot(
        &mut self,
        caller: &AccountId,
        id: &SnapshotId,
        key: &Arn,
        tags: &Tags,
    ) -> Result<Made, Fault> {
        let source = self.usable_snapshot(caller, id)?;
        if source.state(self.now) != SnapshotState::Completed {
            return Err(refused("IncorrectState", format!("the snapshot {id} is not completed")));
        }
        let (is_copy, now) = (|s: &&SnapshotRecord| s.origin == Origin::Copy && s.shown.owner == *caller, self.now);
        let running =
            self.storage.snapshots.values().filter(is_copy).filter(|s| s.state(now) == SnapshotState::Pending);
        if running.count() >= CONCURRENT_COPIES {
            let message = format!("{CONCURRENT_COPIES} snapshot copies are in progress already");
            return Err(refused("ResourceLimitExceeded", message));
        }
        let id = id.clone();
        Ok(Made::one(self.draft_copy(caller, &id, key, Origin::Copy, tags).as_str()))
    }

    /// A copy of a snapshot that is known to be there.
    pub(crate) fn draft_copy(
        &mut self,
        caller: &AccountId,
        id: &SnapshotId,
        key: &Arn,
        origin: Origin,
        tags: &Tags,
    ) -> SnapshotId {
        let source = &self.storage.snapshots[id];
        let reachable = self.key_works(caller, source.shown.key.as_ref()) && self.key_works(caller, Some(key));
        let draft = Draft {
            owner: caller,
            volume: VolumeId::from(VOLUME_OF_COPIES),
            size_gib: source.shown.size_gib,
            key: Some(key.clone()),
            origin,
            content: Rc::clone(&source.content),
            product_codes: source.product_codes.clone(),
            failure: if reachable { None } else { Some(KEY_NOT_ACCESSIBLE) },
            copy: CopyOf { source: Some(id.clone()), keys: source.shown.key.iter().chain([key]).cloned().collect() },
            tags,
        };
        self.draft_snapshot(draft)
    }

    fn own_snapshot_mut(&mut self, owner: &AccountId, id: &SnapshotId) -> Result<&mut SnapshotRecord, Fault> {
        self.own_snapshot(owner, id)?;
        Ok(self.storage.snapshots.get_mut(id).expect("looked up above"))
    }

    /// ModifySnapshotAttribute: what is under the default key cannot be shared
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html>).
    pub(crate) fn share_snapshot(
        &mut self,
        owner: &AccountId,
        id: &SnapshotId,
        with: &AccountId,
    ) -> Result<Made, Fault> {
        let key = self.own_snapshot(owner, id)?.shown.key.clone();
        if self.under_default_key(key.as_ref()) {
            let message = format!("Encrypted snapshots with EBS default key cannot be shared: {id}");
            return Err(refused("OperationNotPermitted", message));
        }
        add(&mut self.own_snapshot_mut(owner, id)?.sharing, with);
        Ok(Made::nothing())
    }

    pub(crate) fn unshare_snapshot(
        &mut self,
        owner: &AccountId,
        id: &SnapshotId,
        from: &[AccountId],
    ) -> Result<Made, Fault> {
        withdraw(&mut self.own_snapshot_mut(owner, id)?.sharing, from);
        self.orphan_copies(id);
        Ok(Made::nothing())
    }

    /// LockSnapshot in governance mode: pending snapshots too; only the owner can
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/lock-snapshot.html>).
    pub(crate) fn lock_snapshot(&mut self, owner: &AccountId, id: &SnapshotId, days: u16) -> Result<Made, Fault> {
        let now = self.now;
        let snapshot = self.own_snapshot_mut(owner, id)?;
        if !(1..=36_500).contains(&days) {
            return Err(refused("InvalidParameterValue", format!("a lock of {days} days is out of range")));
        }
        if snapshot.state(now) == SnapshotState::Error {
            return Err(refused("IncorrectState", format!("the snapshot {id} has failed")));
        }
        snapshot.lock = Some((days, now));
        Ok(Made::nothing())
    }

    /// DescribeLockedSnapshots of the caller's own; what is not locked is left out.
    pub(crate) fn locks(&self, owner: &AccountId, ids: &[SnapshotId]) -> Vec<Lock> {
        let own = ids.iter().filter_map(|id| self.own_snapshot(owner, id).ok());
        own.filter_map(|snapshot| lock_of(snapshot, self.now, self.settings.clock_skew)).collect()
    }
}

/// A lock's time begins when the snapshot is complete
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockedSnapshotsInfo.html>). It is
/// shown by AWS's clock, which is ahead by `skew`.
fn lock_of(snapshot: &SnapshotRecord, now: Timestamp, skew: SignedDuration) -> Option<Lock> {
    let (days, asked) = snapshot.lock?;
    let begins = asked.max(snapshot.done);
    let until = begins.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).expect("in range");
    Some(Lock {
        snapshot: snapshot.shown.id.clone(),
        state: if now < until { "governance" } else { "expired" }.into(),
        days: Some(days.into()),
        until: (begins <= now).then(|| until.saturating_add(skew).expect("in range").to_string()),
    })
}

pub(crate) fn add(sharing: &mut Sharing, with: &AccountId) {
    if !sharing.accounts.contains(with) {
        sharing.accounts.push(with.clone());
    }
}

/// Takes accounts, and everybody, out again.
pub(crate) fn withdraw(sharing: &mut Sharing, from: &[AccountId]) {
    sharing.accounts.retain(|account| !from.contains(account));
    sharing.public = false;
}
