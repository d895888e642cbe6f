//! Flaws of containment, most of them seen in published tools.

use super::window::with_window;
use super::{Act, Flaw, NONE};
use crate::Range;
use crate::adversary::Strategy;
use crate::proof::trial::Trial;
use casebook::effect::{Effect, SourceEffect as S};
use casebook::gate::Gate;
use casebook::id::GroupId;
use casebook::query::{Query, SourceQuery as Q};
use casebook::reading::Reading;
use casebook::scene::network::Peer;
use casebook::settings::RevokeScope;
use casebook::step::Phase;
use jiff::{SignedDuration, Timestamp};

/// The solution that AWS published and archived.
const ORCHESTRATOR: &str = "automated-forensic-orchestrator-for-amazon-ec2, isolateEc2.py";
/// A published containment function.
const CONTAINMENT: &str = "aws_containment_automation, lambda_function.py";
/// AWS's own playbooks.
const PLAYBOOK: &str = "aws-incident-response-playbooks, EC2MalwareFindings.md";

pub(super) const FLAWS: &[Flaw] = &[
    Flaw {
        what: "isolates the interfaces of a list that was made earlier: one attached since is forgotten",
        seen_in: ORCHESTRATOR,
        caught_by: "honest-network",
        scenario: "lone",
        through: Phase::Preserve,
        prepare: |trial| {
            let strategy = Strategy::named("new-interface").expect("a strategy");
            let (prey, second) = (trial.range.target().instance, SignedDuration::from_millis(120));
            trial.range.with_world(|world| {
                world.set_loose(strategy, &prey, second, SignedDuration::from_hours(24));
            });
        },
        read: |_, reading| only_first(reading),
        ..NONE
    },
    Flaw {
        what: "sets the groups of the instance, which reaches its primary interface alone",
        seen_in: CONTAINMENT,
        caught_by: "honest-network",
        read: |_, reading| only_first(reading),
        ..NONE
    },
    Flaw {
        what: "takes what is attached to the instance for all it has: what hangs on a trunk is forgotten",
        caught_by: "honest-network",
        scenario: "lone",
        prepare: |trial| {
            let target = trial.range.target().instance;
            trial.range.with_world(|world| drop(world.branch_off(&target)));
        },
        read: |query, reading| match (query, reading) {
            (Query::Source(Q::Interfaces(_)), Reading::Interfaces(mut interfaces)) => {
                interfaces.retain(|interface| interface.kind != "branch");
                Reading::Interfaces(interfaces)
            }
            (_, reading) => reading,
        },
        ..NONE
    },
    Flaw {
        what: "takes the IPv4 rule off the new group and leaves the IPv6 one",
        seen_in: ORCHESTRATOR,
        caught_by: "honest-network",
        act: |_, effect| match effect {
            Effect::Source(S::RevokeRules { group, rules }) => {
                let rules = rules.iter().filter(|rule| !matches!(rule.peer, Peer::Ipv6(_))).cloned().collect();
                Act::Instead(vec![S::RevokeRules { group: group.clone(), rules }.into()])
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "adopts a group by its name or tag and does not look at its rules",
        seen_in: ORCHESTRATOR,
        caught_by: "honest-network",
        read: |query, reading| match (query, reading) {
            (Query::Source(Q::QuarantineGroups), Reading::Groups(mut groups)) => {
                groups.iter_mut().for_each(|group| group.rules.clear());
                Reading::Groups(groups)
            }
            (_, reading) => reading,
        },
        ..NONE
    },
    Flaw {
        what: "cuts off what forwards the traffic of others, and asks nobody",
        caught_by: "declared-only",
        prepare: |trial| {
            let target = trial.range.target().instance;
            trial.range.with_world(|world| world.forward_traffic(&target));
        },
        read: |query, reading| match (query, reading) {
            (Query::Source(Q::Interfaces(_)), Reading::Interfaces(mut interfaces)) => {
                interfaces.iter_mut().for_each(|interface| interface.source_dest_check = true);
                Reading::Interfaces(interfaces)
            }
            (_, reading) => reading,
        },
        ..NONE
    },
    Flaw {
        what: "cuts off what is protected, and asks nobody",
        caught_by: "declared-only",
        prepare: |trial| {
            let target = trial.range.target().instance;
            trial.range.with_world(|world| world.label(&target, "impound:protected", "true"));
        },
        read: |query, reading| match (query, reading) {
            (Query::Source(Q::Instance(_)), Reading::Instance(mut instance)) => {
                instance.tags.remove("impound:protected");
                Reading::Instance(instance)
            }
            (_, reading) => reading,
        },
        ..NONE
    },
    Flaw {
        what: "leaves the window open when the way back fails, and calls that done",
        seen_in: ORCHESTRATOR,
        caught_by: "window-closed",
        prepare: with_window,
        act: claims_the_way_back,
        ..NONE
    },
    Flaw {
        what: "leaves the window open when the way back fails, and keeps watching",
        caught_by: "window-bounded",
        guarded: true,
        prepare: with_window,
        act: claims_the_way_back,
        ..NONE
    },
    Flaw {
        what: "takes what it isolated once for isolated ever after",
        caught_by: "kept",
        guarded: true,
        prepare: |trial| {
            let prey = trial.range.target().instance;
            let strategy = Strategy::named("revert-groups").expect("a strategy");
            trial.range.with_world(|world| {
                world.set_loose(strategy, &prey, SignedDuration::from_mins(2), SignedDuration::from_hours(1));
            });
        },
        act: |range, effect| {
            let again = range.deeds_from(0).iter().any(|deed| deed.effect == *effect && deed.result.is_ok());
            match effect {
                Effect::Source(S::SetInterfaceGroups { .. }) if again => Act::OnlyClaim,
                _ => Act::AsTold,
            }
        },
        ..NONE
    },
    Flaw {
        what: "puts the old groups back when a later step fails",
        seen_in: ORCHESTRATOR,
        caught_by: "monotone",
        act: |range, effect| match effect {
            Effect::Source(S::PutRolePolicy { .. }) => Act::Also(reverting(range)),
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "goes on when the profile cannot be taken off, and denies by time",
        seen_in: ORCHESTRATOR,
        caught_by: "deny-after-profile",
        prepare: by_time,
        act: |_, effect| match effect {
            Effect::Source(S::DisassociateProfile { .. } | S::ReplaceProfile { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "writes local time into the deny and calls it UTC",
        seen_in: ORCHESTRATOR,
        caught_by: "deny-after-profile",
        prepare: by_time,
        act: |_, effect| match effect {
            Effect::Source(S::PutRolePolicy { role, name, document }) => {
                let document = hours_early(document);
                Act::Instead(vec![S::PutRolePolicy { role: role.clone(), name: name.clone(), document }.into()])
            }
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "cuts the profile's name at the first slash, finds no role, and goes on",
        seen_in: ORCHESTRATOR,
        caught_by: "honest-credentials",
        act: |_, effect| match effect {
            Effect::Source(S::PutRolePolicy { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "protects from termination and not from stop",
        seen_in: ORCHESTRATOR,
        caught_by: "done-is-so",
        act: |_, effect| match effect {
            Effect::Source(S::SetStopProtection { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "keeps one disk, by its device name, and lets the others go with the instance",
        seen_in: PLAYBOOK,
        caught_by: "done-is-so",
        act: |_, effect| match effect {
            Effect::Source(S::SetDeleteOnTermination { device, .. }) if device != "/dev/xvda" => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "calls detach without the flag that the call demands, and goes on",
        seen_in: PLAYBOOK,
        caught_by: "frozen-first",
        act: |_, effect| match effect {
            Effect::Source(S::DetachFromGroup { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "knows classic load balancers alone",
        seen_in: PLAYBOOK,
        caught_by: "done-is-so",
        act: |_, effect| match effect {
            Effect::Source(S::DeregisterTargets { .. }) => Act::OnlyClaim,
            _ => Act::AsTold,
        },
        ..NONE
    },
    Flaw {
        what: "does not look for ways on which connections are tracked whatever the rules",
        seen_in: CONTAINMENT,
        caught_by: "residuals-named",
        read: |query, reading| match (query, reading) {
            (Query::Source(Q::Routes(_)), Reading::Routes(_)) => Reading::Routes(Vec::new()),
            (_, reading) => reading,
        },
        ..NONE
    },
];

/// The list of interfaces as one knows it who looks at the primary one.
fn only_first(reading: Reading) -> Reading {
    match reading {
        Reading::Interfaces(mut interfaces) => {
            interfaces.retain(|interface| interface.device_index == Some(0));
            Reading::Interfaces(interfaces)
        }
        Reading::Instance(mut instance) => {
            instance.interfaces.truncate(1);
            Reading::Instance(instance)
        }
        other => other,
    }
}

fn by_time(trial: &mut Trial) {
    trial.settings.policy.revoke = RevokeScope::Role;
    trial.approve(Gate::SharedRole);
}

/// Five hours and three quarters, as one writes it in Kathmandu.
fn hours_early(document: &str) -> String {
    let moment = document.split('"').find_map(|word| word.parse::<Timestamp>().ok());
    let Some(moment) = moment else { return document.to_owned() };
    let early = moment.saturating_sub(SignedDuration::from_mins(345)).expect("in range");
    document.replace(&moment.to_string(), &early.to_string())
}

/// Says that an interface has left the open window, and leaves it there.
fn claims_the_way_back(range: &Range, effect: &Effect) -> Act {
    match effect {
        Effect::Source(S::SetInterfaceGroups { interface, .. }) if in_open_group_of_ours(range, interface) => {
            Act::OnlyClaim
        }
        _ => Act::AsTold,
    }
}

fn in_open_group_of_ours(range: &Range, interface: &casebook::id::InterfaceId) -> bool {
    range.with_world(|world| {
        let held = world.network.interfaces.get(interface).map(|card| card.shown.groups.clone()).unwrap_or_default();
        held.iter().any(|id| {
            let group = world.network.groups.get(id);
            group.is_some_and(|g| !g.shown.rules.is_empty() && g.shown.tags.contains_key(casebook::tags::CASE))
        })
    })
}

/// The first interface back into a group that lets everything through.
fn reverting(range: &Range) -> Effect {
    let target = range.target().instance;
    range.with_world(|world| {
        let open = world.network.groups.values().find(|group| !group.shown.rules.is_empty());
        let groups: Vec<GroupId> = open.map(|group| group.shown.id.clone()).into_iter().collect();
        let interface = world.cards_of(&target)[0].shown.id.clone();
        S::SetInterfaceGroups { interface, groups }.into()
    })
}
