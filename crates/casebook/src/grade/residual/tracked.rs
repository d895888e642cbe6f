//! Connections that the captured groups tracked: a group change leaves them alive until they are
//! idle (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
//! Not for paths on which AWS tracks whatever the rules are.

use super::{interfaces, paths, residual};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::network::{Interface, Peer, Rule};
use crate::verdict::Residual;
use crate::view::View;

/// What of an interface's traffic is tracked by its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tracking {
    /// Nothing.
    Nothing,
    /// ICMP, and every protocol but TCP and UDP: no rules make these untracked.
    Others,
    /// TCP or UDP too.
    Everything,
}

/// The channel `tracked-connections`, by interface.
pub(super) fn channel(view: View<'_>) -> Option<Residual> {
    let kept: Vec<String> = interfaces(view).iter().filter_map(|interface| line(view, interface)).collect();
    let through: Vec<String> =
        paths::gateways(view).into_iter().map(|path| format!("; so do those through {path}")).collect();
    (!kept.is_empty()).then(|| {
        residual(
            "tracked-connections",
            format!(
                "connections that were open before live on until they are idle: {}{}; cut them with policy.tracked_connections = \"convert\" and the gate `open-window`, or the whole subnet with the gate `subnet-nacl`, which alone reaches ICMP",
                kept.join(", "),
                through.concat(),
            ),
        )
    })
}

fn line(view: View<'_>, interface: &Interface) -> Option<String> {
    let what = match tracking(&rules(view, interface)) {
        Tracking::Nothing => return None,
        Tracking::Others => "only ICMP and what is neither TCP nor UDP, which always are tracked".to_owned(),
        Tracking::Everything => idle(interface),
    };
    Some(format!("{} ({what})", interface.id))
}

fn idle(interface: &Interface) -> String {
    match interface.idle.tcp_established_seconds {
        Some(seconds) => format!("idle timeout {seconds} s"),
        None => "idle timeout AWS's default: 5 days, 350 s on Nitro v6 types".into(),
    }
}

/// The captured rules of an interface's groups.
fn rules<'a>(view: View<'a>, interface: &Interface) -> Vec<&'a Rule> {
    let facts = view.case.baseline.scene.facts_from(&S::Groups(Vec::new()).into());
    let asked = facts.take_while(|(query, _)| matches!(query, Query::Source(S::Groups(_))));
    let groups = asked.filter_map(|(_, fact)| match &fact.answer {
        Ok(Reading::Groups(groups)) => Some(groups),
        _ => None,
    });
    groups.flatten().filter(|group| interface.groups.contains(&group.id)).flat_map(|group| &group.rules).collect()
}

/// What a set of rules tracks. Rules that were not read count as tracking everything.
fn tracking(rules: &[&Rule]) -> Tracking {
    rules.iter().map(|rule| tracks(rule, rules)).max().unwrap_or(Tracking::Everything)
}

/// One rule of a set, looked at with the others. TCP and UDP are untracked where everybody is let
/// through and every answer may go back to everybody on any port.
fn tracks(rule: &Rule, all: &[&Rule]) -> Tracking {
    let untracked = is_everybody(&rule.peer) && all.iter().any(|other| answers(other, rule));
    match protocol(rule) {
        "tcp" | "udp" if untracked => Tracking::Nothing,
        "tcp" | "udp" => Tracking::Everything,
        "-1" if !untracked => Tracking::Everything,
        _ => Tracking::Others,
    }
}

fn answers(other: &Rule, rule: &Rule) -> bool {
    let all_ports = other.from.is_none_or(|port| port <= 0) && other.to.is_none_or(|port| port == -1 || port == 65535);
    other.direction != rule.direction
        && other.peer == rule.peer
        && (protocol(other) == "-1" || protocol(other) == protocol(rule) && all_ports)
}

fn protocol(rule: &Rule) -> &str {
    match rule.protocol.as_str() {
        "6" => "tcp",
        "17" => "udp",
        other => other,
    }
}

fn is_everybody(peer: &Peer) -> bool {
    match peer {
        Peer::Ipv4(range) => range == "0.0.0.0/0",
        Peer::Ipv6(range) => range == "::/0",
        Peer::PrefixList(_) | Peer::Group(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::instance::Tags;
    use crate::scene::network::Direction::{self, Egress, Ingress};
    use crate::testkit::things::{group, interface};
    use crate::testkit::{ACCOUNT, Bench, INSTANCE, settings};

    fn any() -> Peer {
        Peer::Ipv4("0.0.0.0/0".into())
    }

    fn rule(direction: Direction, protocol: &str, peer: Peer) -> Rule {
        Rule { direction, protocol: protocol.into(), from: Some(22), to: Some(22), peer }
    }

    /// A rule of all protocols has no ports
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
    fn open(direction: Direction, peer: Peer) -> Rule {
        Rule { from: None, to: None, ..rule(direction, "-1", peer) }
    }

    /// What the verdict says of one interface whose group has these rules.
    fn said(rules: Vec<Rule>) -> Option<String> {
        let mut bench = Bench::new(settings());
        let with = crate::scene::network::SecurityGroup { rules, ..group("sg-1", "vpc-1", ACCOUNT, Tags::new()) };
        bench.capture(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-1"])]));
        bench.capture(S::Groups(vec!["sg-1".into()]), Reading::Groups(vec![with]));
        channel(bench.view()).map(|residual| residual.why.into_owned())
    }

    /// The example of AWS's page on connection tracking: SSH from one range and ICMP are tracked,
    /// HTTP from everywhere is not; without the rule that allows everything out, all is.
    #[test]
    fn the_documented_example_is_tracked_as_documented() {
        let ssh = rule(Ingress, "tcp", Peer::Ipv4("203.0.113.1/32".into()));
        let http = rule(Ingress, "tcp", any());
        let http6 = rule(Ingress, "tcp", Peer::Ipv6("::/0".into()));
        let icmp = rule(Ingress, "icmp", any());
        let out = open(Egress, any());
        let out6 = open(Egress, Peer::Ipv6("::/0".into()));
        let all = [&ssh, &http, &http6, &icmp, &out, &out6];
        let tracked = [&ssh, &http, &http6, &icmp].map(|rule| tracks(rule, &all));
        assert_eq!(tracked, [Tracking::Everything, Tracking::Nothing, Tracking::Nothing, Tracking::Others]);
        assert_eq!(tracks(&http, &[&http]), Tracking::Everything);
    }

    #[test]
    fn a_group_open_both_ways_still_tracks_icmp_and_nothing_of_tcp() {
        let why = said(vec![open(Ingress, any()), open(Egress, any())]).expect("ICMP is always tracked");
        assert!(why.contains("eni-1 (only ICMP and what is neither TCP nor UDP"), "{why}");
        assert!(!why.contains("idle timeout"), "{why}");
        let why = said(vec![open(Ingress, any()), open(Egress, Peer::Ipv6("::/0".into()))]).expect("tracked");
        assert!(why.contains("eni-1 (idle timeout"), "the other family's rule answers nothing: {why}");
    }

    #[test]
    fn tcp_open_both_ways_on_all_ports_is_not_tracked() {
        let all_ports = |direction| Rule { from: Some(0), to: Some(65535), ..rule(direction, "tcp", any()) };
        assert_eq!(said(vec![all_ports(Ingress), all_ports(Egress)]), None);
        assert!(said(vec![all_ports(Ingress), rule(Egress, "tcp", any())]).is_some(), "answers on one port alone");
        assert!(said(vec![all_ports(Ingress), Rule { protocol: "17".into(), ..all_ports(Egress) }]).is_some());
    }

    #[test]
    fn rules_that_were_not_read_count_as_tracking() {
        let why = said(vec![]).expect("named");
        assert!(why.contains("eni-1 (idle timeout"), "{why}");
    }
}
