//! Responses that are started at the same moment in one state directory.

use crate::field::Field;
use casebook::step::Phase;
use impound::exit::Exit;
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
