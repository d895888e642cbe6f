//! What protects an instance, and what its end takes with it.

use crate::support::{ask, cloud, instance, make, pass, refused, target, volumes};
use casebook::effect::{Effect, SourceEffect as S, Switch};
use casebook::fault::FaultClass;
use casebook::query::SourceQuery;
use casebook::reading::Reading;
use casebook::scene::instance::{InstanceState, ShutdownBehavior};
use range::Range;
use serde_json::json;

/// A termination, past the type that keeps the program from asking for it without evidence.
fn terminate(range: &Range) -> Effect {
    let proof = json!({ "case": "c1", "digest": "0".repeat(64) });
    serde_json::from_value(json!({ "source": { "terminate": { "instance": target(range), "proof": proof } } }))
        .expect("the effect's own shape")
}

#[test]
fn each_protection_refuses_the_call_alone() {
    let range = cloud("lone");
    let id = target(&range);
    let termination = |to| S::SetTerminationProtection { instance: id.clone(), to };
    let stop = |to| S::SetStopProtection { instance: id.clone(), to };
    for (on, off) in [(termination(Switch::On), termination(Switch::Off)), (stop(Switch::On), stop(Switch::Off))] {
        make(&range, on);
        assert_eq!(refused(&range, terminate(&range)).1, "OperationNotPermitted");
        make(&range, off);
    }
    make(&range, terminate(&range));
    assert_eq!(instance(&range).state, InstanceState::ShuttingDown);
}

#[test]
fn a_spot_instance_cannot_be_protected() {
    let range = cloud("spot");
    let on = S::SetTerminationProtection { instance: target(&range), to: Switch::On };
    assert_eq!(refused(&range, on), (FaultClass::Invalid, "UnsupportedOperation".into()));
    let on = S::SetStopProtection { instance: target(&range), to: Switch::On };
    assert_eq!(refused(&range, on).1, "UnsupportedOperation");
}

#[test]
fn a_shutdown_from_inside_passes_every_protection() {
    for (behavior, end) in
        [(ShutdownBehavior::Terminate, InstanceState::Terminated), (ShutdownBehavior::Stop, InstanceState::Stopped)]
    {
        let range = cloud("lone");
        let id = target(&range);
        make(&range, S::SetTerminationProtection { instance: id.clone(), to: Switch::On });
        make(&range, S::SetShutdownBehavior { instance: id.clone(), to: behavior });
        range.with_world(|world| world.shutdown_from_inside(&id));
        pass(&range, 10);
        assert_eq!(instance(&range).state, end, "{behavior:?}");
    }
}

#[test]
fn the_mapping_decides_which_volumes_stay() {
    let range = cloud("web-tier");
    let ids = volumes(&range);
    let keep = S::SetDeleteOnTermination { instance: target(&range), device: "/dev/xvda".into(), to: Switch::Off };
    make(&range, keep);
    make(&range, terminate(&range));
    pass(&range, 10);
    let Reading::Volumes(left) = ask(&range, SourceQuery::Volumes(ids.clone())) else { panic!("volumes") };
    let mut states: Vec<_> = left.iter().map(|volume| (volume.id.clone(), volume.state.as_str())).collect();
    let mut expected = vec![(ids[0].clone(), "available"), (ids[1].clone(), "available")];
    states.sort();
    expected.sort();
    assert_eq!(states, expected, "the third is deleted with its instance");
}

#[test]
fn an_unknown_device_is_refused() {
    let range = cloud("lone");
    let wrong = S::SetDeleteOnTermination { instance: target(&range), device: "/dev/nope".into(), to: Switch::Off };
    assert_eq!(refused(&range, wrong).0, FaultClass::Invalid);
}

#[test]
fn a_terminated_instance_is_visible_for_an_hour() {
    let range = cloud("web-tier");
    make(&range, terminate(&range));
    pass(&range, 3500);
    assert_eq!(instance(&range).state, InstanceState::Terminated);
    assert_eq!(instance(&range).interfaces.len(), 0);
    pass(&range, 200);
    let gone = range.with_world(|world| world.answer(&SourceQuery::Instance(target(&range)).into()));
    assert_eq!(gone.expect_err("forgotten").code, "InvalidInstanceID.NotFound");
}
