//! What a run that was told to stop still does: it closes an open window, and nothing else.

use super::{Next, run};
use crate::step::StepName;
use crate::steps::{self, isolate};
use crate::view::View;

/// The closing, or nothing.
pub fn plan(view: View<'_>, next: &mut Next) {
    if isolate::window_left_open(view.case) {
        let report = run(view, steps::card(StepName::Isolate), next);
        next.steps.push(report);
    }
}
