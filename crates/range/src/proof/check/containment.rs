//! Containment only grows, and what is said of it is so.

use super::{Checker, News, Sight};
use crate::Deed;
use crate::world::flows::{Flow, Path};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::entry::Entry;
use casebook::gate::Gate;
use casebook::id::{GroupId, InterfaceId};
use casebook::verdict::{NetworkVerdict, Verdict};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// No call of ours opens what was closed.
pub const MONOTONE: Checker = Checker {
    name: "monotone",
    law: "containment only grows: no step and no error path widens what can reach the instance",
    look: monotone,
};

fn monotone(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let history = sight.history;
    if history.releasing() {
        return None;
    }
    let gives_back = matches!(
        &deed.effect,
        Effect::Source(
            S::AssociateAddress { .. }
                | S::AssociateProfile { .. }
                | S::DeleteRolePolicy { .. }
                | S::RegisterClassic { .. }
                | S::RegisterTargets { .. }
                | S::AttachToGroup { .. }
                | S::ExitStandby { .. }
                | S::ResumeProcesses { .. }
        )
    );
    let window = history.approved(Gate::OpenWindow);
    let opens = deed.after.exceeds(&deed.before) && !window;
    (gives_back || opens)
        .then(|| format!("it opens something, and nobody asked for a release: {}", deed.effect.title()))
}

/// The last verdict that was written.
pub(super) fn verdict<'a>(sight: &'a Sight<'_>) -> Option<&'a Verdict> {
    sight.history.lines.iter().rev().find_map(|line| match &line.entry {
        Entry::Verdict(verdict) => Some(verdict),
        _ => None,
    })
}

/// "Contained" is so.
pub const HONEST_NETWORK: Checker =
    Checker { name: "honest-network", law: "the network's verdict is so in the world", look: honest_network };

fn honest_network(sight: &Sight<'_>) -> Option<String> {
    let claimed = verdict(sight)?.network;
    if !sight.run_ended() || claimed == NetworkVerdict::Open || sight.disturbed() {
        return None;
    }
    let target = &sight.briefing.target.instance;
    let open = sight.world.exposure(target).interfaces;
    if !open.is_empty() {
        return Some(format!("the verdict is {claimed:?}, and {open:?} is in a group with rules"));
    }
    let living = sight.world.living_flows(target);
    let talks = living.iter().find(|flow| flow.plan.path != Path::AmazonService)?;
    (claimed == NetworkVerdict::VerifiedDead).then(|| format!("the verdict is dead, and '{}' lives", talks.plan.label))
}

/// What lives on is named.
pub const NAMED: Checker = Checker {
    name: "residuals-named",
    law: "every conversation that outlives containment belongs to a channel that the verdict names",
    look: named,
};

fn named(sight: &Sight<'_>) -> Option<String> {
    let verdict = verdict(sight)?;
    if !sight.run_ended() || verdict.network == NetworkVerdict::Open || sight.disturbed() {
        return None;
    }
    let is_named = |flow: &Flow| {
        let (channel, what) = channel_of(flow);
        let names = |why: &str| why.contains(&what) || why.contains("not read: ");
        verdict.residual.iter().any(|residual| residual.channel == channel && names(&residual.why))
    };
    let living = sight.world.living_flows(&sight.briefing.target.instance);
    let silent = living.into_iter().find(|flow| !is_named(flow))?;
    let (channel, what) = channel_of(silent);
    Some(format!("'{}' lives and the verdict does not name {channel} with `{what}`", silent.plan.label))
}

/// The channel that a living conversation belongs to, and what its sentence must name.
pub fn channel_of(flow: &Flow) -> (&'static str, String) {
    const AUTOMATIC: &str = "automatically-tracked-connections";
    match (flow.plan.path, flow.plan.port) {
        (Path::AmazonService, 53) => ("dns", String::new()),
        (Path::AmazonService, 123) => ("ntp", String::new()),
        (Path::AmazonService, _) => ("metadata-service", String::new()),
        (Path::NatGateway, _) => (AUTOMATIC, "NAT gateway nat-".into()),
        (Path::EgressOnlyGateway, _) => (AUTOMATIC, "egress-only internet gateway eigw-".into()),
        (Path::NetworkBalancer, _) => (AUTOMATIC, "network load balancer target group ".into()),
        (Path::TransitGateway, _) => (AUTOMATIC, "transit gateway tgw-".into()),
        (Path::Endpoint, _) => (AUTOMATIC, "interface endpoint vpce-".into()),
        (Path::Internet | Path::Local, _) => ("tracked-connections", flow.plan.interface.to_string()),
    }
}

/// The open window is closed when a run ends.
pub const WINDOW_CLOSED: Checker = Checker {
    name: "window-closed",
    law: "no run that could go on ends with the open window open",
    look: window_closed,
};

fn window_closed(sight: &Sight<'_>) -> Option<String> {
    let News::Wrote(Entry::Ended(_)) = sight.news else { return None };
    let opened_here = |effect: &Effect| matches!(effect, Effect::Source(S::AuthorizeRules { .. }));
    if !sight.history.deeds.iter().any(|deed| opened_here(&deed.effect)) || sight.disturbed() {
        return None;
    }
    let case = &sight.history.opened()?.case;
    let cards = sight.world.cards_of(&sight.briefing.target.instance).into_iter();
    let held = cards.flat_map(|card| &card.shown.groups).filter_map(|id| sight.world.network.groups.get(id));
    let mut ours =
        held.filter(|group| group.shown.tags.get(casebook::tags::CASE).is_some_and(|tag| tag == case.as_str()));
    let window = ours.find(|group| !group.shown.rules.is_empty())?;
    Some(format!("the run ended with an interface in {}, which lets everything through", window.shown.id))
}

/// The open window is short.
pub const WINDOW_BOUNDED: Checker = Checker {
    name: "window-bounded",
    law: "while a run is under way no interface stays in the open window for longer than its time and a way back",
    look: window_bounded,
};

/// The window's time, and what a change that is refused some times takes.
const WINDOW: SignedDuration = SignedDuration::from_secs(75 + 60);

fn window_bounded(sight: &Sight<'_>) -> Option<String> {
    let process = sight
        .history
        .lines
        .iter()
        .rev()
        .find(|line| matches!(line.entry, Entry::Opened(_) | Entry::Resumed(_) | Entry::Ended(_)))?;
    if matches!(process.entry, Entry::Ended(_)) {
        return None;
    }
    let now = sight.world.now();
    let open = sight.world.exposure(&sight.briefing.target.instance).interfaces;
    open.iter().find_map(|card| {
        let last = sight.history.deeds.iter().rev().find(|deed| puts(deed, card))?;
        let since = last.at.max(process.at);
        let late = opens_window(sight, last) && now.duration_since(since) > WINDOW;
        late.then(|| format!("{card} has been in the open window for {} s", now.duration_since(since).as_secs()))
    })
}

/// Whether we had put an interface into our open window before that moment.
pub(super) fn was_in_window(sight: &Sight<'_>, card: &InterfaceId, at: Timestamp) -> bool {
    let before = sight.history.deeds.iter().rev().find(|deed| deed.at < at && puts(deed, card));
    before.is_some_and(|deed| opens_window(sight, deed))
}

fn opens_window(sight: &Sight<'_>, deed: &Deed) -> bool {
    let windows = windows(sight);
    matches!(&deed.effect, Effect::Source(S::SetInterfaceGroups { groups, .. }) if groups.iter().any(|group| windows.contains(group)))
}

/// Whether a change has put an interface into groups.
fn puts(deed: &Deed, card: &InterfaceId) -> bool {
    deed.result.is_ok()
        && matches!(&deed.effect, Effect::Source(S::SetInterfaceGroups { interface, .. }) if interface == card)
}

/// The groups that this case has opened.
fn windows(sight: &Sight<'_>) -> BTreeSet<GroupId> {
    let opened = |deed: &Deed| match &deed.effect {
        Effect::Source(S::AuthorizeRules { group, .. }) => Some(group.clone()),
        _ => None,
    };
    sight.history.deeds.iter().filter_map(opened).collect()
}
