"""A client of the control endpoints, and boto3 clients for a running strict server."""

import json
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

REGION = "us-east-1"
ONCE = Config(retries={"max_attempts": 1, "mode": "standard"}, parameter_validation=True)


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
        self.endpoint, self.region = endpoint, region
        self.session = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"), region_name=region)

    def __getattr__(self, service):
        client = self.session.client(service, endpoint_url=self.endpoint, config=ONCE)
        setattr(self, service, client)
        return client

    def assume(self, role_arn, **more):
        """The account as seen by a session of a role."""
        answer = self.sts.assume_role(RoleArn=role_arn, RoleSessionName="test", **more)
        return Account(self.endpoint, answer["Credentials"], self.region)
