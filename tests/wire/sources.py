"""Switch the log sources of the account under investigation on: python -m sources http://127.0.0.1:PORT

A trail of all regions that delivers to a bucket with a rule for 365 days and to a log group that keeps 30, flow logs with every field on each VPC, a
GuardDuty detector with its features, query logs of each VPC.
"""

import sys

from control import Account, Control

SOURCE = "111111111111"
BUCKET = "trail-logs"
GROUP = "trail-group"
FIELDS = ("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
          "start", "end", "action", "log-status", "instance-id", "tcp-flags", "flow-direction", "pkt-srcaddr", "pkt-dstaddr")
FEATURES = ("S3_DATA_EVENTS", "EBS_MALWARE_PROTECTION", "RUNTIME_MONITORING")


def trail(account):
    account.s3.create_bucket(Bucket=BUCKET)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}}
    account.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    account.logs.create_log_group(logGroupName=GROUP)
    account.logs.put_retention_policy(logGroupName=GROUP, retentionInDays=30)
    arn = account.cloudtrail.create_trail(
        Name="main", S3BucketName=BUCKET, IsMultiRegionTrail=True, EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:us-east-1:{SOURCE}:log-group:{GROUP}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{SOURCE}:role/trail")["TrailARN"]
    account.cloudtrail.put_event_selectors(TrailName=arn, EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}])
    account.cloudtrail.start_logging(Name=arn)


def vpcs(account):
    return [vpc["VpcId"] for vpc in account.ec2.describe_vpcs()["Vpcs"]]


def main():
    """With setup keys: it is not in the program's part of the call log."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    account = Account(sys.argv[1], Control(sys.argv[1])("user", account=SOURCE, name="auditor", setup=True))
    trail(account)
    account.ec2.create_flow_logs(ResourceIds=vpcs(account), ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3",
                                 LogDestination=f"arn:aws:s3:::{BUCKET}", MaxAggregationInterval=60,
                                 LogFormat=" ".join("${" + field + "}" for field in FIELDS))
    account.guardduty.create_detector(Enable=True, FindingPublishingFrequency="FIFTEEN_MINUTES",
                                      Features=[{"Name": name, "Status": "ENABLED"} for name in FEATURES])
    config = account.route53resolver.create_resolver_query_log_config(
        Name="names", DestinationArn=f"arn:aws:s3:::{BUCKET}", CreatorRequestId="names")["ResolverQueryLogConfig"]["Id"]
    for vpc in vpcs(account):
        account.route53resolver.associate_resolver_query_log_config(ResolverQueryLogConfigId=config, ResourceId=vpc)


if __name__ == "__main__":
    main()
