//! The fields that a flow log can have, up to version 10
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html#flow-logs-fields>).

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `version`: the format's version.
    Version,
    /// `account-id`: the account that owns the interface.
    Account,
    /// `interface-id`: the interface.
    Interface,
    /// `srcaddr`: the source, as the interface sees it.
    SourceAddress,
    /// `dstaddr`: the destination, as the interface sees it.
    DestinationAddress,
    /// `srcport`: the source's port.
    SourcePort,
    /// `dstport`: the destination's port.
    DestinationPort,
    /// `protocol`: IANA's number of the protocol.
    Protocol,
    /// `packets`: how many packets.
    Packets,
    /// `bytes`: how many bytes.
    Bytes,
    /// `start`: when the first packet came, in seconds since 1970.
    Start,
    /// `end`: when the last packet came, in seconds since 1970.
    End,
    /// `action`: `ACCEPT` or `REJECT`.
    Action,
    /// `log-status`: `OK`, `NODATA` or `SKIPDATA`.
    LogStatus,
    /// `vpc-id`: the VPC.
    Vpc,
    /// `subnet-id`: the subnet.
    Subnet,
    /// `instance-id`: the instance the interface is attached to, where the account owns it.
    Instance,
    /// `tcp-flags`: the TCP flags seen, ORed.
    TcpFlags,
    /// `type`: `IPv4`, `IPv6` or `EFA`.
    Type,
    /// `pkt-srcaddr`: the source in the packet itself.
    PacketSource,
    /// `pkt-dstaddr`: the destination in the packet itself.
    PacketDestination,
    /// `region`: the region.
    Region,
    /// `az-id`: the availability zone's id.
    Zone,
    /// `sublocation-type`: `wavelength`, `outpost` or `localzone`.
    SublocationType,
    /// `sublocation-id`: the sublocation.
    Sublocation,
    /// `pkt-src-aws-service`: the AWS service the source belongs to.
    SourceService,
    /// `pkt-dst-aws-service`: the AWS service the destination belongs to.
    DestinationService,
    /// `flow-direction`: `ingress` or `egress`.
    Direction,
    /// `traffic-path`: how egress traffic leaves.
    Path,
    /// `ecs-cluster-arn`: the ECS cluster's ARN.
    EcsClusterArn,
    /// `ecs-cluster-name`: the ECS cluster.
    EcsCluster,
    /// `ecs-container-instance-arn`: the container instance's ARN.
    EcsContainerInstanceArn,
    /// `ecs-container-instance-id`: the container instance.
    EcsContainerInstance,
    /// `ecs-container-id`: the first container's runtime id.
    EcsContainer,
    /// `ecs-second-container-id`: the second container's runtime id.
    EcsSecondContainer,
    /// `ecs-service-name`: the ECS service.
    EcsService,
    /// `ecs-task-definition-arn`: the task definition's ARN.
    EcsTaskDefinitionArn,
    /// `ecs-task-arn`: the task's ARN.
    EcsTaskArn,
    /// `ecs-task-id`: the task.
    EcsTask,
    /// `reject-reason`: why it was rejected, such as `BPA`.
    RejectReason,
    /// `resource-id`: the resource that has the interface, such as a NAT gateway.
    Resource,
    /// `encryption-status`: how the traffic was encrypted.
    Encryption,
}

/// What a field must hold.
pub(super) enum Shape {
    /// Anything.
    Text,
    /// A number.
    Number,
    /// An IPv4 or IPv6 address.
    Address,
}

impl Field {
    /// All of them; those of version 2 come first, in the order of the default format.
    pub const ALL: [Self; 42] = [
        Self::Version,
        Self::Account,
        Self::Interface,
        Self::SourceAddress,
        Self::DestinationAddress,
        Self::SourcePort,
        Self::DestinationPort,
        Self::Protocol,
        Self::Packets,
        Self::Bytes,
        Self::Start,
        Self::End,
        Self::Action,
        Self::LogStatus,
        Self::Vpc,
        Self::Subnet,
        Self::Instance,
        Self::TcpFlags,
        Self::Type,
        Self::PacketSource,
        Self::PacketDestination,
        Self::Region,
        Self::Zone,
        Self::SublocationType,
        Self::Sublocation,
        Self::SourceService,
        Self::DestinationService,
        Self::Direction,
        Self::Path,
        Self::EcsClusterArn,
        Self::EcsCluster,
        Self::EcsContainerInstanceArn,
        Self::EcsContainerInstance,
        Self::EcsContainer,
        Self::EcsSecondContainer,
        Self::EcsService,
        Self::EcsTaskDefinitionArn,
        Self::EcsTaskArn,
        Self::EcsTask,
        Self::RejectReason,
        Self::Resource,
        Self::Encryption,
    ];

    /// The field with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Its name in a header and in a format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Account => "account-id",
            Self::Interface => "interface-id",
            Self::SourceAddress => "srcaddr",
            Self::DestinationAddress => "dstaddr",
            Self::SourcePort => "srcport",
            Self::DestinationPort => "dstport",
            Self::Protocol => "protocol",
            Self::Packets => "packets",
            Self::Bytes => "bytes",
            Self::Start => "start",
            Self::End => "end",
            Self::Action => "action",
            Self::LogStatus => "log-status",
            Self::Vpc => "vpc-id",
            Self::Subnet => "subnet-id",
            Self::Instance => "instance-id",
            Self::TcpFlags => "tcp-flags",
            Self::Type => "type",
            Self::PacketSource => "pkt-srcaddr",
            Self::PacketDestination => "pkt-dstaddr",
            Self::Region => "region",
            Self::Zone => "az-id",
            Self::SublocationType => "sublocation-type",
            Self::Sublocation => "sublocation-id",
            Self::SourceService => "pkt-src-aws-service",
            Self::DestinationService => "pkt-dst-aws-service",
            Self::Direction => "flow-direction",
            Self::Path => "traffic-path",
            Self::EcsClusterArn => "ecs-cluster-arn",
            Self::EcsCluster => "ecs-cluster-name",
            Self::EcsContainerInstanceArn => "ecs-container-instance-arn",
            Self::EcsContainerInstance => "ecs-container-instance-id",
            Self::EcsContainer => "ecs-container-id",
            Self::EcsSecondContainer => "ecs-second-container-id",
            Self::EcsService => "ecs-service-name",
            Self::EcsTaskDefinitionArn => "ecs-task-definition-arn",
            Self::EcsTaskArn => "ecs-task-arn",
            Self::EcsTask => "ecs-task-id",
            Self::RejectReason => "reject-reason",
            Self::Resource => "resource-id",
            Self::Encryption => "encryption-status",
        }
    }

    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Version
            | Self::SourcePort
            | Self::DestinationPort
            | Self::Protocol
            | Self::Packets
            | Self::Bytes
            | Self::Start
            | Self::End
            | Self::TcpFlags
            | Self::Path => Shape::Number,
            Self::SourceAddress | Self::DestinationAddress | Self::PacketSource | Self::PacketDestination => {
                Shape::Address
            }
            _ => Shape::Text,
        }
    }
}
