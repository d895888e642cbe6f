//! What goes out together, and what waits for nothing.

use casebook::entry::CaseStatus;
use casebook::query::{Query, SourceQuery};
use casebook::step::{Phase, StepName};
use jiff::SignedDuration;
use range::proof::Trial;

#[test]
fn a_slow_answer_delays_nothing_that_does_not_depend_on_it() {
    let mut trial = Trial::new("web-tier", Phase::Contain);
    trial.slow = |query| matches!(query, Query::Source(SourceQuery::SessionEvents(_)));
    let begin = trial.now();
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done);
    let session = trial.case();
    let isolated = session.case().steps[&StepName::Isolate].finished.expect("isolated");
    assert!(isolated.duration_since(begin) < SignedDuration::from_secs(2), "{isolated}");
}

#[test]
fn the_first_questions_go_out_together() {
    let trial = Trial::new("web-tier", Phase::Capture);
    trial.drive();
    let calls = trial.range.calls();
    let first = calls.iter().filter(|call| call.started == calls[0].started).count();
    assert!(first >= 12, "{first} calls at once");
}
