"""Classic load balancers and target groups."""

from .base import Case


class Classic(Case):
    def instances(self):
        found = self.source.elb.describe_load_balancers(LoadBalancerNames=["classic"])["LoadBalancerDescriptions"][0]
        return {row["InstanceId"] for row in found["Instances"]}

    def names(self):
        return [{"InstanceId": self.s["instance"]}]

    def test_deregister_and_register(self):
        """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeregisterInstancesFromLoadBalancer.html"""
        left = self.source.elb.deregister_instances_from_load_balancer(LoadBalancerName="classic", Instances=self.names())["Instances"]
        self.assertEqual([row["InstanceId"] for row in left], [self.s["bystander"]])
        self.assertEqual(self.instances(), {self.s["bystander"]})
        self.source.elb.register_instances_with_load_balancer(LoadBalancerName="classic", Instances=self.names())
        self.assertEqual(self.instances(), {self.s["bystander"], self.s["instance"]})

    def test_unknown_instance_and_balancer(self):
        """InvalidInstance, LoadBalancerNotFound. Same page"""
        with self.refused("InvalidInstance"):
            self.source.elb.deregister_instances_from_load_balancer(LoadBalancerName="classic", Instances=[{"InstanceId": "i-00000000000000000"}])
        with self.refused("LoadBalancerNotFound"):
            self.source.elb.deregister_instances_from_load_balancer(LoadBalancerName="none", Instances=self.names())

    def test_health_follows_reachability(self):
        """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeInstanceHealth.html"""
        def state():
            return self.source.elb.describe_instance_health(LoadBalancerName="classic", Instances=self.names())["InstanceStates"][0]["State"]
        self.assertEqual(state(), "InService")
        empty = self.source.ec2.create_security_group(GroupName="empty", Description="d", VpcId=self.s["vpc"])["GroupId"]
        self.source.ec2.modify_network_interface_attribute(NetworkInterfaceId=self.s["interfaces"][0]["id"], Groups=[empty])
        self.assertEqual(state(), "OutOfService")

    def test_pages(self):
        """PageSize and Marker.

        https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html
        """
        for name in ("b", "c"):
            self.source.elb.create_load_balancer(LoadBalancerName=name, Subnets=self.s["subnets"][:1],
                                                 Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}])
        pages = list(self.source.elb.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["LoadBalancerDescriptions"]) for page in pages], [2, 1])


class Targets(Case):
    def setUp(self):
        super().setUp()
        self.elbv2, self.arn = self.source.elbv2, self.s["target_groups"]["by_id"]

    def health(self, arn=None, **more):
        rows = self.elbv2.describe_target_health(TargetGroupArn=arn or self.arn, **more)["TargetHealthDescriptions"]
        return {(row["Target"]["Id"], row["Target"]["Port"]): row["TargetHealth"]["State"] for row in rows}

    def test_an_instance_on_two_ports_is_two_targets(self):
        """"You can register each EC2 instance or IP address with the same target group multiple times using different ports."

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
        """
        name = self.s["instance"]
        self.assertEqual({port for (one, port) in self.health() if one == name}, {80, 8080})

    def test_without_a_port_only_the_default_one_goes(self):
        """A target without a port is on the port of the group.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html
        """
        name = self.s["instance"]
        self.elbv2.deregister_targets(TargetGroupArn=self.arn, Targets=[{"Id": name}])
        self.assertEqual({key: state for key, state in self.health().items() if key[0] == name}, {(name, 80): "draining", (name, 8080): "healthy"})

    def test_only_running_instances_are_registered(self):
        """"If the target is an EC2 instance, it must be in the running state when you register it."

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
        """
        self.source.ec2.stop_instances(InstanceIds=[self.s["instance"]])
        with self.refused("InvalidTarget"):
            self.elbv2.register_targets(TargetGroupArn=self.s["target_groups"]["others"][0], Targets=[{"Id": self.s["instance"]}])

    def test_draining_ends_in_unused(self):
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#deregistration-delay"""
        name = self.s["instance"]
        self.elbv2.deregister_targets(TargetGroupArn=self.arn, Targets=[{"Id": name, "Port": 8080}])
        asked = [{"Id": name, "Port": 8080}]
        self.assertEqual(self.health(Targets=asked), {(name, 8080): "draining"})
        self.until("target", lambda: self.health(Targets=asked), {(name, 8080): "unused"})
        self.assertNotIn((name, 8080), self.health())

    def test_deregistering_what_is_not_there_succeeds(self):
        """"If the specified target does not exist, the action returns successfully."

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
        """
        before = self.health()
        self.elbv2.deregister_targets(TargetGroupArn=self.arn, Targets=[{"Id": self.s["instance"], "Port": 9}])
        self.assertEqual(self.health(), before)

    def test_targets_by_address(self):
        """Target type ip.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-type
        """
        arn = self.s["target_groups"]["by_address"]
        wanted = {(address, 5432) for address in self.s["interfaces"][1]["addresses"]}
        self.assertEqual(set(self.health(arn)), wanted)
        self.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": address, "Port": port} for address, port in wanted])
        self.assertEqual(set(self.health(arn).values()), {"draining"})
        self.until("targets", lambda: self.health(arn), {})
        self.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": address, "Port": port} for address, port in wanted])
        self.assertEqual(set(self.health(arn)), wanted)

    def test_groups_come_in_pages(self):
        """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html"""
        pages = list(self.elbv2.get_paginator("describe_target_groups").paginate())
        arns = [group["TargetGroupArn"] for page in pages for group in page["TargetGroups"]]
        self.assertEqual((len(pages), len(arns), len(set(arns))), (2, 25, 25))
        types = {group["TargetType"] for page in pages for group in page["TargetGroups"]}
        self.assertEqual(types, {"instance", "ip"})

    def test_attributes(self):
        """deregistration_delay.timeout_seconds, default 300.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
        """
        rows = self.elbv2.describe_target_group_attributes(TargetGroupArn=self.arn)["Attributes"]
        self.assertEqual({row["Key"]: row["Value"] for row in rows}["deregistration_delay.timeout_seconds"], "300")

    def test_unknown_group(self):
        """TargetGroupNotFound.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
        """
        with self.refused("TargetGroupNotFound"):
            self.health(self.arn[:-1] + ("1" if self.arn.endswith("0") else "0"))
