"""A client of the control endpoints, and boto3 clients for a running strict server."""

import json
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

REGION = "us-east-1"
ONCE = Config(retries={"total_max_attempts": 1})  # no second tries behind a test's back
SESSION = boto3.Session(region_name=REGION)  # one, because it keeps the parsed models of the services


class ControlError(Exception):
    """The server did not understand a control request."""


class Control:
    """`/_strict/…` of one server."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def __call__(self, name, /, **data):
        """Call one control endpoint with a JSON object; its answer as plain data."""
        return self.send(name, data)

    def send(self, name, data):
        request = urllib.request.Request(f"{self.endpoint}/_strict/{name}", data=json.dumps(data).encode(), method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise ControlError(problem.read().decode()) from problem


class Account:
    """One account seen through one set of credentials: `account.ec2.describe_instances()`."""

    def __init__(self, endpoint, keys, region=REGION):
        self.endpoint, self.region, self.keys = endpoint, region, keys

    def __getattr__(self, service):
        client = SESSION.client(
            service, region_name=self.region, endpoint_url=self.endpoint, config=ONCE, aws_access_key_id=self.keys["AccessKeyId"],
            aws_secret_access_key=self.keys["SecretAccessKey"], aws_session_token=self.keys.get("SessionToken"))
        setattr(self, service, client)
        return client

    def assume(self, role_arn, **more):
        """The account as seen by a session of a role."""
        answer = self.sts.assume_role(RoleArn=role_arn, RoleSessionName="test", **more)
        return Account(self.endpoint, answer["Credentials"], self.region)
