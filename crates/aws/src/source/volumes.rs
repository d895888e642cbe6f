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
use casebook::scene::storage::{Detached, Volume};

/// `Volumes` attached to an instance
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html>).
pub(super) async fn attached(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    found(c, filter("attachment.instance-id", [id])).await.map(Reading::Volumes)
}

/// `Volumes` by id.
pub(super) async fn by_id(c: &Clients, ids: &[VolumeId]) -> Result<Reading, Fault> {
    named(c, ids).await.map(Reading::Volumes)
}

/// By a filter, so that one that is gone does not fail the rest.
async fn named(c: &Clients, ids: &[VolumeId]) -> Result<Vec<Volume>, Fault> {
    let mut volumes = Vec::new();
    for some in ids.chunks(FILTER_VALUES) {
        volumes.extend(found(c, filter("volume-id", some)).await?);
    }
    Ok(volumes)
}

/// `Detached`: what was detached from the instance in the last 90 days and still exists.
pub(super) async fn detached(c: &Clients, id: &InstanceId) -> Result<Reading, Fault> {
    let detachments = trail::detachments(c, id).await?;
    let volumes = named(c, &detachments.volumes).await?;
    Ok(Reading::Detached(Detached { volumes, whole: detachments.whole }))
}

/// With those that a service manages, which are hidden unless asked for (`IncludeManagedResources`).
async fn found(c: &Clients, by: Filter) -> Result<Vec<Volume>, Fault> {
    let call = c.ec2.describe_volumes().filters(by).include_managed_resources(true);
    all(every_page!(call, volumes), volume)
}
