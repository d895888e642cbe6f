//! What a run that was told to stop still does: it closes an open window, reads that back, and nothing
//! else.

use super::{Next, run};
use crate::query::{Query, SourceQuery as S};
use crate::step::StepName;
use crate::steps::{self, isolate};
use crate::view::View;

/// The closing, its reading, or nothing.
pub fn plan(view: View<'_>, next: &mut Next) {
    if isolate::window_left_open(view.case) {
        let report = run(view, steps::card(StepName::Isolate), next);
        next.steps.push(report);
    } else if isolate::window_was_opened(view.case) {
        let query = Query::from(S::Interfaces(view.case.target.instance.clone()));
        let stale = view.scene.fact(&query).is_some_and(|fact| fact.stale);
        next.observe.extend(Some(query).filter(|_| stale));
    }
}
