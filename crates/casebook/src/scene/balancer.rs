//! Load balancers of both generations, and who is registered with them.

use crate::id::{Arn, InstanceId, VpcId};
use serde::{Deserialize, Serialize};

/// A classic load balancer that knows the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassicBalancer {
    /// Its name.
    pub name: String,
    /// All instances registered with it.
    pub instances: Vec<InstanceId>,
    /// Seconds of connection draining; `None` when draining is off.
    pub draining_seconds: Option<i32>,
}

/// A target group of an application, network or gateway load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: Arn,
    /// Its name.
    pub name: String,
    /// `instance`, `ip`, `lambda` or `alb`.
    pub kind: String,
    /// `HTTP`, `TCP`, `GENEVE`, …
    pub protocol: String,
    /// Its default port.
    pub port: Option<i32>,
    /// Its VPC.
    pub vpc: Option<VpcId>,
    /// The load balancers in front of it.
    pub balancers: Vec<Arn>,
}

/// A registration: an id or address, and a port. One instance may be registered on several ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Registration {
    /// An instance id or an address.
    pub id: String,
    /// The port.
    pub port: Option<i32>,
    /// The zone, for addresses outside the VPC.
    pub zone: Option<String>,
}

/// A registration and its health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// Which.
    pub registration: Registration,
    /// `healthy`, `unhealthy`, `draining`, `unused`, `initial`, `unavailable`.
    pub state: String,
}

impl TargetHealth {
    /// Whether new connections may still be sent there.
    pub fn serving(&self) -> bool {
        !matches!(self.state.as_str(), "draining" | "unused")
    }
}
