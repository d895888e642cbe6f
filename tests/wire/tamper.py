"""A change that somebody else makes during a case: python -m tamper http://127.0.0.1:PORT CHANGE ARGUMENT…

groups INTERFACE GROUP   the interface is in this group alone
tag RESOURCE KEY VALUE   the resource has this tag
rule GROUP               the group lets everybody in on SSH
bare INSTANCE            the instance has no profile any more
minimum GROUP SIZE       the Auto Scaling group may not be smaller
idle INTERFACE SECONDS   established connections of the interface are forgotten after so long
terminate INSTANCE       the instance is terminated
"""

import os
import sys

from control import Account, Control

SOURCE = "111111111111"


def groups(account, interface, group):
    account.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])


def tag(account, resource, key, value):
    account.ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": value}])


def rule(account, group):
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    account.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])


def bare(account, instance):
    found = account.ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [instance]}])
    for row in found["IamInstanceProfileAssociations"]:
        account.ec2.disassociate_iam_instance_profile(AssociationId=row["AssociationId"])


def minimum(account, group, size):
    account.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=int(size))


def idle(account, interface, seconds):
    timeouts = {"TcpEstablishedTimeout": int(seconds), "UdpStreamTimeout": 180, "UdpTimeout": 30}
    account.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, ConnectionTrackingSpecification=timeouts)


def terminate(account, instance):
    account.ec2.terminate_instances(InstanceIds=[instance])


CHANGES = {"groups": groups, "tag": tag, "rule": rule, "bare": bare, "minimum": minimum, "idle": idle, "terminate": terminate}


def main():
    """Make one change with setup keys: it is not in the program's part of the call log."""
    if len(sys.argv) < 3 or sys.argv[2] not in CHANGES:
        sys.exit(__doc__)
    keys = Control(sys.argv[1])("user", account=SOURCE, name=f"somebody-{os.getpid()}", setup=True)
    CHANGES[sys.argv[2]](Account(sys.argv[1], keys), *sys.argv[3:])


if __name__ == "__main__":
    main()
