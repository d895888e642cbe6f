"""Snapshots in one account: states, sets, locks, content."""

import base64
import hashlib

from .base import Case


class Taking(Case):
    def test_pending_then_completed(self):
        """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html: asynchronous, pending until done"""
        made = self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])
        self.assertEqual(made["State"], "pending")
        seen = self.snapshot(made["SnapshotId"])
        self.assertEqual(seen["State"], "pending")
        self.assertNotEqual(seen["Progress"], "100%")
        self.completed(made["SnapshotId"])
        self.assertEqual(self.snapshot(made["SnapshotId"])["Progress"], "100%")

    def test_a_set_covers_every_volume(self):
        """One per attached volume, tags in the call.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
        """
        made = self.source.ec2.create_snapshots(
            InstanceSpecification={"InstanceId": self.s["instance"]},
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "case", "Value": "7"}]}])["Snapshots"]
        self.assertEqual({row["VolumeId"] for row in made}, set(self.s["volumes"].values()))
        self.assertEqual({row["State"] for row in made}, {"pending"})
        found = self.source.ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag:case", "Values": ["7"]}])["Snapshots"]
        self.assertEqual({row["SnapshotId"] for row in found}, {row["SnapshotId"] for row in made})

    def test_a_set_can_leave_volumes_out(self):
        """ExcludeBootVolume, ExcludeDataVolumeIds.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html
        """
        volumes = self.s["volumes"]
        for leave, wanted in (({"ExcludeBootVolume": True}, {"customer_key", "default_key"}),
                              ({"ExcludeDataVolumeIds": [volumes["default_key"]]}, {"root", "customer_key"})):
            with self.subTest(**leave):
                made = self.source.ec2.create_snapshots(InstanceSpecification={"InstanceId": self.s["instance"], **leave})["Snapshots"]
                self.assertEqual({row["VolumeId"] for row in made}, {volumes[name] for name in wanted})

    def test_encryption_follows_the_volume(self):
        """"Snapshots that are taken from encrypted volumes are automatically encrypted."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html
        """
        seen = {name: self.snapshot(self.taken(name)) for name in self.s["volumes"]}
        self.assertFalse(seen["root"]["Encrypted"])
        self.assertEqual(seen["customer_key"]["KmsKeyId"], self.s["customer_key"])
        self.assertTrue(seen["default_key"]["Encrypted"])
        key = self.source.kms.describe_key(KeyId=seen["default_key"]["KmsKeyId"])["KeyMetadata"]
        self.assertEqual(key["KeyManager"], "AWS")

    def test_five_pending_for_one_volume(self):
        """ConcurrentSnapshotLimitExceeded.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        """
        self.control("lag", seconds=60)
        for _ in range(5):
            self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])
        with self.refused("ConcurrentSnapshotLimitExceeded"):
            self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])
        count = len(self.source.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])
        with self.refused("ConcurrentSnapshotLimitExceeded"):
            self.source.ec2.create_snapshots(InstanceSpecification={"InstanceId": self.s["instance"]})
        self.assertEqual(len(self.source.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]), count)

    def test_unknown_ids(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
        with self.refused("InvalidVolume.NotFound"):
            self.source.ec2.create_snapshot(VolumeId="vol-00000000000000000")
        with self.refused("InvalidSnapshot.NotFound"):
            self.source.ec2.describe_snapshots(SnapshotIds=["snap-00000000000000000"])


class Copies(Case):
    def copy(self, source, **more):
        return self.source.ec2.copy_snapshot(SourceSnapshotId=source, SourceRegion="us-east-1", **more)

    def test_source_must_be_completed(self):
        """"After you create a snapshot, and it has reached the completed state, you can create a copy of it."

        https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
        """
        young = self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])["SnapshotId"]
        with self.refused():
            self.copy(young)

    def test_copy_has_no_real_volume(self):
        """"Snapshots copies have an arbitrary source volume ID."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
        """
        source = self.taken("root")
        answer = self.copy(source, Description="d", TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "case", "Value": "7"}]}])
        self.assertEqual(answer["Tags"], [{"Key": "case", "Value": "7"}])
        seen = self.snapshot(answer["SnapshotId"])
        self.assertEqual((seen["State"], seen["Tags"]), ("pending", [{"Key": "case", "Value": "7"}]))
        self.assertNotIn(seen["VolumeId"], self.s["volumes"].values())
        self.completed(answer["SnapshotId"])

    def test_key_and_encryption(self):
        """With Encrypted and no key: the default key; with a key: that one.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
        """
        source = self.taken("root")
        self.assertFalse(self.snapshot(self.copy(source)["SnapshotId"])["Encrypted"])
        plain = self.snapshot(self.copy(source, Encrypted=True)["SnapshotId"])["KmsKeyId"]
        self.assertEqual(self.source.kms.describe_key(KeyId=plain)["KeyMetadata"]["KeyManager"], "AWS")
        keyed = self.snapshot(self.copy(source, Encrypted=True, KmsKeyId=self.s["share_key"])["SnapshotId"])
        self.assertEqual(keyed["KmsKeyId"], self.s["share_key"])
        with self.refused():
            self.copy(source, KmsKeyId=self.s["share_key"])

    def test_a_copy_whose_key_fails_ends_in_error(self):
        """"Given key ID is not accessible".

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html (statusMessage)
        """
        copy = self.copy(self.taken("root"), Encrypted=True, KmsKeyId=self.f["kms_key"])["SnapshotId"]
        seen = self.snapshot(copy)
        self.assertEqual((seen["State"], seen["StateMessage"]), ("error", "Given key ID is not accessible"))

    def test_at_most_twenty_at_once(self):
        """ResourceLimitExceeded. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html"""
        source = self.taken("root")
        self.control("lag", seconds=60)
        self.control("lag", seconds=0)
        self.assertEqual(self.snapshot(source)["State"], "completed")
        self.control("lag", seconds=5)
        self.until("source", lambda: self.snapshot(source)["State"], "completed")
        for _ in range(20):
            self.copy(source)
        with self.refused("ResourceLimitExceeded"):
            self.copy(source)


class Locks(Case):
    def lock(self, snapshot, **more):
        return self.source.ec2.lock_snapshot(**{"SnapshotId": snapshot, "LockMode": "governance", "LockDuration": 7, **more})

    def test_pending_snapshots_can_be_locked(self):
        """"You can lock a snapshot that is in the pending or completed state."

        https://docs.aws.amazon.com/ebs/latest/userguide/lock-snapshot.html
        """
        young = self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])["SnapshotId"]
        answer = self.lock(young)
        self.assertEqual((answer["LockState"], answer["LockDuration"]), ("governance", 7))
        self.assertGreater(answer["LockExpiresOn"], answer["LockCreatedOn"])

    def test_locked_snapshots_cannot_be_deleted(self):
        """"A locked snapshot can't be deleted."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html
        """
        snapshot = self.taken()
        self.lock(snapshot)
        with self.refused():
            self.source.ec2.delete_snapshot(SnapshotId=snapshot)
        rows = self.source.ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"]
        self.assertEqual([(row["SnapshotId"], row["LockState"], row["OwnerId"]) for row in rows], [(snapshot, "governance", self.s["account"])])
        self.source.ec2.unlock_snapshot(SnapshotId=snapshot)
        self.source.ec2.delete_snapshot(SnapshotId=snapshot)
        with self.refused("InvalidSnapshot.NotFound"):
            self.snapshot(snapshot)

    def test_compliance_locks_do_not_come_off(self):
        """https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lock-concepts.html"""
        snapshot = self.taken()
        self.lock(snapshot, LockMode="compliance")
        for call, parameters in ((self.source.ec2.unlock_snapshot, {}), (self.lock, {"LockMode": "governance"}),
                                 (self.lock, {"LockMode": "compliance", "LockDuration": 1})):
            with self.subTest(**parameters), self.refused():
                call(snapshot, **parameters) if call == self.lock else call(SnapshotId=snapshot)
        self.lock(snapshot, LockMode="compliance", LockDuration=8)

    def test_bad_locks(self):
        """Duration 1 to 36500; duration or date; no cool-off for governance. API_LockSnapshot.html"""
        snapshot = self.taken()
        for bad in ({"LockDuration": 36501}, {"ExpirationDate": "2031-01-01T00:00:00Z"}, {"CoolOffPeriod": 3}):
            with self.subTest(**bad), self.refused():
                self.lock(snapshot, **bad)


class Content(Case):
    def blocks(self, snapshot, account):
        """{index: bytes}, every page and every block, digests checked."""
        found, token = {}, {}
        while True:
            page = account.ebs.list_snapshot_blocks(SnapshotId=snapshot, **token)
            for row in page["Blocks"]:
                block = account.ebs.get_snapshot_block(SnapshotId=snapshot, **row)
                data = block["BlockData"].read()
                self.assertEqual(len(data), page["BlockSize"])
                self.assertEqual(base64.b64encode(hashlib.sha256(data).digest()).decode(), block["Checksum"])
                found[row["BlockIndex"]] = data
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def test_only_completed_snapshots_are_read(self):
        """https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html"""
        young = self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])["SnapshotId"]
        with self.refused("ValidationException"):
            self.source.ebs.list_snapshot_blocks(SnapshotId=young)

    def test_blocks_are_sparse_and_some_hold_zeros(self):
        """Blocks of 512 KiB, by index; those never written are not listed.

        https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html
        """
        blocks = self.blocks(self.taken(), self.source)
        self.assertGreater(len(blocks), 4)
        self.assertLess(len(blocks), 1 + max(blocks))
        self.assertEqual([data.count(0) for data in blocks.values()].count(512 * 1024), 1)
        self.assertEqual(list(blocks), sorted(blocks))

    def test_pages_may_be_shorter_than_asked(self):
        """"the request can return less blocks than MaxResults".

        https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html
        """
        page = self.source.ebs.list_snapshot_blocks(SnapshotId=self.taken(), MaxResults=1000)
        self.assertIn("NextToken", page)
        self.assertLess(len(page["Blocks"]), 5)

    def test_wrong_token_and_unknown_snapshot(self):
        """ValidationException, ResourceNotFoundException.

        https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html
        """
        one, other = self.taken("root"), self.taken("customer_key")
        row = self.source.ebs.list_snapshot_blocks(SnapshotId=one)["Blocks"][0]
        with self.refused("ValidationException"):
            self.source.ebs.get_snapshot_block(SnapshotId=other, **row)
        with self.refused("ResourceNotFoundException"):
            self.source.ebs.list_snapshot_blocks(SnapshotId="snap-00000000000000000")

    def test_copy_in_the_other_account_is_exact(self):
        """"Creates an exact copy".

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
        """
        source = self.share(self.taken())
        copy = self.forensic.ec2.copy_snapshot(SourceSnapshotId=source, SourceRegion="us-east-1", Encrypted=True, KmsKeyId=self.f["kms_key"])["SnapshotId"]
        self.completed(copy, self.forensic)
        self.assertEqual(self.blocks(source, self.source), self.blocks(copy, self.forensic))
        self.assertEqual(self.blocks(source, self.forensic), self.blocks(copy, self.forensic))
        changed = self.control("corrupt", snapshot=copy)["block"]
        ours, theirs = self.blocks(source, self.source), self.blocks(copy, self.forensic)
        self.assertEqual([index for index in ours if ours[index] != theirs[index]], [changed])

    def test_different_volumes_differ(self):
        """Each volume has its own data: an equal digest must mean something."""
        self.assertNotEqual(self.blocks(self.taken("root"), self.source), self.blocks(self.taken("customer_key"), self.source))
