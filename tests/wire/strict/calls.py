"""One request, taken apart: service, action, parameters, who signed it; and errors in its protocol."""

import json
import re
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from . import cbor

QUERY_SERVICES = ("iam", "sts", "autoscaling", "elasticloadbalancing")
NEWS = ("ReceiveMessage", "DeleteMessage", "Publish", "PutEvents")  # they change nothing that is under investigation
READS = ("Describe", "Get", "List", "Lookup", "Simulate", "Search", "Head")
HARMLESS = ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify")
ID = re.compile(r"\b(?:i|vol|snap|ami|eni|sg|sgr|subnet|vpc|vpce|rtb|igw|acl|aclassoc|iip-assoc|eipalloc|eipassoc)-[0-9a-f]{8,17}\b")
SIGNED = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")

# (method, path) → action, for the services whose action is in the path
ROUTES = {
    "ebs": (("GET", r"/snapshots/[^/]+/blocks", "ListSnapshotBlocks"),
            ("GET", r"/snapshots/[^/]+/blocks/\d+", "GetSnapshotBlock"),
            ("GET", r"/snapshots/[^/]+/changedblocks", "ListChangedBlocks")),
    "guardduty": (("POST", r".*/findings/get", "GetFindings"), ("POST", r".*/findings/archive", "ArchiveFindings"),
                  ("POST", r".*/findings", "ListFindings"), ("GET", r"/detector", "ListDetectors"),
                  ("GET", r"/detector/[^/]+", "GetDetector")),
    "s3": (("GET", r"/", "ListBuckets"), ("GET", r"/[^/]+/.+", "GetObject"), ("GET", r"/[^/]+/?", "ListObjectsV2"),
           ("PUT", r"/[^/]+/.+", "PutObject"), ("PUT", r"/[^/]+/?", "CreateBucket")),
}


class Call:
    """What the log, the faults and the patches need to know of a request."""

    def __init__(self, env, body):
        self.method, self.path = env["REQUEST_METHOD"], env.get("PATH_INFO", "")
        found = SIGNED.search(env.get("HTTP_AUTHORIZATION", ""))
        self.key, self.region, self.service = found.groups() if found else (None, "", "")
        self.target = cbor.target_of(self.path)
        self.action, self.params = self._read(env, body)
        self.params.pop("Version", None)
        self.dry_run = str(self.params.get("DryRun", "")).lower() == "true"
        reads = self.action.startswith(READS) or self.action in (*HARMLESS, *NEWS)
        self.mutating = not (reads or self.service == "sts" or self.dry_run)
        self.ids = sorted(set(ID.findall(self.path + " " + json.dumps(self.params, default=str))))

    def _read(self, env, body):
        kind, target = env.get("CONTENT_TYPE", ""), env.get("HTTP_X_AMZ_TARGET", "")
        query = dict(parse_qsl(env.get("QUERY_STRING", ""), keep_blank_values=True))
        if self.target:
            return self.target[1], dict(cbor.decode(body))
        if target:
            return target.split(".")[-1], load(body)
        if "x-www-form-urlencoded" in kind:
            query.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        elif "json" in kind:
            query.update(load(body))
        return query.pop("Action", None) or self._routed(query), query

    def _routed(self, query):
        if (self.service, self.method) == ("s3", "GET") and "lifecycle" in query:
            return "GetBucketLifecycleConfiguration"
        for method, pattern, action in ROUTES.get(self.service, ()):
            if method == self.method and re.fullmatch(pattern, self.path):
                return action
        return f"{self.method} {self.path}"

    def error(self, code, message, status):
        """(status, content type, body) of an error in the protocol of the service."""
        if self.target:
            return status, "application/cbor", cbor.encode({"__type": code, "message": message})
        if self.service in QUERY_SERVICES:
            text = (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
                    "<RequestId>0</RequestId></ErrorResponse>")
            return status, "text/xml", text.encode()
        if self.service == "s3":
            text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>0</RequestId></Error>"
            return status, "application/xml", text.encode()
        if self.service == "ec2":
            text = (f'<?xml version="1.0"?><Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message>'
                    "</Error></Errors><RequestID>0</RequestID></Response>")
            return status, "text/xml", text.encode()
        return status, "application/json", json.dumps({"__type": code, "message": message}).encode()


def load(body):
    """A JSON object, or an empty one for anything else."""
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>|\"(?:__type|code)\":\s*\"([^\"]+)\"|\x66__type.*?([A-Z]\w+)")


def error_code(status, data):
    """The code of an error answer, for the log."""
    found = ERROR_CODE.search(data)
    code = next((group for group in found.groups() if group), b"") if found else b""
    return code.decode("utf-8", "replace").split("#")[-1] or str(status)
