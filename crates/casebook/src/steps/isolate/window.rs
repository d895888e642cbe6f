//! The bounded open window that cuts tracked connections, behind its gate.
//!
//! A group change leaves tracked connections alone. A connection that sends a packet while a group
//! allows everything both ways becomes untracked, and is cut when that group goes. One that sends
//! none within the idle timeout is forgotten. So: idle timeout to its minimum of 60 s, public
//! addresses off, everything allowed for longer than that, then closed again. A window shorter than
//! the timeout cuts nothing that beats between the two. Automatically tracked connections (through a
//! NAT gateway, a network load balancer, …) stay out of reach.
//!
//! While it is open the instance can talk to everyone its routes reach. Whoever takes the case up
//! again closes it first; it is opened once.

use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::effect::{Effect, SourceEffect};
use crate::gate::Gate;
use crate::id::{GroupId, VpcId};
use crate::query::SourceQuery as S;
use crate::scene::network::{Direction, IdleTimeouts, Interface, Peer, Rule, SecurityGroup};
use crate::settings::TrackedConnections;
use crate::step::StepName;
use crate::tags;
use crate::view::View;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The shortest idle timeouts that AWS takes.
const SHORTEST: IdleTimeouts =
    IdleTimeouts { tcp_established_seconds: Some(60), udp_stream_seconds: Some(60), udp_seconds: Some(30) };
/// How long the window is open: the longest of these timeouts, and time for a change to spread.
const OPEN: SignedDuration = SignedDuration::from_secs(75);

const PART: &str = "window";

/// Offers the window once everything is closed, and opens it when approved.
pub fn convert(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    if agenda.view.case.settings.policy.tracked_connections != TrackedConnections::Convert || was_opened(agenda) {
        cleanup(agenda, interfaces);
        return;
    }
    if !agenda.gate(Gate::OpenWindow, exposure(interfaces)) {
        return;
    }
    let untimed: Vec<_> = interfaces.iter().filter(|interface| interface.idle != SHORTEST).collect();
    for interface in &untimed {
        let effect = SourceEffect::SetIdleTimeouts { interface: interface.id.clone(), idle: SHORTEST };
        agenda.act(effect, S::Interfaces(agenda.view.case.target.instance.clone()));
    }
    let addressed = take_addresses_off(agenda, interfaces);
    if untimed.is_empty() && !addressed {
        open(agenda, interfaces);
    }
}

fn exposure(interfaces: &[Interface]) -> Vec<String> {
    let seconds = OPEN.as_secs();
    let mut lines =
        vec![format!("for {seconds} s every port is open both ways to whoever the routes reach, IPv4 and IPv6")];
    for interface in interfaces {
        let fixed = interface.addresses.iter().filter(|a| a.public.is_some() && a.allocation.is_none());
        lines.extend(fixed.filter_map(|a| a.public.as_ref()).map(|public| {
            format!("{} keeps its public address {public} meanwhile: it can not be taken off", interface.id)
        }));
        lines.extend(interface.ipv6.iter().map(|address| format!("{} keeps {address}", interface.id)));
    }
    lines
}

/// Inbound is held shut where taking an Elastic IP address off can do it; release puts it back.
fn take_addresses_off(agenda: &mut Agenda<'_>, interfaces: &[Interface]) -> bool {
    let mut any = false;
    for interface in interfaces {
        for address in &interface.addresses {
            if let (Some(public), Some(allocation)) = (&address.public, &address.allocation) {
                any = true;
                let effect = SourceEffect::DisassociateAddress {
                    interface: interface.id.clone(),
                    allocation: allocation.clone(),
                    public: public.clone(),
                    private: address.private.clone(),
                };
                agenda.act(effect, S::Interfaces(agenda.view.case.target.instance.clone()));
            }
        }
    }
    any
}

fn open(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    for interface in interfaces {
        let Some(group) = group(agenda, &interface.vpc) else { continue };
        let effect = SourceEffect::SetInterfaceGroups { interface: interface.id.clone(), groups: vec![group] };
        agenda.act(effect, S::Interfaces(agenda.view.case.target.instance.clone()));
    }
}

/// The window group of a VPC with its rules, or nothing while it is being made.
fn group(agenda: &mut Agenda<'_>, vpc: &VpcId) -> Option<GroupId> {
    let groups = agenda.quarantine_groups()?;
    let case = agenda.view.case;
    let name = format!("impound-window-{}", case.secret_name(&format!("{PART}/{vpc}")));
    let Some(group) = groups.iter().find(|group| group.vpc == *vpc && group.name == name) else {
        let tags = tags::with(tags::of(&case.id, StepName::Isolate.as_str()), tags::QUARANTINE, PART);
        let description = "impound: the bounded open window".to_owned();
        agenda.act(SourceEffect::CreateGroup { vpc: vpc.clone(), name, description, tags }, S::QuarantineGroups);
        return None;
    };
    let missing: Vec<_> = everything().into_iter().filter(|rule| !group.rules.contains(rule)).collect();
    for direction in [Direction::Ingress, Direction::Egress] {
        let rules: Vec<_> = missing.iter().filter(|rule| rule.direction == direction).cloned().collect();
        if !rules.is_empty() {
            agenda.act(SourceEffect::AuthorizeRules { group: group.id.clone(), rules }, S::QuarantineGroups);
        }
    }
    missing.is_empty().then(|| group.id.clone())
}

/// Both ways, both families: what is missing here stays tracked.
fn everything() -> Vec<Rule> {
    let peers = [Peer::Ipv4("0.0.0.0/0".into()), Peer::Ipv6("::/0".into())];
    let rule =
        |direction, peer: &Peer| Rule { direction, protocol: "-1".into(), from: None, to: None, peer: peer.clone() };
    let both = [Direction::Ingress, Direction::Egress];
    both.iter().flat_map(|direction| peers.iter().map(|peer| rule(*direction, peer))).collect()
}

/// Whether a group is the window's.
pub fn is_window(group: &SecurityGroup) -> bool {
    group.tags.get(tags::QUARANTINE).is_some_and(|part| part == PART)
}

/// When interfaces were last put into a window group, if they were.
fn opened(case: &Case) -> Vec<Timestamp> {
    let windows = window_groups(case);
    let into = |effect: &Effect| match effect {
        Effect::Source(SourceEffect::SetInterfaceGroups { groups, .. }) => groups.iter().any(|g| windows.contains(g)),
        _ => false,
    };
    let attempts = case.attempts.iter().filter(|(effect, _)| into(effect));
    attempts.map(|(_, attempt)| attempt.at).collect()
}

/// Groups that this case made as windows, from the ledger: they are known even when unreadable.
fn window_groups(case: &Case) -> Vec<GroupId> {
    let made = |(effect, attempt): (&Effect, &crate::case::Attempt)| match (effect, &attempt.last) {
        (Effect::Source(SourceEffect::AuthorizeRules { group, .. }), _) => Some(group.clone()),
        _ => None,
    };
    case.attempts.iter().filter_map(made).collect()
}

fn was_opened(agenda: &Agenda<'_>) -> bool {
    !opened(agenda.view.case).is_empty()
}

/// Whether the window is open and its time has not come.
pub fn is_open(view: View<'_>) -> bool {
    closes_at(view).is_some_and(|at| view.now < at)
}

/// When the window closes: counted from the last interface that went in, in this run alone.
fn closes_at(view: View<'_>) -> Option<Timestamp> {
    let last = opened(view.case).into_iter().max()?;
    (last >= view.case.resumed).then(|| last + OPEN)
}

/// Waits for the window's end.
pub fn hold_open(agenda: &mut Agenda<'_>) {
    if let Some(at) = closes_at(agenda.view) {
        agenda.wait(at, "the open window to outlast the idle timeout");
    }
}

/// A window that another run left open is closed before anything else, past every gate.
pub fn must_close(agenda: &mut Agenda<'_>, interfaces: &[Interface], groups: &BTreeMap<VpcId, GroupId>) -> bool {
    if !was_opened(agenda) || is_open(agenda.view) {
        return false;
    }
    let windows = window_groups(agenda.view.case);
    let open: Vec<_> = interfaces.iter().filter(|i| i.groups.iter().any(|g| windows.contains(g))).collect();
    open.iter().for_each(|interface| super::close(agenda, interface, groups));
    !open.is_empty()
}

/// The window group is deleted once nobody is in it.
fn cleanup(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    if !was_opened(agenda) {
        return;
    }
    let Some(groups) = agenda.quarantine_groups() else { return };
    let ours = window_groups(agenda.view.case);
    let left: Vec<_> = groups.iter().filter(|group| ours.contains(&group.id) && is_window(group)).collect();
    for group in left {
        agenda.act(SourceEffect::DeleteGroup { group: group.id.clone() }, S::QuarantineGroups);
    }
    let whole = closes_at(agenda.view).is_some();
    let kept = agenda.view.case.attempts.values().filter(|attempt| matches!(attempt.last, Last::Lost)).count();
    if whole && kept == 0 {
        agenda.prove(format!(
            "the open window lasted {} s on {} interfaces and is closed",
            OPEN.as_secs(),
            interfaces.len()
        ));
    } else {
        agenda.warn("the open window was cut short by a restart: connections that were tracked may live on");
    }
}
