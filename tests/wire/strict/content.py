"""What is on the disks: sparse, deterministic blocks that follow the data from volume to copy.

A snapshot keeps the blocks of its volume as they were; a copy keeps those of its
source; a volume made from a snapshot has that snapshot's blocks. So two copies of
the same data are equal block by block, and `/_strict/corrupt` can make one differ.
"""

import hashlib

BLOCK_BYTES = 512 * 1024
ZERO = b""  # the seed of a block that was written, and holds only zeros


def fresh(name):
    """The blocks of a new volume: {index: seed}, a handful, with holes, one of them all zeros.

    AWS lists blocks that were written; whether they hold zeros is not looked at.
    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html
    """
    seed = hashlib.sha256(("blocks:" + name).encode()).digest()
    count = 5 + seed[0] % 4
    index, blocks = 0, {}
    for number in range(count):
        blocks[index] = ZERO if number == 2 else seed + bytes([number])
        index += 1 + seed[number + 1] % 9
    return blocks


def data(seed):
    """The 512 KiB of one block."""
    return hashlib.shake_256(seed).digest(BLOCK_BYTES) if seed else bytes(BLOCK_BYTES)


def corrupt(blocks):
    """Change one block in place; its index is returned."""
    index = max(index for index, seed in blocks.items() if seed != ZERO)
    blocks[index] = b"corrupt:" + blocks[index]
    return index
