//! Responses that are started at the same moment in one state directory.

use crate::field::{Field, charge, finding};
use casebook::id::InstanceId;
use casebook::settings::ForensicConfig;
use casebook::step::Phase;
use impound::exit::Exit;
use impound::opening::case_of;
use std::sync::Barrier;
use std::thread::{ScopedJoinHandle, scope};

const RESPONDERS: usize = 4;

#[test]
fn of_responses_at_one_moment_one_opens_the_case() {
    let field = Field::new();
    let (state, start) = (field.state.clone(), Barrier::new(RESPONDERS));
    let respond = |number: usize| {
        let mut own = Field::new();
        own.state.clone_from(&state);
        let mut response = own.response(own.charge(Phase::Capture));
        response.plan.nonce = format!("{number:032}").chars().rev().collect();
        start.wait();
        own.respond(response)
    };
    let ends: Vec<_> = scope(|threads| {
        let respond = &respond;
        let started: Vec<_> = (0..RESPONDERS).map(|number| threads.spawn(move || respond(number))).collect();
        started.into_iter().map(ScopedJoinHandle::join).collect::<Result<_, _>>().expect("no thread panics")
    });
    assert_eq!(field.shelf().cases().expect("listed").len(), 1, "{ends:?}");
    assert!(ends.iter().any(|end| matches!(end, Ok(Exit::Done))), "{ends:?}");
    let told = |failure: &impound::failure::Failure| failure.exit == Exit::Usage && failure.what.contains("is held by");
    assert!(
        ends.iter().all(|end| end.as_ref().is_ok_and(|exit| *exit == Exit::Done) || end.as_ref().is_err_and(told)),
        "{ends:?}"
    );
}

#[test]
fn of_a_response_that_fails_the_case_is_found_if_it_has_opened_one() {
    let mut field = Field::new();
    field.config.forensic = ForensicConfig::default();
    let respond = |instance: InstanceId, id: &str| {
        let mut charge = charge(instance.clone(), Phase::Custody);
        charge.findings.push(finding(id, false, b"{}"));
        field.respond(field.response(charge)).expect_err("it fails");
        case_of(&field.shelf(), instance.as_str(), id).expect("listed")
    };
    let target = field.range.target().instance;
    assert_eq!(respond(InstanceId::new("i-00000000000000000"), "alert-1"), None, "no such instance");
    assert_eq!(respond(target.clone(), "alert-2"), Some(field.case()), "held at custody");
    assert_eq!(case_of(&field.shelf(), target.as_str(), "alert-1").expect("listed"), None, "of another finding");
}
