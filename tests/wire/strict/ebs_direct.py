"""The EBS direct APIs over EC2 snapshots; moto knows only snapshots made by StartSnapshot.

AWS: https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html, API_GetSnapshotBlock.html and
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html. ListChangedBlocks and writes are left to moto.
"""

import base64
import hashlib
import time

from moto.core.responses import ActionResult
from moto.ebs.responses import EBSResponse
from moto.ec2.exceptions import InvalidSnapshotIdError
from moto.ec2.models import ec2_backends

from . import content
from .knobs import KNOBS
from .patching import replaces
from .refusals import direct_refusal, moment
from .sharing import visible_snapshot
from .snapshots import state_of

WEEK = 7 * 86400


def block_token(snap, index):
    """Names one block of one snapshot; a token of another snapshot does not work."""
    return base64.b64encode(hashlib.sha256(f"{snap.id}:{index}".encode()).digest()).decode()


def readable(response, snapshot_id):
    """The snapshot, if the caller may read it and it is completed."""
    backend = ec2_backends[response.current_account][response.region]
    try:
        snap = visible_snapshot(backend, snapshot_id)
    except InvalidSnapshotIdError:
        raise direct_refusal("ResourceNotFoundException", f"The snapshot '{snapshot_id}' does not exist.", 404)
    if state_of(snap) != "completed":
        raise direct_refusal("ValidationException", f"The snapshot '{snapshot_id}' is not in a valid state")
    return snap


@replaces(EBSResponse)
def list_snapshot_blocks(original, self):
    """Written blocks by rising index, in short pages: AWS may return less than MaxResults."""
    snapshot_id = self._get_param("SnapshotId")
    if snapshot_id in self.ebs_backend.snapshots:
        return original(self)
    snap = readable(self, snapshot_id)
    token = self._get_param("NextToken")
    first = int(token) if token else int(self._get_param("StartingBlockIndex") or 0)
    size = min(int(self._get_param("MaxResults") or KNOBS.block_page), KNOBS.block_page)
    indices = [index for index in sorted(snap._blocks) if index >= first]
    rows = [{"BlockIndex": index, "BlockToken": block_token(snap, index)} for index in indices[:size]]
    more = str(indices[size]) if len(indices) > size else None
    return ActionResult({"Blocks": rows, "VolumeSize": snap.volume_size, "BlockSize": content.BLOCK_BYTES,
                         "NextToken": more, "ExpiryTime": moment(time.time() + WEEK)})


@replaces(EBSResponse)
def get_snapshot_block(original, self):
    """512 KiB and their SHA-256 in base64, for a token from ListSnapshotBlocks."""
    snapshot_id = self._get_param("SnapshotId")
    if snapshot_id in self.ebs_backend.snapshots:
        return original(self)
    snap = readable(self, snapshot_id)
    index = int(self._get_param("BlockIndex"))
    if index not in snap._blocks or self._get_param("BlockToken") != block_token(snap, index):
        raise direct_refusal("ValidationException", "Invalid block token or index")
    block = content.data(snap._blocks[index])
    return ActionResult({"DataLength": len(block), "BlockData": block, "ChecksumAlgorithm": "SHA256",
                         "Checksum": base64.b64encode(hashlib.sha256(block).digest()).decode()})
