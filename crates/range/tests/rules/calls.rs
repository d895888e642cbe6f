//! Calls: how long they take, how they are counted, and what faults do to them.

use crate::support::{case_tags, cloud, groups, target};
use casebook::effect::{Effect, SourceEffect as S};
use casebook::fault::{Fault, FaultClass};
use casebook::id::SnapshotId;
use casebook::query::{Query, SourceQuery};
use casebook::reading::{Answer, Reading};
use futures_util::future::join_all;
use jiff::SignedDuration;
use range::{Injection, Range, run};

fn ask(range: &Range, query: impl Into<Query>) -> Answer<Reading> {
    run(&range.clock(), range.observe(&query.into()))
}

fn snapshots(range: &Range) -> Effect {
    S::CreateSnapshots { instance: target(range), description: "test".into(), tags: case_tags() }.into()
}

fn taken(range: &Range, begin: jiff::Timestamp) -> i64 {
    let taken = range.clock().now().duration_since(begin).as_millis();
    i64::try_from(taken).expect("short")
}

#[test]
fn a_call_takes_fifty_milliseconds_and_pages_follow_each_other() {
    let range = cloud("web-tier");
    for (query, calls) in [
        (SourceQuery::Instance(target(&range)), 1),
        (SourceQuery::TargetGroups, 3),
        (SourceQuery::RolePolicies("web-app-role".into()), 2),
        (SourceQuery::ClassicBalancers(target(&range)), 2),
    ] {
        let begin = range.clock().now();
        let answer = ask(&range, query.clone());
        assert!(answer.value.is_ok(), "{query:?}");
        assert_eq!((answer.calls.len(), taken(&range, begin)), (calls, 50 * calls as i64), "{query:?}");
    }
    assert_eq!(range.calls().len(), 8);
}

#[test]
fn calls_at_the_same_time_take_the_time_of_one() {
    let range = cloud("web-tier");
    let begin = range.clock().now();
    let queries: Vec<Query> = (0..10).map(|_| SourceQuery::Instance(target(&range)).into()).collect();
    let answers = run(&range.clock(), join_all(queries.iter().map(|query| range.observe(query))));
    assert_eq!((answers.len(), taken(&range, begin)), (10, 50));
    assert!(
        range.calls().iter().all(|call| call.finished.duration_since(call.started) == SignedDuration::from_millis(50))
    );
}

#[test]
fn a_request_that_was_given_up_arrives_when_it_arrives() {
    let range = cloud("web-tier");
    let lost = Fault::new(FaultClass::Unknown, "", "the connection was closed");
    range.inject(Injection::late("ec2:CreateSnapshots", lost.clone(), SignedDuration::from_secs(12)));
    let answer = run(&range.clock(), range.perform(&snapshots(&range)));
    assert_eq!(answer.value, Err(lost));
    let taken = || range.with_world(|world| world.storage.snapshots.len());
    crate::support::pass(&range, 11);
    assert_eq!((taken(), range.deed_count()), (0, 0), "it is under way");
    crate::support::pass(&range, 60);
    assert_eq!(taken(), 3);
    let deed = &range.deeds_from(0)[0];
    let sent = range.calls()[0].started;
    assert!(deed.result.is_ok() && deed.at == sent + SignedDuration::from_millis(12_025), "at its moment: {}", deed.at);
}

#[test]
fn a_fault_before_the_effect_changes_nothing() {
    let range = cloud("web-tier");
    let throttled = Fault::new(FaultClass::Throttled, "RequestLimitExceeded", "slow down");
    range.inject(Injection::before("ec2:CreateSnapshots", throttled.clone()).skipping(1).times(2));
    let effect = snapshots(&range);
    let mut values = Vec::new();
    for _ in 0..4 {
        values.push(run(&range.clock(), range.perform(&effect)).value.is_ok());
    }
    assert_eq!(values, [true, false, false, true]);
    match ask(&range, SourceQuery::CaseSnapshots("c1".into())).value {
        Ok(Reading::Snapshots(found)) => assert_eq!(found.len(), 6),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lost_answer_leaves_the_effect() {
    let range = cloud("web-tier");
    let lost = Fault::new(FaultClass::Unknown, "", "connection reset");
    range.inject(Injection::after("ec2:CreateSnapshots", lost.clone()));
    assert_eq!(run(&range.clock(), range.perform(&snapshots(&range))).value, Err(lost));
    match ask(&range, SourceQuery::CaseSnapshots("c1".into())).value {
        Ok(Reading::Snapshots(found)) => assert_eq!(found.len(), 3),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fault_on_the_second_page_loses_the_answer() {
    let range = cloud("web-tier");
    let denied = Fault::new(FaultClass::Denied, "AccessDenied", "no");
    range.inject(Injection::before("elasticloadbalancing:DescribeTargetGroups", denied.clone()).skipping(1));
    let answer = ask(&range, SourceQuery::TargetGroups);
    assert_eq!((answer.value, answer.calls.len()), (Err(denied), 2));
}

#[test]
fn a_rehearsal_changes_nothing_and_shows_a_missing_permission() {
    let range = cloud("web-tier");
    let effect = snapshots(&range);
    assert_eq!(run(&range.clock(), range.rehearse(&effect)).value, Ok(()));
    let denied = Fault::new(FaultClass::Denied, "UnauthorizedOperation", "no");
    range.inject(Injection::before("ec2:CreateSnapshots", denied.clone()));
    assert_eq!(run(&range.clock(), range.rehearse(&effect)).value, Err(denied));
    match ask(&range, SourceQuery::CaseSnapshots("c1".into())).value {
        Ok(Reading::Snapshots(found)) => assert_eq!(found, vec![]),
        other => panic!("{other:?}"),
    }
    let predicted: Effect = S::DeleteRolePolicy { role: "r".into(), name: "n".into() }.into();
    let answer = run(&range.clock(), range.rehearse(&predicted));
    assert!(answer.value.is_err() && answer.calls.is_empty(), "IAM has no dry run");
}

#[test]
fn revoking_is_a_call_of_its_direction() {
    let range = cloud("web-tier");
    let squatter = groups(&range, SourceQuery::QuarantineGroups).remove(0);
    let ingress = squatter.rules.iter().filter(|rule| rule.direction == casebook::scene::network::Direction::Ingress);
    let effect = S::RevokeRules { group: squatter.id, rules: ingress.cloned().collect() };
    let answer = run(&range.clock(), range.perform(&effect.into()));
    assert_eq!(answer.calls, ["ec2:RevokeSecurityGroupIngress"]);
}

#[test]
fn blocks_are_read_sixteen_at_a_time() {
    let range = cloud("lone");
    let made = run(&range.clock(), range.perform(&snapshots(&range))).value.expect("allowed").ids;
    crate::support::pass(&range, 600);
    let begin = range.clock().now();
    let answer = ask(&range, SourceQuery::Blocks(SnapshotId::from(made[0].as_str()), 0));
    assert_eq!((answer.calls.len(), taken(&range, begin)), (151, 50 + 50 * 10));
}

#[test]
#[should_panic(expected = "deadlock")]
fn waiting_for_nothing_is_a_deadlock() {
    let range = cloud("lone");
    run(&range.clock(), std::future::pending::<()>());
}
