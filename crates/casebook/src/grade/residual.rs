//! The channels that stay open when a security group without rules and a deny are in place. Each
//! says why, and what can be done.

use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::balancer::TargetGroup;
use crate::scene::instance::Instance;
use crate::scene::network::Interface;
use crate::settings::RevokeScope;
use crate::verdict::{CredentialVerdict, Residual};
use crate::view::View;
use std::borrow::Cow;
use std::collections::BTreeSet;

mod paths;
mod tracked;

/// Every residual channel, by name.
pub fn channels(view: View<'_>, credentials: CredentialVerdict) -> Vec<Residual> {
    let mut found = Vec::new();
    found.extend(tracked::channel(view));
    found.push(paths::channel(view));
    found.extend(unfiltered(view));
    found.extend(serial_console(view));
    found.extend(draining(view));
    found.extend(identity(view, credentials));
    found.sort();
    found
}

fn residual(channel: &'static str, why: impl Into<Cow<'static, str>>) -> Residual {
    Residual { channel: channel.into(), why: why.into() }
}

fn captured(view: View<'_>, query: S) -> Option<&Reading> {
    view.case.baseline.scene.last(&Query::from(query))
}

fn interfaces(view: View<'_>) -> &[Interface] {
    match captured(view, S::Interfaces(view.case.target.instance.clone())) {
        Some(Reading::Interfaces(interfaces)) => interfaces,
        _ => &[],
    }
}

fn instance(view: View<'_>) -> Option<&Instance> {
    match captured(view, S::Instance(view.case.target.instance.clone()))? {
        Reading::Instance(instance) => Some(instance),
        _ => None,
    }
}

/// What neither security groups nor network ACLs filter
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>).
fn unfiltered(view: View<'_>) -> Vec<Residual> {
    let metadata = instance(view).is_none_or(|instance| instance.metadata.enabled);
    let mut found = vec![
        residual(
            "dns",
            "queries to Amazon's resolver are not filtered by security groups: data can leave by DNS, and flow logs do not show it; DNS Firewall on the VPC can block it, resolver query logs show it",
        ),
        residual("ntp", "the Amazon Time Sync Service (169.254.169.123) is not filtered"),
        residual(
            "other-amazon-services",
            "DHCP, the metadata service of ECS tasks, the activation of Windows licences and the VPC's router are not filtered either",
        ),
    ];
    if metadata {
        found.push(residual(
            "metadata-service",
            "the instance metadata service answers whatever the groups say: user data and the instance identity role's credentials can be read from inside",
        ));
    }
    found
}

/// Whether the instance is among a group's captured targets; `None` when they were not read.
fn registered(view: View<'_>, group: &TargetGroup) -> Option<bool> {
    let names = crate::steps::deregister::Names::of(&view.case.target.instance, interfaces(view));
    match captured(view, S::TargetHealth(group.arn.clone()))? {
        Reading::TargetHealth(targets) => Some(targets.iter().any(|target| names.contains(&target.registration.id))),
        _ => None,
    }
}

fn serial_console(view: View<'_>) -> Option<Residual> {
    match captured(view, S::SerialConsole) {
        Some(Reading::Flag(false)) => None,
        Some(_) => {
            Some(residual("serial-console", "the account allows the EC2 serial console, which no group filters"))
        }
        None => Some(residual("serial-console", "whether the account allows the EC2 serial console could not be read")),
    }
}

/// Balancers keep the connections of a draining target.
fn draining(view: View<'_>) -> Option<Residual> {
    let names = crate::steps::deregister::Names::of(&view.case.target.instance, interfaces(view));
    let mut groups = BTreeSet::new();
    for (query, fact) in view.scene.facts_from(&S::TargetHealth("".into()).into()) {
        let Query::Source(S::TargetHealth(arn)) = query else { break };
        if let Ok(Reading::TargetHealth(targets)) = &fact.answer
            && targets.iter().any(|t| names.contains(&t.registration.id) && t.state == "draining")
        {
            groups.insert(arn.as_str().rsplit('/').nth(1).unwrap_or(arn.as_str()).to_owned());
        }
    }
    (!groups.is_empty()).then(|| {
        let groups: Vec<_> = groups.into_iter().collect();
        residual(
            "draining-balancers",
            format!("{} still hold connections to the instance while they drain", groups.join(", ")),
        )
    })
}

fn identity(view: View<'_>, credentials: CredentialVerdict) -> Vec<Residual> {
    let mut found = vec![residual(
        "instance-identity-role",
        "credentials of the instance identity role are subject to no policy; only switching the metadata service off ends them",
    )];
    if credentials == CredentialVerdict::None {
        return found;
    }
    found.push(residual(
        "onward-sessions",
        match view.case.settings.policy.revoke {
            RevokeScope::Instance => "sessions that were assumed onward with the instance's credentials, and keys or users made with them, are not reached by the deny; follow its sessions in CloudTrail",
            RevokeScope::Role => "sessions of other roles that were assumed onward, and keys or users made with them, are not reached by the deny; follow its sessions in CloudTrail",
        },
    ));
    if credentials == CredentialVerdict::Revoked {
        found.push(residual("iam-propagation", "the deny was read back; IAM can take minutes to apply it everywhere, and whoever may edit the role can remove it"));
    }
    found
}
