//! Release of an instance that is gone: what it left behind for others can still be undone.

use crate::field::Field;
use casebook::entry::{Entry, StepEntry};
use casebook::gate::Gate;
use casebook::step::{Phase, StepName, StepStatus};
use impound::opening::take_up;

/// The ledger says that the instance was read back as terminated.
fn terminated(field: &Field) {
    let mut session = take_up(&field.shelf(), &field.case()).expect("free");
    let (step, status, reason) = (StepName::Terminate, StepStatus::Done, String::new());
    let entry = StepEntry { step, status, reason, warnings: vec![], proof: vec![] };
    session.append(field.clock().now(), &[Entry::Step(entry)]).expect("written");
}

#[test]
fn a_subnet_that_is_cut_can_be_released_after_the_end() {
    let field = Field::new();
    let mut response = field.response(field.charge(Phase::Contain));
    response.plan.approve.push(Gate::SubnetNacl);
    field.respond(response).expect("contained");
    terminated(&field);
    let end = field.run(&["release", field.case().as_str()]);
    end.fails_with(2, &["the subnet's network ACL is put back", "It is terminated", "--yes"]);
    assert!(!end.stderr.contains("security groups back"), "{}", end.stderr);
}

#[test]
fn a_terminated_instance_that_left_nothing_has_nothing_to_release() {
    let field = Field::new();
    field.respond(field.response(field.charge(Phase::Capture))).expect("captured");
    terminated(&field);
    field.run(&["release", field.case().as_str()]).fails_with(2, &["there is nothing to release"]);
}
