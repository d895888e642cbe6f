"""Snapshots across accounts. moto stores a share, but the other account never sees the snapshot.

AWS: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
"""

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidSnapshotIdError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models import elastic_block_store as ebs
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from . import keys
from .patching import replaces
from .refusals import Refused


def other_backends(backend):
    """EC2 of the other accounts in the same region: a share works inside its region only."""
    for account in list(ec2_backends.keys()):
        if account != backend.account_id and backend.region_name in ec2_backends[account]:
            yield ec2_backends[account][backend.region_name]


def may_restore(snap, account):
    """Has this account create-volume permission, as owner, by name or as one of all?"""
    return (account == snap.owner_id
            or account in snap.create_volume_permission_userids
            or "all" in snap.create_volume_permission_groups)


def shared_with(backend):
    """The snapshots of other accounts that this one may use."""
    return [snap for other in other_backends(backend) for snap in list(other.snapshots.values())
            if snap.owner_id == other.account_id and may_restore(snap, backend.account_id)]


def visible_snapshot(backend, snapshot_id):
    """A snapshot of another account exists for you only when it is shared with you.

    Asked for by id, one that is not shared is InvalidSnapshot.NotFound here; API_DescribeSnapshots.html says it is
    not in the results. Not verified: a client should take both for "not visible".
    """
    for snap in [*backend.snapshots.values(), *shared_with(backend)]:
        if snap.id == snapshot_id:
            return snap
    raise InvalidSnapshotIdError()


def find_snapshot(backend, snapshot_id):
    """A snapshot of any account, for what happens behind an image."""
    for candidate in [backend, *other_backends(backend)]:
        if snapshot_id in candidate.snapshots:
            return candidate.snapshots[snapshot_id]
    return None


@replaces(EC2Backend)
def describe_snapshots(original, self, snapshot_ids=None, filters=None):
    """AWS: the answer holds your own and those shared with you."""
    if snapshot_ids:
        found = [visible_snapshot(self, snapshot_id) for snapshot_id in snapshot_ids]
    else:
        found = list(self.snapshots.values()) + shared_with(self)
    return ebs.generic_filter(filters, found) if filters else found


class SharedView:
    """A shared snapshot as the other account sees it: AWS does not show it the owner's tags."""

    def __init__(self, snap):
        self._snap = snap
        self.tags = self.tag_set = self.tag_list = []

    def __getattr__(self, name):
        return getattr(self._snap, name)

    def get_filter_value(self, name, method_name=None):
        """Filters on tags see no tags either."""
        return [] if name.startswith("tag") else self._snap.get_filter_value(name, method_name)


@replaces(ElasticBlockStore, "describe_snapshots")
def describe_snapshots_call(original, self):
    """moto ignores OwnerIds and RestorableByUserIds."""
    self.error_on_dryrun()
    me = self.ec2_backend.account_id
    found = self.ec2_backend.describe_snapshots(self._get_param("SnapshotIds", []))
    owners = [me if owner == "self" else owner for owner in self._get_param("OwnerIds", [])]
    users = [me if user == "self" else user for user in self._get_param("RestorableByUserIds", [])]
    if owners:
        found = [snap for snap in found if snap.owner_id in owners]
    if users:
        found = [snap for snap in found if any(may_restore(snap, user) for user in users)]
    seen = [snap if snap.owner_id == me else SharedView(snap) for snap in found]
    filters = self._filters_from_querystring()
    return ActionResult({"Snapshots": ebs.generic_filter(filters, seen) if filters else seen})


@replaces(EC2Backend)
def add_create_volume_permission(original, self, snapshot_id, user_ids, groups):
    """AWS: encrypted snapshots cannot be made public, those under the default key cannot be shared.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html; the first code and message
    as users report them: https://github.com/hashicorp/packer/issues/8271; the second code is not verified.
    """
    snap = self.get_snapshot(snapshot_id)
    if snap.encrypted and keys.is_default_key(self, snap.kms_key_id):
        raise Refused("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")
    if snap.encrypted and groups:
        raise Refused("OperationNotPermitted", "Encrypted snapshots cannot be made public")
    return original(self, snapshot_id, user_ids, groups)


@replaces(ElasticBlockStore)
def modify_snapshot_attribute(original, self):
    """AWS takes CreateVolumePermission.Add or .Remove, not both; moto answers success and changes nothing."""
    change = self._get_param("CreateVolumePermission", {})
    if not change:
        return original(self)
    if change.get("Add") and change.get("Remove"):
        raise Refused("InvalidParameterCombination", "Add and Remove may not be used in one call")  # code not verified
    self.error_on_dryrun()
    for verb, name in (("Add", "add_create_volume_permission"), ("Remove", "remove_create_volume_permission")):
        rows = change.get(verb, [])
        if rows:
            getattr(self.ec2_backend, name)(
                self._get_param("SnapshotId"), user_ids=[row["UserId"] for row in rows if "UserId" in row],
                groups=[row["Group"] for row in rows if "Group" in row])
    return EmptyResult()
