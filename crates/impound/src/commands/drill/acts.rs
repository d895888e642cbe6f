//! Who does something next in a drill: a person, another process, or nobody.

use super::stage::Stage;
use crate::gates;
use casebook::case::Case;
use casebook::entry::CaseStatus;
use casebook::step::Phase;
use engine::RunEnd;
use range::Range;
use range::script::{Approval, When};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// How often a person opens one gate: what is shown there may change, and then it is asked again.
const PATIENCE: usize = 3;

/// What comes after a run.
pub(super) enum Turn {
    /// Its process died: another one takes the case up.
    TakeUp,
    /// What it held for is put right.
    Mend,
    /// A person opens a gate.
    Approve(Approval),
    /// The case goes on through a later phase.
    GoOn(Phase),
    /// Nothing more.
    Curtain(RunEnd),
}

impl Stage<'_> {
    /// What comes next, by how the case stands and what the script has left.
    pub(super) fn turn(&self, case: &Case, ended: Option<&RunEnd>) -> Turn {
        let Some(end) = ended else { return Turn::TakeUp };
        if end.status == CaseStatus::Held && self.wanting {
            return Turn::Mend;
        }
        if let Some(approval) = self.due(case) {
            return Turn::Approve(approval);
        }
        let through = self.script.responder.through;
        if end.status == CaseStatus::Done && case.through < through {
            return Turn::GoOn(through);
        }
        Turn::Curtain(end.clone())
    }

    /// The first decision of the script whose gate is asked for and closed.
    fn due(&self, case: &Case) -> Option<Approval> {
        let closed: Vec<_> = gates::waiting(case).into_iter().map(|waiting| waiting.gate).collect();
        let due = |approval: &&Approval| {
            approval.when == When::Reached
                && closed.contains(&approval.gate)
                && self.times_opened(approval.gate) < PATIENCE
        };
        self.script.approvals.iter().find(due).cloned()
    }
}

/// Lets a process live to its end, or to the moment at which so many of its changes have reached the
/// cloud; `None` when it died.
pub(super) async fn live<T>(range: &Range, dies_after: Option<usize>, process: impl Future<Output = T>) -> Option<T> {
    let before = range.deed_count();
    let mut process = pin!(process);
    poll_fn(|context| {
        let polled = process.as_mut().poll(context);
        let dead = dies_after.is_some_and(|changes| range.deed_count() - before >= changes);
        match polled {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending if dead => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
