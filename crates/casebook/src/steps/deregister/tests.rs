use super::*;
use crate::testkit::things::{instance, interface, scaling_group};
use crate::testkit::{Bench, INSTANCE, settings};

/// An instance whose balancers can not be read; a member of a group, or of none, as it was captured and as it is now.
fn unread(captured: bool, now: Option<bool>) -> Vec<String> {
    let mut bench = Bench::new(settings());
    let query = || S::Membership(INSTANCE.into());
    bench.capture(query(), membership(captured));
    bench.know(S::Instance(INSTANCE.into()), Reading::Instance(Box::new(instance(&[]))));
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![interface("eni-1", &["sg-1"])]));
    bench.know(S::ClassicBalancers(INSTANCE.into()), Reading::Classic(Vec::new()));
    bench.deny(S::TargetGroups);
    if let Some(now) = now {
        bench.know(query(), membership(now));
    }
    let agenda = bench.plan(&CARD);
    assert_eq!(agenda.holds.len(), 1);
    agenda.warnings
}

fn membership(member: bool) -> Reading {
    let group = scaling_group().name;
    let (lifecycle, health) = ("Detaching".to_owned(), "HEALTHY".to_owned());
    Reading::Membership(member.then_some(Membership { group, lifecycle, health, protected: false }))
}

#[test]
fn what_can_not_be_taken_off_says_that_the_group_may_end_the_instance() {
    let group = scaling_group().name;
    let command = format!("suspend-processes --auto-scaling-group-name {group} --scaling-processes ReplaceUnhealthy");
    for (captured, now) in [(true, None), (true, Some(true)), (false, Some(true))] {
        let warnings = unread(captured, now);
        assert!(warnings.iter().any(|warning| warning.contains(&command)), "{warnings:?}");
    }
    for (captured, now) in [(false, None), (true, Some(false))] {
        assert_eq!(unread(captured, now), Vec::<String>::new(), "no group, no danger");
    }
}
