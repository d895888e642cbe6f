"""Tags on EC2 resources.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
"""

from moto.ec2.responses.tags import TagResponse

from .patching import replaces
from .refusals import Refused

# how a resource is found by the beginning of its id, and the code for "no such thing"
KNOWN = {
    "i": (lambda backend, name: backend.get_instance_by_id(name), "InvalidInstanceID.NotFound"),
    "vol": (lambda backend, name: backend.volumes.get(name), "InvalidVolume.NotFound"),
    "snap": (lambda backend, name: backend.snapshots.get(name), "InvalidSnapshot.NotFound"),
    "ami": (lambda backend, name: backend.amis.get(name), "InvalidAMIID.NotFound"),
    "eni": (lambda backend, name: backend.enis.get(name), "InvalidNetworkInterfaceID.NotFound"),
    "sg": (lambda backend, name: backend.get_security_group_from_id(name), "InvalidGroup.NotFound"),
}


@replaces(TagResponse)
def create_tags(original, self):
    """AWS: keys beginning with aws: are reserved; resources must exist and be yours."""
    for tag in self._get_param("Tags", []):
        if str(tag.get("Key", "")).lower().startswith("aws:"):
            raise Refused("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    for resource in self._get_param("Resources", []):
        find, code = KNOWN.get(resource.split("-")[0], (None, None))
        if find and not find(self.ec2_backend, resource):
            raise Refused(code, f"The ID '{resource}' does not exist")
    return original(self)
