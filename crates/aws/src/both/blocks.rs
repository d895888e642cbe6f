//! A snapshot block by block, through the EBS direct APIs: each block's digest is compared with
//! the one AWS sends, and only digests are kept, so memory stays at a few megabytes
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html>).

use crate::clients::Clients;
use crate::fault::{fault, need};
use crate::page::Walk;
use aws_sdk_ebs::operation::get_snapshot_block::GetSnapshotBlockOutput;
use aws_sdk_ebs::types::Block;
use aws_smithy_types::base64;
use aws_smithy_types::byte_stream::ByteStream;
use casebook::fault::{Fault, FaultClass};
use casebook::id::SnapshotId;
use casebook::reading::Reading;
use casebook::scene::storage::{BlockDigest, BlockRun};
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

/// Blocks read side by side.
const IN_FLIGHT: usize = 16;
/// Blocks of one run: 128 MiB.
const RUN: usize = 256;
/// The most blocks that one page of the list holds.
const PAGE: i32 = 10_000;

/// `Count`: the blocks that the snapshot holds, page by page: a disk of 64 TiB has 134 million, and
/// each comes with a token.
pub(crate) async fn count(clients: &Clients, snapshot: &SnapshotId) -> Result<Reading, Fault> {
    let call = clients.ebs.list_snapshot_blocks().snapshot_id(snapshot.as_str()).max_results(PAGE);
    let mut walk: Walk<()> = Walk::new();
    let mut count = 0;
    loop {
        let page = call.clone().set_next_token(walk.token()).send().await.map_err(fault)?;
        count += page.blocks().len() as u64;
        if !walk.turn(None, page.next_token)? {
            return Ok(Reading::Count(count));
        }
    }
}

/// `Blocks`: the digests of the next blocks from an index on.
pub(crate) async fn run(clients: &Clients, snapshot: &SnapshotId, from: i32) -> Result<Reading, Fault> {
    let (blocks, next) = listed(clients, snapshot, from).await?;
    let read = blocks.len() as u64;
    let digests = stream::iter(blocks.into_iter().map(|block| digest(clients, snapshot, block)));
    let digests: Vec<_> = digests.buffered(IN_FLIGHT).try_collect().await?;
    let blocks = digests.into_iter().flatten().collect();
    Ok(Reading::Blocks(BlockRun { blocks, read, next }))
}

/// The blocks of one run, and the index of the next one's first; a page may be empty and not the
/// last (<https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html>).
async fn listed(clients: &Clients, snapshot: &SnapshotId, from: i32) -> Result<(Vec<Block>, Option<i32>), Fault> {
    let call = clients.ebs.list_snapshot_blocks().snapshot_id(snapshot.as_str());
    let call = call.starting_block_index(from).max_results(RUN as i32);
    let mut walk = Walk::new();
    loop {
        // Beside a token, the starting index is ignored.
        let page = call.clone().set_next_token(walk.token()).send().await.map_err(fault)?;
        let more = walk.turn(page.blocks, page.next_token)?;
        if !more || walk.items().len() >= RUN {
            let next = if more { walk.items().last().and_then(|block| block.block_index) } else { None };
            return Ok((walk.into_items(), next.map(|index| index + 1)));
        }
    }
}

/// The digest of one block; `None` when it is all zeros.
async fn digest(clients: &Clients, snapshot: &SnapshotId, block: Block) -> Result<Option<BlockDigest>, Fault> {
    let index = need(block.block_index, "Block.BlockIndex")?;
    let token = need(block.block_token, "Block.BlockToken")?;
    let call = clients.ebs.get_snapshot_block().snapshot_id(snapshot.as_str()).block_index(index).block_token(token);
    let answer: GetSnapshotBlockOutput = call.send().await.map_err(fault)?;
    let expected = need(answer.checksum, "GetSnapshotBlock.Checksum")?;
    let (hash, zeros) = hashed(answer.block_data).await?;
    if base64::encode(&hash) != expected {
        return Err(damaged(snapshot, index));
    }
    Ok((!zeros).then(|| BlockDigest { index, sha256: hex::encode(hash) }))
}

/// SHA-256 of a body as it streams in, and whether it is all zeros.
async fn hashed(mut body: ByteStream) -> Result<(Vec<u8>, bool), Fault> {
    let mut hash = Sha256::new();
    let mut zeros = true;
    while let Some(bytes) = body.try_next().await.map_err(|error| broken_off(&error))? {
        zeros = zeros && bytes.iter().all(|byte| *byte == 0);
        hash.update(&bytes);
    }
    Ok((hash.finalize().to_vec(), zeros))
}

fn broken_off(error: &(dyn std::error::Error + 'static)) -> Fault {
    let why = crate::fault::one_line(&crate::fault::chain(error));
    Fault::new(FaultClass::Unknown, "BrokenBody", format!("a block's data broke off: {why}"))
}

fn damaged(snapshot: &SnapshotId, index: i32) -> Fault {
    let message = format!("block {index} of {snapshot} arrived with another SHA-256 than AWS gave: read it again");
    Fault::new(FaultClass::Unknown, "ChecksumMismatch", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_seen_across_chunks_and_the_digest_is_that_of_the_whole() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let of = |bytes: &'static [u8]| runtime.block_on(hashed(ByteStream::from_static(bytes))).unwrap();
        assert!(of(&[0; 1024]).1);
        let (hash, zeros) = of(b"abc");
        assert!(!zeros);
        assert!(hex::encode(hash).starts_with("ba7816bf8f01cfea"));
    }
}
