//! Several instances that one finding accuses.

use crate::field::{Field, charge};
use casebook::id::{CaseId, InstanceId};
use casebook::step::Phase;
use engine::Stop;
use impound::history::History;
use impound::several::{Calls, respond_to_all};

/// The target and another instance that runs in the same account.
fn accused(field: &Field) -> [InstanceId; 2] {
    let target = field.range.target().instance;
    let all = field.range.with_world(|world| world.compute.instances.keys().cloned().collect::<Vec<_>>());
    let other = all.into_iter().find(|id| *id != target).expect("another instance");
    [target, other]
}

#[test]
fn all_are_contained_before_the_first_is_shared() {
    let field = Field::new();
    let charges = accused(&field).map(|instance| charge(instance, Phase::Custody));
    let (context, clock, stop) = (field.context(), field.clock(), Stop::new());
    let calls = Calls { context: &context, clock: &clock, stop: &stop };
    let enter = async |charge: &_| Ok((field.cloud(), field.response(Clone::clone(charge))));
    range::run(&clock, respond_to_all(calls, &charges, enter)).expect("both are told");
    let sent: Vec<String> = field.range.calls().into_iter().map(|call| call.action).collect();
    let contained = sent.iter().rposition(|action| action == "ec2:ModifyNetworkInterfaceAttribute");
    let shared = sent.iter().position(|action| action == "ec2:ModifySnapshotAttribute");
    assert!(contained.expect("contained") < shared.expect("shared"), "{sent:?}");
    let cases = field.shelf().cases().expect("listed");
    assert_eq!(cases.len(), 2);
    for case in cases {
        let history = History::read(field.shelf().path(), &CaseId::new(case)).expect("readable");
        assert_eq!(history.case.through, Phase::Custody);
    }
}
