//! The evidence of a case, as far as it was read back, and what is missing before the original may go.
//!
//! Pure bookkeeping: it asks nothing and changes nothing. An item's state says only what the last
//! readings and the ledger show; what was asked for and not read back does not count.

use crate::case::Case;
use crate::evidence::{Custody, Evidence};
use crate::id::SnapshotId;
use crate::query::Side;
use crate::view::View;

mod captured;
mod chain;
pub(crate) mod forensic;
pub(crate) mod handover;
mod items;
pub(crate) mod origin;
pub(crate) mod readings;

#[cfg(test)]
mod tests;

pub use captured::scene_digest;
pub(crate) use chain::{Secured, secured, volumes_at_stake};

/// The evidence index.
pub fn index(view: View<'_>) -> Custody {
    Custody { items: items(view), missing: chain::missing(view) }
}

/// The items of the index alone.
pub fn items(view: View<'_>) -> Vec<Evidence> {
    let mut items = captured::items(view.case);
    items.extend(items::in_the_cloud(view));
    items.sort_by(|a, b| (a.kind, &a.account, &a.id).cmp(&(b.kind, &b.account, &b.id)));
    items
}

/// Snapshots of which all blocks were read and no manifest is written yet.
pub fn unsealed(case: &Case) -> Vec<(Side, SnapshotId)> {
    let whole = case.blocks.iter().filter(|(_, record)| record.next().is_none() && record.manifest.is_none());
    whole.map(|(key, _)| key.clone()).collect()
}
