//! How much memory the groups of correlations take. Few may be filled, as many as there is room for may be empty.

use super::windows::NAMED;
use rsigma_eval::{CorrelationEngine, GroupStateInfo, WindowState};

/// What a group takes before it counts anything: its places in the engine's tables, and room for the ids of its events.
const GROUP: usize = 1_500;
/// What a text takes besides its own length.
const TEXT: usize = 40;
/// What the id of an event takes, about.
const ID: usize = 80;
/// What a time takes.
const TIME: usize = 8;

/// How many bytes all groups take, about. They are looked at rule by rule, for the engine shows them as copies.
pub(super) fn bytes(engine: &CorrelationEngine, rules: &[String]) -> usize {
    let of_rule = |id: &String| engine.introspect_filtered(Some(id), None).groups.iter().map(of_group).sum::<usize>();
    rules.iter().map(of_rule).sum()
}

fn of_group(group: &GroupStateInfo) -> usize {
    GROUP + 3 * group.group_key_display.len() + group.entries.min(NAMED) * ID + of_window(&group.window)
}

fn of_window(window: &WindowState) -> usize {
    match window {
        WindowState::EventCount { timestamps } => timestamps.len() * TIME,
        WindowState::ValueCount { entries } => entries.iter().map(|(_, value)| TIME + TEXT + value.len()).sum(),
        WindowState::Temporal { rule_hits } => {
            rule_hits.iter().map(|(rule, times)| TEXT + rule.len() + times.len() * TIME).sum()
        }
        WindowState::NumericAgg { entries } => entries.len() * 2 * TIME,
    }
}
