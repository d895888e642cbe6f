"""The tools of the tests: faults, lost answers, traps, the log, forks. Not AWS."""

import signal
import subprocess
import sys
import time

from botocore.exceptions import BotoCoreError, ConnectionClosedError
from control import ControlError

from .base import Case


class Faults(Case):
    def snapshots(self):
        return len(self.source.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])

    def take(self, volume="root"):
        return self.source.ec2.create_snapshot(VolumeId=self.s["volumes"][volume])

    def test_before_the_effect(self):
        before = self.snapshots()
        self.control("fault", action="CreateSnapshot", code="RequestLimitExceeded", status=503, times=2, skip=1)
        self.take()
        for _ in range(2):
            with self.refused("RequestLimitExceeded"):
                self.take()
        self.take()
        self.assertEqual(self.snapshots(), before + 2)

    def test_after_the_effect(self):
        before = self.snapshots()
        self.control("fault", action="CreateSnapshot", when="after", status=500)
        with self.refused("InternalError"):
            self.take()
        self.assertEqual(self.snapshots(), before + 1)
        lost = [entry for entry in self.control("calls") if entry["lost"]]
        self.assertEqual([(entry["action"], len(entry["made"])) for entry in lost], [("CreateSnapshot", 1)])

    def test_cut_connection(self):
        before = self.snapshots()
        for when, more in (("before", 0), ("after", 1)):
            with self.subTest(when):
                self.control("fault", action="CreateSnapshot", when=when, drop=True)
                with self.assertRaises(BotoCoreError):
                    self.take()
                self.assertEqual(self.snapshots(), before + more)

    def test_one_parameter_or_id_only(self):
        self.control("fault", action="CreateSnapshot", id=self.s["volumes"]["customer_key"], code="One")
        self.control("fault", action="CreateSnapshot", match={"VolumeId": self.s["volumes"]["default_key"]}, code="Two")
        self.take("root")
        for volume, code in (("customer_key", "One"), ("default_key", "Two")):
            with self.refused(code):
                self.take(volume)

    def test_every_protocol(self):
        for client, action, call in (
                ("iam", "ListRoles", lambda: self.source.iam.list_roles()), ("kms", "DescribeKey", lambda: self.source.kms.describe_key(KeyId="x")),
                ("autoscaling", "DescribeAutoScalingInstances", lambda: self.source.autoscaling.describe_auto_scaling_instances()),
                ("elbv2", "DescribeTargetGroups", lambda: self.source.elbv2.describe_target_groups()),
                ("cloudwatch", "DescribeAlarms", lambda: self.source.cloudwatch.describe_alarms()),
                ("ebs", "ListSnapshotBlocks", lambda: self.source.ebs.list_snapshot_blocks(SnapshotId="snap-00000000000000000"))):
            with self.subTest(client):
                self.control("fault", action=action, code="Throttling", status=400)
                with self.refused("Throttling"):
                    call()

    def test_lost_answer_with_a_token_is_found_again(self):
        """https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html: the point of a token"""
        self.control("fault", action="CreateVolume", when="after", drop=True)
        call = {"AvailabilityZone": self.s["zone"], "Size": 1, "ClientToken": "t"}
        with self.assertRaises(BotoCoreError):
            self.source.ec2.create_volume(**call)
        made = next(entry["made"] for entry in self.control("calls") if entry["lost"])
        self.assertEqual([self.source.ec2.create_volume(**call)["VolumeId"]], made)

    def test_mistakes_are_told(self):
        for name, data in (("fault", {"action": "X", "wen": "after"}), ("deny", {"actions": ["*"]}), ("trap", {"nth": 1}),
                           ("lag", {"what": "nothing", "seconds": 1}), ("nonsense", {}), ("corrupt", {"snapshot": "snap-0"})):
            with self.subTest(name), self.assertRaises(ControlError):
                self.control.send(name, data)

    def test_clear(self):
        self.control("fault", action="CreateSnapshot")
        self.control("deny", account=self.s["account"], actions=["ec2:CreateSnapshot"])
        self.control("clear", what="denials")
        with self.refused("InternalError"):
            self.take()
        self.control("fault", action="CreateSnapshot")
        self.control("clear")
        self.take()


class Traps(Case):
    def sleeper(self):
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.kill)
        return process

    def test_kills_at_the_nth_changing_call(self):
        process = self.sleeper()
        self.control("trap", pid=process.pid, nth=2, mutating=True, when="after")
        self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])
        self.source.ec2.describe_instances()
        self.assertIsNone(process.poll())
        self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])
        self.assertEqual(process.wait(5), -signal.SIGKILL)
        self.assertEqual(self.control("traps"), [])

    def test_kills_at_one_action(self):
        process = self.sleeper()
        self.control("trap", pid=process.pid, action="CreateImage", when="before")
        self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])
        self.assertIsNone(process.poll())
        with self.assertRaises(ConnectionClosedError):
            self.source.ec2.create_image(InstanceId=self.s["instance"], Name="trapped", NoReboot=True)
        self.assertEqual(process.wait(5), -signal.SIGKILL)
        self.assertEqual(self.source.ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["trapped"]}])["Images"], [])


class Log(Case):
    def test_entries(self):
        start = len(self.control("calls"))
        made = self.source.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])["SnapshotId"]
        with self.refused():
            self.source.ec2.describe_instances(InstanceIds=["i-00000000000000000"])
        one, two = self.control("calls", since=start)
        self.assertEqual((one["service"], one["action"], one["ids"], one["made"], one["mutating"], one["setup"], one["account"]),
                         ("ec2", "CreateSnapshot", [self.s["volumes"]["root"]], [made], True, False, self.s["account"]))
        self.assertEqual(one["principal"], "arn:aws:sts::111111111111:assumed-role/ImpoundSource/test")
        self.assertEqual((two["error"], two["mutating"]), ("InvalidInstanceID.NotFound", False))
        self.assertLessEqual(one["began"], one["ended"])

    def test_secrets_stay_out(self):
        log = str(self.control("calls"))
        for secret in (self.s["secret_access_key"], "correct-horse-battery-staple"):
            self.assertNotIn(secret, log)

    def test_world_is_marked_as_setup(self):
        changing = [entry for entry in self.control("calls") if entry["mutating"] and entry["account"] == self.s["account"]]
        self.assertGreater(len(changing), 50)
        self.assertEqual({entry["setup"] for entry in changing}, {True})

    def test_lineage(self):
        snapshot = self.share(self.taken())
        copy = self.forensic.ec2.copy_snapshot(SourceSnapshotId=snapshot, SourceRegion="us-east-1", Encrypted=True, KmsKeyId=self.f["kms_key"])["SnapshotId"]
        lineage = self.control("lineage")
        self.assertEqual((lineage[copy]["origin"], lineage[copy]["parent"]), (self.s["volumes"]["customer_key"], snapshot))
        self.assertEqual(self.control("destroy", snapshot=snapshot), {"destroyed": 1})
        self.assertNotIn(snapshot, self.control("lineage"))


class Forks(Case):
    def test_a_fork_goes_its_own_way(self):
        from control import Account, Control
        other = Control(f"http://127.0.0.1:{self.control('fork')['port']}")
        self.addCleanup(other, "stop")
        keys = {"AccessKeyId": self.s["access_key_id"], "SecretAccessKey": self.s["secret_access_key"]}
        there = Account(other.endpoint, keys).assume(self.s["role_arn"])
        made = there.ec2.create_snapshot(VolumeId=self.s["volumes"]["root"])["SnapshotId"]
        with self.refused("InvalidSnapshot.NotFound"):
            self.snapshot(made)

    def test_is_quick(self):
        began = time.monotonic()
        port = self.control("fork")["port"]
        self.assertLess(time.monotonic() - began, 1.0)
        from control import Control
        Control(f"http://127.0.0.1:{port}")("stop")
