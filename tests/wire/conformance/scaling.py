"""Auto Scaling groups."""

from .base import Case


class Scaling(Case):
    def setUp(self):
        super().setUp()
        self.scaling, self.target = self.source.autoscaling, self.s["instance"]

    def group(self):
        return self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]

    def members(self):
        return {row["InstanceId"]: row["LifecycleState"] for row in self.group()["Instances"]}

    def state(self, instance=None):
        rows = self.scaling.describe_auto_scaling_instances(InstanceIds=[instance or self.target])["AutoScalingInstances"]
        return rows[0]["LifecycleState"] if rows else None

    def detach(self, *instances, decrement):
        return self.scaling.detach_instances(AutoScalingGroupName="web", InstanceIds=list(instances), ShouldDecrementDesiredCapacity=decrement)

    def registered(self):
        """Where the target is registered by the group: classic balancer, target group."""
        classic = self.source.elb.describe_load_balancers(LoadBalancerNames=["classic"])["LoadBalancerDescriptions"][0]
        rows = self.source.elbv2.describe_target_health(TargetGroupArn=self.s["target_groups"]["by_id"])["TargetHealthDescriptions"]
        states = {row["TargetHealth"]["State"] for row in rows if row["Target"]["Id"] == self.target}
        return self.target in [row["InstanceId"] for row in classic["Instances"]], states

    def test_world(self):
        """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html"""
        group = self.group()
        self.assertEqual((group["MinSize"], group["DesiredCapacity"], group["HealthCheckType"]), (1, 2, "ELB"))
        self.assertEqual(self.members(), {self.target: "InService", self.s["bystander"]: "InService"})
        self.assertEqual(self.registered(), (True, {"healthy"}))

    def test_detach_is_replaced_without_decrement(self):
        """"If you do not specify the option to decrement the desired capacity, … launches instances to replace".

        https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DetachInstances.html
        """
        self.detach(self.target, decrement=False)
        self.assertIn(self.state(), ("Detaching", None))
        self.until("member", self.state, None)
        self.assertEqual(len(self.members()), 2)
        self.assertIn(self.s["bystander"], self.members())
        self.assertEqual(self.instance()["State"]["Name"], "running")

    def test_detach_passes_through_detaching(self):
        """https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html"""
        self.control("lag", what="settle", seconds=30)
        self.detach(self.target, decrement=True)
        self.assertEqual(self.state(), "Detaching")
        self.control("lag", what="settle", seconds=0)
        self.assertIsNone(self.state())
        self.assertEqual(self.group()["DesiredCapacity"], 1)

    def test_detach_deregisters(self):
        """"the instances are deregistered from the load balancer … from the target groups". API_DetachInstances.html"""
        self.detach(self.target, decrement=True)
        self.assertEqual(self.registered(), (False, {"draining"}))
        self.until("registrations", self.registered, (False, set()))

    def test_never_below_the_minimum(self):
        """ValidationError when the group would shrink below its minimum.

        https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html
        """
        self.detach(self.s["bystander"], decrement=True)
        for call in (self.scaling.detach_instances, self.scaling.enter_standby):
            with self.refused("ValidationError"):
                call(AutoScalingGroupName="web", InstanceIds=[self.target], ShouldDecrementDesiredCapacity=True)

    def test_only_members_are_detached(self):
        """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DetachInstances.html"""
        self.detach(self.target, decrement=True)
        with self.refused("ValidationError"):
            self.detach(self.target, decrement=True)
        with self.refused("ValidationError"):
            self.scaling.detach_instances(AutoScalingGroupName="none", InstanceIds=[self.target], ShouldDecrementDesiredCapacity=True)

    def test_standby_and_back(self):
        """https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html"""
        self.scaling.enter_standby(AutoScalingGroupName="web", InstanceIds=[self.target], ShouldDecrementDesiredCapacity=True)
        self.assertEqual(self.state(), "EnteringStandby")
        self.until("member", self.state, "Standby")
        self.assertEqual((self.group()["DesiredCapacity"], self.registered()[0]), (1, False))
        self.scaling.exit_standby(AutoScalingGroupName="web", InstanceIds=[self.target])
        self.assertEqual(self.state(), "Pending")
        self.until("member", self.state, "InService")
        self.assertEqual((self.group()["DesiredCapacity"], self.registered()[0]), (2, True))

    def test_attached_again(self):
        """Desired capacity grows; registered again.

        https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachInstances.html
        """
        self.detach(self.target, decrement=True)
        self.until("member", self.state, None)
        self.scaling.attach_instances(AutoScalingGroupName="web", InstanceIds=[self.target])
        self.assertEqual((self.group()["DesiredCapacity"], self.state(), self.registered()[0]), (2, "InService", True))
        with self.refused("ValidationError"):
            self.scaling.attach_instances(AutoScalingGroupName="web", InstanceIds=[self.target])

    def test_attach_stays_within_the_maximum(self):
        """"exceeds the maximum size of the group, the operation fails". API_AttachInstances.html"""
        self.detach(self.target, decrement=True)
        self.until("member", self.state, None)
        self.scaling.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=1)
        with self.refused("ValidationError"):
            self.scaling.attach_instances(AutoScalingGroupName="web", InstanceIds=[self.target])

    def test_scale_in_protection(self):
        """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html"""
        self.scaling.set_instance_protection(AutoScalingGroupName="web", InstanceIds=[self.target], ProtectedFromScaleIn=True)
        shown = {row["InstanceId"]: row["ProtectedFromScaleIn"] for row in self.group()["Instances"]}
        self.assertEqual(shown, {self.target: True, self.s["bystander"]: False})
        with self.refused("ValidationError"):
            self.scaling.set_instance_protection(AutoScalingGroupName="web", InstanceIds=["i-00000000000000000"], ProtectedFromScaleIn=True)

    def test_suspended_launch_launches_nothing(self):
        """https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html"""
        self.scaling.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
        self.assertEqual([row["ProcessName"] for row in self.group()["SuspendedProcesses"]], ["Launch"])
        self.detach(self.target, decrement=False)
        self.until("members", lambda: set(self.members()), {self.s["bystander"]})
        self.scaling.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
        self.assertEqual(len(self.members()), 2)

    def test_termination_protection_does_not_stop_auto_scaling(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html"""
        self.source.ec2.modify_instance_attribute(InstanceId=self.target, DisableApiTermination={"Value": True})
        self.scaling.terminate_instance_in_auto_scaling_group(InstanceId=self.target, ShouldDecrementDesiredCapacity=True)
        self.until("instance", lambda: self.instance()["State"]["Name"], "terminated")

    def test_unreachable_member_is_replaced(self):
        """With ELB health checks.

        https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html
        """
        empty = self.source.ec2.create_security_group(GroupName="empty", Description="d", VpcId=self.s["vpc"])["GroupId"]
        self.control("lag", what="asg_health", seconds=0.3)
        self.source.ec2.modify_network_interface_attribute(NetworkInterfaceId=self.s["interfaces"][0]["id"], Groups=[empty])
        self.until("instance", lambda: self.instance()["State"]["Name"], "terminated")
        self.until("members", lambda: len(self.members()), 2)

    def test_standby_member_is_not_replaced(self):
        """Not terminated "as part of its health checks".

        https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html
        """
        empty = self.source.ec2.create_security_group(GroupName="empty", Description="d", VpcId=self.s["vpc"])["GroupId"]
        self.scaling.enter_standby(AutoScalingGroupName="web", InstanceIds=[self.target], ShouldDecrementDesiredCapacity=True)
        self.control("lag", what="asg_health", seconds=0.2)
        for name in (self.s["interfaces"][0]["id"], self.bystander_interface()):
            self.source.ec2.modify_network_interface_attribute(NetworkInterfaceId=name, Groups=[empty])
        self.until("bystander", lambda: self.instance(self.s["bystander"])["State"]["Name"], "terminated")
        self.assertEqual(self.instance()["State"]["Name"], "running")

    def bystander_interface(self):
        return self.instance(self.s["bystander"])["NetworkInterfaces"][0]["NetworkInterfaceId"]
