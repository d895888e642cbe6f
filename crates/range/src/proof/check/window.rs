//! The bounded open window: closed in the end, short, and worth what is said of it.

use super::{Checker, News, Sight};
use crate::Deed;
use crate::world::TimeoutReach;
use crate::world::flows::{Flow, Path};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::entry::{Entry, StepEntry};
use casebook::id::{GroupId, InterfaceId};
use casebook::step::{StepName, StepStatus};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The open window is closed when a run ends.
pub const WINDOW_CLOSED: Checker = Checker {
    name: "window-closed",
    law: "no run that could go on ends with the open window open",
    look: window_closed,
};

fn window_closed(sight: &Sight<'_>) -> Option<String> {
    let News::Wrote(Entry::Ended(_)) = sight.news else { return None };
    let windows = windows(sight);
    if windows.is_empty() || sight.disturbed() {
        return None;
    }
    let cards = sight.world.cards_of(&sight.briefing.target.instance).into_iter();
    let held = cards.flat_map(|card| &card.shown.groups).filter(|group| windows.contains(*group));
    let mut groups = held.filter_map(|id| sight.world.network.groups.get(id));
    let window = groups.find(|group| !group.shown.rules.is_empty())?;
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
    let (now, windows) = (sight.world.now(), windows(sight));
    let target = &sight.briefing.target.instance;
    let cards = sight.world.cards_of(target).into_iter();
    let inside: BTreeSet<_> = cards
        .filter(|card| card.shown.groups.iter().any(|group| windows.contains(group)))
        .map(|card| card.shown.id.clone())
        .collect();
    let open = sight.world.exposure(target).interfaces;
    // Whom an attacker has put into other groups is not there any more.
    open.iter().filter(|card| inside.contains(*card)).find_map(|card| {
        let last = sight.history.deeds.iter().rev().find(|deed| puts(deed, card))?;
        let since = last.at.max(process.at);
        let late = opens_window(&windows, last) && now.duration_since(since) > WINDOW;
        late.then(|| format!("{card} has been in the open window for {} s", now.duration_since(since).as_secs()))
    })
}

/// Whether we had put an interface into our open window before that moment.
pub(super) fn was_in_window(sight: &Sight<'_>, card: &InterfaceId, at: Timestamp) -> bool {
    let before = sight.history.deeds.iter().rev().find(|deed| deed.at < at && puts(deed, card));
    before.is_some_and(|deed| opens_window(&windows(sight), deed))
}

fn opens_window(windows: &BTreeSet<GroupId>, deed: &Deed) -> bool {
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

/// What the window is for.
pub const WINDOW_CUTS: Checker = Checker {
    name: "window-cuts",
    law: "on an interface that is said to have been in the open window for its time no connection lives on that only rules tracked, where AWS lets a new timeout reach connections that exist",
    look: window_cuts,
};

/// What the step says of an interface that it does not vouch for.
const SHORT: &str = "was not read in the open window";

fn window_cuts(sight: &Sight<'_>) -> Option<String> {
    if !sight.run_ended() {
        return None;
    }
    let windows = windows(sight);
    let opened = sight.history.deeds.iter().find(|deed| opens_window(&windows, deed))?.at;
    if sight.disturbed_after(opened) {
        return None;
    }
    let said = sight.history.step(StepName::Isolate).filter(|entry| says_closed(entry))?;
    let reach = sight.world.settings.timeout_reach == TimeoutReach::ExistingFlows;
    let vouched =
        |card: &InterfaceId| !said.warnings.iter().any(|line| line.contains(card.as_str()) && line.contains(SHORT));
    let living = sight.world.living_flows(&sight.briefing.target.instance);
    let survivor = living.into_iter().find(|flow| reach && only_rules_track(flow) && vouched(&flow.plan.interface))?;
    Some(format!("'{}' outlived the open window through {}", survivor.plan.label, survivor.plan.interface))
}

fn says_closed(entry: &StepEntry) -> bool {
    entry.status == StepStatus::Done && entry.proof.iter().any(|line| line.contains("the open window is closed"))
}

/// TCP and UDP on a way on which AWS does not track whatever the rules are; ICMP is always tracked.
fn only_rules_track(flow: &Flow) -> bool {
    let plan = &flow.plan;
    !plan.path.always_tracked() && plan.path != Path::AmazonService && plan.protocol != "icmp"
}
