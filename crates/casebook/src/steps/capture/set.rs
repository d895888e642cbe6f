//! The closed set of questions: what the first and the second tier hold, derived from what is
//! captured already.

use crate::case::Case;
use crate::id::{Arn, GroupId, InstanceId, ScalingGroupName, SubnetId, VpcId};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::balancer::{TargetGroup, TargetHealth};
use crate::scene::instance::{Attribute, Instance};
use crate::scene::network::Interface;
use crate::scene::storage::Volume;
use std::collections::BTreeSet;

/// Every IAM action of the set.
pub const ACTIONS: &[&str] = &[
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeAddresses",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeTrunkInterfaceAssociations",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "ec2:GetSerialConsoleAccessStatus",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "iam:GetInstanceProfile",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "kms:DescribeKey",
    "ssm:DescribeInstanceInformation",
    "sts:GetCallerIdentity",
];

/// The question for the instance itself.
pub fn instance_query(case: &Case) -> Query {
    S::Instance(case.target.instance.clone()).into()
}

/// What can be asked when nothing but the instance's id is known.
fn opening(instance: &InstanceId) -> Vec<Query> {
    let i = || instance.clone();
    let questions = [
        S::Identity,
        S::Instance(i()),
        S::Attribute(i(), Attribute::TerminationProtection),
        S::Attribute(i(), Attribute::StopProtection),
        S::Attribute(i(), Attribute::ShutdownBehavior),
        S::Attribute(i(), Attribute::UserData),
        S::Interfaces(i()),
        S::AttachedVolumes(i()),
        S::ProfileAssociations(i()),
        S::Membership(i()),
        S::ScalingGroups,
        S::ClassicBalancers(i()),
        S::ConsoleOutput(i()),
        S::QuarantineGroups,
    ];
    questions.into_iter().map(Query::from).collect()
}

/// What a change could destroy, what an undo needs, and what the isolation must know at once.
pub fn first_tier(case: &Case) -> BTreeSet<Query> {
    let known = Known { case };
    let mut tier = vec![S::CaseSnapshots(case.id.clone())];
    tier.extend(known.instance().map(|instance| S::InstanceType(instance.instance_type.clone())));
    tier.extend(filled(known.groups()).map(S::Groups));
    tier.extend(filled(known.vpcs()).map(S::Routes));
    tier.extend(known.profiles().into_iter().map(|profile| S::Profile(profile.name().to_owned())));
    tier.extend(known.scaling_group_name().map(S::ScalingGroup));
    tier.extend(known.attached_at_once().into_iter().map(S::TargetHealth));
    tier.into_iter().map(Query::from).chain(opening(&case.target.instance)).collect()
}

/// The rest: evidence and what later steps look at.
pub fn second_tier(case: &Case) -> BTreeSet<Query> {
    let known = Known { case };
    let i = || case.target.instance.clone();
    let mut tier = vec![
        S::Addresses(i()),
        S::ScheduledEvents(i()),
        S::KillerAlarms(i()),
        S::SerialConsole,
        S::ConsoleScreenshot(i()),
        S::SsmRegistration(i()),
        S::SessionEvents(i()),
        S::DetachedVolumes(i()),
        S::TargetGroups,
    ];
    tier.extend(
        filled(known.groups())
            .into_iter()
            .flat_map(|groups| [S::GroupReferences(groups.clone()), S::GroupMembers(groups)]),
    );
    tier.extend(
        filled(known.vpcs())
            .into_iter()
            .flat_map(|vpcs| [S::Acls(vpcs.clone()), S::Endpoints(vpcs.clone()), S::Vpcs(vpcs)]),
    );
    tier.extend(filled(known.subnets()).map(S::Subnets));
    tier.extend(filled(known.logged()).map(S::FlowLogs));
    tier.extend(known.roles().into_iter().flat_map(|role| [S::RolePolicies(role.clone()), S::RoleSharers(role)]));
    tier.extend(known.volume_keys().into_iter().map(S::Key));
    tier.extend(known.attached_target_groups().into_iter().map(S::TargetHealth));
    tier.extend(
        known
            .target_groups()
            .iter()
            .filter(|group| group.kind != "lambda")
            .map(|group| S::TargetHealth(group.arn.clone())),
    );
    tier.extend(known.registered_in().into_iter().map(S::TargetGroupSettings));
    tier.into_iter().map(Query::from).collect()
}

fn filled<T>(items: BTreeSet<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.into_iter().collect())
}

/// What the ledger holds already, as far as further questions come from it.
struct Known<'a> {
    case: &'a Case,
}

impl<'a> Known<'a> {
    fn reading(&self, query: S) -> Option<&'a Reading> {
        self.case.baseline.scene.last(&query.into())
    }

    fn instance(&self) -> Option<&'a Instance> {
        match self.reading(S::Instance(self.case.target.instance.clone()))? {
            Reading::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    fn interfaces(&self) -> &'a [Interface] {
        match self.reading(S::Interfaces(self.case.target.instance.clone())) {
            Some(Reading::Interfaces(interfaces)) => interfaces,
            _ => &[],
        }
    }

    fn groups(&self) -> BTreeSet<GroupId> {
        self.interfaces().iter().flat_map(|interface| interface.groups.clone()).collect()
    }

    fn vpcs(&self) -> BTreeSet<VpcId> {
        self.interfaces().iter().map(|interface| interface.vpc.clone()).collect()
    }

    fn subnets(&self) -> BTreeSet<SubnetId> {
        self.interfaces().iter().map(|interface| interface.subnet.clone()).collect()
    }

    /// What flow logs may be configured on.
    fn logged(&self) -> BTreeSet<String> {
        let ids =
            |interface: &Interface| [interface.id.to_string(), interface.subnet.to_string(), interface.vpc.to_string()];
        self.interfaces().iter().flat_map(ids).collect()
    }

    fn profiles(&self) -> Vec<&'a Arn> {
        match self.reading(S::ProfileAssociations(self.case.target.instance.clone())) {
            Some(Reading::Associations(associations)) => associations.iter().map(|a| &a.profile).collect(),
            _ => Vec::new(),
        }
    }

    fn roles(&self) -> Vec<crate::id::RoleName> {
        let profile = |arn: &&Arn| match self.reading(S::Profile(arn.name().to_owned())) {
            Some(Reading::Profile(profile)) => profile.role.as_ref().map(|role| role.name.clone()),
            _ => None,
        };
        self.profiles().iter().filter_map(profile).collect()
    }

    fn scaling_group_name(&self) -> Option<ScalingGroupName> {
        match self.reading(S::Membership(self.case.target.instance.clone()))? {
            Reading::Membership(membership) => membership.as_ref().map(|m| m.group.clone()),
            _ => None,
        }
    }

    /// Leaving the group deregisters from these, so detach waits until they are captured.
    fn attached_target_groups(&self) -> Vec<Arn> {
        let group = self.scaling_group_name().and_then(|name| self.reading(S::ScalingGroup(name)));
        match group {
            Some(Reading::ScalingGroup(group)) => group.target_groups.clone(),
            _ => Vec::new(),
        }
    }

    /// The same, known before the group was asked by its name.
    fn attached_at_once(&self) -> Vec<Arn> {
        let Some(Reading::ScalingGroups(groups)) = self.reading(S::ScalingGroups) else { return Vec::new() };
        let ours = groups.iter().find(|group| group.members.contains(&self.case.target.instance));
        ours.map(|group| group.target_groups.clone()).unwrap_or_default()
    }

    fn volume_keys(&self) -> BTreeSet<Arn> {
        let keys = |volumes: &[Volume]| volumes.iter().filter_map(|volume| volume.key.clone()).collect();
        match self.reading(S::AttachedVolumes(self.case.target.instance.clone())) {
            Some(Reading::Volumes(volumes)) => keys(volumes),
            _ => BTreeSet::new(),
        }
    }

    fn target_groups(&self) -> &'a [TargetGroup] {
        match self.reading(S::TargetGroups) {
            Some(Reading::TargetGroups(groups)) => groups,
            _ => &[],
        }
    }

    /// Target groups that know the instance or one of its addresses.
    fn registered_in(&self) -> Vec<Arn> {
        let names = super::super::deregister::Names::of(&self.case.target.instance, self.interfaces());
        let ours = |targets: &[TargetHealth]| targets.iter().any(|target| names.contains(&target.registration.id));
        let holds = |group: &&TargetGroup| match self.reading(S::TargetHealth(group.arn.clone())) {
            Some(Reading::TargetHealth(targets)) => ours(targets),
            _ => false,
        };
        self.target_groups().iter().filter(holds).map(|group| group.arn.clone()).collect()
    }
}
