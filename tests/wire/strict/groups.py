"""Security groups: references, filters, deletion.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html,
API_DescribeSecurityGroups.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.responses.security_groups import SecurityGroups

from .patching import adds, replaces
from .refusals import Refused


@replaces(EC2Backend)
def create_security_group(original, self, name, description, vpc_id=None, **kwargs):
    """AWS: no name starts with sg-, names are unique in the VPC whatever their case."""
    if (name or "").startswith("sg-"):
        raise Refused("InvalidParameterValue", "Group names may not be in the format sg-*.")
    group = original(self, name, description, vpc_id=vpc_id, **kwargs)
    twins = [other for other in self.groups[group.vpc_id].values() if other.name.lower() == name.lower()]
    if len(twins) > 1 and not kwargs.get("force"):
        self.groups[group.vpc_id].pop(group.id)
        raise Refused("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{group.vpc_id}'")
    return group


@replaces(EC2Backend)
def delete_security_group(original, self, name=None, group_id=None):
    """AWS: DependencyViolation while an interface has the group or a rule of another group names it."""
    if group_id and any(group.id == group_id for eni in self.enis.values() for group in eni.group_set):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    others = [group for groups in self.groups.values() for group in groups.values() if group.id != group_id]
    if group_id and any(group_id in referenced(group) for group in others):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return original(self, name, group_id)


def referenced(group):
    """The groups that the rules of this one name."""
    return {rule.source_group.get("GroupId") for rule in group.ingress_rules + group.egress_rules if rule.source_group}


@replaces(SecurityGroup)
def matches_filter(original, self, key, filter_value):
    """Documented filters that moto answers with a server error."""
    sides = {"ip-permission.ipv6-cidr": ("ingress_rules", "cidr_ipv6"),
             "egress.ip-permission.ipv6-cidr": ("egress_rules", "cidr_ipv6"),
             "ip-permission.prefix-list-id": ("ingress_rules", "prefix_list_id"),
             "egress.ip-permission.prefix-list-id": ("egress_rules", "prefix_list_id")}
    if key in sides:
        rules, attribute = sides[key]
        return any(getattr(rule, attribute) in filter_value for rule in getattr(self, rules))
    return original(self, key, filter_value)


@adds(SecurityGroups)
def describe_security_group_references(self):
    """VPCs across a peering or transit gateway whose rules name these groups: there are none here.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupReferences.html
    """
    self.error_on_dryrun()
    return ActionResult({"SecurityGroupReferenceSet": []})


@adds(SecurityGroups)
def describe_security_group_vpc_associations(self):
    """No group here is associated with a second VPC.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupVpcAssociations.html
    """
    self.error_on_dryrun()
    return ActionResult({"SecurityGroupVpcAssociations": []})
