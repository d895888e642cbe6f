"""The way of a request: log, credentials, denials, faults, client tokens, then moto.

One call at a time takes effect (moto is not made for more); waiting happens outside that lock.
"""

import io
import json
import os
import re
import time

from . import cbor, denials, faults, idempotency, log, queues, small
from .calls import QUERY_SERVICES, Call, error_code
from .control import ENDPOINTS
from .identity import SETUP_KEYS, caller_of
from .knobs import EFFECT, KNOBS, flags
from .signature import matches

INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")


def application(moto, fork):
    """The WSGI application around moto's. `fork` answers /_strict/fork."""

    def handle(env, start):
        size = int(env.get("CONTENT_LENGTH") or 0)
        body = env["wsgi.input"].read(size) if size else b""
        if env.get("PATH_INFO", "").startswith("/_strict/"):
            name = env["PATH_INFO"][len("/_strict/"):]
            status, data = control(name, body, fork)
            start(f"{status} X", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
            return Farewell([data]) if name == "stop" else [data]
        return Request(env, body, moto).answer(start)

    return handle


class Farewell(list):
    """An answer after which this process ends: what WSGI is given is closed once it was sent."""

    def close(self):
        os._exit(0)


def control(name, body, fork):
    """Run one control endpoint. A mistake in the request is told, not guessed away."""
    endpoints = {**ENDPOINTS, "fork": fork}
    try:
        with EFFECT, flags(setup=True):
            return 200, json.dumps(endpoints[name](json.loads(body) if body else {}), default=str).encode()
    except (KeyError, ValueError, TypeError, IndexError) as problem:
        return 400, json.dumps({"error": f"{name}: {problem!r}"}).encode()


class Request:
    """One AWS call on its way."""

    def __init__(self, env, body, moto):
        self.env, self.body, self.moto = env, body, moto
        self.call = Call(env, body)
        self.caller = caller_of(self.call.key) if self.call.key else None
        self.setup = self.call.key in SETUP_KEYS

    def answer(self, start):
        """Log the call, let it happen or not, and send what there is to send."""
        with log.LOCK:
            entry = log.open_entry(self.call, self.caller, self.setup)
            killed = faults.spring(entry, "before")
            fault = None if killed else faults.pick(entry)
        if killed:
            return self.vanish(entry, start)
        if KNOBS.latency and not self.setup:
            time.sleep(KNOBS.latency)
        refusal = self.refusal()
        if refusal or (fault and fault["when"] == "before"):
            status, kind, data, rest = (*refusal, []) if refusal else (*self.injected(fault), [])
        else:
            status, kind, data, rest = self.effect()
            entry["made"] = log.made(entry, data) if self.call.mutating and status < 400 else []
            if fault:
                entry["lost"] = True
                status, kind, data = self.injected(fault)
        self.close(entry, status, data)
        if fault and fault["drop"] and not refusal:
            faults.cut(self.env)
            start("500 X", [])
            return []
        start(f"{status} X", [("Content-Type", kind), ("Content-Length", str(len(data))), *rest])
        return [data]

    def vanish(self, entry, start):
        """Who called was killed before this call had an effect: it is as if it was never sent."""
        status, _, data = self.call.error("NeverSent", "its caller was killed", 500)
        self.close(entry, status, data)
        faults.cut(self.env)
        start("500 X", [])
        return []

    def close(self, entry, status, data):
        entry["status"], entry["ended"] = status, round(time.time(), 4)
        entry["error"] = error_code(status, data) if status >= 400 else None
        with log.LOCK:
            faults.spring(entry, "after")

    def injected(self, fault):
        return self.call.error("ConnectionCut" if fault["drop"] else fault["code"], fault["message"], fault["status"])

    def refusal(self):
        """What AWS answers before it looks at the call."""
        return self.bad_credentials() or self.malformed() or self.forbidden()

    def bad_credentials(self):
        """No, unknown, wrong or expired credentials.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the Common Errors page of
        each service's API reference, such as https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
        """
        call, caller = self.call, self.caller
        if call.key is None:
            return call.error("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        wrong_token = caller is not None and caller.token is not None and self.env.get("HTTP_X_AMZ_SECURITY_TOKEN") != caller.token
        if caller is None or wrong_token:
            return self.credential_error("AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException")
        if not matches(self.env, self.body, caller.secret):
            return self.credential_error("AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException")
        if caller.expired():
            return self.credential_error("RequestExpired", "ExpiredToken", "ExpiredTokenException")
        return None

    def credential_error(self, ec2, query, other):
        """The code differs by protocol."""
        if self.call.service == "ec2":
            message = "Request has expired." if ec2 == "RequestExpired" else "AWS was not able to validate the provided access credentials"
            return self.call.error(ec2, message, 400 if ec2 == "RequestExpired" else 401)
        code = query if self.call.service in QUERY_SERVICES else other
        return self.call.error(code, "The security token included in the request is invalid or expired.", 403)

    def malformed(self):
        """EC2 tells an id of the wrong form from one that is not there."""
        for name, value in self.call.params.items() if self.call.service == "ec2" else ():
            if re.fullmatch(r"InstanceId(\.\d+)?", name) and not INSTANCE_ID.fullmatch(str(value)):
                return self.call.error("InvalidInstanceID.Malformed", f'Invalid id: "{value}"', 400)
        return None

    def forbidden(self):
        call = self.call
        if self.setup or not denials.denied(self.caller, call.service, call.action):
            return None
        if call.service == "ec2":
            return call.error("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
        code = "AccessDenied" if call.service in (*QUERY_SERVICES, "s3") else "AccessDeniedException"
        text = f"User: {self.caller.arn} is not authorized to perform: {denials.in_policies(call.service, call.action)}"
        return call.error(code, text, 403 if call.service in (*QUERY_SERVICES, "ebs", "s3") else 400)

    def effect(self):
        """Let the call happen: (status, content type, body, other headers)."""
        return queues.receive(self, self.at_once) if queues.waits(self.call) else self.at_once()

    def at_once(self):
        with EFFECT, flags(caller=self.caller, setup=self.setup):
            known = idempotency.recall(self.call, self.caller.account) or small.answer(self.call, self.caller.account)
            if known:
                return (*known, [])
            answer = self.by_moto()
            idempotency.remember(self.call, self.caller.account, answer[:3])
            return answer

    def by_moto(self):
        if self.call.target:
            self.body = cbor.to_json(self.env, self.body, self.call.target)
        self.env["wsgi.input"] = io.BytesIO(self.body)
        seen = {}

        def capture(status, headers, exc_info=None):
            seen["status"], seen["headers"] = int(status.split(" ")[0]), headers
            return lambda data: None

        output = self.moto(self.env, capture)
        data = b"".join(output)
        if hasattr(output, "close"):
            output.close()
        kind = next((value for name, value in seen["headers"] if name.lower() == "content-type"), "text/xml")
        rest = [(name, value) for name, value in seen["headers"] if name.lower() not in ("content-type", "content-length")]
        if self.call.target:
            data, kind = cbor.from_json(seen["status"], data, self.call.action), "application/cbor"
            rest.append(("smithy-protocol", "rpc-v2-cbor"))
        return seen["status"], kind, data, rest
