//! What AWS answers to a query, as plain data, and what a call made.

use crate::fault::Fault;
use crate::id::{AccountId, Arn};
use crate::scene::balancer::{ClassicBalancer, TargetGroup, TargetHealth};
use crate::scene::enclave::Enclave;
use crate::scene::identity::{Profile, ProfileAssociation, RolePolicies, RoleSharers};
use crate::scene::instance::{AttributeValue, Instance, InstanceType, ScheduledEvent};
use crate::scene::network::{Endpoint, Interface, Neighbour, NetworkAcl, RouteTable, SecurityGroup, Subnet, Vpc};
use crate::scene::quota::Allowance;
use crate::scene::scaling::{Membership, ScalingGroup};
use crate::scene::storage::{BlockRun, Detached, Image, Key, Lock, Sharing, Snapshot, Volume};
use crate::scene::trail::TrailChanges;
use serde::{Deserialize, Serialize};

/// The answer to a [`crate::query::Query`]; which variant belongs to which query stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the variants are named after what they hold
pub enum Reading {
    Identity(Identity),
    Instance(Box<Instance>),
    Instances(Vec<Instance>),
    Attribute(AttributeValue),
    InstanceType(InstanceType),
    Interfaces(Vec<Interface>),
    Groups(Vec<SecurityGroup>),
    Neighbours(Vec<Neighbour>),
    Acls(Vec<NetworkAcl>),
    Routes(Vec<RouteTable>),
    Endpoints(Vec<Endpoint>),
    Subnets(Vec<Subnet>),
    Vpcs(Vec<Vpc>),
    Volumes(Vec<Volume>),
    Detached(Detached),
    Associations(Vec<ProfileAssociation>),
    Profile(Profile),
    RolePolicies(RolePolicies),
    Policy(Option<String>),
    RoleSharers(RoleSharers),
    Membership(Option<Membership>),
    ScalingGroups(Vec<ScalingGroup>),
    ScalingGroup(Box<ScalingGroup>),
    Classic(Vec<ClassicBalancer>),
    TargetGroups(Vec<TargetGroup>),
    TargetHealth(Vec<TargetHealth>),
    TargetGroupSettings(TargetGroupSettings),
    Events(Vec<ScheduledEvent>),
    Alarms(Vec<String>),
    Flag(bool),
    /// Kept as evidence, not planned upon.
    Document(serde_json::Value),
    Snapshots(Vec<Snapshot>),
    Sharing(Sharing),
    Locks(Vec<Lock>),
    Images(Vec<Image>),
    Key(Key),
    Allowance(Allowance),
    Count(u64),
    Blocks(BlockRun),
    Enclave(Box<Enclave>),
    Changes(TrailChanges),
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// The user's or assumed role's ARN.
    pub arn: Arn,
}

/// How a target group lets go of a target
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroupSettings {
    /// Seconds of draining.
    pub draining_seconds: u32,
    /// Whether open connections are closed when draining ends (network load balancers).
    pub closes_connections: bool,
}

/// What a changing call made: ids as AWS gave them, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// New ids: snapshots, a group, an image, an association, …
    pub ids: Vec<String>,
}

impl Made {
    /// Nothing new, something changed.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// One new thing.
    pub fn one(id: impl Into<String>) -> Self {
        Self { ids: vec![id.into()] }
    }
}

/// An answer or a failure, the calls it took, and the bodies it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was answered, or why nothing was.
    pub value: Result<T, Fault>,
    /// Every request sent, `service:Action`, in order, retries included.
    pub calls: Vec<String>,
    /// The bodies as they came over the wire, for evidence; empty on the range.
    pub raw: Vec<RawBody>,
}

/// One response as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBody {
    /// `service:Action`.
    pub action: String,
    /// AWS's id of the request.
    pub request: String,
    /// AWS's clock at the answer (HTTP `Date`), to show our own clock's skew.
    pub date: String,
    /// The bytes.
    pub body: Vec<u8>,
}
