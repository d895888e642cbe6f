//! How long each interface was read in the open window, which is what the window is worth.

use super::{LONGEST, window_groups};
use crate::agenda::Agenda;
use crate::case::Case;
use crate::effect::{Effect, SourceEffect};
use crate::id::GroupId;
use crate::scene::network::Interface;
use jiff::Timestamp;

/// When the first rule of a window was taken away, or may have been: a flow is untracked only while rules stand for
/// both of its ways. `None` while all of them stand.
fn narrowed(case: &Case, window: &GroupId) -> Option<Timestamp> {
    let takes =
        |effect: &Effect| matches!(effect, Effect::Source(SourceEffect::RevokeRules { group, .. }) if group == window);
    let took = case.attempts.iter().filter(|(effect, attempt)| takes(effect) && attempt.took_place());
    took.map(|(_, attempt)| attempt.first).min()
}

/// What the ledger's readings show of each interface's time in the window.
pub fn tell(agenda: &mut Agenda<'_>, interfaces: &[Interface]) {
    let (case, now) = (agenda.view.case, agenda.view.now);
    let windows = window_groups(case);
    let stay = |interface: &Interface| {
        let in_one = |group: &GroupId| {
            let stay = case.seen.stays.get(&(interface.id.clone(), group.clone()))?;
            let until = stay.until.unwrap_or(now);
            Some(narrowed(case, group).map_or(until, |narrowed| narrowed.min(until)).duration_since(stay.from))
        };
        windows.iter().filter_map(in_one).max().unwrap_or_default()
    };
    let (whole, short): (Vec<_>, Vec<_>) = interfaces.iter().partition(|interface| stay(interface) > LONGEST);
    if let Some(least) = whole.iter().map(|interface| stay(interface)).min() {
        agenda.prove(format!(
            "the open window is closed; {} of {} interfaces were read in it, and nowhere else before {} s had passed",
            whole.len(),
            interfaces.len(),
            least.as_secs()
        ));
    }
    for interface in short {
        agenda.warn(format!(
            "{} was not read in the open window for more than {} s: connections that were tracked through it may live on",
            interface.id,
            LONGEST.as_secs()
        ));
    }
}
