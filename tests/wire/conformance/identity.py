"""Credentials, roles, permissions."""

from control import Account

from .base import Case


class Identity(Case):
    def keys(self, **changed):
        return Account(self.endpoint, {"AccessKeyId": self.s["access_key_id"], "SecretAccessKey": self.s["secret_access_key"], **changed})

    def test_unknown_key_is_refused_by_ec2(self):
        """AuthFailure. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
        with self.refused("AuthFailure"):
            self.keys(AccessKeyId="AKIAAAAAAAAAAAAAAAAA").ec2.describe_instances()

    def test_unknown_key_is_refused_by_sts(self):
        """InvalidClientTokenId. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"""
        with self.refused("InvalidClientTokenId"):
            self.keys(AccessKeyId="AKIAAAAAAAAAAAAAAAAA").sts.get_caller_identity()

    def test_wrong_secret_is_refused(self):
        """The signature is calculated anew.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
        """
        wrong = self.keys(SecretAccessKey="x" * 40)
        with self.refused("AuthFailure"):
            wrong.ec2.describe_instances()
        with self.refused("SignatureDoesNotMatch"):
            wrong.sts.get_caller_identity()

    def test_expired_session_is_refused(self):
        """Temporary credentials end.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
        """
        self.assertEqual(self.control("expire", arn=self.s["role_arn"])["sessions"], 1)
        with self.refused("RequestExpired"):
            self.source.ec2.describe_instances()
        with self.refused("ExpiredToken"):
            self.source.sts.get_caller_identity()
        with self.refused("ExpiredTokenException"):
            self.source.kms.describe_key(KeyId=self.s["customer_key"])

    def test_session_without_its_token_is_refused(self):
        """A session's keys work with its token only.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html
        """
        keys = self.responder.sts.assume_role(RoleArn=self.s["role_arn"], RoleSessionName="other")["Credentials"]
        with self.refused("InvalidClientTokenId"):
            Account(self.endpoint, {**keys, "SessionToken": "other"}).sts.get_caller_identity()

    def test_caller_identity_of_a_session(self):
        """account, and arn:aws:sts::…:assumed-role/name/session.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        """
        who = self.forensic.sts.get_caller_identity()
        self.assertEqual((who["Account"], who["Arn"]), ("222222222222", "arn:aws:sts::222222222222:assumed-role/Forensic/test"))

    def test_external_id_is_asked_for(self):
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html"""
        for more in ({}, {"ExternalId": "another"}):
            with self.refused("AccessDenied"):
                self.responder.assume(self.f["role_arn"], **more)

    def test_trust_policy_decides_who_assumes(self):
        """The forensic role does not trust other users of the source account.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
        """
        other = Account(self.endpoint, self.control("user", account=self.s["account"], name="someone-else"))
        with self.refused("AccessDenied"):
            other.assume(self.f["role_arn"], ExternalId=self.f["external_id"])
        with self.refused("AccessDenied"):
            self.source.assume(self.s["instance_role_arn"])

    def test_role_arn_includes_its_path(self):
        """A role is named with its path.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
        """
        with self.refused("AccessDenied"):
            self.responder.assume(self.s["role_arn"].replace("role/responders/", "role/"))

    def test_accounts_do_not_see_each_other(self):
        """Resources belong to an account.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidInstanceID.NotFound)
        """
        with self.refused("InvalidInstanceID.NotFound"):
            self.forensic.ec2.describe_instances(InstanceIds=[self.s["instance"]])
        self.assertEqual(self.forensic.ec2.describe_volumes()["Volumes"], [])

    def test_regions_do_not_see_each_other(self):
        """A resource id is looked up in one Region.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resources.html
        """
        elsewhere = Account(self.endpoint, self.source.keys, "eu-west-1")
        with self.refused("InvalidInstanceID.NotFound"):
            elsewhere.ec2.describe_instances(InstanceIds=[self.s["instance"]])

    def test_dry_run_tells_permission_and_changes_nothing(self):
        """DryRunOperation or UnauthorizedOperation.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
        """
        call = {"VolumeId": self.s["volumes"]["root"], "DryRun": True}
        before = len(self.source.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])
        with self.refused("DryRunOperation"):
            self.source.ec2.create_snapshot(**call)
        self.control("deny", account=self.s["account"], actions=["ec2:CreateSnapshot"])
        with self.refused("UnauthorizedOperation"):
            self.source.ec2.create_snapshot(**call)
        self.assertEqual(len(self.source.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]), before)

    def test_every_changing_call_of_ec2_has_a_dry_run(self):
        """The parameter DryRun.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
        """
        s, ec2 = self.s, self.source.ec2
        interface, volume, instance = s["interfaces"][0]["id"], s["volumes"]["root"], s["instance"]
        snapshot = self.taken()
        image = ec2.create_image(InstanceId=instance, Name="dry", NoReboot=True)["ImageId"]
        acl = s["network_acl"]
        calls = [
            (ec2.create_security_group, {"GroupName": "dry", "Description": "d", "VpcId": s["vpc"]}),
            (ec2.modify_network_interface_attribute, {"NetworkInterfaceId": interface, "Groups": [s["groups"]["back"]]}),
            (ec2.modify_instance_attribute, {"InstanceId": instance, "DisableApiTermination": {"Value": True}}),
            (ec2.modify_instance_attribute, {"InstanceId": instance, "InstanceInitiatedShutdownBehavior": {"Value": "terminate"}}),
            (ec2.create_snapshots, {"InstanceSpecification": {"InstanceId": instance}}),
            (ec2.create_image, {"InstanceId": instance, "Name": "never"}),
            (ec2.copy_snapshot, {"SourceSnapshotId": snapshot, "SourceRegion": "us-east-1"}),
            (ec2.copy_image, {"SourceImageId": image, "SourceRegion": "us-east-1", "Name": "never"}),
            (ec2.lock_snapshot, {"SnapshotId": snapshot, "LockMode": "governance", "LockDuration": 1}),
            (ec2.modify_snapshot_attribute, {"SnapshotId": snapshot, "OperationType": "add", "UserIds": [self.f["account"]]}),
            (ec2.modify_image_attribute, {"ImageId": image, "LaunchPermission": {"Add": [{"UserId": self.f["account"]}]}}),
            (ec2.create_volume, {"AvailabilityZone": s["zone"], "Size": 1}),
            (ec2.run_instances, {"ImageId": s["image"], "MinCount": 1, "MaxCount": 1, "SubnetId": s["subnets"][0]}),
            (ec2.terminate_instances, {"InstanceIds": [instance]}),
            (ec2.create_tags, {"Resources": [volume], "Tags": [{"Key": "a", "Value": "b"}]}),
            (ec2.create_network_acl, {"VpcId": s["vpc"]}),
            (ec2.replace_network_acl_association, {"AssociationId": self.acl_association(acl), "NetworkAclId": acl}),
            (ec2.revoke_security_group_egress, {"GroupId": s["groups"]["web"], "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}),
            (ec2.disassociate_address, {"AssociationId": s["elastic_ip"]["association"]}),
            (ec2.associate_address, {"AllocationId": s["elastic_ip"]["allocation"], "InstanceId": s["bystander"]}),
        ]
        for call, parameters in calls:
            with self.subTest(call.__name__, **parameters), self.refused("DryRunOperation"):
                call(**parameters, DryRun=True)

    def acl_association(self, acl):
        return self.source.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Associations"][0]["NetworkAclAssociationId"]

    def test_missing_permission_in_each_protocol(self):
        """AccessDenied in query APIs, AccessDeniedException in JSON ones.

        https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
        """
        self.control("deny", principal=self.s["role_arn"], actions=["*"])
        with self.refused("UnauthorizedOperation"):
            self.source.ec2.describe_instances()
        for call in (self.source.iam.list_roles, self.source.autoscaling.describe_auto_scaling_groups, self.source.elb.describe_load_balancers):
            with self.refused("AccessDenied"):
                call()
        for call in (self.source.cloudtrail.lookup_events, self.source.ssm.describe_instance_information, self.source.cloudwatch.describe_alarms):
            with self.refused("AccessDeniedException"):
                call()
        self.assertTrue(self.forensic.ec2.describe_vpcs()["Vpcs"])
