//! What other accounts share with this one. Ids that are not shared, or not yet visible, are left
//! out; our own never count as shared.

use crate::both::FILTER_VALUES;
use crate::clients::Clients;
use crate::convert::images::image;
use crate::convert::storage::snapshot;
use crate::convert::{all, filter};
use crate::page::every_page;
use casebook::fault::Fault;
use casebook::id::{ImageId, SnapshotId};
use casebook::reading::Reading;

/// `Snapshots` that this account may restore: its own and those shared with it
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>,
/// `RestorableBy`).
pub(super) async fn snapshots(c: &Clients, ids: &[SnapshotId]) -> Result<Reading, Fault> {
    let own = c.own_account().await?;
    let mut found = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        let call = c.ec2.describe_snapshots().restorable_by_user_ids("self").filters(filter("snapshot-id", some));
        found.extend(every_page!(call, snapshots));
    }
    let mut found = all(found, snapshot)?;
    found.retain(|snapshot| snapshot.owner != *own);
    Ok(Reading::Snapshots(found))
}

/// `Images` that this account may launch by name
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>,
/// `ExecutableBy`).
pub(super) async fn images(c: &Clients, ids: &[ImageId]) -> Result<Reading, Fault> {
    let own = c.own_account().await?;
    let mut found = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        let call = c.ec2.describe_images().executable_users("self").filters(filter("image-id", some));
        found.extend(every_page!(call.include_deprecated(true), images));
    }
    let mut found = all(found, image)?;
    found.retain(|image| image.owner != *own);
    Ok(Reading::Images(found))
}
