"""CloudWatch in its newest protocol, Smithy RPC v2 with CBOR, which moto does not speak.

The request is turned into the JSON protocol on its way in, the answer into CBOR on its way out.
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import io
import json
import re

from botocore.parsers import BaseCBORParser
from botocore.serialize import RpcV2CBORSerializer
from moto.core.utils import get_service_model

PATH = re.compile(r"/service/(\w+)/operation/(\w+)")


class _Reader(BaseCBORParser):
    """botocore's reader of CBOR, on its own."""

    def __init__(self):
        pass


def target_of(path):
    """("GraniteServiceVersion20100801", "DescribeAlarms"), or None when the path is not of this protocol."""
    found = PATH.fullmatch(path)
    return found.groups() if found else None


def decode(body):
    """A CBOR body as plain data."""
    return _Reader().parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}


def encode(value, shape=None):
    """Plain data as CBOR: by a shape of the service, or a map of texts for an error."""
    if shape is None:
        pairs = b"".join(_text(key) + _text(text) for key, text in value.items())
        return bytes([0xA0 + len(value)]) + pairs
    out = bytearray()
    RpcV2CBORSerializer()._serialize_data_item(out, _timed(value, shape), shape)
    return bytes(out)


def _text(text):
    raw = text.encode()
    return b"\x79" + len(raw).to_bytes(2, "big") + raw


def _timed(value, shape):
    """Only what the shape knows, and numbers where it wants numbers."""
    if shape.type_name == "structure":
        return {name: _timed(value[name], member) for name, member in shape.members.items() if value.get(name) is not None}
    if shape.type_name == "list":
        return [_timed(item, shape.member) for item in value]
    if shape.type_name in ("double", "float"):
        return float(value)
    return value


def to_json(env, body, target):
    """Rewrite the WSGI request into the JSON protocol; the new body is returned."""
    plain = json.dumps(decode(body), default=str).encode()
    service, operation = target
    env.update({"PATH_INFO": "/", "REQUEST_URI": "/", "CONTENT_TYPE": "application/x-amz-json-1.0",
                "HTTP_X_AMZ_TARGET": f"{service}.{operation}", "CONTENT_LENGTH": str(len(plain))})
    return plain


def from_json(status, data, operation):
    """The JSON answer of moto as CBOR."""
    plain = json.loads(data or b"{}")
    if status >= 400:
        return encode({"__type": str(plain.get("__type", "InternalFailure")), "message": str(plain.get("message", ""))})
    shape = get_service_model("cloudwatch").operation_model(operation).output_shape
    return encode(plain, shape) if shape is not None else b"\xa0"
