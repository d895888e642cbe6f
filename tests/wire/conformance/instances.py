"""Instances: attributes, protection, launch, termination."""

import base64

from .base import Case


class Attributes(Case):
    def attribute(self, name):
        return self.source.ec2.describe_instance_attribute(InstanceId=self.s["instance"], Attribute=name)

    def change(self, **attribute):
        return self.source.ec2.modify_instance_attribute(InstanceId=self.s["instance"], **attribute)

    def test_attributes_are_read_one_by_one(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html"""
        self.assertEqual(self.attribute("disableApiTermination")["DisableApiTermination"], {"Value": False})
        self.assertEqual(self.attribute("disableApiStop")["DisableApiStop"], {"Value": False})
        self.assertEqual(self.attribute("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"], {"Value": "stop"})
        self.assertEqual(base64.b64decode(self.attribute("userData")["UserData"]["Value"]).decode(), self.w["user_data"])
        devices = {row["DeviceName"]: row["Ebs"] for row in self.attribute("blockDeviceMapping")["BlockDeviceMappings"]}
        self.assertEqual(devices["/dev/sdf"]["VolumeId"], self.s["volumes"]["customer_key"])
        self.assertEqual(len(devices), 3)

    def test_changed_attributes_are_read_back(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html"""
        self.change(DisableApiTermination={"Value": True})
        self.change(DisableApiStop={"Value": True})
        self.change(InstanceInitiatedShutdownBehavior={"Value": "terminate"})
        self.assertTrue(self.attribute("disableApiTermination")["DisableApiTermination"]["Value"])
        self.assertTrue(self.attribute("disableApiStop")["DisableApiStop"]["Value"])
        self.assertEqual(self.attribute("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"]["Value"], "terminate")
        self.assertEqual([group["GroupId"] for group in self.interface()["Groups"]], [self.s["groups"]["web"]])

    def test_one_attribute_a_call(self):
        """"You can specify only one attribute at a time."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
        """
        with self.refused():
            self.change(DisableApiTermination={"Value": True}, DisableApiStop={"Value": True})

    def test_delete_on_termination_left_out_means_true(self):
        """"the default is true".

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
        """
        def shown():
            rows = self.instance()["BlockDeviceMappings"]
            return {row["DeviceName"]: row["Ebs"]["DeleteOnTermination"] for row in rows}
        self.change(BlockDeviceMappings=[{"DeviceName": name, "Ebs": {"DeleteOnTermination": False}} for name in shown()])
        self.assertEqual(set(shown().values()), {False})
        self.change(BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": self.s["volumes"]["customer_key"]}}])
        self.assertTrue(shown()["/dev/sdf"])

    def test_groups_by_instance_need_a_single_interface(self):
        """"can result in an error if the instance has more than one".

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
        """
        with self.refused():
            self.change(Groups=[self.s["groups"]["back"]])

    def test_malformed_and_unknown_ids_differ(self):
        """InvalidInstanceID.Malformed, InvalidInstanceID.NotFound.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        """
        with self.refused("InvalidInstanceID.Malformed"):
            self.source.ec2.describe_instances(InstanceIds=["i-xyz"])
        with self.refused("InvalidInstanceID.NotFound"):
            self.source.ec2.describe_instances(InstanceIds=["i-00000000000000000"])


class Termination(Case):
    def end(self, *instances, **more):
        return self.source.ec2.terminate_instances(InstanceIds=list(instances or [self.s["instance"]]), **more)

    def state(self, instance=None):
        return self.instance(instance)["State"]["Name"]

    def test_passes_through_shutting_down(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""
        answer = self.end(SkipOsShutdown=True)["TerminatingInstances"][0]
        self.assertEqual((answer["PreviousState"]["Name"], answer["CurrentState"]["Name"]), ("running", "shutting-down"))
        self.until("instance", self.state, "terminated")

    def test_is_idempotent(self):
        """"if you terminate an instance more than once, each call succeeds".

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html
        """
        self.end()
        self.until("instance", self.state, "terminated")
        self.end()
        self.assertEqual(self.state(), "terminated")

    def test_protections_refuse(self):
        """Termination protection, and stop protection too.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html
        """
        for attribute in ("DisableApiTermination", "DisableApiStop"):
            with self.subTest(attribute):
                self.source.ec2.modify_instance_attribute(InstanceId=self.s["instance"], **{attribute: {"Value": True}})
                with self.refused("OperationNotPermitted"):
                    self.end()
                self.source.ec2.modify_instance_attribute(InstanceId=self.s["instance"], **{attribute: {"Value": False}})
        self.assertEqual(self.state(), "running")

    def test_protection_saves_its_zone_only(self):
        """The example of A, B, C, D.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html
        """
        other = self.source.ec2.create_subnet(VpcId=self.s["vpc"], CidrBlock="10.0.3.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
        made = {}
        for name, subnet in (("a", self.s["subnets"][0]), ("b", self.s["subnets"][0]), ("c", other), ("d", other)):
            answer = self.source.ec2.run_instances(ImageId=self.s["image"], MinCount=1, MaxCount=1, SubnetId=subnet, DisableApiTermination=name == "c")
            made[name] = answer["Instances"][0]["InstanceId"]
            self.until(name, lambda: self.state(made[name]), "running")
        with self.refused("OperationNotPermitted"):
            self.end(*made.values())
        for name, wanted in (("a", "terminated"), ("b", "terminated"), ("c", "running"), ("d", "running")):
            self.until(name, lambda: self.state(made[name]), wanted)

    def test_volumes_go_or_stay(self):
        """By DeleteOnTermination.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html
        """
        self.source.ec2.modify_instance_attribute(
            InstanceId=self.s["instance"], BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}}])
        self.end()
        self.until("instance", self.state, "terminated")
        left = {volume["VolumeId"]: volume["State"] for volume in self.source.ec2.describe_volumes()["Volumes"]}
        self.assertEqual(left[self.s["volumes"]["customer_key"]], "available")
        self.assertNotIn(self.s["volumes"]["root"], left)

    def test_interfaces_go_or_stay(self):
        """By DeleteOnTermination; an address is disassociated.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html
        """
        first, second = (row["id"] for row in self.s["interfaces"])
        self.end()
        self.until("instance", self.state, "terminated")
        left = {row["NetworkInterfaceId"]: row["Status"] for row in self.source.ec2.describe_network_interfaces()["NetworkInterfaces"]}
        self.assertNotIn(first, left)
        self.assertEqual(left[second], "available")
        address = self.source.ec2.describe_addresses(AllocationIds=[self.s["elastic_ip"]["allocation"]])["Addresses"][0]
        self.assertNotIn("AssociationId", address)

    def test_nothing_changes_afterwards(self):
        """IncorrectInstanceState.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        """
        self.end()
        for call, parameters in (
                (self.source.ec2.modify_instance_attribute, {"DisableApiTermination": {"Value": True}}),
                (self.source.ec2.create_image, {"Name": "late"})):
            with self.subTest(call.__name__), self.refused("IncorrectInstanceState"):
                call(InstanceId=self.s["instance"], **parameters)
        with self.refused("IncorrectInstanceState"):
            self.source.ec2.create_snapshots(InstanceSpecification={"InstanceId": self.s["instance"]})
        with self.refused("IncorrectInstanceState"):
            self.source.ec2.start_instances(InstanceIds=[self.s["instance"]])


class Launch(Case):
    def launch(self, **more):
        call = {"ImageId": self.s["image"], "MinCount": 1, "MaxCount": 1, "InstanceType": "m5.large", **more}
        return self.source.ec2.run_instances(**call)["Instances"][0]

    def test_is_pending_then_running(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""
        made = self.launch(SubnetId=self.s["subnets"][0])
        self.assertEqual(made["State"]["Name"], "pending")
        self.assertEqual(self.instance(made["InstanceId"])["State"]["Name"], "pending")
        self.until("instance", lambda: self.instance(made["InstanceId"])["State"]["Name"], "running")

    def test_client_token_launches_once(self):
        """https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html"""
        first = self.launch(SubnetId=self.s["subnets"][0], ClientToken="once")
        again = self.launch(SubnetId=self.s["subnets"][0], ClientToken="once")
        self.assertEqual(first["InstanceId"], again["InstanceId"])
        with self.refused("IdempotentParameterMismatch"):
            self.launch(SubnetId=self.s["subnets"][1], ClientToken="once")

    def test_what_was_asked_is_what_is_there(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""
        made = self.launch(
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": self.s["subnets"][1], "Groups": [self.s["groups"]["back"]], "AssociatePublicIpAddress": False}],
            MetadataOptions={"HttpEndpoint": "disabled", "HttpTokens": "required"}, InstanceInitiatedShutdownBehavior="terminate",
            TagSpecifications=[{"ResourceType": kind, "Tags": [{"Key": "case", "Value": "7"}]} for kind in ("instance", "volume")])
        seen = self.instance(made["InstanceId"])
        self.assertEqual([group["GroupId"] for group in seen["SecurityGroups"]], [self.s["groups"]["back"]])
        self.assertEqual([group["GroupId"] for group in seen["NetworkInterfaces"][0]["Groups"]], [self.s["groups"]["back"]])
        self.assertEqual((seen["SubnetId"], seen.get("PublicIpAddress"), seen.get("IamInstanceProfile")), (self.s["subnets"][1], None, None))
        self.assertEqual((seen["MetadataOptions"]["HttpEndpoint"], seen["MetadataOptions"]["HttpTokens"]), ("disabled", "required"))
        self.assertIn({"Key": "case", "Value": "7"}, seen["Tags"])
        self.assertTrue(seen["NetworkInterfaces"][0]["Attachment"]["DeleteOnTermination"])
        attribute = self.source.ec2.describe_instance_attribute(InstanceId=made["InstanceId"], Attribute="userData")
        self.assertEqual(attribute.get("UserData", {}), {})
        behavior = self.source.ec2.describe_instance_attribute(InstanceId=made["InstanceId"], Attribute="instanceInitiatedShutdownBehavior")
        self.assertEqual(behavior["InstanceInitiatedShutdownBehavior"]["Value"], "terminate")
        volume = seen["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        tags = self.source.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [volume]}])["Tags"]
        self.assertEqual([(tag["Key"], tag["Value"], tag["ResourceType"]) for tag in tags], [("case", "7", "volume")])

    def test_groups_for_instance_or_interface_not_both(self):
        """"If you specify a network interface, you must specify any security groups as part of the network interface". API_RunInstances.html"""
        with self.refused("InvalidParameterCombination"):
            self.launch(SecurityGroupIds=[self.s["groups"]["web"]], NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": self.s["subnets"][0]}])

    def test_pending_image_cannot_be_launched(self):
        """An AMI is ready when it is available.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html
        """
        image = self.source.ec2.create_image(InstanceId=self.s["instance"], Name="young", NoReboot=True)["ImageId"]
        with self.refused():
            self.launch(ImageId=image, SubnetId=self.s["subnets"][0])
