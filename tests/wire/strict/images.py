"""Images: pending states, one snapshot per volume, shares that reach the other account, copies.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html, API_CopyImage.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html and CopyingAMIs.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.models import EC2Backend, amis, ec2_backends
from moto.ec2.responses.amis import AmisResponse

from . import keys
from .instances import must_be_alive
from .knobs import KNOBS, age, born, flag, flags
from .patching import replaces
from .refusals import Refused, tags_for
from .sharing import find_snapshot, may_restore, other_backends, visible_snapshot
from .snapshots import NO_VOLUME, make_copy, state_of


@replaces(amis.Ami, "__init__")
def begin(original, self, backend, ami_id, instance=None, source_ami=None, **kwargs):
    """AWS: CreateImage snapshots every attached volume; moto makes one snapshot of an empty disk."""
    with flags(launching=True):  # moto's throw-away volume must be ready at once
        original(self, backend, ami_id, instance=instance, source_ami=source_ami, **kwargs)
    self._born = born() if (instance or source_ami) else 0.0
    self._mapping = None
    if instance is None:
        return
    self.root_device_name, self.root_device_type = instance.root_device_name, "ebs"
    self._mapping = [snapshot_device(backend, self, device, mapping)
                     for device, mapping in instance.get_block_device_mapping
                     if device not in (flag("image_without") or [])]
    backend.snapshots.pop(self.ebs_snapshot.id, None)


def snapshot_device(backend, image, device, mapping):
    """Snapshot one attached volume for an image, tagged as the call asked."""
    text = f"Created by CreateImage({image.instance_id}) for {image.id}"
    snap = backend.create_snapshot(mapping.volume_id, text, backend.account_id, from_ami=image.id)
    snap.add_tags(flag("image_snapshot_tags") or {})
    volume = backend.volumes[mapping.volume_id]
    return {"DeviceName": device, "Ebs": {
        "SnapshotId": snap.id, "VolumeSize": volume.size, "Encrypted": bool(volume.encrypted),
        "DeleteOnTermination": bool(mapping.delete_on_termination), "VolumeType": volume.volume_type or "gp2"}}


def image_state(image):
    """pending, then what moto holds (available)."""
    if age(getattr(image, "_born", 0.0)) < KNOBS.lag:
        return "pending"
    return vars(image).get("_state_text", "available")


amis.Ami.state = property(image_state, lambda image, value: vars(image).__setitem__("_state_text", value))
_moto_mapping = amis.Ami.block_device_mappings.fget
amis.Ami.block_device_mappings = property(lambda image: getattr(image, "_mapping", None) or _moto_mapping(image))


def may_launch(image, account):
    """Owner, public, or named in the launch permissions."""
    return account == image.owner_id or image.is_public or {"UserId": account} in image.launch_permissions


@replaces(EC2Backend)
def describe_images(original, self, ami_ids=None, filters=None, exec_users=None, owners=None):
    """AWS: images of other accounts are found once shared; an id that is not visible is an error."""
    shared = [image for other in other_backends(self) for image in list(other.amis.values())
              if image.owner_id == other.account_id and may_launch(image, self.account_id)]
    if ami_ids:
        return images_by_id(original, self, ami_ids, filters, shared)
    if exec_users:
        mine = [image for image in self.amis.values() if {"UserId": self.account_id} in image.launch_permissions]
        found = shared + mine
    else:
        found = original(self, [], None, None, None) + shared
    if owners:
        wanted = [self.account_id if owner == "self" else owner for owner in owners]
        found = [image for image in found if image.owner_id in wanted]
    return amis.generic_filter(filters, found) if filters else found


def images_by_id(original, backend, ami_ids, filters, shared):
    foreign = [image for image in shared if image.id in ami_ids]
    own = [ami_id for ami_id in ami_ids if ami_id not in {image.id for image in foreign}]
    found = original(backend, own, filters, None, None) if own else []
    missing = set(own) - {image.id for image in found} - set(backend.deleted_amis)
    if missing:
        raise InvalidAMIIdError(sorted(missing))
    return found + foreign


@replaces(AmisResponse)
def create_image(original, self):
    """AWS: names are unique in the account and region; tags for image and snapshots come in the call."""
    backend, name = self.ec2_backend, self._get_param("Name")
    instance = must_be_alive(backend, self._get_param("InstanceId"))
    if any(image.name == name and image.owner_id == backend.account_id for image in backend.amis.values()):
        raise Refused("InvalidAMIName.Duplicate", f"AMI name {name} is already in use")
    self.error_on_dryrun()
    without = [mapping.get("DeviceName") for mapping in self._get_param("BlockDeviceMappings", []) if "NoDevice" in mapping]
    with flags(image_snapshot_tags=tags_for(self, "snapshot"), image_without=without):
        image = backend.create_image(instance.id, name, self._get_param("Description", ""), tag_specifications=[])
    image.add_tags(tags_for(self, "image"))
    return ActionResult({"ImageId": image.id})


@replaces(EC2Backend)
def copy_image(original, self, source_image_id, source_region, name=None, description=None):
    """AWS: the copier needs permission on the snapshots behind the image too, and on their keys."""
    source = ec2_backends[self.account_id][source_region].describe_images(ami_ids=[source_image_id])[0]
    if source.state != "available":
        raise Refused("InvalidAMIID.Unavailable", f"The image ID '{source_image_id}' is not available")
    behind = [find_snapshot(self, mapping["Ebs"]["SnapshotId"]) for mapping in source._mapping or []]
    if any(snap is None or not may_restore(snap, self.account_id) for snap in behind):
        raise Refused("InvalidRequest", "You do not have permission to access the storage of this ami")
    image = amis.Ami(self, amis.random_ami_id(), instance=None, source_ami=source, name=name, description=description)
    image.root_device_name, image.root_device_type = source.root_device_name, source.root_device_type
    self.snapshots.pop(image.ebs_snapshot.id, None)
    self.amis[image.id] = image
    image._mapping = [copy_device(self, image, source, mapping, snap)
                      for mapping, snap in zip(source._mapping or [], behind)]
    return image


def copy_device(backend, image, source, mapping, snap):
    """Copy one snapshot behind an image."""
    text = f"Copied for DestinationAmi {image.id} from SourceAmi {source.id}"
    copy = make_copy(backend, snap, text, bool(snap.encrypted or flag("image_encrypted")), flag("image_key"))
    copy.from_ami, copy._shown_volume = image.id, NO_VOLUME
    copy.add_tags(flag("image_snapshot_tags") or {})
    if copy._failed:
        image.state = "failed"
    return {"DeviceName": mapping["DeviceName"], "Ebs": {**mapping["Ebs"], "SnapshotId": copy.id, "Encrypted": copy.encrypted}}


@replaces(AmisResponse, "copy_image")
def copy_image_call(original, self):
    """moto drops Encrypted, KmsKeyId and the tags."""
    self.error_on_dryrun()
    encrypted, key = self._get_bool_param("Encrypted", False), self._get_param("KmsKeyId")
    with flags(image_encrypted=encrypted, image_key=key, image_snapshot_tags=tags_for(self, "snapshot")):
        image = self.ec2_backend.copy_image(self._get_param("SourceImageId"), self._get_param("SourceRegion"),
                                            self._get_param("Name"), self._get_param("Description"))
    image.add_tags(tags_for(self, "image"))
    return ActionResult({"ImageId": image.id})


@replaces(AmisResponse)
def register_image(original, self):
    """AWS: the image gets the mapping of the request; moto ignores it."""
    self.error_on_dryrun()
    mappings = [registered_device(self.ec2_backend, mapping) for mapping in self._get_param("BlockDeviceMappings", [])
                if mapping.get("Ebs", {}).get("SnapshotId")]
    image = self.ec2_backend.register_image(self._get_param("Name"), self._get_param("Description", ""))
    image.root_device_name = self._get_param("RootDeviceName") or image.root_device_name
    image.architecture = self._get_param("Architecture") or "x86_64"
    image.root_device_type = "ebs"
    if mappings:
        image._mapping = mappings
    image.add_tags(tags_for(self, "image"))
    return ActionResult({"ImageId": image.id})


def registered_device(backend, mapping):
    part = dict(mapping["Ebs"])
    snap = visible_snapshot(backend, part["SnapshotId"])
    if state_of(snap) != "completed":
        raise Refused("InvalidParameterValue", f"Snapshot {snap.id} is not completed")
    part["Encrypted"] = snap.encrypted
    for name, value in (("VolumeSize", snap.volume_size), ("DeleteOnTermination", True), ("VolumeType", "gp2")):
        part.setdefault(name, value)
    return {"DeviceName": mapping.get("DeviceName"), "Ebs": part}


@replaces(EC2Backend)
def modify_image_attribute(original, self, ami_id, launch_permissions_to_add, launch_permissions_to_remove):
    """AWS: images under the default key cannot be shared, encrypted ones cannot be public.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html; the first code and message as users
    report them: https://github.com/DataDog/stratus-red-team/issues/109; the second code is not verified.
    """
    image = self.amis.get(ami_id)
    for mapping in (image._mapping or [] if image is not None and launch_permissions_to_add else []):
        snap = find_snapshot(self, mapping["Ebs"]["SnapshotId"])
        if snap is None or not snap.encrypted:
            continue
        if keys.is_default_key(self, snap.kms_key_id):
            raise Refused("InvalidParameter", "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.")
        if {"Group": "all"} in launch_permissions_to_add:
            raise Refused("InvalidParameter", "Images with encrypted snapshots cannot be made public")
    return original(self, ami_id, launch_permissions_to_add, launch_permissions_to_remove)


@replaces(EC2Backend)
def describe_image_attribute(original, self, ami_id, attribute_name):
    """AWS: attributes of an image are for its owner; an unknown id is an error, not a server fault."""
    if ami_id not in self.amis:
        raise InvalidAMIIdError([ami_id])
    return original(self, ami_id, attribute_name)
