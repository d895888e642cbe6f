"""Permissions taken away by a test; everything else is allowed.

AWS answers a missing permission with UnauthorizedOperation in EC2, with AccessDenied or AccessDeniedException
elsewhere: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from fnmatch import fnmatchcase

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from .patching import adds

DENIALS = []  # {"account" or "principal": who, "actions": ["ec2:CreateImage", "Describe*", …]}

# service in a signature → prefix of its actions in policies
PREFIX = {"monitoring": "cloudwatch"}


def in_policies(service, action):
    """The action as policies and refusals name it."""
    return f"{PREFIX.get(service, service)}:{action}"


def denied(caller, service, action):
    """Is this action taken away from the caller?"""
    full = in_policies(service, action)
    for denial in DENIALS:
        who = denial.get("principal") or denial.get("account")
        if caller.is_called(who) and any(fnmatchcase(full, p) or fnmatchcase(action, p) for p in denial["actions"]):
            return True
    return False


class _Source:
    """A principal named by its ARN, in the place of a caller."""

    def __init__(self, arn):
        self.arn, self.account = arn, arn.split(":")[4]

    def is_called(self, name):
        return name in (self.arn, self.account, f"arn:aws:iam::{self.account}:root")


@adds(IamResponse)
def simulate_principal_policy(self):
    """What this server would do, in the form of the simulator: policies play no part.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    arn = self._get_param("PolicySourceArn")
    if ":role/" in arn:
        self.backend.get_role_by_arn(arn)  # NoSuchEntity for a role that does not exist
    rows = []
    for action in self._get_param("ActionNames", []):
        service, _, name = action.partition(":")
        decision = "explicitDeny" if denied(_Source(arn), service, name) else "allowed"
        for resource in self._get_param("ResourceArns", []) or ["*"]:
            rows.append({"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision,
                         "MatchedStatements": [], "MissingContextValues": []})
    return ActionResult({"EvaluationResults": rows, "IsTruncated": False})


