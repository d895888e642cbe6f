//! What a case is about: always partition, account, region and instance together.

use crate::id::{AccountId, InstanceId, Region};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One EC2 instance in one account and region. An id looked up in another region is "not found",
/// which is not "does not exist"; so the four never travel apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The account under investigation.
    pub account: AccountId,
    /// The region of the instance.
    pub region: Region,
    /// The instance.
    pub instance: InstanceId,
}

impl Target {
    /// The instance's ARN, as `ec2:SourceInstanceARN` carries it
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>).
    pub fn arn(&self) -> String {
        format!("arn:{}:ec2:{}:{}:instance/{}", self.partition, self.region, self.account, self.instance)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in account {}, {}", self.instance, self.account, self.region)
    }
}
