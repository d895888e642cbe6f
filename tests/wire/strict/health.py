"""Who can be reached, and what Auto Scaling does about who cannot.

AWS: a group with ELB health checks replaces an instance that its load balancer reports as unhealthy.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
Reachable means here: some group of the first interface has any ingress rule. Off unless STRICT_ASG_HEALTH is set.
"""

import sys
import time

from moto.autoscaling import models as scaling
from moto.elbv2 import elbv2_backends

from . import log
from .autoscaling import suspended, take_off_balancers
from .knobs import EFFECT, KNOBS, flags


def reachable(instance):
    """Would a load balancer's health check get through?"""
    nic = instance.nics.get(0)
    groups = nic.group_set if nic is not None else instance.security_groups
    return any(group and group.ingress_rules for group in groups)


def watch():
    """Loop for ever; one pass takes the place of one call."""
    unreachable_since = {}
    while True:
        time.sleep(0.2)
        if KNOBS.asg_health <= 0:
            continue
        try:
            with EFFECT:
                check_all(unreachable_since)
        except Exception as problem:  # one odd group must not end the watch
            print("health loop:", repr(problem), file=sys.stderr)


def check_all(since):
    for regions in list(scaling.autoscaling_backends.values()):
        for backend in list(regions.values()):
            for group in list(backend.autoscaling_groups.values()):
                if watched(group):
                    check(backend, group, since)


def watched(group):
    stopped = suspended(group) & {"HealthCheck", "ReplaceUnhealthy", "Terminate"}
    return group.health_check_type == "ELB" and not stopped and (group.load_balancer_names or group.target_group_arns)


def check(backend, group, since):
    for member in list(group.active_instances()):
        instance = member.instance
        if instance.state != "running" or reachable(instance):
            since.pop(instance.id, None)
        elif time.time() - since.setdefault(instance.id, time.time()) >= KNOBS.asg_health:
            since.pop(instance.id)
            replace(backend, group, member)


def replace(backend, group, member):
    """Terminate the member, whatever protects it, and launch another."""
    instance_id = member.instance.id
    with flags(auto_scaling=True, setup=True):
        take_off_balancers(backend, group, [instance_id])
        group.instance_states = [other for other in group.instance_states if other is not member]
        backend.ec2_backend.terminate_instances([instance_id])
        elbv2_backends[backend.account_id][backend.region_name].notify_terminate_instances([instance_id])
        group.set_desired_capacity(group.desired_capacity)
    log.note(account=backend.account_id, region=backend.region_name, service="ec2",
             action="AutoScalingTerminatedUnhealthy", principal="autoscaling.amazonaws.com", ids=[instance_id])
