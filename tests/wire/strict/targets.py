"""Target groups: targets by id and port, draining, pages.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html and
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
"""

import base64
import time

from moto.core.responses import ActionResult
from moto.elbv2 import models as elbv2
from moto.elbv2.responses import ELBV2Response

from .health import reachable
from .knobs import KNOBS
from .patching import replaces


def port_of(group, target):
    """AWS: a target without a port means the group's port."""
    return int(target.get("Port") or group.port or 0)


def key_of(group, target):
    return f"{target['Id']}:{port_of(group, target)}"


def refuse_unknown(group, target):
    if target["Id"].startswith("i-") and not group.ec2_backend.get_instance_by_id(target["Id"]):
        raise elbv2.InvalidTargetError()


@replaces(elbv2.FakeTargetGroup)
def register(original, self, targets):
    """AWS: a running instance; a target is an id and a port, so one instance may be there on several ports.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
    """
    for target in targets:
        refuse_unknown(self, target)
        instance = self.ec2_backend.get_instance_by_id(target["Id"])
        if instance and instance.state != "running":
            raise elbv2.TargetNotRunning(instance_id=target["Id"])
        key = key_of(self, target)
        self.targets[key] = {"Id": target["Id"], "Port": port_of(self, target)}
        self.deregistered_targets.pop(key, None)


@replaces(elbv2.FakeTargetGroup)
def deregister(original, self, targets):
    """AWS: without a port only the registration on the group's port is meant; what is not registered is no error."""
    for target in targets:
        refuse_unknown(self, target)
        key = key_of(self, target)
        gone = self.targets.pop(key, None)
        if gone:
            self.deregistered_targets[key] = {**gone, "_at": time.time()}


@replaces(elbv2.FakeTargetGroup)
def deregister_terminated_instances(original, self, instance_ids):
    for key, target in list(self.targets.items()):
        if target["Id"] in instance_ids:
            self.terminated_targets[key] = {**self.targets.pop(key), "_at": time.time()}


def draining(group):
    """Targets whose connections may still be open: draining is not instantaneous."""
    left = [*group.deregistered_targets.values(), *group.terminated_targets.values()]
    return [target for target in left if time.time() - target.get("_at", 0) < KNOBS.drain]


@replaces(elbv2.FakeTargetGroup)
def health_for(original, self, target, ec2_backend):
    """One row of DescribeTargetHealth: state, reason and description."""
    port, key = port_of(self, target), key_of(self, target)

    def status(*words):
        return elbv2.FakeHealthStatus(target["Id"], port, self.health_check_port, *words)

    if key not in self.targets:
        if any(key_of(self, left) == key for left in draining(self)):
            return status("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
        return status("unused", "Target.NotRegistered", "Target is not registered to the target group")
    instance = instance_behind(ec2_backend, target["Id"])
    if instance is not None and instance.state != "running":
        return status("unused", "Target.InvalidState", "Target is in the stopped state")
    if instance is not None and not reachable(instance):
        return status("unhealthy", "Target.Timeout", "Request timed out")
    return status("healthy")


def instance_behind(ec2_backend, name):
    """The instance of a target by id; health by address is not modelled."""
    return ec2_backend.get_instance_by_id(name) if name.startswith("i-") else None


@replaces(elbv2.ELBv2Backend)
def describe_target_health(original, self, target_group_arn, targets):
    """AWS: without named targets, those draining are listed too."""
    group = self.target_groups.get(target_group_arn)
    if group is None:
        raise elbv2.TargetGroupNotFoundError()
    wanted = targets or list(group.targets.values()) + draining(group)
    return [group.health_for(target, self.ec2_backend) for target in wanted]


@replaces(ELBV2Response)
def describe_target_groups(original, self):
    """AWS pages this call; pages shorter than asked are legal."""
    groups = sorted(original(self).result["TargetGroups"], key=lambda group: group.arn)
    size = min(int(self._get_param("PageSize") or KNOBS.target_group_page), KNOBS.target_group_page)
    marker = self._get_param("Marker")
    start = int(base64.b64decode(marker)) if marker else 0
    answer = {"TargetGroups": groups[start:start + size]}
    if start + size < len(groups):
        answer["NextMarker"] = base64.b64encode(str(start + size).encode()).decode()
    return ActionResult(answer)
