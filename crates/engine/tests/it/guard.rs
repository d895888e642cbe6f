//! A contained case under guard: whatever somebody undoes is found, written and mended within one
//! period; a quiet guard writes nothing and does not end; what can not be mended ends it.

use casebook::entry::{CaseStatus, Drift, Entry, Guarding, Person, Traced};
use casebook::fault::FaultClass;
use casebook::gate::Gate;
use casebook::id::GroupId;
use casebook::step::{Phase, StepName};
use casebook::verdict::NetworkVerdict;
use engine::{RunEnd, Written};
use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use range::proof::{Failure, Trial, fault};
use range::{Injection, Range, World};

mod kinds;

use kinds::{KINDS, Kind};

/// The period.
const EVERY: SignedDuration = SignedDuration::from_secs(30);
/// What the calls of a look and of mending may take beside.
const CALLS: SignedDuration = SignedDuration::from_secs(3);

/// How long the range takes to show everywhere what was done.
const LAG: SignedDuration = SignedDuration::from_secs(5);

/// A contained case, long after its last change.
fn contained(through: Phase, approve: Option<Gate>) -> Trial {
    let trial = Trial::new("web-tier", through);
    approve.into_iter().for_each(|gate| trial.approve(gate));
    let end = trial.drive();
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    trial.pass(SignedDuration::from_mins(5));
    trial
}

/// Guards a case while a script is played beside it; the script's end stops the guard.
fn guard(trial: &Trial, script: impl AsyncFnOnce(&Range)) -> RunEnd {
    let mut session = trial.session(Failure::Never).expect("opens");
    let guarding = Guarding { every_seconds: 30, by: Person::default() };
    session.append(trial.now(), &[Entry::Guarding(guarding)]).expect("written");
    let (range, stop) = (trial.range.clone(), trial.stop.clone());
    let mut unwatched = ();
    let play = async {
        script(&range).await;
        stop.wish();
    };
    let (end, ()) = range::run(&range.clock(), join(trial.driving(&mut session, &mut unwatched), play));
    end.expect("the guard ends")
}

fn denied_always(action: &str) -> Injection {
    Injection::before(action, fault(FaultClass::Denied)).times(u32::MAX)
}

async fn pass(range: &Range, time: SignedDuration) {
    range.clock().sleep(time).await;
}

/// Of the guard alone.
fn written(trial: &Trial) -> Vec<Written> {
    let entries = trial.case().entries().expect("readable").into_iter();
    entries.skip_while(|line| !matches!(line.entry, Entry::Guarding(_))).collect()
}

fn drifts(trial: &Trial) -> Vec<(Timestamp, u64, Drift)> {
    let drift = |line: Written| match line.entry {
        Entry::Drift(drift) => Some((line.at, line.seq, *drift)),
        _ => None,
    };
    written(trial).into_iter().filter_map(drift).collect()
}

fn traced(trial: &Trial, drift: u64) -> Option<(Timestamp, Traced)> {
    written(trial).into_iter().find_map(|line| match line.entry {
        Entry::Traced(traced) if traced.drift == drift => Some((line.at, traced)),
        _ => None,
    })
}

fn mended(trial: &Trial, drift: u64) -> Option<Timestamp> {
    let mends = |line: &Written| matches!(&line.entry, Entry::Mended(mended) if mended.drift == drift);
    written(trial).into_iter().find(mends).map(|line| line.at)
}

/// One act of one kind at one moment of the guard.
fn one(kind: &Kind, moment: SignedDuration) {
    let trial = contained(kind.through, kind.approve);
    let name = format!("{} after {moment}", kind.name);
    let stands = |range: &Range| range.with_world(|world| (kind.stands)(world, range));
    assert!(stands(&trial.range), "{name}: before");
    let mut acted = None;
    let end = guard(&trial, async |range| {
        pass(range, moment).await;
        range.with_world(|world| (kind.act)(world, range));
        acted = Some(range.clock().now());
        assert!(!stands(range), "{name}: the act did nothing");
        pass(range, EVERY + CALLS + kind.takes).await;
        assert!(stands(range), "{name}: not mended within a period");
        pass(range, SignedDuration::from_mins(7)).await;
    });
    let acted = acted.expect("acted");
    let found = drifts(&trial);
    let Some((at, seq, drift)) = found.iter().find(|(_, _, drift)| drift.step == kind.step) else {
        panic!("{name}: not written: {found:?}");
    };
    assert!(
        *at >= acted && at.duration_since(acted) <= EVERY + CALLS,
        "{name}: found after {}",
        at.duration_since(acted)
    );
    assert!(drift.right.is_some_and(|right| right <= acted + LAG), "{name}: {drift:?} was right after {acted}");
    assert!(kind.words.iter().all(|word| drift.what.contains(word)), "{name}: {}", drift.what);
    assert!(mended(&trial, *seq).is_some(), "{name}: never mended");
    let by: Vec<_> = traced(&trial, *seq).into_iter().flat_map(|(_, traced)| traced.changes).map(|c| c.by).collect();
    assert!(by.iter().any(|by| by == "mallory"), "{name}: done by {by:?}, {drift:?}");
    assert_eq!(end.status, CaseStatus::Done, "{name}: {}", end.reason);
}

/// Every kind of drift, at moments all over a period.
#[test]
fn every_drift_is_found_and_mended_within_a_period() {
    for kind in KINDS {
        for millis in [0, 9_400, 29_900] {
            one(kind, SignedDuration::from_millis(millis));
        }
    }
}

#[test]
fn a_quiet_guard_writes_nothing_and_stays() {
    let trial = contained(Phase::Custody, None);
    let verdict = || (trial.case().case().verdict.network, trial.case().case().verdict.credentials);
    let before = verdict();
    let mut lengths = Vec::new();
    let end = guard(&trial, async |range| {
        for hour in 0..3 {
            pass(range, SignedDuration::from_mins(if hour == 0 { 5 } else { 60 })).await;
            lengths.push(written(&trial).len());
        }
    });
    assert_eq!(lengths[0], lengths[2], "{:#?}", written(&trial));
    assert!(end.interrupted);
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert_eq!(verdict(), before);
    assert!(end.calls["ec2:DescribeNetworkInterfaces"] >= 240, "{:?}", end.calls);
    assert!(!end.calls.contains_key("ebs:GetSnapshotBlock"), "{:?}", end.calls);
}

/// An attacker who undoes it as soon as he sees it, for an hour: each time it is found and mended.
#[test]
fn a_guard_does_not_tire() {
    let trial = contained(Phase::Contain, None);
    let kind = KINDS.iter().find(|kind| kind.name == "groups reverted").expect("a kind");
    let stands = |range: &Range| range.with_world(|world| (kind.stands)(world, range));
    let mut reverts = 0;
    let end = guard(&trial, async |range| {
        for _ in 0..3600 {
            pass(range, SignedDuration::from_secs(1)).await;
            if stands(range) {
                range.with_world(|world| (kind.act)(world, range));
                reverts += 1;
            }
        }
        pass(range, EVERY + CALLS).await;
    });
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
    assert!(reverts > 50, "{reverts}");
    assert!(drifts(&trial).len() >= reverts, "{} of {reverts} are written", drifts(&trial).len());
    assert_eq!(trial.case().case().verdict.network, NetworkVerdict::NewFlowsBlocked);
}

/// What was not seen stays so until CloudTrail shows it, and that delays nothing.
#[test]
fn who_did_it_is_written_when_cloudtrail_shows_it() {
    let trial = contained(Phase::Contain, None);
    trial.range.with_world(|world| world.settings.trail_lag = SignedDuration::from_mins(12));
    guard(&trial, async |range| {
        pass(range, SignedDuration::from_secs(40)).await;
        range.with_world(|world| (KINDS[0].act)(world, range));
        pass(range, SignedDuration::from_mins(14)).await;
    });
    let (found, seq, drift) = drifts(&trial).remove(0);
    let closed = mended(&trial, seq).expect("mended");
    assert!(closed.duration_since(found) < CALLS, "{}", closed.duration_since(found));
    let (at, traced) = traced(&trial, seq).expect("traced");
    assert!(at.duration_since(found) > SignedDuration::from_mins(11), "{}", at.duration_since(found));
    assert_eq!(traced.changes[0].event, "ModifyNetworkInterfaceAttribute", "{drift:?}");
}

#[test]
fn what_cloudtrail_never_shows_and_what_it_refuses_is_said_once() {
    let behind_the_api = |world: &mut World, range: &Range| {
        let target = range.target().instance;
        let open = GroupId::from("sg-elsewhere");
        let cards = world.network.interfaces.values_mut().filter(|card| card.shown.instance.as_ref() == Some(&target));
        cards.for_each(|card| card.shown.groups = vec![open.clone()]);
    };
    for denied in [false, true] {
        let trial = contained(Phase::Contain, None);
        guard(&trial, async |range| {
            pass(range, SignedDuration::from_secs(40)).await;
            if denied {
                range.inject(denied_always("cloudtrail:LookupEvents"));
            }
            range.with_world(|world| behind_the_api(world, range));
            pass(range, SignedDuration::from_mins(25)).await;
        });
        for (found, seq, _) in drifts(&trial) {
            let (at, traced) = traced(&trial, seq).expect("said");
            let (word, soonest) = if denied { ("LookupEvents", 0) } else { ("no change", 20) };
            assert!(traced.changes.is_empty() && traced.why.contains(word), "{traced:?}");
            assert!(at.duration_since(found) >= SignedDuration::from_mins(soonest), "{traced:?}");
        }
        assert!(!drifts(&trial).is_empty());
    }
}

#[test]
fn without_permission_the_guard_ends_held() {
    let trial = contained(Phase::Contain, None);
    let end = guard(&trial, async |range| {
        pass(range, SignedDuration::from_secs(40)).await;
        range.inject(denied_always("ec2:ModifyNetworkInterfaceAttribute"));
        range.with_world(|world| (KINDS[0].act)(world, range));
        pass(range, SignedDuration::from_mins(10)).await;
    });
    assert_eq!((end.status, end.interrupted), (CaseStatus::Held, false), "{}", end.reason);
    assert!(end.reason.contains("isolate") && end.reason.contains("ModifyNetworkInterfaceAttribute"), "{}", end.reason);
    assert!(!drifts(&trial).is_empty());
    let ended = written(&trial).last().map(|line| line.at).expect("written");
    assert!(trial.now().duration_since(ended) > SignedDuration::from_mins(8), "it ended by itself, at once");
}

/// Without the marks nobody is set free: the guard goes on.
#[test]
fn a_tag_that_can_not_be_written_does_not_end_the_guard() {
    let trial = contained(Phase::Contain, None);
    let kind = KINDS.iter().find(|kind| kind.step == StepName::Tag).expect("a kind");
    let end = guard(&trial, async |range| {
        pass(range, SignedDuration::from_secs(40)).await;
        range.inject(denied_always("ec2:CreateTags"));
        range.with_world(|world| (kind.act)(world, range));
        pass(range, SignedDuration::from_mins(10)).await;
        range.with_world(|world| (KINDS[0].act)(world, range));
        pass(range, EVERY + CALLS).await;
        assert!(range.with_world(|world| (KINDS[0].stands)(world, range)), "the network is still guarded");
    });
    assert!(end.interrupted);
    assert_eq!(end.status, CaseStatus::Held, "what is not mended is said at the end: {}", end.reason);
}

/// AWS out of reach for minutes is waited out; what happened meanwhile is mended then.
#[test]
fn an_outage_is_waited_out() {
    let trial = contained(Phase::Contain, None);
    let end = guard(&trial, async |range| {
        pass(range, SignedDuration::from_secs(40)).await;
        for action in ["ec2:DescribeNetworkInterfaces", "ec2:DescribeInstances", "ec2:ModifyNetworkInterfaceAttribute"]
        {
            range.inject(Injection::before(action, fault(FaultClass::Network)).times(40));
        }
        range.with_world(|world| (KINDS[0].act)(world, range));
        pass(range, SignedDuration::from_mins(30)).await;
        assert!(range.with_world(|world| (KINDS[0].stands)(world, range)));
    });
    assert!(end.interrupted);
    assert_eq!(end.status, CaseStatus::Done, "{}", end.reason);
}

/// Somebody terminates the original: there is nothing left to guard, and that is no success.
#[test]
fn an_original_that_somebody_terminates_ends_the_guard() {
    let trial = contained(Phase::Contain, None);
    let target = trial.range.target().instance;
    let end = guard(&trial, async |range| {
        pass(range, SignedDuration::from_secs(40)).await;
        range.with_world(|world| {
            let mut mallory = world.administrator("mallory");
            mallory.lift_termination_protection(&target).expect("lifted");
            mallory.lift_stop_protection(&target).expect("lifted");
            mallory.terminate(&target).expect("terminated");
        });
        pass(range, SignedDuration::from_mins(20)).await;
    });
    assert_eq!((end.status, end.interrupted), (CaseStatus::Held, false), "{}", end.reason);
}

/// A guard that died is taken up by another one, and by a plain resume, which ends by itself.
#[test]
fn a_guard_that_died_leaves_an_ordinary_case() {
    let trial = contained(Phase::Contain, None);
    let mut session = trial.session(Failure::Never).expect("opens");
    let guarding = Guarding { every_seconds: 30, by: Person::default() };
    session.append(trial.now(), &[Entry::Guarding(guarding)]).expect("written");
    drop(session);
    let end = trial.drive();
    assert_eq!((end.status, end.interrupted), (CaseStatus::Done, false), "{}", end.reason);
}
