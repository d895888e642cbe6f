//! Auto Scaling: the member and its group.

use crate::id::{Arn, InstanceId, ScalingGroupName};
use serde::{Deserialize, Serialize};

/// An instance's membership, from DescribeAutoScalingInstances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The group.
    pub group: ScalingGroupName,
    /// `InService`, `Standby`, `Detaching`, `Terminating:Wait`, `Warmed:Stopped`, …
    pub lifecycle: String,
    /// `HEALTHY` or `UNHEALTHY`.
    pub health: String,
    /// Whether it is protected from scale-in.
    pub protected: bool,
}

impl Membership {
    /// Whether the group's health check may still terminate it. A member in Standby has no health
    /// check, one in Detaching is leaving
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>).
    pub fn in_service(&self) -> bool {
        self.lifecycle == "InService" || self.lifecycle.starts_with("Pending")
    }
}

/// An Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingGroup {
    /// Its name.
    pub name: ScalingGroupName,
    /// The fewest members it may have.
    pub min: i32,
    /// The most.
    pub max: i32,
    /// How many it wants.
    pub desired: i32,
    /// `EC2`, `ELB`, or both with a comma.
    pub health_check: String,
    /// Target groups attached to it.
    pub target_groups: Vec<Arn>,
    /// Classic load balancers attached to it.
    pub classic_balancers: Vec<String>,
    /// Suspended processes.
    pub suspended: Vec<String>,
    /// The members.
    pub members: Vec<InstanceId>,
    /// Seconds after which a member is replaced, whatever its health.
    pub max_lifetime_seconds: Option<i32>,
}

impl ScalingGroup {
    /// Whether a member that its load balancer cannot reach is terminated and replaced.
    pub fn checks_balancers(&self) -> bool {
        self.health_check.contains("ELB") || self.health_check.contains("VPC_LATTICE")
    }
}
