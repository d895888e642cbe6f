"""Snapshot locks, which moto has not.

AWS: https://docs.aws.amazon.com/ebs/latest/userguide/lock-snapshot.html, snapshot-lock-concepts.html and
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html
Error codes of refused locks and deletions are not verified.
"""

import time
from datetime import datetime

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from .knobs import KNOBS
from .patching import adds, replaces
from .refusals import Refused, moment

TIMES = ("LockCreatedOn", "LockExpiresOn", "LockDurationStartTime", "CoolOffPeriodExpiresOn")
DAY = 86400


def current_lock(snap):
    """The lock that holds now, or None. The cool-off of a compliance lock ends by itself."""
    lock = snap._lock
    if not lock or lock["LockExpiresOn"] < time.time():
        return None
    if lock["LockState"] == "compliance-cooloff" and lock["CoolOffPeriodExpiresOn"] < time.time():
        lock["LockState"] = "compliance"
    return lock


def shown(snap, lock):
    """A lock in the form of the API."""
    view = {"SnapshotId": snap.id, **lock}
    view.update({name: moment(lock.get(name)) for name in TIMES})
    return {name: value for name, value in view.items() if value is not None}


@adds(ElasticBlockStore)
def lock_snapshot(self):
    """Works on pending snapshots too; the duration starts at completion."""
    snap = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    mode, days = self._get_param("LockMode"), self._get_int_param("LockDuration")
    until, cool = self._get_param("ExpirationDate"), self._get_int_param("CoolOffPeriod")
    refuse_bad_lock(mode, days, until, cool)
    now = time.time()
    start = max(now, snap._born + KNOBS.lag)
    expires = start + days * DAY if days else seconds(until)
    refuse_weaker_lock(snap, mode, expires)
    self.error_on_dryrun()
    snap._lock = {
        "LockState": "compliance-cooloff" if mode == "compliance" and cool else mode,
        "LockDuration": days or max(1, int((expires - start) // DAY)),
        "CoolOffPeriod": cool,
        "CoolOffPeriodExpiresOn": now + cool * 3600 if cool else None,
        "LockCreatedOn": now,
        "LockExpiresOn": expires,
        "LockDurationStartTime": start,
    }
    return ActionResult(shown(snap, snap._lock))


def refuse_bad_lock(mode, days, until, cool):
    """One of duration and date; 1 to 36500 days; a cool-off of 1 to 72 hours for compliance only."""
    if mode not in ("governance", "compliance"):
        raise Refused("InvalidParameterValue", f"Value ({mode}) for parameter LockMode is invalid.")
    if bool(days) == bool(until):
        raise Refused("InvalidParameterCombination", "Specify either LockDuration or ExpirationDate")
    if days is not None and not 1 <= days <= 36500:
        raise Refused("InvalidParameterValue", f"Value ({days}) for parameter LockDuration is invalid.")
    if cool and (mode == "governance" or not 1 <= cool <= 72):
        raise Refused("InvalidParameterCombination", "CoolOffPeriod is 1 to 72 hours, and only for compliance mode")


def refuse_weaker_lock(snap, mode, expires):
    """After the cool-off a compliance lock can only be made longer."""
    lock = current_lock(snap)
    if lock and lock["LockState"] == "compliance" and (mode == "governance" or expires < lock["LockExpiresOn"]):
        raise Refused("OperationNotPermitted", f"Snapshot {snap.id} is locked in compliance mode")


def seconds(until):
    """An expiration date of the request as seconds since the epoch."""
    if hasattr(until, "timestamp"):
        return until.timestamp()
    return datetime.fromisoformat(str(until).replace("Z", "+00:00")).timestamp()


@adds(ElasticBlockStore)
def unlock_snapshot(self):
    """A governance lock, or one still in its cool-off, can be taken off."""
    snap = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
    lock = current_lock(snap)
    self.error_on_dryrun()
    if not lock:
        raise Refused("SnapshotLock.NotFound", f"Snapshot {snap.id} is not locked")
    if lock["LockState"] == "compliance":
        raise Refused("OperationNotPermitted", f"Snapshot {snap.id} is locked in compliance mode")
    snap._lock = None
    return ActionResult({"SnapshotId": snap.id})


@adds(ElasticBlockStore)
def describe_locked_snapshots(self):
    """The locks of the caller's snapshots; one that ran out is shown as expired."""
    self.error_on_dryrun()
    wanted, found = self._get_param("SnapshotIds", []), []
    for snap in list(self.ec2_backend.snapshots.values()):
        if snap._lock and (not wanted or snap.id in wanted):
            state = {} if current_lock(snap) else {"LockState": "expired"}
            found.append({"OwnerId": snap.owner_id, **shown(snap, snap._lock), **state})
    return ActionResult({"Snapshots": found})


@replaces(EC2Backend)
def delete_snapshot(original, self, snapshot_id):
    """AWS: a locked snapshot can't be deleted."""
    snap = self.snapshots.get(snapshot_id)
    if snap is not None and current_lock(snap):
        raise Refused("OperationNotPermitted", f"Snapshot {snapshot_id} is locked and cannot be deleted")
    return original(self, snapshot_id)
