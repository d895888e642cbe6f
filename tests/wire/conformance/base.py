"""One server with one world for the whole run; each case works on a fork of it."""

import atexit
import json
import subprocess
import sys
import time
import unittest
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import ClientError

from control import Account, Control
from world import Builder

WIRE = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 20


class Running:
    """The server that all cases fork."""

    _one = None

    @classmethod
    def one(cls):
        if cls._one is None:
            cls._one = cls()
        return cls._one

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-m", "strict", "0"], cwd=WIRE, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        address = self.process.stdout.readline().split()[-1]
        self.control = Control(f"http://{address}")
        self.world = Builder(f"http://{address}", "web").build()


class Case(unittest.TestCase):
    """A case with a world of its own: `self.w`, clients `self.source` and `self.forensic`, `self.control`."""

    maxDiff = None

    def setUp(self):
        running = Running.one()
        endpoint = f"http://127.0.0.1:{running.control('fork')['port']}"
        self.control = Control(endpoint)
        self.addCleanup(self.control, "stop")
        self.w = json.loads(json.dumps(running.world).replace(running.control.endpoint, endpoint))
        self.endpoint, self.s, self.f = endpoint, self.w["source"], self.w["forensic"]
        self.responder = Account(endpoint, {"AccessKeyId": self.s["access_key_id"], "SecretAccessKey": self.s["secret_access_key"]})
        self.source = self.responder.assume(self.s["role_arn"])
        self.forensic = self.responder.assume(self.f["role_arn"], ExternalId=self.f["external_id"])
        self.control("lag", seconds=0.4)
        self.control("lag", what="settle", seconds=0.3)
        self.control("lag", what="drain", seconds=0.6)

    @contextmanager
    def refused(self, *codes):
        """The block's call is refused; with codes, by one of these."""
        with self.assertRaises(ClientError) as caught:
            yield caught
        if codes:
            self.assertIn(caught.exception.response["Error"]["Code"], codes)

    def until(self, what, read, wanted):
        """Poll until `read()` gives `wanted`."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (seen := read()) != wanted:
            if time.monotonic() > end:
                self.fail(f"{what} stayed {seen!r}, wanted {wanted!r}")
            time.sleep(0.02)

    # ---------------------------------------------------------------- short reads

    def instance(self, instance_id=None, account=None):
        answer = (account or self.source).ec2.describe_instances(InstanceIds=[instance_id or self.s["instance"]])
        return answer["Reservations"][0]["Instances"][0]

    def interface(self, index=0):
        name = self.s["interfaces"][index]["id"]
        return self.source.ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"][0]

    def snapshot(self, snapshot_id, account=None):
        return (account or self.source).ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]

    def completed(self, snapshot_id, account=None):
        """Wait for a snapshot; its id is returned."""
        self.until(snapshot_id, lambda: self.snapshot(snapshot_id, account)["State"], "completed")
        return snapshot_id

    def taken(self, volume="customer_key"):
        """A completed snapshot of one of the instance's volumes."""
        return self.completed(self.source.ec2.create_snapshot(VolumeId=self.s["volumes"][volume])["SnapshotId"])

    def share(self, snapshot_id):
        self.source.ec2.modify_snapshot_attribute(
            SnapshotId=snapshot_id, Attribute="createVolumePermission", OperationType="add", UserIds=[self.f["account"]])
        return snapshot_id

    def available(self, image_id, account=None):
        """Wait for an image; its description is returned."""
        def read():
            return (account or self.source).ec2.describe_images(ImageIds=[image_id])["Images"][0]
        self.until(image_id, lambda: read()["State"], "available")
        return read()
