//! Which calls a question or a change takes on the wire, page by page. What they answer is the
//! [`World`]'s business.

use crate::world::World;
use casebook::effect::{Effect, ForensicEffect, SourceEffect};
use casebook::id::{InstanceId, RoleName, SnapshotId};
use casebook::query::{ForensicQuery, Query, SourceQuery};
use casebook::scene::network::{Direction, Rule};

/// Calls of one kind that go out together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// `service:Action`.
    pub(crate) action: &'static str,
    /// How many.
    pub(crate) width: usize,
}

impl Round {
    pub(crate) fn of(action: &'static str) -> Self {
        Self { action, width: 1 }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        vec![self.action.to_owned(); self.width]
    }
}

fn pages(action: &'static str, pages: usize) -> Vec<Round> {
    vec![Round::of(action); pages.max(1)]
}

/// The calls of a question, in order. Only blocks are read several at a time.
pub(crate) fn query_rounds(world: &World, query: &Query) -> Vec<Round> {
    let rounds = match query {
        Query::Source(query) => source_rounds(world, query),
        Query::Forensic(query) => forensic_rounds(world, query),
    };
    with_empty_pages(rounds, world.settings.empty_pages)
}

/// A list may begin with pages that hold nothing but a token for the next one.
fn with_empty_pages(rounds: Vec<Round>, empty: usize) -> Vec<Round> {
    let pages = |round: Round| vec![round.clone(); if comes_in_pages(round.action) { empty + 1 } else { 1 }];
    rounds.into_iter().flat_map(pages).collect()
}

fn comes_in_pages(action: &str) -> bool {
    const WHOLE: [&str; 6] = [
        "ec2:DescribeAddresses",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeImageAttribute",
        "ec2:DescribeVpcAttribute",
        "kms:DescribeKey",
    ];
    let balancing = action.starts_with("elasticloadbalancing:")
        && (action.ends_with("Attributes") || action.ends_with("TargetHealth"));
    let lists = action.contains(":Describe") || action.contains(":List") || action.contains(":Lookup");
    lists && !balancing && !WHOLE.contains(&action)
}

fn source_rounds(world: &World, query: &SourceQuery) -> Vec<Round> {
    match query {
        SourceQuery::Interfaces(id) => interface_rounds(world, id),
        SourceQuery::GroupReferences(_) => pages("ec2:DescribeSecurityGroups", 2),
        SourceQuery::DetachedVolumes(id) => detached_rounds(world, id),
        SourceQuery::RolePolicies(role) => policy_rounds(world, role),
        SourceQuery::RoleSharers(_) => sharer_rounds(world),
        SourceQuery::ClassicBalancers(id) => classic_rounds(world, id),
        SourceQuery::TargetGroups => {
            let size = world.settings.target_groups_a_page;
            pages("elasticloadbalancing:DescribeTargetGroups", world.balancers.target_groups.len().div_ceil(size))
        }
        SourceQuery::KillerAlarms(_) => pages("cloudwatch:DescribeAlarms", 2),
        SourceQuery::Blocks(id, from) => block_rounds(world, id, *from),
        other => vec![Round::of(other.actions()[0])],
    }
}

fn forensic_rounds(world: &World, query: &ForensicQuery) -> Vec<Round> {
    match query {
        ForensicQuery::Enclave(_) => query.actions().iter().map(|action| Round::of(action)).collect(),
        ForensicQuery::Blocks(id, from) => block_rounds(world, id, *from),
        other => vec![Round::of(other.actions()[0])],
    }
}

fn interface_rounds(world: &World, instance: &InstanceId) -> Vec<Round> {
    let mut rounds = vec![Round::of("ec2:DescribeNetworkInterfaces")];
    if world.has_trunk(instance) {
        rounds.push(Round::of("ec2:DescribeTrunkInterfaceAssociations"));
        rounds.push(Round::of("ec2:DescribeNetworkInterfaces"));
    }
    rounds
}

fn detached_rounds(world: &World, instance: &InstanceId) -> Vec<Round> {
    let mut rounds = vec![Round::of("cloudtrail:LookupEvents")];
    if world.records.detached_from(instance).next().is_some() {
        rounds.push(Round::of("ec2:DescribeVolumes"));
    }
    rounds
}

fn policy_rounds(world: &World, role: &RoleName) -> Vec<Round> {
    let inline = world.identity.roles.get(role).map_or(0, |role| role.inline.len());
    let mut rounds = vec![Round::of("iam:ListRolePolicies")];
    rounds.extend(vec![Round::of("iam:GetRolePolicy"); inline]);
    rounds.push(Round::of("iam:ListAttachedRolePolicies"));
    rounds
}

/// Associations cannot be filtered by profile, so all of them are read, 1,000 a page
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html>).
fn sharer_rounds(world: &World) -> Vec<Round> {
    let mut rounds = vec![Round::of("iam:ListInstanceProfilesForRole")];
    let associations = world.identity.associations.len();
    rounds.extend(pages("ec2:DescribeIamInstanceProfileAssociations", associations.div_ceil(1000)));
    rounds
}

/// 400 classic balancers a page
/// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html>).
fn classic_rounds(world: &World, instance: &InstanceId) -> Vec<Round> {
    let mut rounds = pages("elasticloadbalancing:DescribeLoadBalancers", world.balancers.classic.len().div_ceil(400));
    let holding = world.balancers.classic.values().filter(|balancer| balancer.shown.instances.contains(instance));
    rounds.extend(vec![Round::of("elasticloadbalancing:DescribeLoadBalancerAttributes"); holding.count()]);
    rounds
}

/// Blocks are fetched sixteen at a time.
fn block_rounds(world: &World, snapshot: &SnapshotId, from: i32) -> Vec<Round> {
    const IN_FLIGHT: usize = 16;
    let blocks = world.listed_blocks(snapshot, from);
    let mut rounds = vec![Round::of("ebs:ListSnapshotBlocks")];
    rounds.extend(
        (0..blocks)
            .step_by(IN_FLIGHT)
            .map(|first| Round { action: "ebs:GetSnapshotBlock", width: IN_FLIGHT.min(blocks - first) }),
    );
    rounds
}

/// The call of a change: rules of one direction have one of two.
pub fn effect_call(effect: &Effect) -> &'static str {
    let ingress = |rules: &[Rule]| rules.first().is_some_and(|rule| rule.direction == Direction::Ingress);
    match effect {
        Effect::Source(SourceEffect::RevokeRules { rules, .. } | SourceEffect::AuthorizeRules { rules, .. })
        | Effect::Forensic(ForensicEffect::RevokeRules { rules, .. })
            if ingress(rules) =>
        {
            effect.actions()[1]
        }
        _ => effect.actions()[0],
    }
}
