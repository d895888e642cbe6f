"""Interfaces, groups, network ACLs, addresses."""

from .base import Case


class Interfaces(Case):
    def change(self, index=0, **attribute):
        return self.source.ec2.modify_network_interface_attribute(NetworkInterfaceId=self.s["interfaces"][index]["id"], **attribute)

    def groups(self, index=0):
        return [group["GroupId"] for group in self.interface(index)["Groups"]]

    def test_new_groups_replace_the_old_ones(self):
        """"The new set of groups you specify replaces the current set."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html
        """
        self.change(0, Groups=[self.s["groups"]["back"]])
        self.assertEqual(self.groups(0), [self.s["groups"]["back"]])
        self.change(1, Groups=[self.s["groups"]["web"]])
        self.assertEqual((self.groups(0), self.groups(1)), ([self.s["groups"]["back"]], [self.s["groups"]["web"]]))
        shown = {row["NetworkInterfaceId"]: [g["GroupId"] for g in row["Groups"]] for row in self.instance()["NetworkInterfaces"]}
        self.assertEqual(shown[self.s["interfaces"][1]["id"]], [self.s["groups"]["web"]])

    def test_group_of_another_vpc_is_refused(self):
        """A group can be used in its VPC.

        https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html; the code is that of a group that does
        not exist, with a message of its own, as users report it: https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/3943
        """
        vpc = self.source.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        group = self.source.ec2.create_security_group(GroupName="far", Description="far", VpcId=vpc)["GroupId"]
        with self.refused("InvalidGroup.NotFound") as far:
            self.change(Groups=[group])
        self.assertIn("different networks", str(far.exception))
        with self.refused("InvalidGroup.NotFound"):
            self.change(Groups=["sg-00000000000000000"])

    def test_at_most_five_groups(self):
        """5 security groups per interface.

        https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
        """
        make = self.source.ec2.create_security_group
        groups = [make(GroupName=f"g{n}", Description="g", VpcId=self.s["vpc"])["GroupId"] for n in range(6)]
        self.change(Groups=groups[:5])
        with self.refused("SecurityGroupsPerInterfaceLimitExceeded"):
            self.change(Groups=groups)

    def test_one_attribute_a_call(self):
        """"You can specify only one attribute at a time." API_ModifyNetworkInterfaceAttribute.html"""
        with self.refused():
            self.change(Groups=[self.s["groups"]["back"]], ConnectionTrackingSpecification={"TcpEstablishedTimeout": 60})

    def test_connection_tracking_is_stored_within_bounds(self):
        """Min 60, max 432000.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingSpecificationRequest.html
        """
        self.assertNotIn("ConnectionTrackingConfiguration", self.interface())
        self.change(ConnectionTrackingSpecification={"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30})
        self.assertEqual(self.interface()["ConnectionTrackingConfiguration"], {"TcpEstablishedTimeout": 60, "UdpStreamTimeout": 60, "UdpTimeout": 30})
        for bad in ({"TcpEstablishedTimeout": 59}, {"TcpEstablishedTimeout": 432001}, {"UdpStreamTimeout": 181}, {"UdpTimeout": 29}):
            with self.subTest(**bad), self.refused():
                self.change(ConnectionTrackingSpecification=bad)

    def test_filters(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html"""
        second = self.s["interfaces"][1]
        for name, value, wanted in (
                ("attachment.instance-id", self.s["instance"], {row["id"] for row in self.s["interfaces"]}),
                ("addresses.private-ip-address", second["addresses"][1], {second["id"]}),
                ("group-id", self.s["groups"]["back"], {second["id"]}),
                ("subnet-id", self.s["subnets"][1], {second["id"]}),
                ("attachment.status", "detached", set())):
            with self.subTest(name):
                rows = self.source.ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": [value]}])["NetworkInterfaces"]
                self.assertEqual({row["NetworkInterfaceId"] for row in rows}, wanted)

    def test_pages(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination"""
        self.control("lag", what="page", seconds=1)
        pages = list(self.source.ec2.get_paginator("describe_network_interfaces").paginate())
        self.assertEqual([len(page["NetworkInterfaces"]) for page in pages], [1, 1, 1])

    def test_no_trunk_associations(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTrunkInterfaceAssociations.html"""
        self.assertEqual(self.source.ec2.describe_trunk_interface_associations()["InterfaceAssociations"], [])


class Groups(Case):
    def make(self, name="fresh", **more):
        return self.source.ec2.create_security_group(GroupName=name, Description="d", VpcId=self.s["vpc"], **more)["GroupId"]

    def read(self, group):
        return self.source.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]

    def ids(self, name, *values):
        rows = self.source.ec2.describe_security_groups(Filters=[{"Name": name, "Values": list(values)}])["SecurityGroups"]
        return {row["GroupId"] for row in rows}

    def test_new_group_lets_everything_out(self):
        """All outbound traffic, for IPv6 too in a VPC with IPv6.

        https://docs.aws.amazon.com/vpc/latest/userguide/default-custom-security-groups.html and security-group-rules.html
        """
        group = self.read(self.make())
        self.assertEqual(group["IpPermissions"], [])
        ranges = [one for rule in group["IpPermissionsEgress"] for one in rule["IpRanges"] + rule["Ipv6Ranges"]]
        self.assertEqual(ranges, [{"CidrIp": "0.0.0.0/0"}, {"CidrIpv6": "::/0"}])

    def test_revoking_all_rules_leaves_none(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html"""
        group = self.make()
        self.source.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=self.read(group)["IpPermissionsEgress"])
        self.assertEqual(self.read(group)["IpPermissionsEgress"], [])
        rules = self.source.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
        self.assertEqual(rules["SecurityGroupRules"], [])

    def test_rules_are_revoked_by_their_ids(self):
        """SecurityGroupRuleIds.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html
        """
        group = self.make()
        rules = self.source.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
        self.assertEqual({rule["IsEgress"] for rule in rules}, {True})
        self.source.ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in rules])
        self.assertEqual(self.read(group)["IpPermissionsEgress"], [])

    def test_tags_come_in_the_call(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"""
        tag = {"Key": "impound:quarantine", "Value": "true"}
        group = self.make(TagSpecifications=[{"ResourceType": "security-group", "Tags": [tag]}])
        self.assertEqual(self.read(group)["Tags"], [tag])
        self.assertEqual(self.ids("tag-key", "impound:quarantine"), {group, self.s["attacker_group"]})
        self.assertEqual(self.ids("tag:impound:quarantine", "true"), {group, self.s["attacker_group"]})

    def test_names_are_unique_in_a_vpc(self):
        """"Names are case-insensitive and must be unique within the VPC … Can't start with sg-". API_CreateSecurityGroup.html"""
        for name in ("web", "WEB"):
            with self.subTest(name), self.refused("InvalidGroup.Duplicate"):
                self.make(name)
        with self.refused():
            self.make("sg-like")

    def test_who_refers_to_a_group(self):
        """Filters ip-permission.group-id and egress.ip-permission.group-id.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
        """
        self.assertEqual(self.ids("ip-permission.group-id", self.s["groups"]["web"]), {self.s["groups"]["back"]})
        group = self.make()
        self.source.ec2.authorize_security_group_egress(
            GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": self.s["groups"]["back"]}]}])
        self.assertEqual(self.ids("egress.ip-permission.group-id", self.s["groups"]["back"]), {group})

    def test_group_in_use_cannot_be_deleted(self):
        """DependencyViolation.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
        """
        for group in self.s["groups"].values():
            with self.subTest(group), self.refused("DependencyViolation"):
                self.source.ec2.delete_security_group(GroupId=group)


class Acls(Case):
    def make(self, **more):
        return self.source.ec2.create_network_acl(VpcId=self.s["vpc"], **more)["NetworkAcl"]

    def association(self):
        rows = self.source.ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [self.s["subnets"][0]]}])["NetworkAcls"]
        return rows[0]["NetworkAclId"], next(a["NetworkAclAssociationId"] for a in rows[0]["Associations"] if a["SubnetId"] == self.s["subnets"][0])

    def test_new_acl_denies_everything(self):
        """Until rules are added, in both directions.

        https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
        """
        entries = self.make(TagSpecifications=[{"ResourceType": "network-acl", "Tags": [{"Key": "case", "Value": "7"}]}])["Entries"]
        self.assertEqual({entry["RuleAction"] for entry in entries}, {"deny"})
        self.assertEqual({entry["Egress"] for entry in entries}, {True, False})

    def test_client_token_makes_one(self):
        """https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html"""
        self.assertEqual(self.make(ClientToken="t")["NetworkAclId"], self.make(ClientToken="t")["NetworkAclId"])

    def test_replacing_gives_a_new_association(self):
        """newAssociationId.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceNetworkAclAssociation.html
        """
        before, old = self.association()
        acl = self.make()["NetworkAclId"]
        new = self.source.ec2.replace_network_acl_association(AssociationId=old, NetworkAclId=acl)["NewAssociationId"]
        self.assertEqual(self.association(), (acl, new))
        self.assertNotEqual(old, new)
        with self.refused("InvalidAssociationID.NotFound"):
            self.source.ec2.replace_network_acl_association(AssociationId=old, NetworkAclId=before)
        self.source.ec2.replace_network_acl_association(AssociationId=new, NetworkAclId=before)
        self.assertEqual(self.association()[0], before)

    def test_replacing_is_idempotent(self):
        """Idempotent by default: ReplaceNetworkAclAssociation.

        https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
        """
        _, old = self.association()
        call = {"AssociationId": old, "NetworkAclId": self.make()["NetworkAclId"]}
        first, again = (self.source.ec2.replace_network_acl_association(**call)["NewAssociationId"] for _ in range(2))
        self.assertEqual((self.association(), again), ((call["NetworkAclId"], first), first))


class Addresses(Case):
    def test_disassociated_and_back(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateAddress.html, API_AssociateAddress.html"""
        ip = self.s["elastic_ip"]
        self.assertEqual(self.interface()["Association"]["PublicIp"], ip["address"])
        for _ in ("once", "and again, without an error"):
            self.source.ec2.disassociate_address(AssociationId=ip["association"])
        self.assertNotIn("Association", self.interface())
        address = self.source.ec2.describe_addresses(AllocationIds=[ip["allocation"]])["Addresses"][0]
        self.assertNotIn("AssociationId", address)
        self.source.ec2.associate_address(AllocationId=ip["allocation"], NetworkInterfaceId=self.s["interfaces"][0]["id"])
        self.assertEqual(self.interface()["Association"]["PublicIp"], ip["address"])
        rows = self.source.ec2.describe_addresses(Filters=[{"Name": "instance-id", "Values": [self.s["instance"]]}])["Addresses"]
        self.assertEqual([row["AllocationId"] for row in rows], [ip["allocation"]])

    def test_enclave_reads(self):
        """Local routes, DNS attribute, endpoints.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html, API_DescribeRouteTables.html
        """
        def look(subnet):
            ec2 = self.forensic.ec2
            vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
            where = [{"Name": "vpc-id", "Values": [vpc]}]
            routes = [route.get("GatewayId") for table in ec2.describe_route_tables(Filters=where)["RouteTables"] for route in table["Routes"]]
            dns = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"]
            return set(routes) == {"local"}, dns, len(ec2.describe_vpc_endpoints(Filters=where)["VpcEndpoints"])
        open_ways = self.f["unsealed_subnets"]
        self.assertEqual(look(self.f["sealed_subnet"]), (True, False, 0))
        self.assertEqual(look(open_ways["route"]), (False, False, 0))
        self.assertEqual(look(open_ways["dns"]), (True, True, 0))
        self.assertEqual(look(open_ways["endpoint"])[1:], (False, 1))
