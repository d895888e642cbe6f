"""Pages of EC2 Describe calls, which moto mostly gives in one piece.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination. A call by ids is
not paged. STRICT_PAGE makes pages short, which AWS may do too.
"""

from moto.ec2.responses._base_response import EC2BaseResponse
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.network_acls import NetworkACLs
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ec2.responses.subnets import Subnets
from moto.ec2.responses.tags import TagResponse
from moto.ec2.responses.vpcs import VPCs

from .knobs import KNOBS
from .patching import replaces
from .refusals import Refused

# response class, method, key of the list, parameter that names ids
PAGED = (
    (AmisResponse, "describe_images", "Images", "ImageIds"),
    (ElasticBlockStore, "describe_volumes", "Volumes", "VolumeIds"),
    (ElasticBlockStore, "describe_snapshots", "Snapshots", "SnapshotIds"),
    (ElasticNetworkInterfaces, "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceIds"),
    (NetworkACLs, "describe_network_acls", "NetworkAcls", "NetworkAclIds"),
    (RouteTables, "describe_route_tables", "RouteTables", "RouteTableIds"),
    (SecurityGroups, "describe_security_groups", "SecurityGroups", "GroupIds"),
    (SecurityGroups, "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleIds"),
    (Subnets, "describe_subnets", "Subnets", "SubnetIds"),
    (TagResponse, "describe_tags", "Tags", None),
    (VPCs, "describe_vpcs", "Vpcs", "VpcIds"),
    (VPCs, "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointIds"),
)


def page(response, answer, key):
    """Cut one page out of the whole list."""
    rows = list(answer.result[key])
    token = response._get_param("NextToken")
    if token and not token.isdigit():
        raise Refused("InvalidNextToken", "The specified pagination token is invalid")  # code not verified
    start = int(token or 0)
    size = min(int(response._get_param("MaxResults") or KNOBS.page), KNOBS.page)
    answer.result[key] = rows[start:start + size]
    answer.result["NextToken"] = str(start + size) if start + size < len(rows) else None
    return answer


def paged(owner, method, key, ids):
    @replaces(owner, method)
    def wrapped(original, self):
        answer = original(self)
        by_id = ids and self._get_param(ids, [])
        return answer if by_id or not hasattr(answer, "result") else page(self, answer, key)


for _row in PAGED:
    assert issubclass(_row[0], EC2BaseResponse)
    paged(*_row)
