//! The evidence of a case, as far as it was read back, and what is missing before the original may go.

use crate::case::Case;
use crate::evidence::Custody;
use crate::id::SnapshotId;
use crate::query::Side;
use crate::view::View;

/// The evidence index.
pub fn index(_view: View<'_>) -> Custody {
    Custody::default()
}

/// Snapshots of which all blocks were read and no manifest is written yet.
pub fn unsealed(case: &Case) -> Vec<(Side, SnapshotId)> {
    let whole = case.blocks.iter().filter(|(_, record)| record.next().is_none() && record.manifest.is_none());
    whole.map(|(key, _)| key.clone()).collect()
}
