"""Volumes: creation from snapshots of two accounts, and attachment."""

from moto.ec2.exceptions import InvalidSnapshotIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models import elastic_block_store as ebs
from moto.ec2.models.elastic_block_store import Volume

from . import keys
from .knobs import KNOBS, age, born, flag
from .patching import replaces
from .refusals import Refused
from .sharing import find_snapshot, visible_snapshot
from .snapshots import blocks_of_volume, state_of


@replaces(EC2Backend)
def create_volume(original, self, size, zone_name, snapshot_id=None, encrypted=False, kms_key_id=None, **kwargs):
    """AWS: from your own snapshots or those shared with you, completed, under a key you may use.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html and
    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html. AWS accepts an unusable key and the
    volume then fails; here the call is refused, which is a simplification.
    """
    kms_key_id = usable_key(self, kms_key_id)
    snap = source_of(self, snapshot_id) if snapshot_id else None
    if snap is not None and snap.encrypted:
        encrypted = True
        if not kms_key_id and snap.owner_id == self.account_id:
            kms_key_id = snap.kms_key_id
    borrowed = snap is not None and snapshot_id not in self.snapshots
    if borrowed:
        self.snapshots[snapshot_id] = snap
    try:
        volume = original(self, size, zone_name, snapshot_id=snapshot_id, encrypted=encrypted, kms_key_id=kms_key_id, **kwargs)
    finally:
        if borrowed:
            self.snapshots.pop(snapshot_id, None)
    volume._born = 0.0 if flag("launching") else born()
    volume._origin = snap._origin if snap else volume.id
    volume._blocks = dict(snap._blocks) if snap else blocks_of_volume(volume)
    return volume


def usable_key(backend, kms_key_id):
    """The ARN of the requested key; EC2 shows keys by ARN."""
    if kms_key_id and not keys.admits(kms_key_id, backend.account_id, backend.region_name):
        raise Refused("InvalidKmsKeyId", f"The KMS key {kms_key_id} does not exist or is not usable")
    return keys.key_arn(kms_key_id, backend.account_id, backend.region_name)


def source_of(backend, snapshot_id):
    """The snapshot a volume is made from. Who may launch an image needs no permission on what is behind it."""
    if snapshot_id in (flag("image_snapshots") or ()):
        snap = find_snapshot(backend, snapshot_id)
    else:
        snap = visible_snapshot(backend, snapshot_id)
    if snap is None:
        raise InvalidSnapshotIdError()
    if state_of(snap) != "completed":
        raise Refused("IncorrectState", f"Snapshot {snapshot_id} is {state_of(snap)}")
    if snap.encrypted and snap.kms_key_id and not keys.admits(snap.kms_key_id, backend.account_id, backend.region_name):
        raise Refused("InvalidKmsKeyId", f"The key of snapshot {snapshot_id} is not accessible")
    return snap


def volume_state(volume):
    """creating for a moment, then available or in-use.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-describing-volumes.html (timing not verified)
    """
    if volume.attachment:
        return "in-use"
    return "available" if age(getattr(volume, "_born", 0.0)) >= KNOBS.settle else "creating"


ebs.Volume.status = property(volume_state)
ebs.Volume.state = property(volume_state)


def deleted_with_instance(attachment):
    """AWS shows DeleteOnTermination on the volume's attachment too; moto only on the instance."""
    mapping = attachment.instance.block_device_mapping.get(attachment.device)
    return bool(mapping is not None and mapping.delete_on_termination)


ebs.VolumeAttachment.delete_on_termination = property(deleted_with_instance)


@replaces(Volume)
def get_filter_value(original, self, filter_name, method_name=None):
    """Documented filters that moto answers with a server error."""
    if filter_name == "attachment.delete-on-termination" and self.attachment:
        return str(deleted_with_instance(self.attachment)).lower()
    return original(self, filter_name, method_name)


@replaces(EC2Backend)
def attach_volume(original, self, volume_id, instance_id, device_path, delete_on_termination=False):
    """AWS: same zone, a free device name, an available volume, a running or stopped instance.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html
    """
    if flag("launching"):
        return original(self, volume_id, instance_id, device_path, delete_on_termination)
    volume, instance = self.get_volume(volume_id), self.get_instance(instance_id)
    if volume.attachment:
        raise Refused("VolumeInUse", f"{volume_id} is already attached to an instance")
    if volume_state(volume) != "available":
        raise Refused("IncorrectState", f"{volume_id} is not 'available'.")
    if volume.zone and volume.zone.name != instance.placement.zone:
        raise Refused("InvalidVolume.ZoneMismatch", "The volume is not in the same availability zone as instance")
    if device_path in instance.block_device_mapping:
        raise Refused("InvalidParameterValue", f"Attachment point {device_path} is already in use")
    if instance.state not in ("running", "stopped"):
        raise Refused("IncorrectState", f"Instance '{instance_id}' is not 'running'.")
    return original(self, volume_id, instance_id, device_path, delete_on_termination)
