use super::*;
use crate::agenda::Agenda;
use crate::effect::{Effect, SourceEffect};
use crate::entry::{Drift, Entry, Guarding, Intent, Outcome, Person, Traced};
use crate::fault::{Fault, FaultClass};
use crate::reading::{Identity, Reading};
use crate::scene::instance::Attribute;
use crate::scene::trail::{TrailChange, TrailChanges};
use crate::testkit::{ACCOUNT, Bench, INSTANCE, denied, settings};

const EVERY: SignedDuration = SignedDuration::from_secs(30);
const US: &str = "arn:aws:sts::111111111111:assumed-role/Impound/impound-me";

fn guarded() -> Bench {
    let mut bench = Bench::new(settings());
    bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
    bench
}

/// A case in which the groups of eni-1 were found reverted, last right a period before.
fn drifted(bench: &mut Bench) -> u64 {
    let right = Some(bench.now - EVERY);
    let (step, what, resource) = (StepName::Isolate, "it differs".to_owned(), Some("eni-1".to_owned()));
    bench.write(&Entry::Drift(Box::new(Drift { step, what, mend: None, resource, right })))
}

fn followed(bench: &Bench) -> Next {
    let mut next = Next::default();
    trace::follow(bench.view(), EVERY, &mut next);
    next
}

fn noted(bench: &Bench) -> Option<Traced> {
    followed(bench).notes.into_iter().find_map(|note| match note {
        Entry::Traced(traced) => Some(traced),
        _ => None,
    })
}

fn change(bench: &Bench, seconds: i64, by: &str, error: Option<&str>) -> TrailChange {
    let at = bench.now + SignedDuration::from_secs(seconds);
    let (event, address) = ("ModifyNetworkInterfaceAttribute".to_owned(), "192.0.2.1".to_owned());
    TrailChange { at, event, by: by.into(), address, error: error.map(str::to_owned) }
}

/// CloudTrail answers now, with everything it has on eni-1.
fn answer(bench: &mut Bench, changes: Vec<TrailChange>) {
    bench.know(S::ChangesOf("eni-1".into()), Reading::Changes(TrailChanges { changes, whole: true }));
}

#[test]
fn who_did_it_is_somebody_else_in_that_time_who_succeeded() {
    let mut bench = guarded();
    let identity = Identity { account: ACCOUNT.into(), arn: US.into() };
    bench.capture(S::Identity, Reading::Identity(identity));
    let drift = drifted(&mut bench);
    let others = [
        change(&bench, 600, "later", None),
        change(&bench, -10, "mallory", None),
        change(&bench, -12, US, None),
        change(&bench, -14, "denied", Some("AccessDenied")),
        change(&bench, -3600, "earlier", None),
    ];
    bench.later(300);
    answer(&mut bench, others.to_vec());
    let traced = noted(&bench).expect("traced");
    assert_eq!((traced.drift, traced.changes.len()), (drift, 1), "{traced:?}");
    assert_eq!(traced.changes[0].by, "mallory");
}

#[test]
fn cloudtrail_is_asked_again_each_minute_and_not_for_ever() {
    let mut bench = guarded();
    drifted(&mut bench);
    let query = Query::from(S::ChangesOf("eni-1".into()));
    assert!(followed(&bench).observe.contains(&query));
    answer(&mut bench, vec![]);
    bench.later(59);
    let waits = followed(&bench);
    assert!(waits.observe.is_empty() && waits.notes.is_empty());
    assert_eq!(waits.wakes[0].at, bench.now + SignedDuration::from_secs(1));
    bench.later(1);
    assert!(followed(&bench).observe.contains(&query));
    bench.later(20 * 60);
    answer(&mut bench, vec![]);
    assert!(noted(&bench).expect("given up").why.contains("no change of it by anybody else"));
}

#[test]
fn what_cloudtrail_refuses_is_said_at_once() {
    let mut bench = guarded();
    drifted(&mut bench);
    bench.deny(S::ChangesOf("eni-1".into()));
    assert!(noted(&bench).expect("said").why.contains("allow cloudtrail:LookupEvents"));
}

/// Calls of IAM stand in one region's CloudTrail only.
#[test]
fn a_role_is_not_looked_for_where_it_can_not_be() {
    for (region, asked) in [("us-east-1", true), ("eu-west-1", false)] {
        let mut bench = guarded();
        bench.case.target.region = region.into();
        let mend = SourceEffect::PutRolePolicy { role: "web".into(), name: "n".into(), document: "d".into() };
        let drift = Drift {
            step: StepName::Revoke,
            what: "it differs".into(),
            mend: Some(mend.into()),
            resource: Some("web".into()),
            right: None,
        };
        bench.write(&Entry::Drift(Box::new(drift)));
        assert_eq!(followed(&bench).observe.is_empty(), !asked, "{region}");
        assert_eq!(noted(&bench).is_some_and(|traced| traced.why.contains("us-east-1")), !asked, "{region}");
    }
}

fn failing(bench: &mut Bench, effect: &Effect, class: FaultClass, times: usize) {
    for _ in 0..times {
        let intent = bench.write(&Entry::Intent(Intent { step: StepName::Protect, effect: effect.clone() }));
        let fault = Some(Fault::new(class, "", "not now"));
        bench.write(&Entry::Outcome(Outcome { intent, made: None, fault }));
    }
}

/// What will pass is tried again each period for ever; what will not, holds, and so does a quota that nobody frees (seed
/// 49832 of the range).
#[test]
fn a_guard_outlasts_an_outage_and_no_refusal() {
    let protect = SourceEffect::SetTerminationProtection { instance: INSTANCE.into(), to: crate::effect::Switch::On };
    let effect = Effect::from(protect);
    let check = S::Attribute(INSTANCE.into(), Attribute::TerminationProtection);
    use FaultClass::{Limit, Network};
    let table = [(guarded(), Network, 0), (Bench::new(settings()), Network, 1), (guarded(), Limit, 1)];
    for (mut bench, class, holds) in table {
        failing(&mut bench, &effect, class, 9);
        let mut agenda = Agenda::new(bench.view());
        agenda.act(effect.clone(), check.clone());
        assert_eq!(agenda.holds.len(), holds);
        if holds == 0 {
            assert_eq!(agenda.wakes[0].at, bench.now + EVERY);
        }
    }
    let mut bench = guarded();
    bench.refused(StepName::Protect, &effect);
    let mut agenda = Agenda::new(bench.view());
    agenda.act(effect, check);
    assert!(agenda.holds[0].why.contains("not allowed"), "{:?}", denied());
}

#[test]
fn the_looks_of_a_period_stay_together() {
    let mut bench = guarded();
    let (one, two) = (S::Interfaces(INSTANCE.into()), S::Instance(INSTANCE.into()));
    bench.know(one.clone(), Reading::Interfaces(vec![]));
    bench.later(5);
    bench.know(two.clone(), Reading::Interfaces(vec![]));
    let look = |bench: &Bench| {
        let mut next = Next { consulted: [one.clone().into(), two.clone().into()].into(), ..Next::default() };
        look_again(bench.view(), EVERY, &mut next);
        next
    };
    bench.later(24);
    let early = look(&bench);
    assert!(early.observe.is_empty());
    assert_eq!(early.wakes[0].at, bench.now + SignedDuration::from_secs(1));
    bench.later(1);
    assert_eq!(look(&bench).observe.len(), 2, "the younger one is asked along");
}

fn report(step: StepName, status: StepStatus, holds: bool) -> StepReport {
    let bench = Bench::new(settings());
    let mut agenda = Agenda::new(bench.view());
    if holds {
        agenda.hold("refused");
    }
    StepReport { status, ..StepReport::of(step, &agenda, bench.view()) }
}

fn kept(bench: &mut Bench, step: StepName) {
    bench.step(step, StepStatus::Done);
}

#[test]
fn lost_is_what_contains_and_failed_and_can_not_go_on() {
    use StepName::{Deregister, Detach, Isolate, Protect, Revoke, Snapshot, Tag};
    for (step, always, once_kept) in [
        (Isolate, true, true),
        (Protect, false, true),
        (Detach, false, true),
        (Revoke, false, true),
        (Deregister, false, true),
        (Snapshot, false, false),
        (Tag, false, false),
    ] {
        let mut bench = guarded();
        let lost = |bench: &Bench, status, holds| is_lost(bench.view(), &report(step, status, holds));
        assert_eq!(lost(&bench, StepStatus::Failed, true), always, "{step}");
        kept(&mut bench, step);
        assert_eq!(lost(&bench, StepStatus::Failed, true), once_kept, "{step}");
        assert!(!lost(&bench, StepStatus::Failed, false) && !lost(&bench, StepStatus::Waiting, true), "{step}");
    }
}

/// A plan in which isolation is lost, after the interfaces and the instance were looked at.
fn lost() -> Next {
    let consulted = [S::Interfaces(INSTANCE.into()).into(), S::Instance(INSTANCE.into()).into()].into();
    let steps = vec![report(StepName::Isolate, StepStatus::Failed, true)];
    Next { consulted, steps, ..Next::default() }
}

fn read_all(bench: &mut Bench) {
    bench.know(S::Interfaces(INSTANCE.into()), Reading::Interfaces(vec![]));
    bench.know(S::Instance(INSTANCE.into()), Reading::Interfaces(vec![]));
}

#[test]
fn a_loss_is_certain_once_all_was_read_again_since_it_was_found() {
    let mut bench = guarded();
    let certain = |bench: &Bench| is_certain(bench.view(), &lost(), StepName::Isolate);
    assert!(certain(&bench), "never kept up, never found lost");
    kept(&mut bench, StepName::Isolate);
    assert!(!certain(&bench), "kept up, and not found lost yet");
    read_all(&mut bench);
    drifted(&mut bench);
    assert!(!certain(&bench));
    bench.later(4);
    read_all(&mut bench);
    assert!(!certain(&bench));
    bench.later(1);
    bench.know(S::Instance(INSTANCE.into()), Reading::Interfaces(vec![]));
    assert!(!certain(&bench), "one of two");
    read_all(&mut bench);
    assert!(certain(&bench));
    kept(&mut bench, StepName::Protect);
    assert!(!is_certain(bench.view(), &lost(), StepName::Protect), "another step's drift is not its own");
}

/// What a guard plans besides its notes: when it looks again.
fn looks_in(bench: &Bench, mut next: Next) -> Option<i64> {
    keep(bench.view(), EVERY, &mut next);
    next.wakes.iter().map(|wake| wake.at.duration_since(bench.now).as_secs()).min()
}

#[test]
fn a_guard_looks_each_period_soon_after_a_loss_and_not_at_all_when_it_is_over() {
    let mut bench = guarded();
    kept(&mut bench, StepName::Isolate);
    read_all(&mut bench);
    let stands = || Next { steps: vec![report(StepName::Isolate, StepStatus::Done, false)], ..lost() };
    assert_eq!(looks_in(&bench, stands()), Some(30));
    assert_eq!(looks_in(&bench, lost()), Some(5), "is it so?");
    let mut certain = bench.clone();
    drifted(&mut certain);
    certain.later(5);
    read_all(&mut certain);
    assert_eq!(looks_in(&certain, lost()), None, "it can not be kept up");
    let mut sent = bench.clone();
    sent.done(StepName::Terminate, &SourceEffect::terminate_nothing().into(), &[]);
    assert_eq!(looks_in(&sent, stands()), None, "the case has ended it");
    let drift = Drift { step: StepName::Terminate, what: "gone".into(), mend: None, resource: None, right: None };
    bench.write(&Entry::Drift(Box::new(drift)));
    assert_eq!(looks_in(&bench, stands()), None, "somebody else has");
}

#[test]
fn what_is_nearly_a_period_old_is_asked_along_and_nothing_younger() {
    let (one, two, three) = (S::Interfaces(INSTANCE.into()), S::Instance(INSTANCE.into()), S::QuarantineGroups);
    let all = [one.clone(), two.clone(), three.clone()];
    let mut bench = guarded();
    for (query, later) in [(one, 7), (two, 1), (three, 22)] {
        bench.know(query, Reading::Interfaces(vec![]));
        bench.later(later);
    }
    let mut next = Next { consulted: all.map(Query::from).into(), ..Next::default() };
    look_again(bench.view(), EVERY, &mut next);
    assert_eq!(next.observe, [S::Interfaces(INSTANCE.into()).into(), S::Instance(INSTANCE.into()).into()].into());
}

#[test]
fn what_can_not_change_is_not_looked_at_again() {
    for query in [S::Identity, S::BlockCount("snap-1".into()), S::InstanceType("t3.large".into())] {
        assert!(!may_change(&query.into()));
    }
    assert!(may_change(&S::Instance(INSTANCE.into()).into()) && may_change(&F::Enclave("subnet-1".into()).into()));
}
