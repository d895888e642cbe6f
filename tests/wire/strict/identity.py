"""Who calls: access keys, users, roles and sessions of several accounts.

AWS: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
Policies are not evaluated on this server (see `denials`), trust policies are: Effect, Principal
and StringEquals on sts:ExternalId. Any other condition counts as not met.
"""

import datetime
import json
from dataclasses import dataclass

from moto.core.utils import utcnow
from moto.iam import iam_backends
from moto.sts import models as sts
from moto.sts.exceptions import STSClientError

from .knobs import CONTEXT
from .patching import replaces

SETUP_KEYS = set()  # keys whose calls build the test's world and are marked so in the log


@dataclass
class Caller:
    """What an access key stands for."""

    account: str
    arn: str  # of the user or the session
    role: str | None  # ARN of the assumed role
    name: str  # user name or session name
    secret: str
    token: str | None
    expires: datetime.datetime | None

    def expired(self):
        return self.expires is not None and self.expires <= utcnow()

    def is_called(self, name):
        """Is `name` this caller's ARN, role ARN or account?"""
        return name in (self.arn, self.role, self.account, f"arn:aws:iam::{self.account}:root")


def caller_of(access_key):
    """The caller behind an access key, or None when the key is nobody's."""
    for account in list(iam_backends.keys()):
        key = iam_backends[account]["aws"].access_keys.get(access_key)
        if key is not None and key.status == "Active":
            return session(account, access_key) or user(account, key)
    return None


def session(account, access_key):
    role = sts.sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
    if role is None:
        return None
    return Caller(account, role.arn, role.role_arn, role.session_name, role.secret_access_key,
                  role.session_token, role.expiration)


def user(account, key):
    found = iam_backends[account]["aws"].get_user_from_access_key_id(key.access_key_id)
    return Caller(account, found.arn if found else f"arn:aws:iam::{account}:root", None,
                  found.name if found else "root", key.secret_access_key, None, None)


def make_user(account, name, setup):
    """A user (made when absent) and a new access key of its own."""
    backend = iam_backends[account]["aws"]
    if name not in backend.users:
        backend.create_user(region_name="us-east-1", user_name=name)
    key = backend.create_access_key(user_name=name)
    if setup:
        SETUP_KEYS.add(key.access_key_id)
    return {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}


def make_role(arn, external_id=None, trusts=None):
    """A role, or its new trust policy: principals (ARNs or accounts; default anyone) and an external id."""
    account, path_and_name = arn.split(":")[4], arn.split(":role", 1)[1]
    path, name = path_and_name.rsplit("/", 1)
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusts or "*"}}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backend = iam_backends[account]["aws"]
    existing = find_role(arn)
    if existing is not None:
        existing.assume_role_policy_document = document
    else:
        backend.create_role(role_name=name, assume_role_policy_document=document, path=path + "/",
                            permissions_boundary=None, description="", tags=[], max_session_duration="3600")


def find_role(arn):
    """The role with exactly this ARN, path included."""
    account = arn.split(":")[4]
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.arn == arn), None)


def expire(role_arn):
    """End every session of a role now; how many there were is returned."""
    ended = [role for backends in list(sts.sts_backends.values()) for role in backends["aws"].assumed_roles
             if role.role_arn == role_arn]
    for role in ended:
        role.expiration = utcnow() - datetime.timedelta(seconds=1)
    return len(ended)


def trusted(role, caller, external_id):
    """Does the role's trust policy let this caller in?"""
    statements = json.loads(role.assume_role_policy_document or "{}").get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") == "Allow" and principal_matches(statement, caller) and conditions_hold(statement, external_id):
            return True
    return False


def principal_matches(statement, caller):
    principal = statement.get("Principal", {})
    names = principal if isinstance(principal, str) else principal.get("AWS", [])
    names = [names] if isinstance(names, str) else names
    return any(name == "*" or caller.is_called(name) for name in names)


def conditions_hold(statement, external_id):
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            allowed = [wanted] if isinstance(wanted, str) else wanted
            if operator != "StringEquals" or key != "sts:ExternalId" or external_id not in allowed:
                return False
    return True


@replaces(sts.STSBackend)
def assume_role(original, self, region_name, role_session_name, role_arn, **kwargs):
    """AWS: AccessDenied unless the role exists and its trust policy allows the caller; moto asks nothing."""
    caller = CONTEXT.caller
    role = find_role(role_arn)
    if role is None or not trusted(role, caller, kwargs.get("external_id")):
        raise STSClientError("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}")
    return original(self, region_name, role_session_name, role_arn, **kwargs)
