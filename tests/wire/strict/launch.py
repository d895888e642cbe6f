"""RunInstances and what it puts together: image, mapping, interfaces."""

from moto.ec2.models import EC2Backend
from moto.ec2.responses.instances import InstanceResponse

from .instances import starting
from .knobs import flag, flags
from .patching import replaces
from .refusals import Refused, tags_for


@replaces(EC2Backend)
def run_instances(original, self, image_id, count, user_data, security_group_names, **kwargs):
    """AWS: an available image one may launch; its mapping overlaid by the request's; all or nothing.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
    """
    behind = set()
    if image_id:
        image = self.describe_images(ami_ids=[image_id])[0]
        if image.state != "available":
            raise Refused("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is not available")
        if image._mapping:
            behind = {mapping["Ebs"]["SnapshotId"] for mapping in image._mapping}
            kwargs["block_device_mappings"] = overlay(image._mapping, kwargs.get("block_device_mappings") or [])
    known = set(self.reservations)
    try:
        with flags(launching=True, image_snapshots=behind):
            reservation = original(self, image_id, count, user_data, security_group_names, **kwargs)
    except Exception:
        for left in set(self.reservations) - known:  # moto leaves half an instance behind
            self.reservations.pop(left)
        raise
    for instance in reservation.instances:
        finish(instance, kwargs.get("nics") or [])
    return reservation


def overlay(image_mapping, requested):
    """The mapping of the image with that of the request laid over it, device by device."""
    merged = {m["DeviceName"]: {"DeviceName": m["DeviceName"], "Ebs": {**m["Ebs"], "KmsKeyId": None}} for m in image_mapping}
    for mapping in requested:
        if mapping.get("NoDevice") == "":
            merged.pop(mapping["DeviceName"], None)
            continue
        base = merged.setdefault(mapping["DeviceName"], {"DeviceName": mapping["DeviceName"], "Ebs": {}})
        base["Ebs"].update({name: value for name, value in mapping["Ebs"].items() if value is not None})
    return list(merged.values())


def finish(instance, requested_nics):
    """What moto leaves out: the instance shows the groups of its first interface; an interface made
    at launch goes with the instance unless the request says otherwise."""
    wanted = {int(nic.get("DeviceIndex") or 0): nic for nic in requested_nics}
    for index, nic in instance.nics.items():
        spec = wanted.get(index, {})
        if "NetworkInterfaceId" not in spec:
            nic.delete_on_termination = spec.get("DeleteOnTermination") is not False
    if 0 in instance.nics:
        instance.security_groups = list(instance.nics[0]._group_set)


@replaces(InstanceResponse, "run_instances")
def run_instances_call(original, self):
    """AWS: groups either for the instance or for its interfaces; a launch starts pending."""
    if self._get_param("NetworkInterfaces", []) and self._get_param("SecurityGroupIds", []):
        raise Refused("InvalidParameterCombination",
                      "Network interfaces and an instance-level security groups may not be specified on the same request")
    answer = original(self)
    for instance in answer.result.instances:
        instance.disable_api_termination = bool(self._get_bool_param("DisableApiTermination", False))
        for nic in instance.nics.values():
            nic.add_tags(tags_for(self, "network-interface"))
        if not flag("setup"):
            instance._state = starting()
    return answer
