use super::*;
use crate::entry::{Captured, Entry};
use crate::query::Query;
use crate::scene::instance::InstanceState;
use crate::scene::scaling::Membership;
use crate::step::StepName;
use crate::testkit::things::instance;
use crate::testkit::{Bench, INSTANCE, denied, settings, titles};

fn plan(bench: &Bench) -> Agenda<'_> {
    let mut agenda = Agenda::new(bench.view());
    release(&mut agenda);
    agenda
}

fn gap(bench: &mut Bench, query: impl Into<Query>) {
    let captured = Captured { query: query.into(), reading: None, gap: Some(denied()), artefacts: vec![] };
    bench.write(&Entry::Captured(captured));
}

fn member(protected: bool) -> Reading {
    let (lifecycle, health) = ("InService".into(), "HEALTHY".into());
    Reading::Membership(Some(Membership { group: "web".into(), lifecycle, health, protected }))
}

fn scale_in(to: Switch) -> SourceEffect {
    SourceEffect::SetScaleInProtection { group: "web".into(), instance: INSTANCE.into(), to }
}

fn attribute(bench: &mut Bench, attribute: Attribute, value: AttributeValue) {
    bench.know(S::Attribute(INSTANCE.into(), attribute), Reading::Attribute(value));
}

/// Released as far as the protections; this case set a member's protection from scale-in.
fn stage() -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1"]))));
    bench.done(StepName::Protect, &scale_in(Switch::On).into(), &[]);
    bench.know(S::Membership(INSTANCE.into()), member(true));
    bench
}

/// The return to the group has set it: that is its captured value.
#[test]
fn a_member_that_was_protected_before_stays_protected() {
    let mut bench = stage();
    bench.capture(S::Membership(INSTANCE.into()), member(true));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty() && !agenda.is_open(), "{:?}", titles(&agenda));
}

#[test]
fn a_member_that_was_not_protected_before_loses_our_protection() {
    let mut bench = stage();
    bench.capture(S::Membership(INSTANCE.into()), member(false));
    assert_eq!(plan(&bench).perform, [scale_in(Switch::Off).into()]);
}

#[test]
fn what_was_not_captured_stays_and_is_named() {
    let mut bench = stage();
    gap(&mut bench, S::Membership(INSTANCE.into()));
    let name = Attribute::TerminationProtection;
    gap(&mut bench, S::Attribute(INSTANCE.into(), name));
    bench.done(StepName::Protect, &protection(INSTANCE.into(), name, Switch::On).into(), &[]);
    attribute(&mut bench, name, AttributeValue::Flag(true));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty() && !agenda.is_open());
    let told = agenda.warnings.join("\n");
    for part in ["termination protection: its value before could not be read", "scale-in", "set it by hand"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!agenda.proof.join(" ").contains("every attribute"), "{:?}", agenda.proof);
}

/// Somebody flipped it after the capture, this case set it back: the captured value is `no`.
#[test]
fn a_disk_goes_along_again_only_if_it_did_when_captured() {
    let mut going = instance(&["vol-1", "vol-2"]);
    going.block_devices[1].delete_on_termination = true;
    let mut bench = Bench::new(settings());
    bench.capture(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(going)));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&["vol-1", "vol-2"]))));
    bench.know(S::Membership(INSTANCE.into()), Reading::Membership(None));
    let set = |device: &str, to| SourceEffect::SetDeleteOnTermination {
        instance: INSTANCE.into(),
        device: device.into(),
        to,
    };
    for device in ["/dev/sda", "/dev/sdb"] {
        bench.done(StepName::Protect, &set(device, Switch::Off).into(), &[]);
    }
    assert_eq!(plan(&bench).perform, [set("/dev/sdb", Switch::On).into()]);
}

#[test]
fn nothing_is_set_on_an_instance_that_is_gone() {
    let mut bench = stage();
    bench.capture(S::Membership(INSTANCE.into()), member(false));
    let machine = Instance { state: InstanceState::Terminated, ..instance(&[]) };
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(machine)));
    let agenda = plan(&bench);
    assert!(agenda.perform.is_empty() && agenda.skipped.as_ref().is_some_and(|why| why.contains("is gone")));
}
