//! Volumes: attached, by id, and those that were attached once.

use super::trail;
use crate::both::FILTER_VALUES;
use crate::clients::Clients;
use crate::convert::storage::volume;
use crate::convert::{all, filter};
use crate::page::every_page;
use aws_sdk_ec2::types::Filter;
use casebook::fault::Fault;
use casebook::id::{InstanceId, VolumeId};
use casebook::reading::Reading;
use casebook::scene::storage::Volume;

/// `Volumes` attached to an instance
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>).
pub(super) async fn attached(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    found(c, filter("attachment.instance-id", [id])).await.map(Reading::Volumes)
}

/// `Volumes`, by a filter, so that one that is gone does not fail the rest.
pub(super) async fn by_id(c: &Clients, ids: &[VolumeId]) -> Result<Reading, Fault> {
    let mut volumes = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        volumes.extend(found(c, filter("volume-id", some)).await?);
    }
    Ok(Reading::Volumes(volumes))
}

/// `Volumes` that were detached from the instance in the last 90 days and still exist.
pub(super) async fn detached(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    by_id(c, &trail::detached_volumes(c, id).await?).await
}

async fn found(c: &Clients, by: Filter) -> Result<Vec<Volume>, Fault> {
    all(every_page!(c.ec2.describe_volumes().filters(by), volumes), volume)
}
