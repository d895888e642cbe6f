"""Network ACLs and Elastic IP addresses.

AWS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html and
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html
"""

from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_ip_addresses import ElasticAddress

from .patching import replaces
from .refusals import Refused

FINAL_RULE = 32767


@replaces(EC2Backend)
def create_network_acl(original, self, vpc_id, tags=None, default=False):
    """AWS: a new ACL denies everything, by its final rule, in both directions and both families."""
    acl = original(self, vpc_id, tags, default)
    dual = len(self.get_vpc(vpc_id).get_cidr_block_association_set(ipv6=True)) > 0
    for egress in (True, False):
        if not default:
            add_final_deny(self, acl, egress, "0.0.0.0/0", None, FINAL_RULE)
        if dual:
            add_final_deny(self, acl, egress, None, "::/0", FINAL_RULE + 1)
    return acl


def add_final_deny(backend, acl, egress, cidr, ipv6_cidr, number):
    backend.create_network_acl_entry(
        network_acl_id=acl.id, rule_number=number, protocol="-1", rule_action="deny", egress=egress,
        cidr_block=cidr, icmp_code=None, icmp_type=None, port_range_from=None, port_range_to=None,
        ipv6_cidr_block=ipv6_cidr)


@replaces(EC2Backend)
def replace_network_acl_association(original, self, association_id, network_acl_id):
    """AWS: a new association id each time; an unknown one is an error; both ACLs belong to one VPC.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html

    The call is idempotent by default: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    Repeated it gives its first answer here; for how long, and whether after a further swap too, is not verified.
    """
    first = vars(self).setdefault("_replaced_acls", {})
    if (association_id, network_acl_id) in first:
        return first[association_id, network_acl_id]
    holder = next((acl for acl in self.network_acls.values() if association_id in acl._associations), None)
    if holder is None:
        raise Refused("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")
    if self.get_network_acl(network_acl_id).vpc_id != holder.vpc_id:
        raise Refused("InvalidParameterValue", "The network ACL and the subnet belong to different networks.")  # code not verified
    first[association_id, network_acl_id] = original(self, association_id, network_acl_id)
    return first[association_id, network_acl_id]


@replaces(EC2Backend)
def disassociate_address(original, self, address=None, association_id=None):
    """AWS: "If you perform the operation more than once, Amazon EC2 doesn't return an error."

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateAddress.html
    """
    gone = vars(self).setdefault("_disassociated", set())
    if association_id in gone:
        return
    original(self, address, association_id)
    gone.add(association_id)


def instance_of(address):
    """The instance behind an address; moto forgets it when the address was associated by interface."""
    instance = address.instance or (address.eni.instance if address.eni else None)
    return instance.id if instance else ""


ElasticAddress.instance_id = property(instance_of)


@replaces(ElasticAddress)
def get_filter_value(original, self, filter_name, method_name=None):
    if filter_name == "instance-id":
        return instance_of(self)
    return original(self, filter_name, method_name)
