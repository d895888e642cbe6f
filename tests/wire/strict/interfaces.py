"""Network interfaces: groups, connection tracking, filters."""

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

from .patching import adds, replaces
from .refusals import Refused

GROUPS_PER_INTERFACE = 5  # https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
ATTRIBUTES = ("Description", "SourceDestCheck", "SecurityGroupId", "Attachment", "EnaSrdSpecification",
              "EnablePrimaryIpv6", "ConnectionTrackingSpecification", "AssociatePublicIpAddress")

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingSpecificationRequest.html
TRACKING_SECONDS = {"TcpEstablishedTimeout": (60, 432000), "UdpStreamTimeout": (60, 180), "UdpTimeout": (30, 60)}


@replaces(EC2Backend)
def modify_network_interface_attribute(original, self, eni_id, group_ids, *args, **kwargs):
    """AWS: at most five groups, all known, all of the interface's VPC. The new list replaces the old one.

    No page gives the code for a group of another VPC; users report InvalidGroup.NotFound with this message:
    https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/3943
    """
    interface = self.get_network_interface(eni_id)
    if len(group_ids or []) > GROUPS_PER_INTERFACE:
        raise Refused("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface is 5")
    for group_id in group_ids or []:
        group = self.get_security_group_from_id(group_id)
        if group is None:
            raise Refused("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        if group.vpc_id != interface.subnet.vpc_id:
            raise Refused("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
    result = original(self, eni_id, group_ids, *args, **kwargs)
    if group_ids and interface.instance is not None and str(interface.device_index) == "0":
        interface.instance.security_groups = list(interface._group_set)
    return result


# AWS: groups belong to the interface. moto mixes those of the instance into every interface.
NetworkInterface.group_set = property(lambda interface: interface._group_set)


@replaces(ElasticNetworkInterfaces, "modify_network_interface_attribute")
def modify_call(original, self):
    """AWS: "You can specify only one attribute at a time"; connection tracking timeouts have bounds.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html (codes not verified)
    """
    named = {key.split(".")[0] for key in self.data} & set(ATTRIBUTES)
    if len(named) > 1:
        raise Refused("InvalidParameterCombination", "Fields for multiple attribute types specified: " + ", ".join(sorted(named)))
    if not named:
        raise Refused("InvalidParameterCombination", "No attributes specified.")
    tracking = self._get_param("ConnectionTrackingSpecification", {})
    change = self._get_param("Attachment", {})
    for name, value in tracking.items():
        low, high = TRACKING_SECONDS[name]
        if not low <= int(value) <= high:
            raise Refused("InvalidParameterValue", f"{name} must be between {low} and {high} seconds")
    answer = original(self)
    interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
    if tracking:
        kept = interface.connection_tracking_configuration or {}
        interface.connection_tracking_configuration = {**kept, **{name: int(value) for name, value in tracking.items()}}
    if "DeleteOnTermination" in change:
        interface.delete_on_termination = change["DeleteOnTermination"] is True
    return answer


NetworkInterface.connection_tracking_configuration = None


@replaces(NetworkInterface)
def get_filter_value(original, self, filter_name, method_name=None):
    """Filters of DescribeNetworkInterfaces that moto knows wrongly or not at all.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
    """
    addresses = [row.get("PrivateIpAddress") for row in self.private_ip_addresses]
    known = {
        "addresses.private-ip-address": lambda: addresses,
        "addresses.primary": lambda: ["true"] + ["false"] * (len(addresses) > 1),
        "ipv6-addresses.ipv6-address": lambda: list(self.ipv6_addresses),
        "association.public-ip": lambda: self.public_ip,
        "attachment.status": lambda: "attached" if self.instance is not None else "detached",
        "attachment.device-index": lambda: str(self.device_index),
        "attachment.delete-on-termination": lambda: str(bool(self.delete_on_termination)).lower(),
        "group-id": lambda: [group.id for group in self._group_set],
        "group-name": lambda: [group.name for group in self._group_set],
        "requester-managed": lambda: str(bool(self.requester_managed)).lower(),
        "source-dest-check": lambda: str(bool(self.source_dest_check)).lower(),
        "mac-address": lambda: self.mac_address,
    }
    return known[filter_name]() if filter_name in known else original(self, filter_name, method_name)


@adds(ElasticNetworkInterfaces)
def describe_trunk_interface_associations(self):
    """Nothing on this server has branch interfaces: the list is empty.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html
    """
    self.error_on_dryrun()
    return ActionResult({"InterfaceAssociations": []})
