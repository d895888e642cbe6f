"""Small EC2 reads that moto has not.

AWS: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleScreenshot.html,
API_GetSerialConsoleAccessStatus.html, API_GetEbsDefaultKmsKeyId.html, API_GetSnapshotBlockPublicAccessState.html
"""

from moto.core.responses import ActionResult
from moto.ec2.responses.general import General

from .patching import adds

JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q=="  # the beginning and the end of a JPEG, in base64


@adds(General)
def get_console_screenshot(self):
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    self.error_on_dryrun()
    return ActionResult({"InstanceId": instance.id, "ImageData": JPEG})


@adds(General)
def get_serial_console_access_status(self):
    self.error_on_dryrun()
    return ActionResult({"SerialConsoleAccessEnabled": False, "ManagedBy": "account"})


@adds(General)
def get_ebs_default_kms_key_id(self):
    self.error_on_dryrun()
    return ActionResult({"KmsKeyId": self.ec2_backend.default_kms_key_id or "alias/aws/ebs"})


@adds(General)
def get_snapshot_block_public_access_state(self):
    self.error_on_dryrun()
    return ActionResult({"State": "unblocked", "ManagedBy": "account"})
