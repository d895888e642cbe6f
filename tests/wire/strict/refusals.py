"""The errors that the patches raise, in the protocol of each service."""

from datetime import datetime, timezone

from moto.core.exceptions import JsonRESTError
from moto.ec2.exceptions import EC2ClientError

Refused = EC2ClientError  # Refused(code, message): an error answer of EC2


def direct_refusal(kind, message, status=400):
    """An error of the EBS direct APIs (REST-JSON)."""

    class Failure(JsonRESTError):
        code = status

    return Failure(kind, message)


def moment(seconds):
    """Seconds since the epoch as the datetime that moto's serializers want."""
    return datetime.fromtimestamp(seconds, timezone.utc) if seconds else None


def tags_for(response, kind):
    """The tags for one resource type among the TagSpecifications of a request, as a dict."""
    tags = {}
    for spec in response._get_param("TagSpecifications", []):
        if spec.get("ResourceType") == kind:
            tags.update({tag["Key"]: tag.get("Value", "") for tag in spec.get("Tags", [])})
    return tags
