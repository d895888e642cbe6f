//! Quotas of an account and region that a run can meet. Not for the rates of API calls, and not for
//! what is waited for by itself: snapshots under way of one volume and copies under way.

use serde::{Deserialize, Serialize};

/// A quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// Security groups of VPCs in the region
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>).
    Groups,
    /// Snapshots in the region
    /// (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html>).
    Snapshots,
    /// Images in the region, disabled ones included
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-quotas.html>).
    Images,
    /// GiB of volumes of the type that a new volume gets when none is named, `gp2`
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html>).
    Disks,
    /// Virtual CPUs of running on-demand instances of the standard families
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html>).
    Cpus,
}

impl Quota {
    /// Those that a run can meet in the account under investigation.
    pub const SOURCE: [Self; 3] = [Self::Groups, Self::Snapshots, Self::Images];
    /// Those that a run can meet in the forensic account.
    pub const FORENSIC: [Self; 5] = [Self::Groups, Self::Snapshots, Self::Images, Self::Disks, Self::Cpus];

    /// What is counted, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Groups => "security groups",
            Self::Snapshots => "snapshots",
            Self::Images => "images",
            Self::Disks => "GiB of gp2 volumes",
            Self::Cpus => "vCPUs of running instances",
        }
    }
}

/// How much of a quota is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// The most that there may be.
    pub limit: u64,
    /// What there is.
    pub used: u64,
}

impl Allowance {
    /// What is left.
    pub fn free(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}
