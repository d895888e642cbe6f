//! The original was terminated by somebody else: an attacker, a janitor, its group, AWS. What needs a
//! living instance ends with that sentence instead of asking again and again; what was done before
//! stands as it was written; sessions, snapshots and custody go on.

use super::closing;
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::InstanceState;
use crate::step::{StepName, StepStatus};
use crate::steps::isolate;
use crate::view::View;

/// Why a step has nothing left to work on; `None` while the instance is there, or when this case ended
/// it, or for steps that do not need it.
pub fn why(view: View<'_>, step: StepName) -> Option<String> {
    let needs = matches!(
        step,
        StepName::Tag
            | StepName::Protect
            | StepName::Detach
            | StepName::Isolate
            | StepName::Deregister
            | StepName::Image
    );
    if !needs || closing::rests(view, StepName::Isolate) || closes_a_window(view, step) {
        return None;
    }
    let target = &view.case.target.instance;
    let state = state(view)?;
    Some(format!(
        "{target} {state}, and not by this case: find out who did it (CloudTrail, TerminateInstances); what was requested of its disks before is kept"
    ))
}

/// Until its end it can talk: a window that was left open is closed while it shuts down.
fn closes_a_window(view: View<'_>, step: StepName) -> bool {
    step == StepName::Isolate && ends(view) && isolate::window_left_open(view.case)
}

fn ends(view: View<'_>) -> bool {
    let last = view.scene.last(&S::Instance(view.case.target.instance.clone()).into());
    matches!(last, Some(Reading::Instance(instance)) if instance.state == InstanceState::ShuttingDown)
}

/// How it is seen to be gone. That AWS does not show it says nothing: it also does that for a moment
/// with what is there
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>).
fn state(view: View<'_>) -> Option<&'static str> {
    let query: Query = S::Instance(view.case.target.instance.clone()).into();
    match view.scene.last(&query) {
        Some(Reading::Instance(instance)) => match instance.state {
            InstanceState::ShuttingDown => Some("is being terminated"),
            InstanceState::Terminated => Some("is terminated"),
            _ => None,
        },
        _ => None,
    }
}

/// What proves the isolation of an instance that shuts down, as far as this run has not read it: until its end it
/// can talk, and who reads nothing would repeat what an earlier run has read.
pub fn unread(view: View<'_>, step: StepName) -> Vec<Query> {
    let target = &view.case.target.instance;
    if !ends(view) || step != StepName::Isolate || view.case.step_status(step) != Some(StepStatus::Done) {
        return Vec::new();
    }
    let proofs: [Query; 2] = [S::Interfaces(target.clone()).into(), S::QuarantineGroups.into()];
    let unread = |query: &Query| view.scene.fact(query).is_none() && !view.busy.queries.contains(query);
    proofs.into_iter().filter(unread).collect()
}

/// Whether a step stands as it was written before the instance went.
pub fn was_over(view: View<'_>, step: StepName) -> bool {
    matches!(view.case.step_status(step), Some(StepStatus::Done | StepStatus::Skipped))
}

/// Whether how a step stands may come from the instance's end, so that it must be looked at.
pub fn may_explain(step: StepName, status: StepStatus) -> bool {
    let fails_without = matches!(step, StepName::Tag | StepName::Protect | StepName::Image | StepName::Snapshot);
    fails_without && status == StepStatus::Failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::SourceEffect;
    use crate::scene::instance::Instance;
    use crate::testkit::things::instance;
    use crate::testkit::{Bench, INSTANCE, settings};

    fn seen(state: InstanceState) -> Bench {
        let mut bench = Bench::new(settings());
        let reading = Reading::Instance(Box::new(Instance { state, ..instance(&[]) }));
        bench.know(S::Instance(INSTANCE.into()), reading);
        bench
    }

    #[test]
    fn what_needs_the_instance_says_who_is_to_be_looked_for() {
        use StepName::{Copy, Deregister, Detach, Image, Isolate, Protect, Revoke, Share, Snapshot, Tag};
        let bench = seen(InstanceState::Terminated);
        for step in [Tag, Protect, Detach, Isolate, Deregister, Image] {
            let why = why(bench.view(), step).expect("nothing to work on");
            assert!(why.starts_with(&format!("{INSTANCE} is terminated, and not by this case")), "{why}");
        }
        for step in [Revoke, Snapshot, Share, Copy] {
            assert_eq!(why(bench.view(), step), None, "{step} goes on");
        }
    }

    #[test]
    fn gone_is_only_what_is_seen_to_go_and_not_sent_away() {
        let why = |bench: &Bench| why(bench.view(), StepName::Tag);
        for state in [InstanceState::Pending, InstanceState::Running, InstanceState::Stopped] {
            assert_eq!(why(&seen(state)), None);
        }
        assert_eq!(why(&Bench::new(settings())), None, "not read");
        let mut bench = seen(InstanceState::ShuttingDown);
        assert!(why(&bench).is_some_and(|why| why.contains("is being terminated")));
        bench.done(StepName::Terminate, &SourceEffect::terminate_nothing().into(), &[]);
        assert_eq!(why(&bench), None, "by this case");
    }

    #[test]
    fn only_the_failure_of_what_fails_without_the_instance_is_explained() {
        use StepName::{Image, Isolate, Protect, Revoke, Snapshot, Tag};
        for step in [Tag, Protect, Image, Snapshot] {
            assert!(may_explain(step, StepStatus::Failed) && !may_explain(step, StepStatus::Done), "{step}");
        }
        assert!([Isolate, Revoke].iter().all(|step| !may_explain(*step, StepStatus::Failed)));
    }

    #[test]
    fn while_the_instance_shuts_down_its_isolation_is_read_once_more() {
        let mut bench = seen(InstanceState::ShuttingDown);
        assert_eq!(unread(bench.view(), StepName::Isolate), [], "it never stood");
        bench.step(StepName::Isolate, StepStatus::Done);
        let interfaces: Query = S::Interfaces(INSTANCE.into()).into();
        assert_eq!(unread(bench.view(), StepName::Isolate), [interfaces, S::QuarantineGroups.into()]);
        assert_eq!(unread(bench.view(), StepName::Detach), []);
        bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(Vec::new()));
        assert_eq!(unread(bench.view(), StepName::Isolate), [S::QuarantineGroups.into()], "the other one was read");
        let mut over = seen(InstanceState::Terminated);
        over.step(StepName::Isolate, StepStatus::Done);
        assert_eq!(unread(over.view(), StepName::Isolate), [], "it talks to nobody");
    }

    #[test]
    fn what_was_over_stands() {
        let mut bench = Bench::new(settings());
        assert!(!was_over(bench.view(), StepName::Tag));
        for (status, over) in [(StepStatus::Done, true), (StepStatus::Skipped, true), (StepStatus::Failed, false)] {
            bench.step(StepName::Tag, status);
            assert_eq!(was_over(bench.view(), StepName::Tag), over, "{status:?}");
        }
    }
}
