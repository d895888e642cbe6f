"""Auto Scaling groups: membership, standby, capacity limits, suspended processes.

AWS: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DetachInstances.html, API_EnterStandby.html,
API_AttachInstances.html, API_SuspendProcesses.html and
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html
Warm pools, lifecycle hooks and rebalancing are not modelled. Messages and the timing of states are not verified.
"""

from moto.autoscaling import models as scaling
from moto.autoscaling.exceptions import ValidationError

from .knobs import KNOBS, age, born, flags
from .patching import replaces

DETACH_LIMIT = 20  # ids a call: API_DetachInstances.html
PROTECT_LIMIT = 50  # ids a call: API_SetInstanceProtection.html


def group_of(backend, name):
    group = backend.autoscaling_groups.get(name)
    if not group:
        raise ValidationError(f"AutoScalingGroup name not found - {name}")
    return group


def must_be_members(group, instance_ids, state=None):
    """The instances belong to the group (and are in one lifecycle state)."""
    members = {member.instance.id: member for member in group.instance_states}
    for instance_id in instance_ids:
        if instance_id not in members:
            raise ValidationError(f"The instance {instance_id} is not part of Auto Scaling group {group.name}.")
        if state and members[instance_id].lifecycle_state != state:
            raise ValidationError(f"The instance {instance_id} is not in {state}.")


def must_keep_minimum(group, instance_ids, should_decrement):
    if should_decrement and group.desired_capacity - len(instance_ids) < group.min_size:
        raise ValidationError(f"AutoScalingGroup {group.name} has min size={group.min_size}, max size={group.max_size}, and desired "
                              f"size={group.desired_capacity}. To place {len(instance_ids)} into this state you need to lower the min size.")


def suspended(group):
    return {process["ProcessName"] for process in group.suspended_processes}


# ------------------------------------------------------------- states that pass

def lifecycle(member):
    """EnteringStandby and Pending for a moment before Standby and InService."""
    steady = vars(member)["_steady"]
    if age(vars(member)["_since"]) >= KNOBS.settle:
        return steady
    return {"Standby": "EnteringStandby", "InService": "Pending"}.get(steady, steady)


def set_lifecycle(member, value):
    vars(member)["_since"] = born() if "_steady" in vars(member) else 0.0
    vars(member)["_steady"] = value


scaling.InstanceState.lifecycle_state = property(lifecycle, set_lifecycle)


class Detaching:
    """A former member while it is being taken out."""

    def __init__(self, member):
        self._member, self._left = member, born()
        self.lifecycle_state = "Detaching"

    def __getattr__(self, name):
        return getattr(self._member, name)


def detaching(group):
    group._detaching = [member for member in getattr(group, "_detaching", []) if age(member._left) < KNOBS.settle]
    return group._detaching


scaling.FakeAutoScalingGroup.instances = property(lambda group: list(group.instance_states) + detaching(group))


@replaces(scaling.FakeAutoScalingGroup)
def active_instances(original, self):
    """Members that count towards the capacity: all but those in standby."""
    return [member for member in self.instance_states if vars(member)["_steady"] == "InService"]


@replaces(scaling.AutoScalingBackend)
def describe_auto_scaling_instances(original, self, instance_ids):
    gone = [member for group in self.autoscaling_groups.values() for member in detaching(group)]
    return original(self, instance_ids) + [m for m in gone if not instance_ids or m.instance.id in instance_ids]


# ------------------------------------------------------------------- the calls

@replaces(scaling.AutoScalingBackend)
def detach_instances(original, self, group_name, instance_ids, should_decrement):
    """AWS: members only, at most 20, never below the minimum size; taken off the group's balancers."""
    group = group_of(self, group_name)
    if len(instance_ids) > DETACH_LIMIT:
        raise ValidationError("1 validation error detected: instanceIds must have length less than or equal to 20")
    must_be_members(group, instance_ids)
    must_keep_minimum(group, instance_ids, should_decrement)
    leaving = [member for member in group.instance_states if member.instance.id in instance_ids]
    take_off_balancers(self, group, instance_ids)
    result = original(self, group_name, instance_ids, should_decrement)
    group._detaching = detaching(group) + [Detaching(member) for member in leaving]
    return result


@replaces(scaling.AutoScalingBackend)
def enter_standby_instances(original, self, group_name, instance_ids, should_decrement):
    """AWS: members in service; deregistered from the group's balancers."""
    group = group_of(self, group_name)
    must_be_members(group, instance_ids, "InService")
    must_keep_minimum(group, instance_ids, should_decrement)
    take_off_balancers(self, group, instance_ids)
    return original(self, group_name, instance_ids, should_decrement)


@replaces(scaling.AutoScalingBackend)
def exit_standby_instances(original, self, group_name, instance_ids):
    """AWS: members in standby; the desired capacity grows by them, within the maximum."""
    group = group_of(self, group_name)
    must_be_members(group, instance_ids, "Standby")
    if group.desired_capacity + len(instance_ids) > group.max_size:
        raise ValidationError(f"AutoScalingGroup {group_name} cannot grow above max size={group.max_size}.")
    return original(self, group_name, instance_ids)


@replaces(scaling.AutoScalingBackend)
def attach_instances(original, self, group_name, instance_ids):
    """AWS: running instances, in a zone of the group, in no other group, within the maximum size."""
    group = group_of(self, group_name)
    if group.desired_capacity + len(instance_ids) > group.max_size:
        raise ValidationError(f"AutoScalingGroup {group_name} has max size={group.max_size} and desired size="
                              f"{group.desired_capacity}: {len(instance_ids)} more would exceed it.")
    for instance_id in instance_ids:
        instance = self.ec2_backend.get_instance(instance_id)
        if instance.state != "running":
            raise ValidationError(f"Instance {instance_id} is not in correct state.")
        if instance.placement.zone not in group.availability_zones:
            raise ValidationError(f"Instance {instance_id} is not in a valid availability zone for {group_name}.")
        if self.describe_auto_scaling_instances([instance_id]):
            raise ValidationError(f"Instance {instance_id} is already part of an Auto Scaling group.")
        instance.autoscaling_group = group  # moto would keep the group it was in before
    desired = group.desired_capacity + len(instance_ids)
    original(self, group_name, instance_ids)
    group.desired_capacity = desired


@replaces(scaling.AutoScalingBackend)
def set_instance_protection(original, self, group_name, instance_ids, protected_from_scale_in):
    group = group_of(self, group_name)
    if len(instance_ids) > PROTECT_LIMIT:
        raise ValidationError("instanceIds must have length less than or equal to 50")
    must_be_members(group, instance_ids)
    return original(self, group_name, instance_ids, protected_from_scale_in)


@replaces(scaling.AutoScalingBackend)
def suspend_processes(original, self, group_name, scaling_processes):
    group_of(self, group_name)
    return original(self, group_name, scaling_processes)


@replaces(scaling.AutoScalingBackend)
def resume_processes(original, self, group_name, scaling_processes):
    """AWS: what was held back happens now: the group goes to its desired capacity."""
    group = group_of(self, group_name)
    result = original(self, group_name, scaling_processes)
    group.set_desired_capacity(group.desired_capacity)
    return result


@replaces(scaling.FakeAutoScalingGroup)
def replace_autoscaling_group_instances(original, self, count_needed, propagated_tags):
    """AWS: nothing is launched while Launch is suspended. Root disks of new members are ready at once."""
    if "Launch" not in suspended(self):
        original(self, count_needed, propagated_tags)


# ---------------------------------------------------------------- the balancers

def take_off_balancers(backend, group, instance_ids):
    """AWS: detach and standby deregister from the load balancers attached to the group."""
    for name in group.load_balancer_names or []:
        for from_group in (True, False):
            backend.elb_backend.deregister_instances(name, instance_ids, from_autoscaling=from_group)
    for arn in group.target_group_arns or []:
        target_group = backend.elbv2_backend.target_groups.get(arn)
        for target in list(target_group.targets.values()) if target_group else []:
            if target["Id"] in instance_ids:
                target_group.deregister([target])


@replaces(scaling.AutoScalingBackend)
def update_attached_elbs(original, self, group_name):
    """AWS: nothing is registered while AddToLoadBalancer is suspended."""
    if "AddToLoadBalancer" not in suspended(self.autoscaling_groups[group_name]):
        original(self, group_name)


@replaces(scaling.AutoScalingBackend)
def update_attached_target_groups(original, self, group_name):
    """moto registers members in standby too, and again what was deregistered by hand."""
    group = self.autoscaling_groups[group_name]
    if "AddToLoadBalancer" in suspended(group):
        return
    active = [member.instance.id for member in group.active_instances()]
    for arn in group.target_group_arns or []:
        target_group = self.elbv2_backend.target_groups.get(arn)
        if target_group:
            missing = [i for i in active if not any(t["Id"] == i for t in target_group.targets.values())]
            target_group.register([{"Id": instance_id, "Port": target_group.port} for instance_id in missing])


def as_auto_scaling(name):
    """Terminations by Auto Scaling are not stopped by an instance's own protections."""

    @replaces(scaling.AutoScalingBackend, name)
    def wrapped(original, self, *args, **kwargs):
        with flags(auto_scaling=True):
            return original(self, *args, **kwargs)


for _name in ("terminate_instance", "set_desired_capacity", "update_auto_scaling_group", "delete_auto_scaling_group"):
    as_auto_scaling(_name)
