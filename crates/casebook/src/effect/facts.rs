//! What every effect needs, whether it may be repeated, and whether EC2 can rehearse it: one row
//! each. docs/steps.md, the IAM policies and the dry run are made from these rows.

use super::{Effect, ForensicEffect, Launch, SourceEffect, Switch};

/// How the effect can be rehearsed without taking place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rehearsal {
    /// EC2 takes `DryRun` and answers whether it would be allowed.
    Native,
    /// The API has no dry run: what would happen is predicted, the permission is not proved.
    Predicted,
}

/// What a second identical call does after the answer of the first was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing further: it sets a state.
    Idempotent,
    /// Nothing further: the client token is recognised.
    Token,
    /// It makes a second one, so the first is looked up by its tags before anything is asked.
    AdoptByTag,
}

struct Row {
    actions: &'static [&'static str],
    rehearsal: Rehearsal,
    repeat: Repeat,
}

const fn native(actions: &'static [&'static str]) -> Row {
    Row { actions, rehearsal: Rehearsal::Native, repeat: Repeat::Idempotent }
}

const fn predicted(actions: &'static [&'static str]) -> Row {
    Row { actions, rehearsal: Rehearsal::Predicted, repeat: Repeat::Idempotent }
}

const fn token(actions: &'static [&'static str]) -> Row {
    Row { actions, rehearsal: Rehearsal::Native, repeat: Repeat::Token }
}

const fn adopted(actions: &'static [&'static str]) -> Row {
    Row { actions, rehearsal: Rehearsal::Native, repeat: Repeat::AdoptByTag }
}

impl Effect {
    /// The IAM actions that it needs; the first one is the call itself.
    pub fn actions(&self) -> &'static [&'static str] {
        self.row().actions
    }

    /// Whether EC2 can rehearse it.
    pub fn rehearsal(&self) -> Rehearsal {
        self.row().rehearsal
    }

    /// What a repeated call does.
    pub fn repeat(&self) -> Repeat {
        self.row().repeat
    }

    /// What it does, for people and for the ledger: `set the groups of eni-… to sg-…`.
    pub fn title(&self) -> String {
        match self {
            Self::Source(effect) => effect.title(),
            Self::Forensic(effect) => effect.title(),
        }
    }

    fn row(&self) -> Row {
        match self {
            Self::Source(effect) => effect.row(),
            Self::Forensic(effect) => effect.row(),
        }
    }
}

impl SourceEffect {
    fn row(&self) -> Row {
        match self {
            Self::Tag { .. } => native(&["ec2:CreateTags"]),
            Self::SetTerminationProtection { .. }
            | Self::SetStopProtection { .. }
            | Self::SetShutdownBehavior { .. }
            | Self::SetDeleteOnTermination { .. } => native(&["ec2:ModifyInstanceAttribute"]),
            Self::SetScaleInProtection { .. } => predicted(&["autoscaling:SetInstanceProtection"]),
            Self::CreateGroup { .. } => adopted(&["ec2:CreateSecurityGroup", "ec2:CreateTags"]),
            Self::RevokeRules { .. } => native(&["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]),
            Self::AuthorizeRules { .. } => {
                native(&["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"])
            }
            Self::DeleteGroup { .. } => native(&["ec2:DeleteSecurityGroup"]),
            Self::SetInterfaceGroups { .. } | Self::SetIdleTimeouts { .. } => {
                native(&["ec2:ModifyNetworkInterfaceAttribute"])
            }
            Self::CreateAcl { .. } => token(&["ec2:CreateNetworkAcl", "ec2:CreateTags"]),
            Self::ReplaceAcl { .. } => native(&["ec2:ReplaceNetworkAclAssociation"]),
            Self::DisassociateAddress { .. } => native(&["ec2:DisassociateAddress", "ec2:DescribeAddresses"]),
            Self::AssociateAddress { .. } => native(&["ec2:AssociateAddress"]),
            Self::DetachFromGroup { .. } => predicted(&["autoscaling:DetachInstances"]),
            Self::EnterStandby { .. } => predicted(&["autoscaling:EnterStandby"]),
            Self::ExitStandby { .. } => predicted(&["autoscaling:ExitStandby"]),
            Self::AttachToGroup { .. } => predicted(&["autoscaling:AttachInstances"]),
            Self::SuspendProcesses { .. } => predicted(&["autoscaling:SuspendProcesses"]),
            Self::ResumeProcesses { .. } => predicted(&["autoscaling:ResumeProcesses"]),
            Self::DeregisterClassic { .. } => predicted(&["elasticloadbalancing:DeregisterInstancesFromLoadBalancer"]),
            Self::RegisterClassic { .. } => predicted(&["elasticloadbalancing:RegisterInstancesWithLoadBalancer"]),
            Self::DeregisterTargets { .. } => predicted(&["elasticloadbalancing:DeregisterTargets"]),
            Self::RegisterTargets { .. } => predicted(&["elasticloadbalancing:RegisterTargets"]),
            Self::ReplaceProfile { .. } => predicted(&["ec2:ReplaceIamInstanceProfileAssociation", "iam:PassRole"]),
            Self::DisassociateProfile { .. } => predicted(&["ec2:DisassociateIamInstanceProfile"]),
            Self::AssociateProfile { .. } => predicted(&["ec2:AssociateIamInstanceProfile", "iam:PassRole"]),
            Self::PutRolePolicy { .. } => predicted(&["iam:PutRolePolicy"]),
            Self::DeleteRolePolicy { .. } => predicted(&["iam:DeleteRolePolicy"]),
            Self::CreateSnapshots { .. } => adopted(&["ec2:CreateSnapshots", "ec2:CreateTags"]),
            Self::CreateSnapshot { .. } => adopted(&["ec2:CreateSnapshot", "ec2:CreateTags"]),
            Self::LockSnapshot { .. } => native(&["ec2:LockSnapshot"]),
            Self::CreateImage { .. } => adopted(&["ec2:CreateImage", "ec2:CreateTags"]),
            Self::Reencrypt { .. } => adopted(&["ec2:CopySnapshot", "ec2:CreateTags"]),
            Self::ReencryptImage { .. } => token(&["ec2:CopyImage", "ec2:CreateTags"]),
            Self::ShareSnapshot { .. } | Self::UnshareSnapshot { .. } => native(&["ec2:ModifySnapshotAttribute"]),
            Self::ShareImage { .. } | Self::UnshareImage { .. } => native(&["ec2:ModifyImageAttribute"]),
            Self::Terminate { .. } => native(&["ec2:TerminateInstances"]),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Tag { resources, tags } => format!("tag {} with {}", resources.join(", "), keys(tags)),
            Self::SetTerminationProtection { instance, to } => {
                format!("switch termination protection of {instance} {}", word(*to))
            }
            Self::SetStopProtection { instance, to } => format!("switch stop protection of {instance} {}", word(*to)),
            Self::SetShutdownBehavior { instance, to } => {
                format!("set the shutdown behaviour of {instance} to {to:?}").to_lowercase()
            }
            Self::SetDeleteOnTermination { instance, device, to } => {
                format!("switch delete-on-termination of {device} on {instance} {}", word(*to))
            }
            Self::SetScaleInProtection { group, instance, to } => {
                format!("switch scale-in protection of {instance} in {group} {}", word(*to))
            }
            Self::CreateGroup { vpc, name, .. } => format!("make the security group {name} in {vpc}"),
            Self::RevokeRules { group, rules } => format!("revoke {} rules of our group {group}", rules.len()),
            Self::AuthorizeRules { group, .. } => format!("open our window group {group}"),
            Self::DeleteGroup { group } => format!("delete our window group {group}"),
            Self::SetInterfaceGroups { interface, groups } => {
                format!("set the groups of {interface} to {}", join(groups))
            }
            Self::SetIdleTimeouts { interface, idle } => format!(
                "set the idle timeout of {interface} to {}",
                idle.tcp_established_seconds.map_or("AWS's default".into(), |s| format!("{s} s"))
            ),
            Self::CreateAcl { vpc, .. } => format!("make a network ACL that denies everything in {vpc}"),
            Self::ReplaceAcl { association, acl } => format!("put {acl} in the place of {association}"),
            Self::DisassociateAddress { public, interface, .. } => format!("take {public} off {interface}"),
            Self::AssociateAddress { interface, allocation, .. } => format!("put {allocation} back on {interface}"),
            Self::DetachFromGroup { group, instance, .. } => format!("detach {instance} from {group}"),
            Self::EnterStandby { group, instance, .. } => format!("put {instance} of {group} in standby"),
            Self::ExitStandby { group, instance } => format!("take {instance} of {group} out of standby"),
            Self::AttachToGroup { group, instance } => format!("attach {instance} to {group}"),
            Self::SuspendProcesses { group, processes } => format!("suspend {} of {group}", processes.join(", ")),
            Self::ResumeProcesses { group, processes } => format!("resume {} of {group}", processes.join(", ")),
            Self::DeregisterClassic { balancer, instance } => format!("take {instance} off {balancer}"),
            Self::RegisterClassic { balancer, instance } => format!("register {instance} with {balancer}"),
            Self::DeregisterTargets { group, targets } => format!("take {} targets off {group}", targets.len()),
            Self::RegisterTargets { group, targets } => format!("register {} targets with {group}", targets.len()),
            Self::ReplaceProfile { association, profile } => format!("replace {association} by {profile}"),
            Self::DisassociateProfile { association } => format!("remove the profile association {association}"),
            Self::AssociateProfile { instance, profile } => format!("associate {profile} with {instance}"),
            Self::PutRolePolicy { role, name, .. } => format!("put the policy {name} on the role {role}"),
            Self::DeleteRolePolicy { role, name } => format!("delete the policy {name} of the role {role}"),
            Self::CreateSnapshots { instance, .. } => format!("snapshot every volume of {instance}"),
            Self::CreateSnapshot { volume, .. } => format!("snapshot the volume {volume}"),
            Self::LockSnapshot { snapshot, days } => format!("lock {snapshot} for {days} days"),
            Self::CreateImage { instance, .. } => format!("make an image of {instance} without reboot"),
            Self::Reencrypt { snapshot, key, .. } => format!("copy {snapshot} under the share key {key}"),
            Self::ReencryptImage { image, key, .. } => format!("copy {image} under the share key {key}"),
            Self::ShareSnapshot { snapshot, with } => format!("share {snapshot} with {with}"),
            Self::UnshareSnapshot { snapshot, .. } => format!("withdraw other shares of {snapshot}"),
            Self::ShareImage { image, with } => format!("share {image} with {with}"),
            Self::UnshareImage { image, .. } => format!("withdraw other shares of {image}"),
            Self::Terminate { instance, .. } => format!("terminate {instance}"),
        }
    }
}

impl ForensicEffect {
    fn row(&self) -> Row {
        match self {
            Self::CopySnapshot { .. } => adopted(&["ec2:CopySnapshot", "ec2:CreateTags"]),
            Self::CopyImage { .. } => token(&["ec2:CopyImage", "ec2:CreateTags"]),
            Self::LockSnapshot { .. } => native(&["ec2:LockSnapshot"]),
            Self::CreateVolume { .. } => token(&["ec2:CreateVolume", "ec2:CreateTags"]),
            Self::CreateGroup { .. } => adopted(&["ec2:CreateSecurityGroup", "ec2:CreateTags"]),
            Self::RevokeRules { .. } => native(&["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]),
            Self::Launch(_) => token(&["ec2:RunInstances", "ec2:CreateTags"]),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::CopySnapshot { snapshot, .. } => format!("copy {snapshot} under the forensic key"),
            Self::CopyImage { image, .. } => format!("copy {image} under the forensic key"),
            Self::LockSnapshot { snapshot, days } => format!("lock {snapshot} for {days} days"),
            Self::CreateVolume { snapshot, zone, .. } => format!("make a volume from {snapshot} in {zone}"),
            Self::CreateGroup { vpc, name, .. } => format!("make the security group {name} in {vpc}"),
            Self::RevokeRules { group, rules } => format!("revoke {} rules of our group {group}", rules.len()),
            Self::Launch(Launch { image, subnet, .. }) => format!("start {image} in the sealed subnet {subnet}"),
        }
    }
}

fn word(switch: Switch) -> &'static str {
    if switch.is_on() { "on" } else { "off" }
}

fn keys(tags: &crate::scene::instance::Tags) -> String {
    tags.keys().cloned().collect::<Vec<_>>().join(", ")
}

fn join<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
