//! What goes out together, and what waits for nothing.

use crate::stage::Stage;
use casebook::entry::CaseStatus;
use casebook::query::{Query, SourceQuery};
use casebook::step::{Phase, StepName};
use jiff::SignedDuration;

#[test]
fn a_slow_answer_delays_nothing_that_does_not_depend_on_it() {
    let mut stage = Stage::new("web-tier", Phase::Contain);
    stage.slow = |query| matches!(query, Query::Source(SourceQuery::SessionEvents(_)));
    let begin = stage.now();
    let end = stage.drive();
    assert_eq!(end.status, CaseStatus::Done);
    let session = stage.case();
    let isolated = session.case().steps[&StepName::Isolate].finished.expect("isolated");
    assert!(isolated.duration_since(begin) < SignedDuration::from_secs(2), "{isolated}");
}

#[test]
fn the_first_questions_go_out_together() {
    let stage = Stage::new("web-tier", Phase::Capture);
    stage.drive();
    let calls = stage.range.calls();
    let first = calls.iter().filter(|call| call.started == calls[0].started).count();
    assert!(first >= 12, "{first} calls at once");
}
