//! The channels that stay open when a security group without rules and a deny are in place. Each
//! says why, and what can be done.

use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::Instance;
use crate::scene::network::{Direction, Interface, Peer, Rule};
use crate::settings::RevokeScope;
use crate::verdict::{CredentialVerdict, Residual};
use crate::view::View;
use std::collections::BTreeSet;

/// Every residual channel, by name.
pub fn channels(view: View<'_>, credentials: CredentialVerdict) -> Vec<Residual> {
    let mut found = Vec::new();
    found.extend(tracked(view));
    found.extend(automatically_tracked(view));
    found.extend(unfiltered(view));
    found.extend(serial_console(view));
    found.extend(draining(view));
    found.extend(identity(view, credentials));
    found.sort();
    found
}

fn residual(channel: &str, why: impl Into<String>) -> Residual {
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

/// Connections that the captured groups tracked live on until they are idle.
fn tracked(view: View<'_>) -> Option<Residual> {
    let kept: Vec<_> =
        interfaces(view).iter().filter(|i| tracks(view, i)).map(|i| format!("{} ({})", i.id, idle(i))).collect();
    (!kept.is_empty()).then(|| {
        residual(
            "tracked-connections",
            format!(
                "connections that were open before live on until they are idle: {}; cut them with policy.tracked_connections = \"convert\" and the gate `open-window`, or the whole subnet with the gate `subnet-nacl`",
                kept.join(", ")
            ),
        )
    })
}

fn idle(interface: &Interface) -> String {
    match interface.idle.tcp_established_seconds {
        Some(seconds) => format!("idle timeout {seconds} s"),
        None => "idle timeout AWS's default: 5 days, 350 s on Nitro v6 types".into(),
    }
}

/// Whether the captured groups track anything. Only TCP and UDP that everybody may reach, with
/// everything allowed the other way, are untracked
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>);
/// ICMP always is tracked. Unread groups count as tracking.
fn tracks(view: View<'_>, interface: &Interface) -> bool {
    let groups = view.case.baseline.scene.facts().filter_map(|(query, fact)| match (query, &fact.answer) {
        (Query::Source(S::Groups(_)), Ok(Reading::Groups(groups))) => Some(groups),
        _ => None,
    });
    let rules: Vec<&Rule> =
        groups.flatten().filter(|group| interface.groups.contains(&group.id)).flat_map(|group| &group.rules).collect();
    rules.is_empty() || rules.iter().any(|rule| is_tracked(rule, &rules))
}

/// One rule of a set, looked at with the others.
pub(super) fn is_tracked(rule: &Rule, all: &[&Rule]) -> bool {
    let other = match rule.direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    };
    let answered = |peer: &Peer| all.iter().any(|r| r.direction == other && r.protocol == "-1" && r.peer == *peer);
    let stateless = matches!(rule.protocol.as_str(), "tcp" | "udp" | "6" | "17" | "-1");
    let everybody = match &rule.peer {
        Peer::Ipv4(range) => range == "0.0.0.0/0",
        Peer::Ipv6(range) => range == "::/0",
        _ => false,
    };
    !(stateless && everybody && answered(&rule.peer))
}

/// Paths on which AWS tracks every connection, whatever the rules: no group change cuts them.
fn automatically_tracked(view: View<'_>) -> Option<Residual> {
    let mut paths = BTreeSet::new();
    for (_, fact) in view.case.baseline.scene.facts() {
        match &fact.answer {
            Ok(Reading::Routes(tables)) => {
                paths.extend(tables.iter().flat_map(|t| &t.routes).filter_map(|route| gateway(&route.target)))
            }
            Ok(Reading::TargetGroups(groups)) => {
                let layer4 =
                    groups.iter().filter(|g| matches!(g.protocol.as_str(), "TCP" | "UDP" | "TLS" | "TCP_UDP" | "QUIC"));
                paths.extend(
                    layer4
                        .filter(|g| registered(view, g))
                        .map(|g| format!("network load balancer target group {}", g.name)),
                );
            }
            _ => {}
        }
    }
    (!paths.is_empty()).then(|| {
        let paths: Vec<_> = paths.into_iter().collect();
        residual(
            "automatically-tracked-connections",
            format!(
                "connections through {} are tracked whatever the rules, so an open window does not cut them; the gate `subnet-nacl`, or stopping the instance after its evidence is secured, does",
                paths.join(", ")
            ),
        )
    })
}

fn registered(view: View<'_>, group: &crate::scene::balancer::TargetGroup) -> bool {
    let names = crate::steps::deregister::names(&view.case.target.instance, interfaces(view));
    match captured(view, S::TargetHealth(group.arn.clone())) {
        Some(Reading::TargetHealth(targets)) => targets.iter().any(|t| names.contains(&t.registration.id)),
        _ => false,
    }
}

fn gateway(target: &str) -> Option<String> {
    const KINDS: [(&str, &str); 5] = [
        ("nat-", "NAT gateway"),
        ("tgw-", "transit gateway"),
        ("eigw-", "egress-only internet gateway"),
        ("vpce-", "gateway load balancer or firewall endpoint"),
        ("vgw-", "virtual private gateway"),
    ];
    let (_, name) = KINDS.iter().find(|(prefix, _)| target.starts_with(prefix))?;
    Some(format!("{name} {target}"))
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
    ];
    if metadata {
        found.push(residual(
            "metadata-service",
            "the instance metadata service answers whatever the groups say: user data and the instance identity role's credentials can be read from inside",
        ));
    }
    found
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
    let names = crate::steps::deregister::names(&view.case.target.instance, interfaces(view));
    let mut groups = BTreeSet::new();
    for (query, fact) in view.scene.facts() {
        if let (Query::Source(S::TargetHealth(arn)), Ok(Reading::TargetHealth(targets))) = (query, &fact.answer)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(direction: Direction, protocol: &str, peer: Peer) -> Rule {
        Rule { direction, protocol: protocol.into(), from: Some(22), to: Some(22), peer }
    }

    /// The example of AWS's page on connection tracking: SSH from one range and ICMP are tracked,
    /// HTTP from everywhere is not; without the rule that allows everything out, all is.
    #[test]
    fn the_documented_example_is_tracked_as_documented() {
        let any = || Peer::Ipv4("0.0.0.0/0".into());
        let ssh = rule(Direction::Ingress, "tcp", Peer::Ipv4("203.0.113.1/32".into()));
        let http = rule(Direction::Ingress, "tcp", any());
        let http6 = rule(Direction::Ingress, "tcp", Peer::Ipv6("::/0".into()));
        let icmp = rule(Direction::Ingress, "icmp", any());
        let out = rule(Direction::Egress, "-1", any());
        let out6 = rule(Direction::Egress, "-1", Peer::Ipv6("::/0".into()));
        let all = [&ssh, &http, &http6, &icmp, &out, &out6];
        let tracked: Vec<bool> = [&ssh, &http, &http6, &icmp].iter().map(|rule| is_tracked(rule, &all)).collect();
        assert_eq!(tracked, [true, false, false, true]);
        assert!(is_tracked(&http, &[&http]));
    }

    #[test]
    fn gateways_are_named() {
        assert_eq!(gateway("nat-0a"), Some("NAT gateway nat-0a".into()));
        assert_eq!(gateway("igw-0a"), None);
        assert_eq!(gateway("local"), None);
    }
}
