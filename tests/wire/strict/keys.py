"""KMS keys: who may use which, seen from two accounts.

AWS: a key of another account is named by its ARN and works when its key policy
names that account. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
Grants, and the IAM half of the permission in the calling account, are not modelled.
"""

import json

from moto.kms import kms_backends
from moto.kms.exceptions import AccessDeniedException, NotFoundException
from moto.kms.models import Key
from moto.kms.responses import KmsResponse

from .patching import replaces


def find_key(name, account, region):
    """The key behind an id, ARN or alias as `account` would name it, or None."""
    owner = name.split(":")[4] if name.startswith("arn:") else account
    try:
        return kms_backends[owner][region].describe_key(name)
    except Exception:
        return None


def key_arn(name, account, region):
    """EC2 shows keys by ARN, however the request named them."""
    key = find_key(name, account, region) if name else None
    return key.arn if key else name


def admits(name, account, region):
    """May `account` use this key? Its own: yes. Another's: when enabled and the policy names the account."""
    key = find_key(name, account, region)
    if key is None or key.key_state != "Enabled":
        return False
    owner = key.arn.split(":")[4]
    return owner == account or any(_names(statement, account) for statement in _statements(key))


def _statements(key):
    try:
        statements = json.loads(key.policy or "{}").get("Statement", [])
    except ValueError:
        return []
    return statements if isinstance(statements, list) else [statements]


def _names(statement, account):
    principal = statement.get("Principal", {})
    who = principal if isinstance(principal, str) else json.dumps(principal)
    return statement.get("Effect") == "Allow" and (principal in ("*", {"AWS": "*"}) or account in who)


def is_default_key(backend, arn):
    """Is this the account's AWS managed key for EBS (alias aws/ebs)?"""
    return not arn or bool(backend.default_kms_key_id and arn == backend.default_kms_key_id)


@replaces(KmsResponse)
def describe_key(original, self):
    """AWS: DescribeKey works across accounts by key ARN; without permission it is AccessDeniedException.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
    """
    name = self._get_param("KeyId") or ""
    if not (name.startswith("arn:") and name.split(":")[4] != self.current_account):
        return original(self)
    key = find_key(name, self.current_account, self.region)
    if key is None:
        raise NotFoundException(f"Key '{name}' does not exist")
    if not admits(name, self.current_account, self.region) and key.key_state == "Enabled":
        raise AccessDeniedException(f"No resource-based policy allows the kms:DescribeKey action on {name}")
    return json.dumps(key.to_dict())


@replaces(Key)
def to_dict(original, self):
    """AWS: KeyManager is AWS for a key behind an alias aws/…, CUSTOMER for others; moto says CUSTOMER.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
    """
    if any(alias.startswith("alias/aws/") for alias in self.aliases):
        self.key_manager = "AWS"
    return original(self)
