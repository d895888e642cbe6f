"""Classic load balancers.

AWS: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_RegisterInstancesWithLoadBalancer.html,
API_DeregisterInstancesFromLoadBalancer.html, API_DescribeInstanceHealth.html
"""

from moto.core.responses import ActionResult
from moto.ec2 import ec2_backends
from moto.elb import models as elb
from moto.elb.exceptions import ELBClientError, LoadBalancerNotFoundError
from moto.elb.responses import ELBResponse

from .health import reachable
from .patching import replaces


def refuse_unknown(backend, name, instance_ids):
    """AWS: InvalidInstance (InvalidEndPoint) for an id that is no instance; AccessPointNotFound for no such balancer."""
    if name not in backend.load_balancers:
        raise LoadBalancerNotFoundError(name)
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for instance_id in instance_ids:
        if ec2.get_instance_by_id(instance_id) is None:
            raise ELBClientError("InvalidInstance", f"Could not find EC2 instance {instance_id}.")


@replaces(elb.ELBBackend)
def register_instances(original, self, load_balancer_name, instance_ids, from_autoscaling=False):
    """AWS: registering twice is registering once."""
    instance_ids = list(instance_ids)
    refuse_unknown(self, load_balancer_name, instance_ids)
    registered = self.load_balancers[load_balancer_name].instance_ids
    new = [instance_id for instance_id in instance_ids if instance_id not in registered]
    return original(self, load_balancer_name, new, from_autoscaling)


@replaces(elb.ELBBackend)
def deregister_instances(original, self, load_balancer_name, instance_ids, from_autoscaling=False):
    """moto tells registrations by hand from those by a group; AWS has one list."""
    instance_ids = list(instance_ids)
    if from_autoscaling:
        return original(self, load_balancer_name, instance_ids, True)
    refuse_unknown(self, load_balancer_name, instance_ids)
    original(self, load_balancer_name, instance_ids, True)
    return original(self, load_balancer_name, instance_ids, False)


@replaces(elb.ELBBackend)
def describe_instance_health(original, self, lb_name, instances):
    """AWS: OutOfService when the health check does not get through."""
    rows = original(self, lb_name, instances)
    ec2 = ec2_backends[self.account_id][self.region_name]
    for row in rows:
        instance = ec2.get_instance_by_id(row["InstanceId"])
        if row["State"] == "InService" and instance is not None and not reachable(instance):
            row.update(State="OutOfService", ReasonCode="Instance",
                       Description="Instance has failed at least the UnhealthyThreshold number of health checks consecutively.")
    return rows


def lists_instances(name):
    """AWS answers with the instances now registered, one by one; moto puts the whole list into one row."""

    @replaces(ELBResponse, name)
    def call(original, self):
        original(self)
        balancer = self.elb_backend.load_balancers[self._get_param("LoadBalancerName")]
        return ActionResult({"Instances": [{"InstanceId": instance_id} for instance_id in balancer.instance_ids]})


lists_instances("register_instances_with_load_balancer")
lists_instances("deregister_instances_from_load_balancer")
