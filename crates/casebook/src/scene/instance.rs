//! An instance as DescribeInstances and DescribeInstanceAttribute show it.

use crate::id::{Arn, ImageId, InstanceId, InterfaceId, SubnetId, VolumeId, VpcId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Key and value, as AWS keeps them.
pub type Tags = BTreeMap<String, String>;

/// What an instance is doing
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Being started.
    Pending,
    /// Running.
    Running,
    /// Being terminated.
    ShuttingDown,
    /// Gone; visible for about an hour.
    Terminated,
    /// Being stopped.
    Stopping,
    /// Stopped.
    Stopped,
}

/// An EBS volume in an instance's block device mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDevice {
    /// The device name, such as `/dev/xvda`.
    pub device: String,
    /// The volume behind it.
    pub volume: VolumeId,
    /// Whether terminating the instance deletes the volume.
    pub delete_on_termination: bool,
}

/// Who may use the instance metadata service, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataOptions {
    /// Whether it answers at all.
    pub enabled: bool,
    /// Whether session tokens (IMDSv2) are required.
    pub tokens_required: bool,
    /// How many network hops an answer survives.
    pub hop_limit: i32,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// What it is doing.
    pub state: InstanceState,
    /// When it was last started, RFC 3339.
    pub launched: String,
    /// The image it came from.
    pub image: ImageId,
    /// Its type, such as `t3.large`.
    pub instance_type: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// A Spot Instance: AWS may take it back with two minutes' notice.
    pub spot: bool,
    /// Its availability zone.
    pub zone: String,
    /// The VPC of its first interface.
    pub vpc: Option<VpcId>,
    /// The subnet of its first interface.
    pub subnet: Option<SubnetId>,
    /// Its first private address.
    pub private_ip: Option<String>,
    /// Its public address.
    pub public_ip: Option<String>,
    /// The key pair's name.
    pub key_name: Option<String>,
    /// The device of its root volume.
    pub root_device: String,
    /// Its EBS volumes.
    pub block_devices: Vec<BlockDevice>,
    /// Its interfaces' ids, as the instance shows them.
    pub interfaces: Vec<InterfaceId>,
    /// The instance profile it shows.
    pub profile: Option<Arn>,
    /// `false` when it forwards traffic of others: a router, NAT or firewall.
    pub source_dest_check: bool,
    /// Whether it was launched able to hibernate.
    pub hibernation: bool,
    /// The service that manages it (EKS Auto Mode, ECS Managed Instances), if any.
    pub operator: Option<String>,
    /// Marketplace product codes.
    pub product_codes: Vec<String>,
    /// Metadata service options.
    pub metadata: MetadataOptions,
    /// Its tags.
    pub tags: Tags,
}

/// An attribute that DescribeInstances does not show: one DescribeInstanceAttribute each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// `disableApiTermination`.
    TerminationProtection,
    /// `disableApiStop`.
    StopProtection,
    /// `instanceInitiatedShutdownBehavior`.
    ShutdownBehavior,
    /// `userData`.
    UserData,
}

/// What a shutdown from inside the instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShutdownBehavior {
    /// The instance stops and its volumes stay.
    Stop,
    /// The instance is terminated.
    Terminate,
}

/// The value of an [`Attribute`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeValue {
    /// Of the two protections.
    Flag(bool),
    /// Of the shutdown behaviour.
    Shutdown(ShutdownBehavior),
    /// User data in base64, as AWS gives it; may hold secrets: evidence only, never shown.
    UserData(Option<String>),
}

/// What an instance type has, from DescribeInstanceTypes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceType {
    /// Its name.
    pub name: String,
    /// GiB of instance store: lost on stop, termination and host failure.
    pub instance_store_gib: i64,
    /// Whether it runs on Nitro: idle timeouts can be set.
    pub nitro: bool,
}

/// A scheduled event, from DescribeInstanceStatus
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instances-status-check_sched.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledEvent {
    /// Such as `instance-retirement`.
    pub code: String,
    /// The earliest time, RFC 3339.
    pub not_before: Option<String>,
    /// AWS's words.
    pub description: String,
}
