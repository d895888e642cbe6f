//! Flaws of the ways out of a network: windows that cut less than they seem to, and a second VPC that is forgotten.

use super::{Act, Flaw, NONE};
use crate::Range;
use crate::proof::trial::Trial;
use crate::world::flows::{FlowPlan, Path};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::gate::Gate;
use casebook::id::{GroupId, InterfaceId};
use casebook::query::{Query, SourceQuery as Q};
use casebook::reading::Reading;
use casebook::scene::network::{Direction, IdleTimeouts, Peer, Rule};
use casebook::settings::TrackedConnections;

/// The solution that AWS published and archived.
const ORCHESTRATOR: &str = "automated-forensic-orchestrator-for-amazon-ec2, isolateEc2.py";
/// A published containment function.
const CONTAINMENT: &str = "aws_containment_automation, lambda_function.py";

pub(super) const FLAWS: &[Flaw] = &[
    Flaw {
        what: "opens the window for IPv4 alone: what is tracked over IPv6 stays so",
        seen_in: ORCHESTRATOR,
        caught_by: "window-cuts",
        prepare: |trial| with_channel(trial, Some(30)),
        act: |_, effect| match effect {
            Effect::Source(S::AuthorizeRules { group, rules }) => {
                let rules: Vec<Rule> =
                    rules.iter().filter(|rule| !matches!(rule.peer, Peer::Ipv6(_))).cloned().collect();
                Act::Instead(vec![S::AuthorizeRules { group: group.clone(), rules }.into()])
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "opens the window and closes it at once: no packet passes in between",
        seen_in: ORCHESTRATOR,
        caught_by: "window-cuts",
        prepare: |trial| with_channel(trial, Some(30)),
        act: |range, effect| match effect {
            Effect::Source(S::SetInterfaceGroups { interface, groups }) if is_window(range, groups) => {
                let back = S::SetInterfaceGroups { interface: interface.clone(), groups: groups_of(range, interface) };
                Act::Instead(vec![effect.clone(), back.into()])
            }
            Effect::Source(S::SetInterfaceGroups { .. }) => Act::Instead(vec![effect.clone()]),
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "sets the idle timeout to 300 s and waits for 60 s: who is silent for longer lives on",
        seen_in: CONTAINMENT,
        caught_by: "window-cuts",
        prepare: |trial| with_channel(trial, None),
        act: |_, effect| match effect {
            Effect::Source(S::SetIdleTimeouts { interface, idle }) => {
                let idle = IdleTimeouts { tcp_established_seconds: Some(300), ..*idle };
                Act::Instead(vec![S::SetIdleTimeouts { interface: interface.clone(), idle }.into()])
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "knows the VPC of the instance alone: an interface in another one stays as it is",
        seen_in: CONTAINMENT,
        caught_by: "honest-network",
        scenario: "lone",
        prepare: |trial| {
            let target = trial.range.target().instance;
            trial.range.with_world(|world| world.straddle(&target));
        },
        read: |query, reading| match (query, reading) {
            (Query::Source(Q::Interfaces(_)), Reading::Interfaces(mut interfaces)) => {
                let first = interfaces.iter().find(|card| card.device_index == Some(0)).map(|card| card.vpc.clone());
                interfaces.retain(|card| Some(&card.vpc) == first.as_ref());
                Reading::Interfaces(interfaces)
            }
            (Query::Source(Q::Instance(_)), Reading::Instance(mut instance)) => {
                instance.interfaces.truncate(1);
                Reading::Instance(instance)
            }
            (_, reading) => reading,
        },
        ..NONE
    },
];

/// The open window is configured, and its gate approved.
pub(super) fn with_window(trial: &mut Trial) {
    trial.settings.policy.tracked_connections = TrackedConnections::Convert;
    trial.approve(Gate::OpenWindow);
}

/// The same with a channel over IPv6, which no address that can be taken off carries.
fn with_channel(trial: &mut Trial, beacon_seconds: Option<i64>) {
    let target = trial.range.target().instance;
    trial.range.with_world(|world| {
        let interface = world.cards_of(&target)[0].shown.id.clone();
        let opened = world.open_flow(FlowPlan {
            label: "a channel over IPv6".into(),
            interface,
            direction: Direction::Egress,
            protocol: "tcp".into(),
            port: 443,
            peer: "2001:db8::23".into(),
            peer_groups: Vec::new(),
            path: Path::Internet,
            beacon_seconds,
        });
        assert!(opened, "the web tier lets everything out");
    });
    with_window(trial);
}

/// Whether some of these groups lets anything through.
fn is_window(range: &Range, groups: &[GroupId]) -> bool {
    range.with_world(|world| {
        groups.iter().filter_map(|id| world.network.groups.get(id)).any(|group| !group.shown.rules.is_empty())
    })
}

fn groups_of(range: &Range, interface: &InterfaceId) -> Vec<GroupId> {
    range.with_world(|world| world.network.interfaces[interface].shown.groups.clone())
}
