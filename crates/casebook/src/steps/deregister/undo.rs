//! Every registration that this case took off is made again, unless returning to the group has done
//! it: those that its own calls name, and the captured ones of balancers that leaving the group took
//! it off. What others took off, or were taking off before, stays off.

use super::Names;
use crate::agenda::Agenda;
use crate::custody::readings::last;
use crate::effect::SourceEffect;
use crate::fault::FaultClass;
use crate::id::{Arn, ScalingGroupName};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::release::{is_missed, our_changes, stands, uncaptured};
use crate::scene::balancer::{ClassicBalancer, Registration, TargetHealth};
use crate::scene::scaling::ScalingGroup;
use crate::steps::isolate::captured_interfaces;
use crate::view::View;
use jiff::Timestamp;
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// What the return to the balancers wants next.
pub fn release(agenda: &mut Agenda<'_>) {
    if !stands(agenda, "it is registered nowhere again") {
        return;
    }
    classic(agenda);
    for group in target_groups(agenda) {
        target_group(agenda, &group);
    }
    if !agenda.moves() && agenda.holds.is_empty() {
        agenda.prove("every registration that this case took off and knows is there again");
    }
}

fn classic(agenda: &mut Agenda<'_>) {
    let case = agenda.view.case;
    let query = S::ClassicBalancers(case.target.instance.clone());
    let before: &[ClassicBalancer] = match case.baseline.scene.last(&query.clone().into()) {
        Some(Reading::Classic(before)) => before,
        _ => &[],
    };
    let taken = our_changes(case).filter_map(|(effect, _)| match effect {
        SourceEffect::DeregisterClassic { balancer, .. } => Some(balancer.as_str()),
        _ => None,
    });
    let ours: BTreeSet<&str> = taken.collect();
    let names: BTreeSet<&str> = before.iter().map(|balancer| balancer.name.as_str()).chain(ours.clone()).collect();
    if let Some(why) = uncaptured(case, query).filter(|_| left(agenda.view, |_| true).is_some()) {
        agenda.warn(format!("which classic load balancers knew the instance could not be read at the capture ({why}): compare them with its group's and register it by hand where it is missing"));
    }
    if names.is_empty() {
        return;
    }
    let Some(now) = agenda.classic_balancers(&case.target.instance) else { return };
    for name in names.into_iter().filter(|name| !now.iter().any(|other| other.name == *name)) {
        let by_leaving = left(agenda.view, |group| group.classic_balancers.iter().any(|other| other == name));
        classic_again(agenda, name, ours.contains(name) || by_leaving.is_some());
    }
}

fn classic_again(agenda: &mut Agenda<'_>, name: &str, ours: bool) {
    let target = agenda.view.case.target.instance.clone();
    if ours {
        let effect = SourceEffect::RegisterClassic { balancer: name.to_owned(), instance: target.clone() };
        agenda.act(effect, S::ClassicBalancers(target));
    } else {
        agenda.warn(format!("the instance left {name} without this case's doing: not registered again"));
    }
}

/// When this case took the instance out of a group whose balancers are meant, if it did. Which
/// balancers a group has counts as it was captured; unknown counts as meant.
fn left(view: View<'_>, meant: impl Fn(&ScalingGroup) -> bool) -> Option<Timestamp> {
    let leaving = our_changes(view.case).filter_map(|(effect, attempt)| match effect {
        SourceEffect::DetachFromGroup { group, .. } | SourceEffect::EnterStandby { group, .. } => {
            Some((group, attempt.first))
        }
        _ => None,
    });
    leaving.filter(|(group, _)| scaling_group(view, group).is_none_or(&meant)).map(|(_, at)| at).min()
}

fn scaling_group<'a>(view: View<'a>, name: &ScalingGroupName) -> Option<&'a ScalingGroup> {
    let query: Query = S::ScalingGroup(name.clone()).into();
    match view.case.baseline.scene.last(&query).or_else(|| last(view, query)) {
        Some(Reading::ScalingGroup(group)) => Some(group),
        _ => None,
    }
}

/// Every target group of which registrations were captured or taken off.
fn target_groups(agenda: &Agenda<'_>) -> BTreeSet<Arn> {
    let case = agenda.view.case;
    let captured = case.baseline.scene.facts().filter_map(|(query, _)| match query {
        Query::Source(S::TargetHealth(arn)) => Some(arn.clone()),
        _ => None,
    });
    let taken = our_changes(case).filter_map(|(effect, _)| match effect {
        SourceEffect::DeregisterTargets { group, .. } => Some(group.clone()),
        _ => None,
    });
    captured.chain(taken).collect()
}

/// The registrations in one target group, by who took them off.
#[derive(Default)]
struct Before {
    /// This case, by a call of its own or by leaving the group.
    ours: BTreeSet<Registration>,
    /// Somebody else.
    others: BTreeSet<Registration>,
    /// Its owner, who was at it when this case began.
    leaving: BTreeSet<Registration>,
}

fn before(agenda: &mut Agenda<'_>, group: &Arn) -> Before {
    let view = agenda.view;
    let taken = our_changes(view.case).filter_map(|(effect, attempt)| match effect {
        SourceEffect::DeregisterTargets { group: from, targets } if from == group => Some((targets, attempt.first)),
        _ => None,
    });
    let (targets, times): (Vec<_>, Vec<_>) = taken.unzip();
    let ours = targets.into_iter().flatten().cloned().collect();
    let by_leaving = left(view, |scaling| scaling.target_groups.contains(group));
    let since = times.into_iter().chain(by_leaving).min();
    let mut before = Before { ours, ..Before::default() };
    let (at, captured) = captured(agenda, group);
    for TargetHealth { registration, state } in captured {
        if before.ours.iter().any(|other| same(other, &registration)) {
            continue;
        }
        let set = match state.as_str() {
            "draining" if since.is_none_or(|since| at <= since) => &mut before.leaving,
            _ if by_leaving.is_some() => &mut before.ours,
            _ => &mut before.others,
        };
        set.insert(registration);
    }
    unknown(agenda, group, by_leaving);
    before
}

/// The captured registrations of the instance, and when they were written.
fn captured(agenda: &Agenda<'_>, group: &Arn) -> (Timestamp, Vec<TargetHealth>) {
    let case = agenda.view.case;
    let names = Names::of(&case.target.instance, captured_interfaces(agenda));
    let ours = |target: &&TargetHealth| names.contains(&target.registration.id) && target.state != "unused";
    match case.baseline.scene.fact(&S::TargetHealth(group.clone()).into()).map(|fact| (fact.at, &fact.answer)) {
        Some((at, Ok(Reading::TargetHealth(targets)))) => (at, targets.iter().filter(ours).cloned().collect()),
        _ => (case.opened, Vec::new()),
    }
}

fn unknown(agenda: &mut Agenda<'_>, group: &Arn, by_leaving: Option<Timestamp>) {
    let why = uncaptured(agenda.view.case, S::TargetHealth(group.clone()));
    if let Some(why) = why.filter(|_| by_leaving.is_some()) {
        agenda.warn(format!("who was registered in {group} could not be read at the capture ({why}): returning to the Auto Scaling group registers the instance on the default port; compare, and make what is missing by hand"));
    }
}

/// One id or address on one port is one registration.
fn same(one: &Registration, other: &Registration) -> bool {
    (&one.id, one.port) == (&other.id, other.port)
}

fn target_group(agenda: &mut Agenda<'_>, group: &Arn) {
    let before = before(agenda, group);
    if before.ours.is_empty() && before.others.is_empty() && before.leaving.is_empty() {
        return;
    }
    let now = match agenda.read_or_gap(S::TargetHealth(group.clone())) {
        Some(Ok(Reading::TargetHealth(now))) => now,
        Some(Err(fault)) if fault.class == FaultClass::NotFound => {
            if is_missed(agenda, S::TargetHealth(group.clone()), fault) {
                agenda.warn(format!("{group} is not there any more: nothing is registered in it"));
            }
            return;
        }
        Some(Err(fault)) => return agenda.hold_unread(&S::TargetHealth(group.clone()).into(), fault),
        _ => return,
    };
    let there = |registration: &Registration| {
        now.iter().any(|target| target.state != "draining" && same(&target.registration, registration))
    };
    let missing = |set: BTreeSet<Registration>| set.into_iter().filter(|r| !there(r)).collect::<Vec<_>>();
    for gone in missing(before.others) {
        agenda.warn(format!("{} in {group} is gone without this case's doing: not registered again", named(&gone)));
    }
    for gone in missing(before.leaving) {
        agenda.warn(format!("{} in {group} was draining before this case changed anything, on its way out by its owner: not registered again", named(&gone)));
    }
    let targets = missing(before.ours);
    if !targets.is_empty() {
        agenda.act(SourceEffect::RegisterTargets { group: group.clone(), targets }, S::TargetHealth(group.clone()));
    }
}

fn named(registration: &Registration) -> String {
    let port = registration.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", registration.id)
}
