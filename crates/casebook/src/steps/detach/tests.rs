use super::*;
use crate::entry::{Entry, Outcome};
use crate::fault::{Fault, FaultClass};
use crate::query::Query;
use crate::testkit::things::{instance, scaling_group};
use crate::testkit::{Bench, INSTANCE, settings, titles};

fn membership() -> Query {
    S::Membership(INSTANCE.into()).into()
}

/// A member of a group, in a state of its life.
fn member(lifecycle: &str) -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.know(S::ScalingGroup(scaling_group().name), Reading::ScalingGroup(scaling_group().into()));
    become_now(&mut bench, lifecycle);
    bench
}

fn become_now(bench: &mut Bench, lifecycle: &str) {
    let (group, lifecycle, health) = (scaling_group().name, lifecycle.to_owned(), "HEALTHY".to_owned());
    bench.know(membership(), Reading::Membership(Some(Membership { group, lifecycle, health, protected: false })));
}

/// AWS has refused to let it go.
fn refused(bench: &mut Bench) {
    let effect = bench.plan(&CARD).perform.remove(0);
    let intent = bench.lost(StepName::Detach, &effect);
    let fault = Fault::new(FaultClass::Conflict, "ValidationError", "is not in InService or Standby");
    bench.write(&Entry::Outcome(Outcome { intent, made: None, fault: Some(fault) }));
}

#[test]
fn a_member_that_enters_service_is_awaited_after_one_refusal() {
    for lifecycle in ["Pending", "Pending:Wait"] {
        let mut bench = member(lifecycle);
        refused(&mut bench);
        for _ in 0..CONSISTENCY.as_secs() {
            let agenda = bench.plan(&CARD);
            assert!(agenda.perform.is_empty() && agenda.holds.is_empty(), "{:?}", titles(&agenda));
            assert!(agenda.observe.contains(&membership()) || !agenda.wakes.is_empty(), "it is looked at again");
            bench.later(1);
            become_now(&mut bench, lifecycle);
        }
        let mut more = 0;
        while bench.plan(&CARD).holds.is_empty() {
            more += bench.plan(&CARD).perform.len();
            if !bench.plan(&CARD).perform.is_empty() {
                refused(&mut bench);
            }
            bench.later(1);
            become_now(&mut bench, lifecycle);
        }
        assert_eq!(more, 7, "what AWS says goes into the step in the end");
    }
}

#[test]
fn a_member_leaves_as_soon_as_it_is_in_service() {
    let mut bench = member("Pending");
    refused(&mut bench);
    bench.later(4);
    become_now(&mut bench, "InService");
    assert_eq!(bench.plan(&CARD).perform.len(), 1, "{:?}", titles(&bench.plan(&CARD)));
    assert_eq!(member("InService").plan(&CARD).perform.len(), 1);
}
