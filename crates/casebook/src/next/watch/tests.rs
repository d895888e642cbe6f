use super::*;
use crate::effect::{Effect, SourceEffect};
use crate::id::RoleName;
use crate::next::StepReport;
use crate::reading::Reading;
use crate::testkit::{Bench, INSTANCE, settings};

fn interfaces() -> Query {
    S::Interfaces(INSTANCE.into()).into()
}

fn report(step: StepName, status: StepStatus) -> StepReport {
    let bench = Bench::new(settings());
    StepReport { status, ..StepReport::of(step, &crate::agenda::Agenda::new(bench.view()), bench.view()) }
}

/// A plan in which isolation stands.
fn isolated() -> Next {
    Next { steps: vec![report(StepName::Isolate, StepStatus::Done)], ..Next::default() }
}

/// Isolation was proved so many milliseconds ago.
fn proved(millis: i64) -> Bench {
    let mut bench = Bench::new(settings());
    bench.know(interfaces(), Reading::Interfaces(vec![]));
    bench.now += SignedDuration::from_millis(millis);
    bench
}

/// Adds what is to be looked at, and gives whether that is at once and in how many milliseconds.
fn looked(bench: &Bench, next: &mut Next) -> (bool, Vec<i128>) {
    again(bench.view(), next);
    let waits = next.wakes.iter().filter(|wake| wake.why.starts_with("the next look"));
    let millis = waits.map(|wake| wake.at.duration_since(bench.now).as_millis());
    (next.observe.contains(&interfaces()), millis.collect())
}

#[test]
fn a_proof_is_at_most_five_seconds_old_at_the_end_and_a_minute_meanwhile() {
    assert_eq!(looked(&proved(4_999), &mut isolated()), (false, vec![]), "the run ends");
    assert_eq!(looked(&proved(5_000), &mut isolated()), (true, vec![]));
    let moving = || {
        let query = S::SerialConsole.into();
        Next { observe: [query].into(), ..isolated() }
    };
    assert_eq!(looked(&proved(59_999), &mut moving()), (false, vec![1]));
    assert_eq!(looked(&proved(60_000), &mut moving()), (true, vec![]));
    let mut asked = proved(60_000);
    asked.busy.queries.insert(interfaces());
    assert_eq!(looked(&asked, &mut moving()), (false, vec![]), "it is being asked");
    let mut stale = proved(60_000);
    stale.scene.forget(&interfaces());
    assert_eq!(looked(&stale, &mut moving()), (false, vec![]), "its step asks");
}

/// What becomes old within the next ten seconds is asked beside what is old already, and not for itself.
#[test]
fn proofs_that_grow_old_together_are_asked_together() {
    for (behind, asked) in [(0, true), (9_999, true), (10_000, true), (10_001, false)] {
        let mut bench = proved(behind);
        bench.know(S::QuarantineGroups, Reading::Groups(vec![]));
        bench.now += SignedDuration::from_millis(59_999 - behind);
        let moving = || Next { observe: [S::SerialConsole.into()].into(), ..isolated() };
        let mut early = moving();
        assert!(
            !looked(&bench, &mut early).0 && !early.observe.contains(&S::QuarantineGroups.into()),
            "nothing is old"
        );
        bench.now += SignedDuration::from_millis(1);
        let mut next = moving();
        assert!(looked(&bench, &mut next).0);
        assert_eq!(next.observe.contains(&S::QuarantineGroups.into()), asked, "{behind} ms behind");
    }
}

/// Network ACLs are proofs where this case has put one in the place of another, and else a reading like any other.
#[test]
fn network_acls_are_looked_at_again_where_subnets_were_cut() {
    let (mut bench, acls) = (proved(0), Query::from(S::Acls(vec!["vpc-1".into()])));
    bench.know(acls.clone(), Reading::Acls(vec![]));
    bench.know(S::SerialConsole, Reading::Flag(true));
    assert!(!of_step(bench.view(), StepName::Isolate).contains(&acls));
    let cut = SourceEffect::ReplaceAcl { association: "aclassoc-1".into(), acl: "acl-1".into() };
    bench.done(StepName::Isolate, &cut.into(), &[]);
    let proofs = of_step(bench.view(), StepName::Isolate);
    assert!(proofs.contains(&acls) && !proofs.contains(&S::SerialConsole.into()), "{proofs:?}");
}

/// One look wakes for what is due then; who wakes earlier sees to it.
#[test]
fn only_the_first_look_is_waited_for() {
    for (first, waits) in [(999, vec![]), (1_000, vec![]), (1_001, vec![1_000])] {
        let bench = proved(59_000);
        let at = bench.now + SignedDuration::from_millis(first);
        let mut next = Next { wakes: vec![Wake { at, why: "something else".into() }], ..isolated() };
        assert_eq!(looked(&bench, &mut next), (false, waits), "{first} ms");
    }
}

#[test]
fn a_run_moves_while_anything_is_planned_or_under_way() {
    let still = proved(0);
    let change: Effect = SourceEffect::terminate_nothing().into();
    let planned = [
        Next { observe: [interfaces()].into(), ..Next::default() },
        Next { perform: vec![(StepName::Tag, change.clone())], ..Next::default() },
        Next { wakes: vec![Wake { at: still.now, why: String::new() }], ..Next::default() },
    ];
    assert!(!moves(still.view(), &Next::default()));
    assert!(planned.iter().all(|next| moves(still.view(), next)));
    let (mut asked, mut sent) = (still.clone(), still);
    asked.busy.queries.insert(interfaces());
    sent.busy.effects.insert(change);
    assert!([asked, sent].iter().all(|bench| moves(bench.view(), &Next::default())));
}

/// Whether a fact read at these seconds is read again before a step that stands so since `since` is done.
fn is_old(since: i64, read: &[i64], now: i64) -> bool {
    let mut bench = Bench::new(settings());
    let begin = bench.now;
    let at = |seconds| begin + SignedDuration::from_secs(seconds);
    for seconds in read {
        bench.now = at(*seconds);
        bench.know(interfaces(), Reading::Interfaces(vec![]));
    }
    bench.now = at(since);
    bench.step(StepName::Isolate, StepStatus::Waiting);
    bench.now = at(now);
    !old(bench.view(), StepName::Isolate, &[interfaces()]).is_empty()
}

#[test]
fn what_was_read_too_long_ago_proves_nothing_unless_it_was_read_twice_since() {
    let table = [
        (10, vec![9], 13, false, "four seconds old"),
        (10, vec![9], 14, true, "five, and from before"),
        (10, vec![10], 15, false, "not from before"),
        (10, vec![11], 16, false, "from since"),
        (10, vec![10], 69, false, "nearly a minute old"),
        (10, vec![10], 70, true, "a minute old"),
        (10, vec![9, 20], 80, true, "read once since"),
        (10, vec![10, 20], 80, true, "read twice since, both times long ago"),
        (10, vec![10, 69], 129, true, "read twice since, hardly apart"),
        (10, vec![10, 70], 130, false, "read twice since, a minute apart"),
        (10, vec![9, 70], 130, true, "once from before"),
    ];
    for (since, read, now, again, why) in table {
        assert_eq!(is_old(since, &read, now), again, "{why}");
    }
}

/// Nothing is written of the step: what counts is when the case was taken up.
#[test]
fn a_step_never_heard_of_counts_from_when_the_case_was_taken_up() {
    let consulted = [interfaces(), S::BlockCount("snap-1".into()).into()];
    let mut bench = proved(5_000);
    bench.know(S::BlockCount("snap-1".into()), Reading::Count(1));
    bench.later(60);
    assert_eq!(old(bench.view(), StepName::Isolate, &consulted), [interfaces()], "a count does not change");
    let fresh = proved(59_999);
    assert_eq!(old(fresh.view(), StepName::Isolate, &consulted), []);
}

#[test]
fn what_stands_is_proved_by_what_it_set_and_what_failed_for_want_of_the_instance_by_that() {
    use StepStatus::{Done, Failed, Waiting};
    let mut bench = Bench::new(settings());
    let role = RoleName::from("web");
    let (ours, other) = (revoke::policy_name(&bench.case), "another".to_owned());
    let deny = Query::from(S::RolePolicy(role.clone(), ours));
    bench.know(deny.clone(), Reading::Policy(None));
    bench.know(S::RolePolicy(role, other), Reading::Policy(None));
    let target = || INSTANCE.into();
    let instance = Query::from(S::Instance(target()));
    let protection = [
        instance.clone(),
        S::Attribute(target(), Attribute::TerminationProtection).into(),
        S::Attribute(target(), Attribute::StopProtection).into(),
    ];
    let isolation = [interfaces(), S::QuarantineGroups.into(), instance.clone()];
    let table: [(StepName, StepStatus, Vec<Query>); 9] = [
        (StepName::Protect, Done, protection.to_vec()),
        (StepName::Isolate, Done, isolation.to_vec()),
        (StepName::Isolate, Failed, isolation.to_vec()),
        (StepName::Isolate, Waiting, vec![]),
        (StepName::Revoke, Done, vec![deny, S::ProfileAssociations(target()).into()]),
        (StepName::Revoke, Failed, vec![]),
        (StepName::Tag, Done, vec![]),
        (StepName::Tag, Failed, vec![instance.clone()]),
        (StepName::Protect, Failed, vec![instance]),
    ];
    for (step, status, wanted) in table {
        let next = Next { steps: vec![report(step, status)], ..Next::default() };
        assert_eq!(proofs(bench.view(), &next), wanted, "{step} {status:?}");
    }
}

/// Its work is over, and so is what proves it.
#[test]
fn what_rests_is_not_looked_at() {
    let mut bench = Bench::new(settings());
    bench.done(StepName::Terminate, &SourceEffect::terminate_nothing().into(), &[]);
    assert_eq!(proofs(bench.view(), &isolated()), []);
}
