"""What there is now: python -m photo http://127.0.0.1:PORT INSTANCE prints one JSON document.

A test takes one before and one after, and compares them: `target` is all that a response may change about an
instance, `around` is what it must leave alone, `evidence` is what it made in both accounts. Lists are sorted,
so that only differences differ. Asked with setup keys, so that the calls do not count as the program's.
"""

import argparse
import json
import os

from botocore.exceptions import ClientError
from control import Account, Control

SOURCE, FORENSIC = "111111111111", "222222222222"
ATTRIBUTES = {"disableApiTermination": "DisableApiTermination", "disableApiStop": "DisableApiStop",
              "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior"}


def everything(client, operation, key, **arguments):
    """All pages of a list."""
    pages = client.get_paginator(operation).paginate(**arguments)
    return [row for page in pages for row in page[key]]


def tags(rows):
    """Tags as an object."""
    return {row["Key"]: row["Value"] for row in rows or []}


class Photo:
    """Both accounts through a lens of their own."""

    def __init__(self, endpoint, instance):
        control, name = Control(endpoint), f"photo-{os.getpid()}"  # a user may have two access keys and no more
        self.instance = instance
        self.source = Account(endpoint, control("user", account=SOURCE, name=name, setup=True))
        self.forensic = Account(endpoint, control("user", account=FORENSIC, name=name, setup=True))

    def take(self):
        """The whole document."""
        rows = [row for answer in everything(self.source.ec2, "describe_instances", "Reservations") for row in answer["Instances"]]
        ours = [row for row in rows if row["InstanceId"] == self.instance]
        target = self.target(ours[0]) if ours and ours[0]["State"]["Name"] != "terminated" else None
        around = [row for row in rows if row["InstanceId"] != self.instance]
        return {"target": target, "state": ours[0]["State"]["Name"] if ours else None, "around": self.around(around),
                "evidence": {"source": self.evidence(self.source), "forensic": self.evidence(self.forensic)}}

    # ------------------------------------------------------------------ the target

    def target(self, row):
        """All that a response may change about the instance."""
        return {"tags": tags(row.get("Tags")), "attributes": self.attributes(), "mappings": mappings(row),
                "interfaces": self.interfaces(self.instance), "profile": self.profile(self.instance),
                "scaling": self.membership(self.instance), "classic": self.classic(self.instance),
                "targets": self.registrations([self.instance, *addresses(row)])}

    def attributes(self):
        """Termination, stop, shutdown behaviour."""
        def ask(name, field):
            return self.source.ec2.describe_instance_attribute(InstanceId=self.instance, Attribute=name)[field].get("Value")
        return {name: ask(name, field) for name, field in ATTRIBUTES.items()}

    def interfaces(self, instance):
        """By id: groups, public address, idle timeouts where they were set, tags."""
        found = everything(self.source.ec2, "describe_network_interfaces", "NetworkInterfaces",
                           Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
        return {row["NetworkInterfaceId"]: {"groups": sorted(group["GroupId"] for group in row["Groups"]),
                                            "public": row.get("Association", {}).get("PublicIp"),
                                            "idle": row.get("ConnectionTrackingConfiguration"), "tags": tags(row.get("TagSet"))}
                for row in found}

    def profile(self, instance):
        """The ARNs of the associated profiles."""
        found = self.source.ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [instance]}])
        live = ("associated", "associating")
        return sorted(row["IamInstanceProfile"]["Arn"] for row in found["IamInstanceProfileAssociations"] if row["State"] in live)

    def membership(self, instance):
        """Its place in an Auto Scaling group."""
        found = self.source.autoscaling.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
        return [[row["AutoScalingGroupName"], row["LifecycleState"], row["ProtectedFromScaleIn"]] for row in found]

    def classic(self, instance):
        """The classic balancers that have it."""
        found = everything(self.source.elb, "describe_load_balancers", "LoadBalancerDescriptions")
        return sorted(row["LoadBalancerName"] for row in found if instance in [one["InstanceId"] for one in row["Instances"]])

    def registrations(self, ids):
        """Its registrations in all target groups: [group, id, port], without those that drain."""
        groups = everything(self.source.elbv2, "describe_target_groups", "TargetGroups")
        return sorted([group["TargetGroupName"], row["Target"]["Id"], row["Target"]["Port"]]
                      for group in groups for row in self.health(group["TargetGroupArn"])
                      if row["Target"]["Id"] in ids and row["TargetHealth"]["State"] != "draining")

    def health(self, arn):
        return self.source.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]

    # --------------------------------------------------------------- what is around

    def around(self, others):
        """Other instances, all groups with rules, ACLs, the role, Auto Scaling groups, key policies."""
        ec2 = self.source.ec2
        return {"instances": {row["InstanceId"]: self.bystander(row) for row in others},
                "groups": {row["GroupId"]: group(row) for row in everything(ec2, "describe_security_groups", "SecurityGroups")},
                "acls": {row["NetworkAclId"]: acl(row) for row in everything(ec2, "describe_network_acls", "NetworkAcls")},
                "roles": {role["RoleName"]: self.role(role["RoleName"]) for role in everything(self.source.iam, "list_roles", "Roles")},
                "scaling": [scaling(row) for row in everything(self.source.autoscaling, "describe_auto_scaling_groups", "AutoScalingGroups")],
                "keys": {account: keys(side.kms) for account, side in ((SOURCE, self.source), (FORENSIC, self.forensic))}}

    def bystander(self, row):
        instance = row["InstanceId"]
        return {"state": row["State"]["Name"], "tags": tags(row.get("Tags")), "interfaces": self.interfaces(instance),
                "profile": self.profile(instance), "classic": self.classic(instance),
                "targets": self.registrations([instance, *addresses(row)])}

    def role(self, name):
        """Its policies by name, inline ones with their document."""
        names = everything(self.source.iam, "list_role_policies", "PolicyNames", RoleName=name)
        attached = everything(self.source.iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        inline = {one: self.source.iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in names}
        return {"inline": inline, "attached": sorted(row["PolicyArn"] for row in attached)}

    # ------------------------------------------------------------ what was made

    def evidence(self, side):
        """Snapshots, images, volumes and instances that carry a case's tag, and all volumes."""
        ours = [{"Name": "tag-key", "Values": ["impound:case"]}]
        ec2 = side.ec2
        snapshots = everything(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=ours)
        images = everything(ec2, "describe_images", "Images", Owners=["self"], Filters=ours)
        volumes = everything(ec2, "describe_volumes", "Volumes")
        reservations = everything(ec2, "describe_instances", "Reservations", Filters=ours)
        return {"snapshots": {row["SnapshotId"]: self.snapshot(ec2, row) for row in snapshots},
                "images": {row["ImageId"]: self.image(ec2, row) for row in images},
                "volumes": {row["VolumeId"]: volume(row) for row in volumes},
                "instances": {row["InstanceId"]: started(row) for answer in reservations for row in answer["Instances"]}}

    @staticmethod
    def snapshot(ec2, row):
        shared = ec2.describe_snapshot_attribute(SnapshotId=row["SnapshotId"], Attribute="createVolumePermission")
        locks = ec2.describe_locked_snapshots(SnapshotIds=[row["SnapshotId"]])["Snapshots"]
        return {"volume": row.get("VolumeId"), "state": row["State"], "encrypted": row["Encrypted"], "key": row.get("KmsKeyId"),
                "tags": tags(row.get("Tags")), "shared": sorted(str(one.get("UserId") or one.get("Group")) for one in shared["CreateVolumePermissions"]),
                "lock": [lock["LockState"] for lock in locks]}

    @staticmethod
    def image(ec2, row):
        shared = ec2.describe_image_attribute(ImageId=row["ImageId"], Attribute="launchPermission")["LaunchPermissions"]
        disks = [one["Ebs"].get("SnapshotId") for one in row["BlockDeviceMappings"] if "Ebs" in one]
        return {"state": row["State"], "tags": tags(row.get("Tags")), "snapshots": sorted(disks), "public": row.get("Public", False),
                "shared": sorted(str(one.get("UserId") or one.get("Group")) for one in shared)}


def mappings(row):
    """DeleteOnTermination by device."""
    return {one["DeviceName"]: one["Ebs"]["DeleteOnTermination"] for one in row["BlockDeviceMappings"]}


def addresses(row):
    """All private addresses of an instance."""
    return [one["PrivateIpAddress"] for interface in row["NetworkInterfaces"] for one in interface["PrivateIpAddresses"]]


def group(row):
    """A security group without the order of its rules."""
    rules = sorted(json.dumps([way, rule], sort_keys=True) for way, key in (("in", "IpPermissions"), ("out", "IpPermissionsEgress"))
                   for rule in row[key])
    return {"name": row["GroupName"], "rules": rules, "tags": tags(row.get("Tags"))}


def acl(row):
    return {"entries": sorted(json.dumps(entry, sort_keys=True) for entry in row["Entries"]),
            "subnets": sorted(one["SubnetId"] for one in row["Associations"])}


def scaling(row):
    return {"name": row["AutoScalingGroupName"], "sizes": [row["MinSize"], row["MaxSize"], row["DesiredCapacity"]],
            "members": len(row["Instances"]), "suspended": sorted(one["ProcessName"] for one in row["SuspendedProcesses"])}


def keys(kms):
    """The policy of every key that may be asked for it."""
    found = {}
    for row in everything(kms, "list_keys", "Keys"):
        try:
            found[row["KeyArn"]] = json.loads(kms.get_key_policy(KeyId=row["KeyId"], PolicyName="default")["Policy"])
        except ClientError as refusal:
            found[row["KeyArn"]] = refusal.response["Error"]["Code"]
    return found


def volume(row):
    return {"state": row["State"], "snapshot": row.get("SnapshotId"), "key": row.get("KmsKeyId"), "zone": row["AvailabilityZone"],
            "attached": [one["InstanceId"] for one in row["Attachments"]], "tags": tags(row.get("Tags"))}


def started(row):
    return {"state": row["State"]["Name"], "image": row["ImageId"], "subnet": row.get("SubnetId"), "tags": tags(row.get("Tags"))}


def main():
    """Take one and print it."""
    parser = argparse.ArgumentParser(prog="photo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoint")
    parser.add_argument("instance")
    arguments = parser.parse_args()
    print(json.dumps(Photo(arguments.endpoint, arguments.instance).take()))


if __name__ == "__main__":
    main()
