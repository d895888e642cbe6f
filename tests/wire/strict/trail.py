"""CloudTrail LookupEvents over the call log, and over events that a test adds.

AWS: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: newest first, at most one
attribute, at most 50 a page. AWS delivers minutes later and out of order, and limits the rate; neither is modelled.
"""

import json
import time

from . import log

ADDED = []  # events given through /_strict/trail, in CloudTrail's own record form
PAGE = 50

# attribute → how it is read from a row
ATTRIBUTES = {
    "AccessKeyId": lambda row: [row.get("AccessKeyId")],
    "EventId": lambda row: [row["EventId"]],
    "EventName": lambda row: [row["EventName"]],
    "EventSource": lambda row: [row["EventSource"]],
    "ReadOnly": lambda row: [row["ReadOnly"]],
    "ResourceName": lambda row: [resource["ResourceName"] for resource in row["Resources"]],
    "Username": lambda row: [row.get("Username")],
}


def lookup_events(call, account):
    """The answer of one LookupEvents call."""
    attributes = call.params.get("LookupAttributes") or []
    if len(attributes) > 1 or any(a.get("AttributeKey") not in ATTRIBUTES for a in attributes):
        return call.error("InvalidLookupAttributesException", "Specify at most one lookup attribute, and a known one.", 400)
    rows = [row for row in events(account, call.region) if all(has(row, attribute) for attribute in attributes)]
    start, size = int(call.params.get("NextToken") or 0), min(int(call.params.get("MaxResults") or PAGE), PAGE)
    rows = [row for row in rows if within(row, call.params.get("StartTime"), call.params.get("EndTime"))]
    answer = {"Events": rows[start:start + size]}
    if start + size < len(rows):
        answer["NextToken"] = str(start + size)
    return 200, "application/x-amz-json-1.1", json.dumps(answer).encode()


def has(row, attribute):
    return attribute.get("AttributeValue") in ATTRIBUTES[attribute["AttributeKey"]](row)


def within(row, start, end):
    return (start is None or row["EventTime"] >= float(start)) and (end is None or row["EventTime"] <= float(end))


def events(account, region):
    """All events of an account and region, newest first."""
    logged = [row_of(record(entry), entry["began"], entry["ids"], entry["user"]) for entry in log.CALLS
              if entry["account"] == account and entry["region"] == region and entry["key"] and entry["service"] != "cloudtrail"]
    added = [row_of(event, event.get("_time", time.time()), event.get("_resources", []), event.get("_user"))
             for event in ADDED if event.get("recipientAccountId") == account and event.get("awsRegion") == region]
    return sorted(logged + added, key=lambda row: -row["EventTime"])


def record(entry):
    """A log entry as a CloudTrail record."""
    detail = {"eventVersion": "1.10", "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry["began"])),
              "eventSource": entry["service"] + ".amazonaws.com", "eventName": entry["action"], "awsRegion": entry["region"],
              "userIdentity": {"arn": entry["principal"], "accountId": entry["account"], "accessKeyId": entry["key"]},
              "requestParameters": entry["params"], "readOnly": not entry["mutating"],
              "eventID": f"{entry['n']:08d}-0000-4000-8000-000000000000", "recipientAccountId": entry["account"]}
    return {**detail, "errorCode": entry["error"]} if entry["error"] else detail


def row_of(event, when, resources, user):
    """A record in the form of LookupEvents. `event` may hold any CloudTrail record."""
    shown = {name: value for name, value in event.items() if not name.startswith("_")}
    identity = event.get("userIdentity", {})
    return {"EventId": event.get("eventID", ""), "EventName": event.get("eventName", ""), "EventTime": when,
            "EventSource": event.get("eventSource", ""), "ReadOnly": str(event.get("readOnly", False)).lower(),
            "AccessKeyId": identity.get("accessKeyId"), "Username": user,
            "Resources": [{"ResourceName": name} for name in resources], "CloudTrailEvent": json.dumps(shown)}
