//! What must come before what.

use super::steps::unprotected;
use super::window::was_in_window;
use super::{Checker, News, Sight};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::entry::{Entry, Opened};
use casebook::query::{Query, SourceQuery as Q};
use casebook::step::{StepName, StepStatus};
use jiff::Timestamp;

/// Every change was announced.
pub const ANNOUNCED: Checker = Checker {
    name: "announced",
    law: "every change is written as an intent before it is sent",
    look: |sight| match sight.news {
        News::Sending { effect, announced: false, .. } => Some(format!("sent without an intent: {}", effect.title())),
        _ => None,
    },
};

/// No change is sent beside itself.
pub const ONCE: Checker = Checker {
    name: "once-at-a-time",
    law: "a change is not sent again while it is under way",
    look: |sight| match sight.news {
        News::Sending { effect, twice: true, .. } => Some(format!("sent twice at once: {}", effect.title())),
        _ => None,
    },
};

/// The scene is written before it is changed.
pub const CAPTURED_FIRST: Checker = Checker {
    name: "captured-first",
    law: "nothing changes before what the change could destroy is captured and written",
    look: captured_first,
};

/// What the first tier of a capture must hold, by question.
fn first_tier(query: &Query) -> Option<u8> {
    match query {
        Query::Source(Q::Instance(_)) => Some(0),
        Query::Source(Q::Interfaces(_)) => Some(1),
        Query::Source(Q::AttachedVolumes(_)) => Some(2),
        Query::Source(Q::ProfileAssociations(_)) => Some(3),
        Query::Source(Q::Membership(_)) => Some(4),
        Query::Source(Q::Attribute(..)) => Some(5),
        _ => None,
    }
}

fn captured_first(sight: &Sight<'_>) -> Option<String> {
    let News::Wrote(Entry::Intent(intent)) = sight.news else { return None };
    let intents = sight.history.lines.iter().filter(|line| matches!(line.entry, Entry::Intent(_)));
    if intents.take(2).count() > 1 {
        return None;
    }
    let captured = sight.history.lines.iter().filter_map(|line| match &line.entry {
        Entry::Captured(captured) => first_tier(&captured.query),
        _ => None,
    });
    let have = captured.fold(0_u8, |have, kind| have | 1 << kind);
    (have != 0b11_1111).then(|| {
        format!("{} is the first change, and of the first tier only {have:06b} is written", intent.effect.title())
    })
}

/// A member is out of service before its interfaces close. Our open window is no part of it: while it stands open an
/// attacker may put the instance back into its group, and closing it waits for nothing.
pub const FROZEN_FIRST: Checker = Checker {
    name: "frozen-first",
    law: "a member in service of a group that believes its balancers is not isolated: it would be terminated",
    look: frozen_first,
};

fn frozen_first(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let what = match &deed.effect {
        Effect::Source(S::SetInterfaceGroups { interface, .. }) => {
            let closes = deed.after.interfaces.len() < deed.before.interfaces.len();
            (closes && !was_in_window(sight, interface, deed.at)).then(|| interface.to_string())
        }
        Effect::Source(S::ReplaceAcl { .. }) => (sight.history.cuts().count() == 1).then(|| "its subnet".to_owned()),
        _ => None,
    };
    let what = what.filter(|_| !sight.disturbed())?;
    let target = &sight.briefing.target.instance;
    let in_danger = sight.world.scaling.groups.values().find(|group| {
        let serves = group.members.get(target).is_some_and(|member| member.lifecycle == "InService");
        let suspended = |process: &str| group.shown.suspended.iter().any(|held| held == process);
        serves && group.shown.checks_balancers() && !suspended("ReplaceUnhealthy") && !suspended("Terminate")
    })?;
    Some(format!("{what} was closed while {target} is in service in {}", in_danger.shown.name))
}

/// A deny by time is written after the profile is gone.
pub const DENY_AFTER_PROFILE: Checker = Checker {
    name: "deny-after-profile",
    law: "a deny of older sessions is dated after the profile stopped giving new ones",
    look: deny_after_profile,
};

fn deny_after_profile(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let Effect::Source(S::PutRolePolicy { document, role, .. }) = &deed.effect else { return None };
    let moment = deny_moment(document)?;
    let target = &sight.briefing.target.instance;
    let takes_off =
        |effect: &Effect| matches!(effect, Effect::Source(S::DisassociateProfile { .. } | S::ReplaceProfile { .. }));
    let off =
        sight.history.deeds.iter().filter(|deed| deed.result.is_ok() && takes_off(&deed.effect)).map(|deed| deed.at);
    let gives =
        sight.world.identity.associations.values().any(|held| held.instance == *target && held.gives_credentials());
    match off.max() {
        Some(off) if moment < off => {
            Some(format!("{role}: sessions before {moment} are denied, and the profile was taken off at {off}"))
        }
        None if gives && !sight.disturbed() => {
            Some(format!("{role}: sessions are denied by time while the profile is still on"))
        }
        _ => None,
    }
}

/// The moment of `aws:TokenIssueTime` in a policy.
fn deny_moment(document: &str) -> Option<Timestamp> {
    let after = document.split("aws:TokenIssueTime").nth(1)?;
    after.split('"').filter_map(|word| word.parse().ok()).next()
}

/// The runbook's order.
pub const RUNBOOK: Checker = Checker {
    name: "runbook-order",
    law: "what a step decides is not done before what its runbook puts first was done, or ended with a reason",
    look: runbook_order,
};

/// The change with which a step decides.
fn decides(effect: &Effect) -> Option<StepName> {
    let Effect::Source(effect) = effect else { return None };
    match effect {
        S::SetTerminationProtection { .. } | S::SetShutdownBehavior { .. } | S::SetDeleteOnTermination { .. } => {
            Some(StepName::Protect)
        }
        S::CreateSnapshots { .. } | S::CreateSnapshot { .. } => Some(StepName::Snapshot),
        S::DetachFromGroup { .. } | S::EnterStandby { .. } | S::SuspendProcesses { .. } => Some(StepName::Detach),
        S::SetInterfaceGroups { .. } => Some(StepName::Isolate),
        S::DisassociateProfile { .. } | S::ReplaceProfile { .. } => Some(StepName::Revoke),
        S::CreateImage { .. } => Some(StepName::Image),
        S::ShareSnapshot { .. } => Some(StepName::Share),
        S::Terminate { .. } => Some(StepName::Terminate),
        _ => None,
    }
}

fn runbook_order(sight: &Sight<'_>) -> Option<String> {
    let deed = sight.taken()?;
    let step = decides(&deed.effect)?;
    let opened = sight.history.opened()?;
    if sight.history.releasing() || revoked_first(sight, opened) {
        return None;
    }
    let row = opened.runbook.steps.iter().find(|row| row.step == step)?;
    // What must be captured first has a checker of its own.
    let before = row.after.iter().filter(|before| **before != StepName::Capture && !outranked(step, **before));
    let early = before.into_iter().find(|before| !may_pass(sight, **before))?;
    Some(format!("{step} decided ({}) before {early}", deed.effect.title()))
}

fn revoked_first(sight: &Sight<'_>, opened: &Opened) -> bool {
    let asks = |entry: &Entry| matches!(entry, Entry::Finding(finding) if finding.revoke_first);
    opened.revoke_first || sight.history.lines.iter().any(|line| asks(&line.entry))
}

/// A member leaves service before its interfaces close, whatever the runbook prefers.
fn outranked(step: StepName, before: StepName) -> bool {
    (step, before) == (StepName::Detach, StepName::Isolate)
}

/// Whether a step has decided, had nothing to do, or ended with a reason: done, skipped, failed, or
/// held up by a gate, its own or that of a step that a law puts before it.
fn may_pass(sight: &Sight<'_>, step: StepName) -> bool {
    let target = &sight.briefing.target.instance;
    if step == StepName::Protect && unprotected(sight.world, target).is_none() {
        return true;
    }
    let decided = sight.history.deeds.iter().any(|deed| decides(&deed.effect) == Some(step));
    let gated = |entry: &Entry| matches!(entry, Entry::Asked(asked) if !asked.gate.is_offer());
    decided
        || sight.history.lines.iter().any(|line| gated(&line.entry))
        || sight.history.lines.iter().any(|line| match &line.entry {
            Entry::Step(entry) if entry.step == step => {
                entry.status != StepStatus::Waiting || entry.reason != "under way"
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::{CAPTURED_FIRST, RUNBOOK};
    use crate::Deed;
    use crate::proof::check::{News, fed};
    use crate::world::exposure::Exposure;
    use casebook::effect::{Effect, SourceEffect as S, Switch};
    use casebook::entry::{Entry, Intent, StepEntry};
    use casebook::reading::Made;
    use casebook::step::{StepName, StepStatus};

    fn protects() -> Effect {
        S::SetTerminationProtection { instance: "i-1".into(), to: Switch::On }.into()
    }

    #[test]
    fn a_change_without_a_capture_is_seen() {
        let intent = Intent { step: StepName::Protect, effect: protects() };
        let said = fed::wrote(&CAPTURED_FIRST, vec![Entry::Intent(intent)]).expect("a breach");
        assert!(said.contains("000000"), "{said}");
    }

    /// What the checker says of an isolation that lands after these entries and nothing else.
    fn isolates_after(entries: Vec<Entry>) -> Option<String> {
        let (trial, mut history) = fed::written(entries);
        let effect = S::SetInterfaceGroups { interface: "eni-1".into(), groups: Vec::new() }.into();
        let (before, after) = (Exposure::default(), Exposure::default());
        let (by, at) = (trial.range.hand(), trial.now());
        history.deeds.push(Deed { by, at, effect, result: Ok(Made::nothing()), before, after });
        fed::look(&RUNBOOK, &trial, &history, News::Landed)
    }

    fn stands(step: StepName, status: StepStatus) -> Entry {
        let (reason, warnings, proof) = ("under way".to_owned(), Vec::new(), Vec::new());
        Entry::Step(StepEntry { step, status, reason, warnings, proof })
    }

    #[test]
    fn a_step_before_its_turn_is_seen() {
        let said = isolates_after(Vec::new()).expect("a breach");
        assert!(said.contains("before protect"), "{said}");
        let waiting = [StepName::Protect, StepName::Snapshot, StepName::Detach];
        assert!(isolates_after(waiting.map(|step| stands(step, StepStatus::Waiting)).into()).is_some());
        assert_eq!(isolates_after(waiting.map(|step| stands(step, StepStatus::Done)).into()), None);
    }
}
