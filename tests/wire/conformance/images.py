"""Images: creation, sharing, copies, launch."""

from .base import Case


class Images(Case):
    def make(self, name="evidence", **more):
        return self.source.ec2.create_image(InstanceId=self.s["instance"], Name=name, NoReboot=True, **more)["ImageId"]

    def ready(self, image, account=None):
        """An available image whose snapshots are completed; its snapshots by device."""
        shown = self.available(image, account)
        devices = {row["DeviceName"]: row["Ebs"]["SnapshotId"] for row in shown["BlockDeviceMappings"]}
        for snapshot in devices.values():
            self.completed(snapshot, account)
        return devices

    def without_default_key(self, name="evidence"):
        """An image of the volumes that may be shared."""
        return self.make(name, BlockDeviceMappings=[{"DeviceName": "/dev/sdg", "NoDevice": ""}])

    def allow(self, image):
        return self.source.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": self.f["account"]}]})

    def test_pending_then_available(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html"""
        image = self.make()
        self.assertEqual(self.source.ec2.describe_images(ImageIds=[image])["Images"][0]["State"], "pending")
        self.available(image)

    def test_one_snapshot_per_volume(self):
        """Root volume and any other attached EBS volumes.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/creating-an-ami-ebs.html
        """
        tags = [{"ResourceType": kind, "Tags": [{"Key": "case", "Value": "7"}]} for kind in ("image", "snapshot")]
        image = self.make(TagSpecifications=tags)
        devices = self.ready(image)
        self.assertEqual({device: self.snapshot(name)["VolumeId"] for device, name in devices.items()},
                         {"/dev/xvda": self.s["volumes"]["root"], "/dev/sdf": self.s["volumes"]["customer_key"], "/dev/sdg": self.s["volumes"]["default_key"]})
        self.assertEqual({str(self.snapshot(name)["Tags"]) for name in devices.values()}, {"[{'Key': 'case', 'Value': '7'}]"})
        shown = self.source.ec2.describe_images(Owners=["self"], Filters=[{"Name": "tag:case", "Values": ["7"]}])["Images"]
        self.assertEqual([(row["ImageId"], row["RootDeviceName"]) for row in shown], [(image, "/dev/xvda")])

    def test_names_are_unique(self):
        """InvalidAMIName.Duplicate.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        """
        self.make("same")
        with self.refused("InvalidAMIName.Duplicate"):
            self.make("same")

    def test_not_visible_until_shared(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html"""
        image = self.without_default_key()
        self.ready(image)
        with self.refused("InvalidAMIID.NotFound"):
            self.forensic.ec2.describe_images(ImageIds=[image])
        self.allow(image)
        attribute = self.source.ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")
        self.assertEqual(attribute["LaunchPermissions"], [{"UserId": self.f["account"]}])
        self.assertEqual(self.forensic.ec2.describe_images(ImageIds=[image])["Images"][0]["OwnerId"], self.s["account"])
        mine = self.forensic.ec2.describe_images(ExecutableUsers=["self"])["Images"]
        self.assertEqual([row["ImageId"] for row in mine], [image])
        self.source.ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"UserId": self.f["account"]}]})
        with self.refused("InvalidAMIID.NotFound"):
            self.forensic.ec2.describe_images(ImageIds=[image])

    def test_default_key_cannot_be_shared(self):
        """An AMI with snapshots under the AWS managed key can't be shared.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html; the code as users report it:
        https://github.com/DataDog/stratus-red-team/issues/109
        """
        image = self.make()
        self.ready(image)
        with self.refused("InvalidParameter"):
            self.allow(image)

    def test_copy_needs_the_snapshots_too(self):
        """Read permission for the storage behind it.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html
        """
        image = self.without_default_key()
        devices = self.ready(image)
        self.allow(image)
        call = {"SourceImageId": image, "SourceRegion": "us-east-1", "Name": "ours", "Encrypted": True, "KmsKeyId": self.f["kms_key"]}
        with self.refused():
            self.forensic.ec2.copy_image(**call)
        for snapshot in devices.values():
            self.share(snapshot)
        copy = self.forensic.ec2.copy_image(**call)["ImageId"]
        ours = self.ready(copy, self.forensic)
        self.assertEqual(set(ours), set(devices))
        self.assertEqual({self.snapshot(name, self.forensic)["KmsKeyId"] for name in ours.values()}, {self.f["kms_key"]})
        self.assertEqual(self.forensic.ec2.describe_images(ImageIds=[copy])["Images"][0]["OwnerId"], self.f["account"])

    def test_copy_tags_and_token(self):
        """ClientToken, TagSpecifications.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html
        """
        image = self.make()
        self.ready(image)
        tags = [{"ResourceType": kind, "Tags": [{"Key": "step", "Value": "image"}]} for kind in ("image", "snapshot")]
        call = {"SourceImageId": image, "SourceRegion": "us-east-1", "Name": "again", "Encrypted": True, "KmsKeyId": self.s["share_key"],
                "ClientToken": "t", "TagSpecifications": tags}
        first, again = self.source.ec2.copy_image(**call)["ImageId"], self.source.ec2.copy_image(**call)["ImageId"]
        self.assertEqual(first, again)
        devices = self.ready(first)
        self.assertEqual({self.snapshot(name)["KmsKeyId"] for name in devices.values()}, {self.s["share_key"]})
        self.assertEqual(self.snapshot(devices["/dev/sdg"])["Tags"], [{"Key": "step", "Value": "image"}])

    def test_pending_image_cannot_be_copied(self):
        """The copy starts from an available AMI (InvalidAMIID.Unavailable).

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        """
        image = self.make()
        with self.refused("InvalidAMIID.Unavailable"):
            self.source.ec2.copy_image(SourceImageId=image, SourceRegion="us-east-1", Name="early")

    def test_own_copy_is_launched(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html: volumes follow the mapping of the image"""
        image = self.without_default_key()
        for snapshot in self.ready(image).values():
            self.share(snapshot)
        self.allow(image)
        copy = self.forensic.ec2.copy_image(SourceImageId=image, SourceRegion="us-east-1", Name="ours", Encrypted=True, KmsKeyId=self.f["kms_key"])["ImageId"]
        devices = self.ready(copy, self.forensic)
        vpc = self.forensic.ec2.describe_subnets(SubnetIds=[self.f["sealed_subnet"]])["Subnets"][0]["VpcId"]
        group = self.forensic.ec2.create_security_group(GroupName="sealed", Description="d", VpcId=vpc)["GroupId"]
        made = self.forensic.ec2.run_instances(
            ImageId=copy, MinCount=1, MaxCount=1, InstanceType="m5.large", MetadataOptions={"HttpEndpoint": "disabled"},
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": self.f["sealed_subnet"], "Groups": [group], "AssociatePublicIpAddress": False}])
        seen = self.instance(made["Instances"][0]["InstanceId"], self.forensic)
        self.assertEqual((seen["Placement"]["AvailabilityZone"], seen.get("PublicIpAddress"), seen.get("Ipv6Address")), (self.f["zone"], None, None))
        volumes = self.forensic.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [seen["InstanceId"]]}])["Volumes"]
        self.assertEqual({volume["SnapshotId"] for volume in volumes}, set(devices.values()))
        self.assertEqual({volume["KmsKeyId"] for volume in volumes}, {self.f["kms_key"]})
