//! The window is closed again: the way back, past every gate, and where AWS lets nobody out, or there is no group to go
//! to, the rules away. Without them its group lets nothing through, and what they had left untracked is cut at once
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>). That is no place to
//! stay, but it holds nothing else up.

use super::{ends, everything, is_over, opened, still_in, way_back, window_groups};
use crate::agenda::Agenda;
use crate::case::{Case, Last};
use crate::custody::readings;
use crate::effect::SourceEffect;
use crate::fault::FaultClass;
use crate::id::{GroupId, InterfaceId, VpcId};
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::network::{Interface, Rule};
use crate::view::View;
use std::collections::{BTreeMap, BTreeSet};

/// How often in a row the way back may fail for reasons that pass.
const REFUSALS: u32 = 3;

/// Whose time is over, or who was left in the window by another run, is put back before anything else.
pub fn must_close(agenda: &mut Agenda<'_>, interfaces: &[Interface], groups: &BTreeMap<VpcId, GroupId>) -> bool {
    let view = agenda.view;
    let (windows, opened) = (window_groups(view.case), opened(view.case));
    let is_in = |interface: &&Interface| interface.groups.iter().any(|group| windows.contains(group));
    let over = |interface: &&Interface| opened.get(&interface.id).is_none_or(|attempt| is_over(view, attempt));
    let shown = agenda.quarantine_groups();
    let is_empty = |id: &GroupId| shown.into_iter().flatten().any(|group| group.id == *id && group.rules.is_empty());
    let late = interfaces.iter().filter(is_in).filter(over);
    let (emptied, due): (Vec<_>, Vec<_>) = late.partition(|interface| interface.groups.iter().all(is_empty));
    for interface in emptied {
        agenda.warn(format!("{} is still in the open window, which was closed by taking its rules away", interface.id));
    }
    due.iter().for_each(|interface| super::super::close(agenda, interface, groups));
    for window in windows {
        let refused = due.iter().any(|due| due.groups.contains(&window) && is_refused(view.case, &due.id));
        let mut inside = interfaces.iter().filter(|interface| interface.groups.contains(&window));
        if refused && inside.all(|inside| over(&inside)) {
            shut(agenda, &window);
        }
    }
    !due.is_empty()
}

/// Closes what is open where there is no group to go to: its rules away, while another one is made.
pub fn close_without_group(agenda: &mut Agenda<'_>) {
    let groups = agenda.view.scene.fact(&S::QuarantineGroups.into());
    if groups.is_some_and(|fact| fact.answer.is_ok() && !fact.stale) {
        wait(agenda);
        if all_over(agenda.view) {
            shut_all(agenda);
        }
    } else {
        close_unread(agenda);
    }
}

/// Closes what is open from what is written, where what the step must read can not be read: the way back, and where
/// there is none, or AWS refuses it, the rules away.
pub fn close_unread(agenda: &mut Agenda<'_>) {
    let view = agenda.view;
    let target = &view.case.target.instance;
    let query = S::Interfaces(target.clone());
    let unreadable = |query: S| view.scene.fact(&query.into()).is_some_and(|fact| fact.answer.is_err());
    if ![query.clone(), S::Instance(target.clone()), S::QuarantineGroups].into_iter().any(unreadable) {
        return;
    }
    wait(agenda);
    let inside = still_in(view.case);
    let stays = |id: &InterfaceId| way_back(view.case, id).is_none() || is_refused(view.case, id);
    if inside.keys().any(|id| stays(id)) && all_over(view) {
        shut_all(agenda);
    }
    for (interface, _) in inside.into_iter().filter(|(_, attempt)| is_over(view, attempt)) {
        if let Some((back, _)) = way_back(view.case, interface) {
            agenda.insist(back.clone(), query.clone());
        }
    }
}

/// Until the last of them has been in the window for its time.
fn wait(agenda: &mut Agenda<'_>) {
    let view = agenda.view;
    for at in still_in(view.case).into_values().filter_map(|attempt| ends(view, attempt)).filter(|at| *at > view.now) {
        agenda.wait(at, "the open window to outlast the idle timeout");
    }
}

/// Whether somebody is in the window, and nobody's time has still to come.
fn all_over(view: View<'_>) -> bool {
    let inside = still_in(view.case);
    !inside.is_empty() && inside.values().all(|attempt| is_over(view, attempt))
}

/// Whether AWS refuses to put an interface into another group, and not for a moment only.
fn is_refused(case: &Case, id: &InterfaceId) -> bool {
    way_back(case, id).is_some_and(|(_, back)| match &back.last {
        Last::Failed(fault) => {
            let not_yet = fault.class == FaultClass::NotFound;
            !(fault.passes() || not_yet) || back.failures >= REFUSALS
        }
        _ => false,
    })
}

fn shut_all(agenda: &mut Agenda<'_>) {
    window_groups(agenda.view.case).iter().for_each(|window| shut(agenda, window));
    agenda.warn("the rules of the open window are taken away, because whoever was put into it could not be put back out: he may still be in it");
}

/// Takes the rules of a window away, one by one: outside of a default VPC AWS takes none of several away when one of
/// them is not there
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html>). Where its group is
/// not shown at this moment, those that were last read in it, and all that make a window.
pub fn shut(agenda: &mut Agenda<'_>, window: &GroupId) {
    let view = agenda.view;
    let query = Query::from(S::QuarantineGroups);
    let shown = |reading: Option<&Reading>| match reading {
        Some(Reading::Groups(groups)) => {
            groups.iter().find(|group| group.id == *window).map(|group| group.rules.clone())
        }
        _ => None,
    };
    let fresh = view.scene.fact(&query).filter(|fact| !fact.stale).and_then(|fact| shown(fact.answer.as_ref().ok()));
    let is_shown = fresh.is_some();
    let rules: BTreeSet<Rule> = fresh.map_or_else(
        || everything().into_iter().chain(shown(readings::last(view, query)).unwrap_or_default()).collect(),
        |rules| rules.into_iter().collect(),
    );
    for rule in rules {
        let effect = SourceEffect::RevokeRules { group: window.clone(), rules: vec![rule] };
        if is_shown || !is_away(view.case, &effect) {
            agenda.persist(effect, S::QuarantineGroups);
        }
    }
}

/// Whether a rule was taken away, or was not there to be taken away; in a default VPC AWS says of both that it is done.
fn is_away(case: &Case, effect: &SourceEffect) -> bool {
    case.attempts.get(&effect.clone().into()).is_some_and(|attempt| match &attempt.last {
        Last::Done(_) => true,
        Last::Failed(fault) => fault.class == FaultClass::NotFound,
        _ => false,
    })
}
