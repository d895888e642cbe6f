//! Who changed something, as CloudTrail has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A call that was made to change something
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailChange {
    /// When the call was made; seconds.
    pub at: Timestamp,
    /// The call, such as `ModifyNetworkInterfaceAttribute`.
    pub event: String,
    /// Who made it: the ARN of the identity, or the service or user name where there is none.
    pub by: String,
    /// From where: an address, or the name of an AWS service.
    pub address: String,
    /// Why it failed; `None` when it was carried out.
    pub error: Option<String>,
}

/// What CloudTrail has on one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailChanges {
    /// The changes, newest first.
    pub changes: Vec<TrailChange>,
    /// Whether everything that is kept was read, and not only the newest pages.
    pub whole: bool,
}
