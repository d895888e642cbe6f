"""Service Quotas: moto knows those of VPC only, and of them no default.

AWS: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html: an applied value
where there is one; where there is none the call fails, and GetAWSDefaultServiceQuota has the default. Here the
quota of security groups has an applied value, the others have the default only.
"""

import json

# service, code → name, default value
DEFAULTS = {
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", 2500.0),
    ("ebs", "L-309BACF6"): ("Snapshots per Region", 100000.0),
    ("ebs", "L-D18FCD1D"): ("Storage for General Purpose SSD (gp2) volumes, in TiB", 50.0),
    ("ec2", "L-B665C33B"): ("AMIs", 50000.0),
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5.0),
}
APPLIED = {("vpc", "L-E79EC296"): 300.0}


def answer(call):
    """(status, content type, body) of the two calls that are answered here."""
    wanted = (call.params.get("ServiceCode"), call.params.get("QuotaCode"))
    value = APPLIED.get(wanted) if call.action == "GetServiceQuota" else DEFAULTS.get(wanted, (None, None))[1]
    if value is None:
        return 400, "application/x-amz-json-1.1", json.dumps({"__type": "NoSuchResourceException", "Message": "no such quota"}).encode()
    quota = {"ServiceCode": wanted[0], "QuotaCode": wanted[1], "QuotaName": DEFAULTS[wanted][0], "Value": value}
    return 200, "application/x-amz-json-1.1", json.dumps({"Quota": quota}).encode()
