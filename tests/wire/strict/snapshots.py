"""Snapshots inside one account: states, multi-volume sets, copies."""

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models import elastic_block_store as ebs
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from . import content, keys
from .knobs import KNOBS, age, born, flag, flags
from .patching import replaces
from .refusals import Refused

PENDING_PER_VOLUME = 5  # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html
COPIES_IN_PROGRESS = 20  # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
NO_VOLUME = "vol-ffffffff"  # same page: a copy shows an arbitrary volume id


def state_of(snap):
    """pending, then completed; `error` for a copy whose key could not be used."""
    if snap._failed:
        return "error"
    return "completed" if age(snap._born) >= KNOBS.lag else "pending"


def progress_of(snap):
    """Percent as text. It never shows 100% before the snapshot is completed."""
    if state_of(snap) == "completed":
        return "100%"
    return f"{int(99 * min(1.0, age(snap._born) / max(KNOBS.lag, 0.001)))}%"


@replaces(ebs.Snapshot, "__init__")
def begin(original, self, *args, **kwargs):
    """A snapshot starts pending and keeps the blocks, and the key, of its volume."""
    original(self, *args, **kwargs)
    self._born = born()
    self._failed = None
    self._shown_volume = None
    self._parent = None
    self._lock = None
    self._blocks = dict(blocks_of_volume(self.volume))
    self._origin = getattr(self.volume, "_origin", self.volume.id)
    if self.encrypted and not self.kms_key_id:
        self.kms_key_id = getattr(self.volume, "kms_key_id", None)


def blocks_of_volume(volume):
    """The blocks on a volume, made at first use."""
    if not hasattr(volume, "_blocks"):
        volume._blocks = content.fresh(volume.id)
    return volume._blocks


ebs.Snapshot.status = property(state_of, lambda snap, value: None)
ebs.Snapshot.state = property(state_of)
ebs.Snapshot.state_message = property(lambda snap: snap._failed)
ebs.Snapshot.progress = property(progress_of)
ebs.Snapshot.volume_id = property(lambda snap: snap._shown_volume or snap.volume.id)


@replaces(EC2Backend)
def create_snapshot(original, self, volume_id, description, owner_id=None, from_ami=None):
    """AWS: at most five pending snapshots of one gp2, gp3, io1 or io2 volume (one of st1, sc1)."""
    volume = self.get_volume(volume_id)
    pending = [s for s in list(self.snapshots.values()) if s.volume is volume and not s._parent and state_of(s) == "pending"]
    if len(pending) >= (1 if volume.volume_type in ("st1", "sc1") else PENDING_PER_VOLUME):
        raise Refused("ConcurrentSnapshotLimitExceeded", f"Maximum number of pending snapshots for {volume_id} reached")
    return original(self, volume_id, description, owner_id, from_ami)


@replaces(EC2Backend)
def create_snapshots(original, self, instance_spec, description, tags):
    """AWS: one snapshot per attached volume, all or none; the root or named data volumes may be left out.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
    """
    instance = self.get_instance(instance_spec["InstanceId"])
    if instance.state in ("terminated", "shutting-down"):
        raise Refused("IncorrectInstanceState", f"The instance '{instance.id}' is not in a valid state for this operation.")
    without = set(instance_spec.get("ExcludeDataVolumeIds") or [])
    attached = {mapping.volume_id: device for device, mapping in instance.get_block_device_mapping}
    for volume_id in sorted(without):
        if volume_id not in attached or attached[volume_id] == instance.root_device_name:
            raise Refused("InvalidParameterValue", f"{volume_id} is not a data volume of {instance.id}")  # code not verified
    before = set(self.snapshots)
    try:
        made = original(self, instance_spec, description, tags)
    except Refused:
        for snapshot_id in set(self.snapshots) - before:
            del self.snapshots[snapshot_id]
        raise
    for snap in [s for s in made if s.volume.id in without]:
        made.remove(snap)
        del self.snapshots[snap.id]
    return made


@replaces(EC2Backend)
def copy_snapshot(original, self, source_snapshot_id, source_region, description, kms_key_id):
    """AWS: a snapshot can be copied once it is completed, by its owner or by whom it is shared with.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
    """
    from .sharing import visible_snapshot

    source = visible_snapshot(ec2_backends[self.account_id][source_region], source_snapshot_id)
    if state_of(source) != "completed":
        raise Refused("IncorrectState", f"Snapshot {source_snapshot_id} is {state_of(source)}")  # code not verified
    encrypt = flag("copy_encrypted")
    if kms_key_id and not (encrypt or source.encrypted):
        raise Refused("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
    refuse_too_many_copies(self)
    return make_copy(self, source, description, bool(encrypt or source.encrypted), kms_key_id)


def refuse_too_many_copies(backend):
    running = [s for s in list(backend.snapshots.values()) if s._parent and state_of(s) == "pending"]
    if len(running) >= COPIES_IN_PROGRESS:
        raise Refused("ResourceLimitExceeded", "Too many snapshot copies in progress. The limit is 20 for this destination region.")


def make_copy(backend, source, description, encrypted, kms_key_id):
    """The copy itself. Without a key it goes under the copier's default key; with a key that one of
    the two accounts may not use, the call succeeds and the copy ends in `error`."""
    key = None
    if encrypted:
        key = keys.key_arn(kms_key_id, backend.account_id, backend.region_name)
        key = key or backend.default_kms_key_id or backend._create_default_encryption_key()
    copy = ebs.Snapshot(backend, ebs.random_snapshot_id(), volume=source.volume, description=description,
                        encrypted=encrypted, kms_key_id=key)
    copy._shown_volume, copy._parent, copy._origin = NO_VOLUME, source.id, source._origin
    copy._blocks = dict(source._blocks)
    needed = [key] + ([source.kms_key_id] if source.encrypted else [])
    if any(k and not keys.admits(k, backend.account_id, backend.region_name) for k in needed):
        copy._failed = "Given key ID is not accessible"
    backend.snapshots[copy.id] = copy
    return copy


@replaces(ElasticBlockStore, "copy_snapshot")
def copy_snapshot_call(original, self):
    """moto drops the parameter Encrypted."""
    with flags(copy_encrypted=self._get_bool_param("Encrypted", False)):
        return original(self)


@replaces(ElasticBlockStore, "create_snapshots")
def create_snapshots_call(original, self):
    """AWS can copy the tags of each volume to its snapshot (CopyTagsFromSource); moto ignores that."""
    answer = original(self)
    if self._get_param("CopyTagsFromSource") == "volume":
        for snap in answer.result["Snapshots"]:
            snap.add_tags({tag["key"]: tag["value"] for tag in snap.volume.get_tags()})
    return ActionResult(answer.result)
