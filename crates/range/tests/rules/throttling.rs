//! Token buckets, shared with everybody in the account.

use crate::support::{case_tags, cloud, first_interface, target};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::fault::FaultClass;
use casebook::query::{Query, Side, SourceQuery};
use jiff::SignedDuration;
use range::world::throttling::Throttling;
use range::{Range, run};

fn counted(name: &str) -> Range {
    let range = cloud(name);
    range.with_world(|world| world.settings.throttling = Throttling::Documented);
    range
}

/// How many calls in a row are served.
fn served(range: &Range, side: Side, action: &str) -> usize {
    range.with_world(|world| (0..200).take_while(|_| world.spend(side, action).is_ok()).count())
}

#[test]
fn buckets_hold_and_refill_as_published() {
    for (action, size, refill) in [
        ("ec2:ModifyNetworkInterfaceAttribute", 100, 5),
        ("ec2:ModifyInstanceAttribute", 50, 5),
        ("ec2:CopySnapshot", 50, 5),
        ("ec2:CreateSnapshots", 100, 5),
        ("ec2:CopyImage", 100, 1),
        ("ec2:CreateTags", 100, 10),
        ("ec2:RunInstances", 5, 2),
        ("ec2:DescribeInstances", 100, 20),
    ] {
        let range = counted("lone");
        assert_eq!(served(&range, Side::Source, action), size, "{action}");
        crate::support::pass(&range, 2);
        assert_eq!(served(&range, Side::Source, action), 2 * refill, "{action}");
        crate::support::pass(&range, 3600);
        assert_eq!(served(&range, Side::Source, action), size, "{action}: it never holds more");
    }
}

#[test]
fn what_publishes_no_rate_is_not_counted_and_nothing_is_by_default() {
    let range = counted("lone");
    assert_eq!(served(&range, Side::Source, "iam:PutRolePolicy"), 200);
    let free = cloud("lone");
    assert_eq!(served(&free, Side::Source, "ec2:RunInstances"), 200);
}

#[test]
fn somebody_who_drains_a_bucket_keeps_the_responder_waiting_in_that_account_and_action_alone() {
    let range = counted("lone");
    range.with_world(|world| world.administrator("mallory").drain("ec2:CreateSnapshots", 1_000));
    let snapshots: Effect =
        S::CreateSnapshots { instance: target(&range), description: "test".into(), tags: case_tags() }.into();
    let fault = run(&range.clock(), range.perform(&snapshots)).value.expect_err("no token is left");
    assert_eq!((fault.class, fault.code.as_str()), (FaultClass::Throttled, "RequestLimitExceeded"));
    assert!(range.with_world(|world| world.storage.snapshots.is_empty()), "a refused call does nothing");
    assert_eq!(served(&range, Side::Forensic, "ec2:CreateSnapshots"), 100, "the other account has its own");
    assert!(run(&range.clock(), range.observe(&Query::from(SourceQuery::Instance(target(&range))))).value.is_ok());
    run(&range.clock(), range.clock().sleep(SignedDuration::from_secs(1)));
    run(&range.clock(), range.perform(&snapshots)).value.expect("tokens came back");
}

#[test]
fn a_flood_throttles_reads_rehearsals_and_the_attacker_himself() {
    let range = counted("lone");
    let read = || run(&range.clock(), range.observe(&Query::from(SourceQuery::Instance(target(&range))))).value;
    range.with_world(|world| world.drain("ec2:DescribeInstances", 100));
    assert_eq!(read().expect_err("half a token has come back").code, "RequestLimitExceeded");
    assert!(read().is_ok(), "and another while the refusal came");
    let snapshots: Effect =
        S::CreateSnapshots { instance: target(&range), description: "test".into(), tags: case_tags() }.into();
    range.with_world(|world| world.drain("ec2:CreateSnapshots", 100));
    let rehearsed = run(&range.clock(), range.rehearse(&snapshots)).value;
    assert_eq!(rehearsed.expect_err("a rehearsal is a call").code, "RequestLimitExceeded");
    let card = first_interface(&range);
    let act = range.with_world(|world| {
        world.drain("ec2:ModifyNetworkInterfaceAttribute", 100);
        world.administrator("mallory").set_interface_groups(&card, &[])
    });
    assert_eq!(act.expect_err("the bucket is everybody's").code, "RequestLimitExceeded");
}

#[test]
fn a_flood_takes_what_comes_back_until_it_ends() {
    let range = counted("lone");
    let action = "ec2:CreateSnapshots";
    range.with_world(|world| world.administrator("mallory").flood(action, 1_000, SignedDuration::from_secs(20)));
    crate::support::pass(&range, 10);
    assert_eq!(served(&range, Side::Source, action), 0, "what comes back is taken");
    assert_eq!(served(&range, Side::Source, "ec2:ModifyInstanceAttribute"), 50, "another action has its own bucket");
    crate::support::pass(&range, 12);
    assert_eq!(served(&range, Side::Source, action), 10, "two seconds after its end");
}

#[test]
fn a_slow_flood_leaves_the_rest() {
    let range = counted("lone");
    let action = "ec2:CreateSnapshots";
    range.with_world(|world| {
        world.drain(action, 1_000);
        world.flood(action, 4, SignedDuration::from_secs(20));
    });
    crate::support::pass(&range, 10);
    assert_eq!(served(&range, Side::Source, action), 10, "one of five each second");
}
