//! The original was terminated by somebody else: an attacker, a janitor, its group, AWS. What needs a
//! living instance ends with that sentence instead of asking again and again; what was done before
//! stands as it was written; sessions, snapshots and custody go on.

use super::closing;
use crate::query::{Query, SourceQuery as S};
use crate::reading::Reading;
use crate::scene::instance::InstanceState;
use crate::step::{StepName, StepStatus};
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
    if !needs || closing::rests(view, StepName::Isolate) {
        return None;
    }
    let target = &view.case.target.instance;
    let state = state(view)?;
    Some(format!(
        "{target} {state}, and not by this case: find out who did it (CloudTrail, TerminateInstances); what was requested of its disks before is kept"
    ))
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

/// Whether a step stands as it was written before the instance went.
pub fn was_over(view: View<'_>, step: StepName) -> bool {
    matches!(view.case.step_status(step), Some(StepStatus::Done | StepStatus::Skipped))
}

/// Whether how a step stands may come from the instance's end, so that it must be looked at.
pub fn may_explain(step: StepName, status: StepStatus) -> bool {
    let fails_without = matches!(step, StepName::Tag | StepName::Protect | StepName::Image | StepName::Snapshot);
    fails_without && status == StepStatus::Failed
}
