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
//! again closes it first; it is opened once. How long each interface was in it is told from the readings
//! in the ledger.

use crate::agenda::Agenda;
use crate::case::{Attempt, Case, Last};
use crate::effect::{Effect, SourceEffect};
use crate::gate::Gate;
use crate::id::{GroupId, InterfaceId, VpcId};
use crate::query::SourceQuery as S;
use crate::scene::network::{Direction, IdleTimeouts, Interface, Peer, Rule, SecurityGroup};
use crate::settings::TrackedConnections;
use crate::step::StepName;
use crate::tags;
use crate::view::View;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The shortest idle timeouts that AWS takes.
const SHORTEST: IdleTimeouts =
    IdleTimeouts { tcp_established_seconds: Some(60), udp_stream_seconds: Some(60), udp_seconds: Some(30) };
/// The longest of these.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// How long the window is open: that, and time for a change to spread.
const OPEN: SignedDuration = SignedDuration::from_secs(75);
/// It outlasts every timeout: what beats within a timeout beats at least once while it is open.
const _: () = {
    let timeouts = [SHORTEST.tcp_established_seconds, SHORTEST.udp_stream_seconds, SHORTEST.udp_seconds];
    let mut n = 0;
    while n < timeouts.len() {
        assert!(matches!(timeouts[n], Some(seconds) if LONGEST.as_secs() >= seconds as i64));
        n += 1;
    }
    assert!(OPEN.as_secs() > LONGEST.as_secs());
};

const PART: &str = "window";

mod closing;
mod telling;
#[cfg(test)]
mod tests;

pub use closing::{close_unread, close_without_group, must_close, shut};

/// Offers the window once everything is closed, and opens it when approved.
pub fn convert(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    if agenda.view.case.settings.policy.tracked_connections != TrackedConnections::Convert
        || was_opened(agenda.view.case)
    {
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

/// The calls that put each interface into a window group.
fn sent(case: &Case) -> BTreeMap<&InterfaceId, &Attempt> {
    let windows = window_groups(case);
    let into = |(effect, attempt)| match effect {
        &Effect::Source(SourceEffect::SetInterfaceGroups { ref interface, ref groups })
            if groups.iter().any(|group| windows.contains(group)) =>
        {
            Some((interface, attempt))
        }
        _ => None,
    };
    case.attempts.iter().filter_map(into).collect()
}

/// Those of them that took effect, or may have.
fn opened(case: &Case) -> BTreeMap<&InterfaceId, &Attempt> {
    let mut opened = sent(case);
    opened.retain(|_, attempt| attempt.took_place());
    opened
}

/// Groups that this case made as windows, from the ledger: they are known even when unreadable.
pub(super) fn window_groups(case: &Case) -> BTreeSet<GroupId> {
    let made = |(effect, attempt): (&Effect, &Attempt)| match (effect, &attempt.last) {
        (Effect::Source(SourceEffect::AuthorizeRules { group, .. }), _) => Some(group.clone()),
        _ => None,
    };
    case.attempts.iter().filter_map(made).collect()
}

/// Whether an interface was ever put into a window group, or may have been.
pub fn was_opened(case: &Case) -> bool {
    !opened(case).is_empty()
}

/// Whether the window is open and its time has not come.
pub fn is_open(view: View<'_>) -> bool {
    opened(view.case).values().any(|attempt| !is_over(view, attempt))
}

/// When an interface's time in the window ends that went in in this run.
fn ends(view: View<'_>, attempt: &Attempt) -> Option<Timestamp> {
    (!view.stopping && attempt.at >= view.case.resumed).then(|| attempt.at + OPEN)
}

fn is_over(view: View<'_>, attempt: &Attempt) -> bool {
    ends(view, attempt).is_none_or(|at| at <= view.now)
}

/// Whether an interface was last put into a window group, or may have been.
pub fn left_open(case: &Case) -> bool {
    !still_in(case).is_empty()
}

/// The interfaces of which that is so, and the calls that did it.
fn still_in(case: &Case) -> BTreeMap<&InterfaceId, &Attempt> {
    let mut open = opened(case);
    open.retain(|interface, attempt| {
        way_back(case, interface).is_none_or(|(_, back)| {
            // A refused way out leaves the interface where it was.
            back.intent < attempt.intent || !matches!(back.last, Last::Done(_))
        })
    });
    open
}

/// The last change that put an interface into another group.
fn way_back<'a>(case: &'a Case, id: &InterfaceId) -> Option<(&'a Effect, &'a Attempt)> {
    let windows = window_groups(case);
    let back = case.attempts.iter().filter(|(effect, _)| match effect {
        Effect::Source(SourceEffect::SetInterfaceGroups { interface, groups }) => {
            interface == id && !groups.iter().any(|group| windows.contains(group))
        }
        _ => false,
    });
    back.max_by_key(|(_, attempt)| attempt.intent)
}

/// Waits for the window's end. What was refused meanwhile is tried again.
pub fn hold_open(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    let view = agenda.view;
    let refused = |id: &InterfaceId| sent(view.case).get(id).is_some_and(|attempt| !attempt.took_place());
    let left: Vec<_> = interfaces.iter().filter(|interface| refused(&interface.id)).cloned().collect();
    open(agenda, &left);
    for (_, attempt) in opened(view.case) {
        if let Some(at) = ends(view, attempt).filter(|at| *at > view.now) {
            agenda.wait(at, "the open window to outlast the idle timeout");
        }
    }
}

/// The window group is deleted once nobody is in it.
fn cleanup(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    if !was_opened(agenda.view.case) {
        return;
    }
    let Some(groups) = agenda.quarantine_groups() else { return };
    let ours = window_groups(agenda.view.case);
    let left: Vec<_> = groups.iter().filter(|group| ours.contains(&group.id) && is_window(group)).collect();
    for group in left {
        agenda.act(SourceEffect::DeleteGroup { group: group.id.clone() }, S::QuarantineGroups);
    }
    telling::tell(agenda, interfaces);
}
