"""Instance profiles and their roles."""

import json
from urllib.parse import unquote

from .base import Case


class Profiles(Case):
    def associations(self):
        rows = self.source.ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [self.s["instance"]]}])
        return {row["AssociationId"]: (row["State"], row["IamInstanceProfile"]["Arn"]) for row in rows["IamInstanceProfileAssociations"]}

    def current(self):
        return next(name for name, (state, _) in self.associations().items() if state == "associated")

    def test_world_has_a_profile_with_a_path(self):
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html: named without its path"""
        arn = self.instance()["IamInstanceProfile"]["Arn"]
        self.assertEqual(arn, self.s["profile_arn"])
        profile = self.source.iam.get_instance_profile(InstanceProfileName=arn.rsplit("/", 1)[1])["InstanceProfile"]
        self.assertEqual((profile["Path"], profile["Roles"][0]["RoleName"]), ("/team/app/", self.s["role_name"]))
        with self.refused("NoSuchEntity"):
            self.source.iam.get_instance_profile(InstanceProfileName="team")

    def test_one_profile_at_a_time(self):
        """"You cannot associate more than one IAM instance profile with an instance."

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
        """
        with self.refused("IncorrectState"):
            self.source.ec2.associate_iam_instance_profile(IamInstanceProfile={"Arn": self.s["quarantine_profile_arn"]}, InstanceId=self.s["instance"])

    def test_disassociating_takes_a_moment(self):
        """States associating | associated | disassociating | disassociated.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfileAssociation.html
        """
        old = self.current()
        answer = self.source.ec2.disassociate_iam_instance_profile(AssociationId=old)["IamInstanceProfileAssociation"]
        self.assertEqual(answer["State"], "disassociating")
        self.assertEqual(self.associations()[old][0], "disassociating")
        self.until("associations", self.associations, {})
        self.assertNotIn("IamInstanceProfile", self.instance())
        with self.refused():
            self.source.ec2.disassociate_iam_instance_profile(AssociationId=old)

    def test_replacing_changes_the_instance(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html"""
        old = self.current()
        new = self.source.ec2.replace_iam_instance_profile_association(
            AssociationId=old, IamInstanceProfile={"Arn": self.s["quarantine_profile_arn"]})["IamInstanceProfileAssociation"]
        self.assertNotEqual(new["AssociationId"], old)
        self.until("associations", self.associations, {new["AssociationId"]: ("associated", self.s["quarantine_profile_arn"])})
        self.assertEqual(self.instance()["IamInstanceProfile"]["Arn"], self.s["quarantine_profile_arn"])

    def test_unknown_profile_is_refused(self):
        """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html"""
        with self.refused():
            self.source.ec2.replace_iam_instance_profile_association(
                AssociationId=self.current(), IamInstanceProfile={"Arn": "arn:aws:iam::111111111111:instance-profile/none"})


class Roles(Case):
    def test_role_and_policies_are_read(self):
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html, API_ListAttachedRolePolicies.html, API_GetPolicyVersion.html"""
        iam, name = self.source.iam, self.s["role_name"]
        role = iam.get_role(RoleName=name)["Role"]
        self.assertEqual((role["Arn"], role["Path"]), (self.s["instance_role_arn"], "/team/app/"))
        self.assertEqual(iam.list_role_policies(RoleName=name)["PolicyNames"], ["inline"])
        self.assertEqual(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"][0]["PolicyArn"], self.s["managed_policy"])
        version = iam.get_policy(PolicyArn=self.s["managed_policy"])["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=self.s["managed_policy"], VersionId=version)["PolicyVersion"]["Document"]
        self.assertEqual(document["Statement"][0]["Action"], "s3:GetObject")
        profiles = iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]
        self.assertEqual([profile["InstanceProfileName"] for profile in profiles], [self.s["profile_name"]])

    def test_inline_policy_is_put_read_and_deleted(self):
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html, API_GetRolePolicy.html"""
        iam, name = self.source.iam, self.s["role_name"]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName="impound-7", PolicyDocument=json.dumps(document))
        read = iam.get_role_policy(RoleName=name, PolicyName="impound-7")["PolicyDocument"]
        self.assertEqual(read if isinstance(read, dict) else json.loads(unquote(read)), document)
        iam.delete_role_policy(RoleName=name, PolicyName="impound-7")
        with self.refused("NoSuchEntity"):
            iam.get_role_policy(RoleName=name, PolicyName="impound-7")

    def test_simulation_answers_per_action(self):
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
        self.control("deny", principal=self.s["role_arn"], actions=["iam:PutRolePolicy"])
        rows = self.source.iam.simulate_principal_policy(
            PolicySourceArn=self.s["role_arn"], ActionNames=["iam:PutRolePolicy", "autoscaling:DetachInstances"])["EvaluationResults"]
        decisions = {row["EvalActionName"]: row["EvalDecision"] for row in rows}
        self.assertEqual(decisions, {"iam:PutRolePolicy": "explicitDeny", "autoscaling:DetachInstances": "allowed"})
