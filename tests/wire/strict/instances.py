"""Instances: changing states, attributes, protection, termination."""

import copy
import time

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse

from .knobs import KNOBS, flag, flags
from .patching import replaces
from .refusals import Refused

ATTRIBUTES = {"Attribute", "BlockDeviceMapping", "DisableApiStop", "DisableApiTermination", "EbsOptimized", "EnaSupport",
              "GroupId", "InstanceInitiatedShutdownBehavior", "InstanceType", "Kernel", "Ramdisk",
              "SourceDestCheck", "SriovNetSupport", "UserData", "Value"}


class Passing:
    """A state that turns into the next one by itself.

    AWS: pending → running, shutting-down → terminated.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html (timing not verified)
    """

    def __init__(self, first, then):
        self._first, self._then = first, then
        self._until = time.time() + (0 if flag("setup") else KNOBS.settle)

    def _now(self):
        return self._first if time.time() < self._until else self._then

    @property
    def name(self):
        return self._now()[0]

    @name.setter
    def name(self, value):
        self._first = self._then = (value, self._then[1])

    @property
    def code(self):
        return self._now()[1]

    @code.setter
    def code(self, value):
        self._first = self._then = (self._then[0], value)


def starting():
    """The state of an instance just launched."""
    return Passing(("pending", 0), ("running", 16))


def must_be_alive(backend, instance_id):
    """The instance, unless it is gone or going (code not verified for every call)."""
    instance = backend.get_instance(instance_id)
    if instance.state in ("terminated", "shutting-down"):
        raise Refused("IncorrectInstanceState",
                      f"The instance '{instance_id}' is not in a state from which it can be modified.")
    return instance


@replaces(EC2Backend)
def modify_instance_attribute(original, self, instance_id, *args, **kwargs):
    if not flag("terminating"):  # moto clears the profile through this on termination
        must_be_alive(self, instance_id)
    return original(self, instance_id, *args, **kwargs)


@replaces(EC2Backend)
def modify_instance_metadata_options(original, self, instance_id, *args, **kwargs):
    must_be_alive(self, instance_id)
    return original(self, instance_id, *args, **kwargs)


@replaces(EC2Backend)
def start_instances(original, self, instance_ids):
    """AWS: IncorrectInstanceState for an instance that is not stopped; moto starts terminated ones again."""
    for instance_id in instance_ids:
        must_be_alive(self, instance_id)
    return original(self, instance_ids)


@replaces(EC2Backend)
def stop_instances(original, self, instance_ids):
    for instance_id in instance_ids:
        must_be_alive(self, instance_id)
    return original(self, instance_ids)


@replaces(EC2Backend)
def modify_instance_security_groups(original, self, instance_id, groups):
    """AWS: by instance only with one interface; the groups belong to the interface.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
    """
    instance = must_be_alive(self, instance_id)
    if len(instance.nics) > 1:
        raise Refused("InvalidInstanceID", f"There are multiple interfaces attached to instance '{instance_id}'. "
                                           "Please specify an interface ID for the operation instead.")
    self.modify_network_interface_attribute(next(iter(instance.nics.values())).id, groups)
    return instance


@replaces(InstanceResponse, "modify_instance_attribute")
def modify_attribute_call(original, self):
    """AWS: "You can specify only one attribute at a time". moto takes the first and drops the others.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html (codes not verified)
    """
    named = {key.split(".")[0] for key in self.data} & ATTRIBUTES - {"Value"}
    if len(named) > 1:
        raise Refused("InvalidParameterCombination", "Fields for multiple attribute types specified: " + ", ".join(sorted(named)))
    if not named:
        raise Refused("InvalidParameterCombination", "No attributes specified.")
    instance = must_be_alive(self.ec2_backend, self._get_param("InstanceId"))
    protects = str(self._get_param("DisableApiTermination.Value", self._get_param("DisableApiStop.Value"))).lower() == "true"
    if instance.lifecycle == "spot" and protects:
        raise Refused("UnsupportedOperation", "You cannot enable this protection for Spot Instances")
    return original(self)


@replaces(InstanceResponse)
def _block_device_mapping_handler(original, self):
    """AWS: DeleteOnTermination left out means true ("the default is true"); moto leaves the old value.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
    """
    mappings = self._get_param("BlockDeviceMappings", [])
    if not mappings:
        return False
    instance = must_be_alive(self.ec2_backend, self._get_param("InstanceId"))
    for mapping in mappings:
        if mapping.get("DeviceName") not in instance.block_device_mapping:
            raise Refused("InvalidInstanceAttributeValue", f"No device is currently mapped at {mapping.get('DeviceName')}")
    self.error_on_dryrun()
    for mapping in mappings:
        wanted = mapping.get("Ebs", {}).get("DeleteOnTermination")
        instance.block_device_mapping[mapping["DeviceName"]].delete_on_termination = wanted is not False
    return True


@replaces(InstanceResponse)
def _security_grp_instance_attribute_handler(original, self):
    """moto ends here for any attribute it does not know, and then empties the groups."""
    behavior = self._get_param("InstanceInitiatedShutdownBehavior")
    if behavior:
        instance = must_be_alive(self.ec2_backend, self._get_param("InstanceId"))
        value = behavior.get("Value") if isinstance(behavior, dict) else behavior
        if value not in ("stop", "terminate"):
            raise Refused("InvalidParameterValue", f"Value ({value}) for instanceInitiatedShutdownBehavior is invalid.")
        self.error_on_dryrun()
        instance.instance_initiated_shutdown_behavior = value
        return True
    return original(self) if self._get_param("Groups", []) else False


@replaces(InstanceResponse)
def describe_instance_attribute(original, self):
    """AWS: the block device mapping is a list of its own; absent user data is an absent value.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html
    """
    self.error_on_dryrun()
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    attribute = self._get_param("Attribute")
    if attribute == "blockDeviceMapping":
        return ActionResult({"InstanceId": instance.id, "BlockDeviceMappings": instance.block_device_mappings})
    if attribute == "userData" and instance.user_data is None:
        return ActionResult({"InstanceId": instance.id, "UserData": {}})
    if attribute == "productCodes":
        return ActionResult({"InstanceId": instance.id, "ProductCodes": []})
    return original(self)


@replaces(EC2Backend)
def terminate_instances(original, self, instance_ids):
    """AWS: protection of one instance saves all named ones in its zone, and none elsewhere; stop protection
    counts too; Auto Scaling is stopped by neither.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html,
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
    """
    instances = self.get_multi_instances_by_id(instance_ids or [])
    if flag("auto_scaling"):
        for instance in instances:
            instance.disable_api_termination = instance.disable_api_stop = False
    guarded = [i for i in instances if i.disable_api_termination is True or i.disable_api_stop is True]
    zones = {instance.placement.zone for instance in guarded}
    ended = [(instance, end(instance)) for instance in instances if instance.placement.zone not in zones]
    if guarded:
        first = guarded[0]
        which = "disableApiTermination" if first.disable_api_termination is True else "disableApiStop"
        raise Refused("OperationNotPermitted", f"The instance '{first.id}' may not be terminated. "
                                               f"Modify its '{which}' instance attribute and try again.")
    return ended if instance_ids else original(self, instance_ids)


def end(instance):
    """Terminate one instance; a second time changes nothing. Returns the state before."""
    before = copy.copy(instance._state)
    if instance.state in ("terminated", "shutting-down"):
        return before
    with flags(terminating=True):
        Instance.terminate(instance)
    for nic in instance.nics.values():
        release(instance.ec2_backend, nic)
    instance._state = Passing(("shutting-down", 32), ("terminated", 48))
    return before


def release(backend, nic):
    """AWS: an interface that stays is detached, an Elastic IP address is disassociated; moto leaves both.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
    """
    for address in [address for address in backend.addresses if address.eni is nic]:
        backend.disassociate_address(association_id=address.association_id)
    nic.instance = nic.attachment_id = nic.attach_time = nic.device_index = None
    nic.status = "available"


_moto_interfaces = Instance.network_interfaces.fget
Instance.network_interfaces = property(
    lambda instance: [] if instance.state in ("shutting-down", "terminated") else _moto_interfaces(instance))
