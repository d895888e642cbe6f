"""The world of the wire tests: python -m world http://127.0.0.1:PORT [--variant NAME]

Builds two accounts on a running strict server and prints one JSON document with everything a test needs to know.
All calls are made with setup keys: the log marks them, and nothing they make stays pending.

Variants
  web             (default) a member of an Auto Scaling group behind three kinds of balancers, with a bystander
  no-share-key    the same; the source account has no key that it could share under
  existing-group  the same; each VPC already has an empty quarantine group of ours
  lone            one instance with one interface: no role, no group, no balancers, an IPv4 VPC
"""

import argparse
import base64
import json

from control import REGION, Account, Control

SOURCE, FORENSIC = "111111111111", "222222222222"
ZONE, FORENSIC_ZONE = "us-east-1a", "us-east-1b"
VARIANTS = ("web", "no-share-key", "existing-group", "lone")
QUARANTINE_TAG = {"Key": "impound:quarantine", "Value": "true"}
EXTERNAL_ID = "evidence-room-7"
TARGET_GROUPS = 25
USER_DATA = "#!/bin/sh\n# DB_PASSWORD=correct-horse-battery-staple\n"


def tagged(kind, **tags):
    """TagSpecifications for one kind of resource."""
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def key_policy(owner, *others):
    """A key policy: the owner may do everything, the others may use the key.

    https://docs.aws.amazon.com/ebs/latest/userguide/share-kms-key.html
    """
    statements = [{"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{owner}:root"}, "Action": "kms:*", "Resource": "*"}]
    use = ["kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant"]
    for account in others:
        statements.append({"Sid": "Use" + account, "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                           "Action": use, "Resource": "*"})
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Builder:
    """Two accounts under construction."""

    def __init__(self, endpoint, variant, target_groups=TARGET_GROUPS):
        self.endpoint, self.variant, self.target_groups = endpoint, variant, target_groups
        self.control = Control(endpoint)
        self.source = Account(endpoint, self.control("user", account=SOURCE, name="world", setup=True))
        self.forensic = Account(endpoint, self.control("user", account=FORENSIC, name="world", setup=True))

    def build(self):
        """Everything, as one document."""
        source = {"account": SOURCE, **self.principals(), **self.keys()}
        source.update(self.network())
        source["image"] = self.image()
        source.update(self.lone(source) if self.variant == "lone" else self.web_tier(source))
        return {"endpoint": self.endpoint, "region": REGION, "variant": self.variant, "user_data": USER_DATA,
                "source": source, "forensic": self.forensic_account()}

    # ------------------------------------------------------------ who and with what

    def principals(self):
        """The responder's own keys and the role it may assume in the source account."""
        keys = self.control("user", account=SOURCE, name="responder")
        role = f"arn:aws:iam::{SOURCE}:role/responders/ImpoundSource"
        self.control("role", arn=role, trusts=[f"arn:aws:iam::{SOURCE}:user/responder"])
        return {"access_key_id": keys["AccessKeyId"], "secret_access_key": keys["SecretAccessKey"],
                "principal": f"arn:aws:iam::{SOURCE}:user/responder", "role_arn": role}

    def keys(self):
        """A customer key that the forensic account may use, and one to share under."""
        make = self.source.kms.create_key
        disk = make(Policy=key_policy(SOURCE, FORENSIC), Description="disks")["KeyMetadata"]["Arn"]
        private = make(Policy=key_policy(SOURCE), Description="private disks")["KeyMetadata"]["Arn"]
        share = None
        if self.variant != "no-share-key":
            share = make(Policy=key_policy(SOURCE, FORENSIC), Description="share")["KeyMetadata"]["Arn"]
        return {"customer_key": disk, "private_key": private, "share_key": share}

    def network(self):
        """A VPC with two subnets in one zone, a way out, and groups: web, back, and one that an attacker named like ours."""
        ec2, ipv6 = self.source.ec2, self.variant != "lone"
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]["VpcId"]
        subnets = [self.subnet(self.source, vpc, f"10.0.{n}.0/24", ZONE, n if ipv6 else None) for n in (1, 2)]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"][0]["NetworkAclId"]
        web = self.group(vpc, "web", [self.open(80), self.open(443)])
        back = self.group(vpc, "back", [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": web}]}])
        found = {"vpc": vpc, "subnets": subnets, "route_table": table, "network_acl": acl, "groups": {"web": web, "back": back}}
        found["attacker_group"] = self.attacker_group(vpc)
        found["quarantine_group"] = self.quarantine_group(vpc) if self.variant == "existing-group" else None
        return found

    def subnet(self, account, vpc, cidr, zone, number=None):
        """A subnet; `number` gives it the VPC's IPv6 block with that subnet number."""
        more = {}
        if number is not None:
            blocks = account.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
            more["Ipv6CidrBlock"] = blocks[0]["Ipv6CidrBlock"].replace("00::/56", f"{number:02x}::/64")
        return account.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone, **more)["Subnet"]["SubnetId"]

    @staticmethod
    def open(port):
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}

    def group(self, vpc, name, ingress, tags=None):
        more = {"TagSpecifications": [{"ResourceType": "security-group", "Tags": tags}]} if tags else {}
        group = self.source.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc, **more)["GroupId"]
        if ingress:
            self.source.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ingress)
        return group

    def attacker_group(self, vpc):
        """Named and tagged like ours, and wide open."""
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
        return self.group(vpc, "impound-quarantine", [everything], [QUARANTINE_TAG])

    def quarantine_group(self, vpc):
        """An empty group of ours, as an earlier case left it."""
        group = self.group(vpc, "impound-quarantine-earlier", [], [QUARANTINE_TAG])
        rules = self.source.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
        self.source.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=rules)
        return group

    def image(self):
        """An image with an unencrypted 8 GiB root."""
        ec2 = self.source.ec2
        volume = ec2.create_volume(AvailabilityZone=ZONE, Size=8, VolumeType="gp3")["VolumeId"]
        snapshot = ec2.create_snapshot(VolumeId=volume, Description="base image")["SnapshotId"]
        ec2.delete_volume(VolumeId=volume)
        root = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True}}
        return ec2.register_image(Name="base", RootDeviceName="/dev/xvda", Architecture="x86_64", VirtualizationType="hvm",
                                  BlockDeviceMappings=[root])["ImageId"]

    # --------------------------------------------------------------- the instances

    def lone(self, source):
        """One instance and its three volumes."""
        answer = self.source.ec2.run_instances(
            ImageId=source["image"], MinCount=1, MaxCount=1, InstanceType="m5.large", SubnetId=source["subnets"][0],
            SecurityGroupIds=[source["groups"]["web"]], UserData=USER_DATA, TagSpecifications=tagged("instance", Name="lone"))
        instance = answer["Instances"][0]["InstanceId"]
        return {"instance": instance, "zone": ZONE, "volumes": self.volumes(instance, source["customer_key"]),
                "interfaces": self.interfaces(instance)}

    def web_tier(self, source):
        """The Auto Scaling group with its balancers, and what is added to one of its two members."""
        found = {"zone": ZONE, **self.role(), **self.balancers(source)}
        target, bystander = self.scaling_group(source, found)
        found.update({"instance": target, "bystander": bystander})
        for instance in (target, bystander):
            self.source.ec2.associate_iam_instance_profile(IamInstanceProfile={"Arn": found["profile_arn"]}, InstanceId=instance)
        second = self.second_interface(target, source)
        found["volumes"] = self.volumes(target, source["customer_key"])
        found["elastic_ip"] = self.elastic_ip(target)
        found["interfaces"] = self.interfaces(target)
        self.register(found, second)
        found["alarm"] = self.alarm(target)
        self.session_event(found)
        return found

    def role(self):
        """A role with a path, its profile under another name, and a profile for quarantine."""
        iam = self.source.iam
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
        role = iam.create_role(RoleName="web-server", Path="/team/app/", AssumeRolePolicyDocument=trust)["Role"]
        read = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
        policy = iam.create_policy(PolicyName="read-assets", Path="/team/app/", PolicyDocument=json.dumps(read))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="web-server", PolicyArn=policy)
        iam.put_role_policy(RoleName="web-server", PolicyName="inline", PolicyDocument=json.dumps(read))
        profile = self.profile("web-profile", "/team/app/", "web-server")
        iam.create_role(RoleName="quarantine", Path="/impound/", AssumeRolePolicyDocument=trust)
        return {"role_name": "web-server", "instance_role_arn": role["Arn"], "managed_policy": policy, "profile_arn": profile,
                "profile_name": "web-profile", "quarantine_profile_arn": self.profile("quarantine-profile", "/impound/", "quarantine")}

    def profile(self, name, path, role):
        arn = self.source.iam.create_instance_profile(InstanceProfileName=name, Path=path)["InstanceProfile"]["Arn"]
        self.source.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return arn

    def balancers(self, source):
        """A classic balancer, and more target groups than one page holds: one by id, one by address, the rest of others."""
        self.source.elb.create_load_balancer(
            LoadBalancerName="classic", Subnets=source["subnets"][:1], SecurityGroups=[source["groups"]["web"]],
            Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}])
        by_id = self.target_group("web", source["vpc"], "instance")
        by_address = self.target_group("by-address", source["vpc"], "ip")
        others = [self.target_group(f"other-{n:02}", source["vpc"], "instance") for n in range(self.target_groups - 2)]
        return {"classic": "classic", "target_groups": {"by_id": by_id, "by_address": by_address, "others": others}}

    def target_group(self, name, vpc, kind):
        answer = self.source.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType=kind)
        return answer["TargetGroups"][0]["TargetGroupArn"]

    def scaling_group(self, source, found):
        """Minimum 1, desired 2, ELB health checks; its two members."""
        template = {"ImageId": source["image"], "InstanceType": "m5.large", "SecurityGroupIds": [source["groups"]["web"]],
                    "UserData": base64.b64encode(USER_DATA.encode()).decode()}
        self.source.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=template)
        scaling = self.source.autoscaling
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="web", MinSize=1, MaxSize=4, DesiredCapacity=2, HealthCheckType="ELB", HealthCheckGracePeriod=0,
            LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"}, VPCZoneIdentifier=source["subnets"][0],
            LoadBalancerNames=[found["classic"]], TargetGroupARNs=[found["target_groups"]["by_id"]])
        group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]
        found["auto_scaling_group"] = "web"
        return [member["InstanceId"] for member in group["Instances"]]

    def second_interface(self, instance, source):
        """Another interface in the other subnet, with a secondary address; its addresses are returned."""
        ec2 = self.source.ec2
        more = ec2.create_network_interface(SubnetId=source["subnets"][1], Groups=[source["groups"]["back"]],
                                            SecondaryPrivateIpAddressCount=1, Description="back end")["NetworkInterface"]
        ec2.attach_network_interface(NetworkInterfaceId=more["NetworkInterfaceId"], InstanceId=instance, DeviceIndex=1)
        for interface in ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["NetworkInterfaces"]:
            ec2.assign_ipv6_addresses(NetworkInterfaceId=interface["NetworkInterfaceId"], Ipv6AddressCount=1)
        return [row["PrivateIpAddress"] for row in more["PrivateIpAddresses"]]

    def volumes(self, instance, customer_key):
        """Root, one under a customer key, one under aws/ebs."""
        ec2 = self.source.ec2
        mapping = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
        found = {"root": mapping[0]["Ebs"]["VolumeId"]}
        for name, device, size, more in (("customer_key", "/dev/sdf", 2, {"KmsKeyId": customer_key}), ("default_key", "/dev/sdg", 1, {})):
            volume = ec2.create_volume(AvailabilityZone=ZONE, Size=size, VolumeType="gp3", Encrypted=True, **more)["VolumeId"]
            ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)
            found[name] = volume
        return found

    def elastic_ip(self, instance):
        address = self.source.ec2.allocate_address(Domain="vpc")
        first = self.interfaces(instance)[0]["id"]
        answer = self.source.ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=first)
        return {"address": address["PublicIp"], "allocation": address["AllocationId"], "association": answer["AssociationId"]}

    def interfaces(self, instance):
        """By device index: id, subnet, groups and addresses."""
        answer = self.source.ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
        rows = sorted(answer["NetworkInterfaces"], key=lambda row: row["Attachment"]["DeviceIndex"])
        return [{"id": row["NetworkInterfaceId"], "subnet": row["SubnetId"], "vpc": row["VpcId"],
                 "groups": [group["GroupId"] for group in row["Groups"]],
                 "addresses": [one["PrivateIpAddress"] for one in row["PrivateIpAddresses"]]} for row in rows]

    def register(self, found, addresses):
        """The target by id on a second port and by both addresses of its second interface; the bystander elsewhere."""
        elbv2, groups = self.source.elbv2, found["target_groups"]
        elbv2.register_targets(TargetGroupArn=groups["by_id"], Targets=[{"Id": found["instance"], "Port": 8080}])
        elbv2.register_targets(TargetGroupArn=groups["by_address"], Targets=[{"Id": address, "Port": 5432} for address in addresses])
        for arn in groups["others"][:3]:
            elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": found["bystander"]}])

    def alarm(self, instance):
        """An alarm that would stop the instance."""
        self.source.cloudwatch.put_metric_alarm(
            AlarmName="stop-when-idle", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=300,
            EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="LessThanThreshold",
            Dimensions=[{"Name": "InstanceId", "Value": instance}], AlarmActions=[f"arn:aws:automate:{REGION}:ec2:stop"])
        return "stop-when-idle"

    def session_event(self, found):
        """What the instance's own session did, as CloudTrail would tell it."""
        session = f"arn:aws:sts::{SOURCE}:assumed-role/{found['role_name']}/{found['instance']}"
        event = {"eventVersion": "1.10", "eventID": "5e551011-0000-4000-8000-000000000001", "eventName": "ListBuckets",
                 "eventSource": "s3.amazonaws.com", "awsRegion": REGION, "readOnly": True, "recipientAccountId": SOURCE,
                 "userIdentity": {"type": "AssumedRole", "arn": session, "accountId": SOURCE, "accessKeyId": "ASIAEXAMPLEEXAMPLE00"}}
        self.control("trail", event=event, user=found["instance"])

    # -------------------------------------------------------- the forensic account

    def forensic_account(self):
        """Its role, its key, one sealed subnet and three that are not."""
        role = f"arn:aws:iam::{FORENSIC}:role/evidence/Forensic"
        self.control("role", arn=role, external_id=EXTERNAL_ID, trusts=[f"arn:aws:iam::{SOURCE}:user/responder"])
        key = self.forensic.kms.create_key(Policy=key_policy(FORENSIC), Description="evidence")["KeyMetadata"]["Arn"]
        return {"account": FORENSIC, "role_arn": role, "external_id": EXTERNAL_ID, "kms_key": key, "zone": FORENSIC_ZONE,
                "sealed_subnet": self.enclave("10.90.0.0/24"),
                "unsealed_subnets": {"route": self.enclave("10.91.0.0/24", route=True), "dns": self.enclave("10.92.0.0/24", dns=True),
                                     "endpoint": self.enclave("10.93.0.0/24", endpoint=True)}}

    def enclave(self, cidr, **open_ways):
        """A VPC with one subnet, sealed but for the ways named: route, dns, endpoint."""
        ec2 = self.forensic.ec2
        vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        subnet = self.subnet(self.forensic, vpc, cidr, FORENSIC_ZONE)
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": bool(open_ways.get("dns"))})
        table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        if open_ways.get("route"):
            gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        if open_ways.get("endpoint"):
            ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway")
        return subnet


def main():
    """Build and print."""
    parser = argparse.ArgumentParser(prog="world", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoint")
    parser.add_argument("--variant", choices=VARIANTS, default="web")
    parser.add_argument("--target-groups", type=int, default=TARGET_GROUPS)
    arguments = parser.parse_args()
    print(json.dumps(Builder(arguments.endpoint, arguments.variant, arguments.target_groups).build()))


if __name__ == "__main__":
    main()
