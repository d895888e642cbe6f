"""Calls of other services that moto has not, in their smallest honest form.

SSM: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html: the list
holds the instances whose agent registered; none does here unless a test says so through /_strict/agent.
GuardDuty: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
"""

import json

from . import quotas, trail

FINDINGS, ARCHIVED, AGENTS = {}, set(), {}


def answer(call, account):
    """(status, content type, body), or None when moto is to answer."""
    if (call.service, call.action) == ("cloudtrail", "LookupEvents"):
        return trail.lookup_events(call, account)
    if (call.service, call.action) == ("ssm", "DescribeInstanceInformation"):
        return 200, "application/x-amz-json-1.1", json.dumps(registered(call, account)).encode()
    if call.service == "servicequotas":
        return quotas.answer(call)
    if call.service == "guardduty":
        found = guardduty(call)
        return None if found is None else (200, "application/json", json.dumps(found).encode())
    return None


def registered(call, account):
    """The registered instances, by the filter InstanceIds if there is one."""
    wanted = [f.get("Values", []) for f in call.params.get("Filters", []) if f.get("Key") == "InstanceIds"]
    rows = [row for (owner, _), row in AGENTS.items() if owner == account]
    return {"InstanceInformationList": [row for row in rows if all(row["InstanceId"] in ids for ids in wanted)]}


def guardduty(call):
    if call.action == "ListFindings":
        return {"findingIds": [name for name in FINDINGS if name not in ARCHIVED]}
    if call.action == "GetFindings":
        return {"findings": [FINDINGS[name] for name in call.params.get("findingIds", []) if name in FINDINGS]}
    if call.action == "ArchiveFindings":
        ARCHIVED.update(call.params.get("findingIds", []))
        return {}
    return None


def camel(value):
    """GetFindings on the wire is camelCase; the command line prints PascalCase."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value
