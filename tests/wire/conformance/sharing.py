"""Snapshots and keys across accounts; volumes from them."""

from .base import Case


class Shares(Case):
    def seen(self, snapshot):
        """Does the forensic account get to see it? Refused and left out both mean no."""
        try:
            return bool(self.forensic.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"])
        except self.forensic.ec2.exceptions.ClientError as problem:
            self.assertEqual(problem.response["Error"]["Code"], "InvalidSnapshot.NotFound")
            return False

    def test_not_visible_until_shared(self):
        """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html"""
        snapshot = self.taken()
        self.assertFalse(self.seen(snapshot))
        self.share(snapshot)
        self.assertEqual(self.snapshot(snapshot, self.forensic)["OwnerId"], self.s["account"])
        mine = self.forensic.ec2.describe_snapshots(RestorableByUserIds=["self"])["Snapshots"]
        self.assertEqual([row["SnapshotId"] for row in mine], [snapshot])
        self.assertEqual(self.forensic.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"], [])

    def test_tags_stay_at_home(self):
        """Tags are of the owner's account.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
        """
        snapshot = self.share(self.taken())
        self.source.ec2.create_tags(Resources=[snapshot], Tags=[{"Key": "case", "Value": "7"}])
        self.assertEqual(self.snapshot(snapshot, self.forensic).get("Tags", []), [])
        found = self.forensic.ec2.describe_snapshots(Filters=[{"Name": "tag:case", "Values": ["7"]}])["Snapshots"]
        self.assertEqual(found, [])

    def test_permissions_are_read_back_and_taken_away(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html"""
        snapshot = self.share(self.taken())

        def read():
            return self.source.ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")["CreateVolumePermissions"]
        self.assertEqual(read(), [{"UserId": self.f["account"]}])
        self.source.ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission",
                                                  CreateVolumePermission={"Remove": [{"UserId": self.f["account"]}]})
        self.assertEqual(read(), [])
        self.assertFalse(self.seen(snapshot))

    def test_default_key_cannot_be_shared(self):
        """"Snapshots encrypted with your default KMS key cannot be shared with other accounts."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html; the code as users report
        it: https://github.com/hashicorp/packer/issues/8271
        """
        snapshot = self.taken("default_key")
        with self.refused("OperationNotPermitted"):
            self.share(snapshot)

    def test_encrypted_cannot_be_public(self):
        """"Encrypted snapshots … cannot be made public." API_ModifySnapshotAttribute.html"""
        with self.refused():
            self.source.ec2.modify_snapshot_attribute(SnapshotId=self.taken(), Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])

    def test_add_and_remove_are_two_calls(self):
        """"you cannot do both in a single operation". API_ModifySnapshotAttribute.html"""
        with self.refused():
            self.source.ec2.modify_snapshot_attribute(
                SnapshotId=self.taken(), CreateVolumePermission={"Add": [{"UserId": "333333333333"}], "Remove": [{"UserId": self.f["account"]}]})

    def test_shared_under_a_key_that_is_not(self):
        """The other account must be allowed to use the key.

        https://docs.aws.amazon.com/ebs/latest/userguide/share-kms-key.html
        """
        plain = self.taken("root")
        private = self.source.ec2.copy_snapshot(SourceSnapshotId=plain, SourceRegion="us-east-1", Encrypted=True, KmsKeyId=self.s["private_key"])["SnapshotId"]
        self.share(self.completed(private))
        copy = self.forensic.ec2.copy_snapshot(SourceSnapshotId=private, SourceRegion="us-east-1", Encrypted=True, KmsKeyId=self.f["kms_key"])["SnapshotId"]
        self.assertEqual(self.snapshot(copy, self.forensic)["State"], "error")


class Keys(Case):
    def test_key_of_another_account_by_arn(self):
        """"To specify a KMS key in a different AWS account, you must use the key ARN or alias ARN."

        https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
        """
        found = self.forensic.kms.describe_key(KeyId=self.s["share_key"])["KeyMetadata"]
        self.assertEqual((found["AWSAccountId"], found["KeyManager"]), (self.s["account"], "CUSTOMER"))
        with self.refused("NotFoundException"):
            self.forensic.kms.describe_key(KeyId=self.s["share_key"].rsplit("/", 1)[1])

    def test_key_policy_decides(self):
        """AccessDeniedException.

        https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
        """
        with self.refused("AccessDeniedException"):
            self.forensic.kms.describe_key(KeyId=self.s["private_key"])
        with self.refused("AccessDeniedException"):
            self.source.kms.describe_key(KeyId=self.f["kms_key"])

    def test_unknown_key(self):
        """NotFoundException. https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
        with self.refused("NotFoundException"):
            self.source.kms.describe_key(KeyId="arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000")


class Volumes(Case):
    def volume(self, **more):
        return self.forensic.ec2.create_volume(**{"AvailabilityZone": self.f["zone"], **more})

    def test_from_a_shared_snapshot(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html"""
        snapshot = self.share(self.taken())
        made = self.volume(SnapshotId=snapshot, Encrypted=True, KmsKeyId=self.f["kms_key"], VolumeType="gp3",
                           TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "case", "Value": "7"}]}])
        self.assertEqual((made["State"], made["KmsKeyId"], made["Size"]), ("creating", self.f["kms_key"], 2))

        def read():
            return self.forensic.ec2.describe_volumes(VolumeIds=[made["VolumeId"]])["Volumes"][0]
        self.assertEqual(read()["State"], "creating")
        self.until("volume", lambda: read()["State"], "available")
        self.assertEqual((read()["SnapshotId"], read()["Tags"]), (snapshot, [{"Key": "case", "Value": "7"}]))

    def test_not_from_a_snapshot_that_is_not_shared(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html"""
        with self.refused("InvalidSnapshot.NotFound"):
            self.volume(SnapshotId=self.taken())

    def test_client_token_makes_one(self):
        """https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html"""
        first, again = self.volume(Size=1, ClientToken="t"), self.volume(Size=1, ClientToken="t")
        self.assertEqual(first["VolumeId"], again["VolumeId"])
        self.assertEqual(len(self.forensic.ec2.describe_volumes()["Volumes"]), 1)
        with self.refused("IdempotentParameterMismatch"):
            self.volume(Size=2, ClientToken="t")

    def test_attachment_stays_in_the_zone(self):
        """Volume and instance are in one Availability Zone.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html
        """
        far = self.source.ec2.create_volume(AvailabilityZone="us-east-1b", Size=1)["VolumeId"]
        self.until("volume", lambda: self.source.ec2.describe_volumes(VolumeIds=[far])["Volumes"][0]["State"], "available")
        with self.refused("InvalidVolume.ZoneMismatch"):
            self.source.ec2.attach_volume(VolumeId=far, InstanceId=self.s["instance"], Device="/dev/sdz")
