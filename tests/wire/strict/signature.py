"""Signature Version 4: a wrong secret key must not work.

AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
The age of a request is not checked.
"""

import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote

SCOPE = re.compile(r"Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})")


def matches(env, body, secret):
    """Was this request signed with `secret`?"""
    found = SCOPE.search(env.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return False
    _, day, region, service, names, given = found.groups()
    request = canonical_request(env, body, names.split(";"), service)
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", env.get("HTTP_X_AMZ_DATE", ""), scope, sha256(request.encode())])
    key = ("AWS4" + secret).encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), given)


def canonical_request(env, body, names, service):
    """S3 alone takes the path as it was sent."""
    raw_path, _, raw_query = env.get("REQUEST_URI", env.get("PATH_INFO", "/")).partition("?")
    headers = "".join(f"{name}:{header(env, name)}\n" for name in names)
    payload = env.get("HTTP_X_AMZ_CONTENT_SHA256") or sha256(body)
    sent = re.sub(r"^https?://[^/]+", "", raw_path) or "/"
    path = sent if service == "s3" else quote(sent, safe="/-_.~")
    return "\n".join([env["REQUEST_METHOD"], path, canonical_query(raw_query), headers, ";".join(names), payload])


def canonical_query(raw):
    pairs = parse_qsl(raw.replace("+", "%2B"), keep_blank_values=True)
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def header(env, name):
    key = name.upper().replace("-", "_")
    value = env.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key, "")
    return re.sub(r"\s+", " ", value.strip())


def sha256(data):
    return hashlib.sha256(data).hexdigest()
