//! Containment only grows, and what is said of it is so.

use super::{Checker, Sight};
use crate::world::flows::{Flow, Path};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::entry::Entry;
use casebook::gate::Gate;
use casebook::verdict::{NetworkVerdict, Verdict};

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
