use super::*;
use crate::effect::SourceEffect;
use crate::entry::{Entry, Guarding, Outcome, Person};
use crate::query::SourceQuery as S;
use crate::reading::{Made, Reading};
use crate::scene::Tick;
use crate::scene::instance::Tags;
use crate::testkit::{Bench, INSTANCE, settings};
use Ending::{Done, Failed, Lost};

const LONGEST: SignedDuration = SignedDuration::from_secs(15);

/// Polls once what was read so long after the case was opened; gives when to look again.
fn polled(millis: i64) -> SignedDuration {
    let mut bench = Bench::new(settings());
    let opened = bench.now;
    bench.now += SignedDuration::from_millis(millis);
    bench.know(S::SerialConsole, Reading::Flag(true));
    let due = poll(&bench).expect("it was read just now");
    bench.now = due - SignedDuration::from_nanos(1);
    assert_eq!(poll(&bench), Some(due), "{millis} ms");
    bench.now = due;
    assert_eq!(poll(&bench), None, "{millis} ms");
    due.duration_since(opened)
}

/// Polls once; gives when to look again, or nothing where it asks.
fn poll(bench: &Bench) -> Option<Timestamp> {
    let mut agenda = Agenda::new(bench.view());
    agenda.poll(S::SerialConsole, LONGEST, "a change");
    let wake = agenda.wakes.first().map(|wake| wake.at);
    assert_eq!(wake.is_none(), agenda.observe.contains(&S::SerialConsole.into()));
    wake
}

#[test]
fn who_wakes_when_a_poll_is_due_asks_and_does_not_wait_again() {
    for millis in (0..120_000).step_by(97) {
        let read = SignedDuration::from_millis(millis);
        let due = polled(millis);
        let wait = (due - read).as_secs_f64();
        assert!(wait >= SOONEST.as_secs_f64(), "{millis} ms: {wait} s");
        assert!(
            wait <= SOONEST.as_secs_f64() + (due.as_secs_f64() / 3.0).min(LONGEST.as_secs_f64()),
            "{millis} ms: {wait} s"
        );
    }
}

/// What was read at different times since the last look is looked at again at one moment.
#[test]
fn all_polls_fall_on_the_same_moments() {
    let moments: BTreeSet<SignedDuration> = (0..60_000).step_by(10).map(polled).collect();
    let seconds: Vec<f64> = moments.iter().map(|moment| (moment.as_secs_f64() * 10.0).round() / 10.0).collect();
    assert_eq!(seconds[..12], [0.3, 0.4, 0.6, 0.8, 1.3, 1.9, 2.8, 4.3, 6.4, 9.6, 14.4, 21.6], "{seconds:?}");
    assert!(
        seconds[12..].windows(2).all(|pair| (pair[1] - pair[0] - LONGEST.as_secs_f64()).abs() < 0.01),
        "{seconds:?}"
    );
}

/// How the last call of an effect ended.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Lost,
    Done,
    Failed(FaultClass),
}

fn sent(bench: &mut Bench, effect: &Effect, ending: Ending, times: u32) {
    for _ in 0..times {
        let intent = bench.lost(StepName::Isolate, effect);
        let (made, fault) = match ending {
            Lost => continue,
            Done => (Some(Made::default()), None),
            Failed(class) => (None, Some(Fault::new(class, "", "no"))),
        };
        bench.write(&Entry::Outcome(Outcome { intent, made, fault }));
    }
}

fn acted<'a>(bench: &'a Bench, effect: &Effect) -> Agenda<'a> {
    let mut agenda = Agenda::new(bench.view());
    agenda.act(effect.clone(), S::SerialConsole);
    agenda
}

/// What is wanted: the change, a look whether it is there already, a later try, or a person.
fn wants(agenda: &Agenda<'_>) -> &'static str {
    let looks = agenda.observe.len();
    match (agenda.perform.len(), looks, agenda.wakes.len(), agenda.holds.len()) {
        (1, 0, 0, 0) => "change",
        (0, 1, 0, 0) => "look",
        (0, 0, 1, 0) => "wait",
        (0, 0, 0, 1) => "hold",
        other => panic!("{other:?}"),
    }
}

/// A setting; said again it changes nothing.
fn set(interface: &str, group: &str) -> Effect {
    SourceEffect::SetInterfaceGroups { interface: interface.into(), groups: vec![group.into()] }.into()
}

/// Made twice it stands twice.
fn make() -> Effect {
    let (name, description) = ("quarantine".to_owned(), String::new());
    SourceEffect::CreateGroup { vpc: "vpc-1".into(), name, description, tags: Tags::new() }.into()
}

fn snapshots() -> Effect {
    let tags = Tags::new();
    SourceEffect::CreateSnapshots { instance: INSTANCE.into(), description: String::new(), tags }.into()
}

#[test]
fn how_the_last_call_ended_and_when_decides_what_comes_next() {
    use FaultClass::{Denied, Limit, Throttled, Unknown};
    let table = [
        (set("eni-1", "sg-1"), Done, 1, 29_999, "look"),
        (set("eni-1", "sg-1"), Done, 1, 30_000, "change"),
        (set("eni-1", "sg-1"), Lost, 1, 0, "change"),
        (set("eni-1", "sg-1"), Failed(Unknown), 1, 1_000, "change"),
        (make(), Lost, 1, 29_999, "look"),
        (make(), Lost, 1, 30_000, "change"),
        (make(), Failed(Unknown), 1, 29_999, "look"),
        (make(), Failed(Unknown), 1, 30_000, "change"),
        (make(), Failed(Throttled), 1, 1_000, "change"),
        (make(), Failed(Denied), 1, 1_000, "hold"),
        (set("eni-1", "sg-1"), Done, 6, 30_000, "hold"),
        (set("eni-1", "sg-1"), Done, 6, 59_999, "hold"),
        (set("eni-1", "sg-1"), Done, 6, 60_000, "change"),
        (set("eni-1", "sg-1"), Done, 5, 30_000, "change"),
        (set("eni-1", "sg-1"), Failed(Throttled), 1, 199, "wait"),
        (set("eni-1", "sg-1"), Failed(Throttled), 1, 200, "change"),
        (set("eni-1", "sg-1"), Failed(Throttled), 3, 799, "wait"),
        (set("eni-1", "sg-1"), Failed(Throttled), 3, 800, "change"),
        (set("eni-1", "sg-1"), Failed(Throttled), 7, 12_799, "wait"),
        (set("eni-1", "sg-1"), Failed(Throttled), 7, 12_800, "change"),
        (set("eni-1", "sg-1"), Failed(Throttled), 8, 60_000, "hold"),
        (set("eni-1", "sg-1"), Failed(Limit), 8, 60_000, "hold"),
        (snapshots(), Failed(Throttled), 8, 60_000, "hold"),
        (snapshots(), Failed(Limit), 59, 29_999, "wait"),
        (snapshots(), Failed(Limit), 59, 30_000, "change"),
        (snapshots(), Failed(Limit), 60, 60_000, "hold"),
    ];
    for (effect, ending, times, millis, wanted) in table {
        let mut bench = Bench::new(settings());
        sent(&mut bench, &effect, ending, times);
        bench.now += SignedDuration::from_millis(millis);
        let got = wants(&acted(&bench, &effect));
        assert_eq!(got, wanted, "{effect:?} {ending:?} {times} times, {millis} ms ago");
    }
}

#[test]
fn a_guard_does_what_is_undone_for_the_hundredth_time() {
    let mut bench = Bench::new(settings());
    bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
    sent(&mut bench, &set("eni-1", "sg-1"), Done, 100);
    bench.later(30);
    assert_eq!(wants(&acted(&bench, &set("eni-1", "sg-1"))), "change");
}

/// What was set to another value since is read right, not late.
#[test]
fn only_a_later_change_of_the_same_thing_makes_a_reading_right() {
    let (first, second, elsewhere) = (set("eni-1", "sg-1"), set("eni-1", "sg-2"), set("eni-2", "sg-1"));
    let mut bench = Bench::new(settings());
    for effect in [&first, &second, &elsewhere] {
        sent(&mut bench, effect, Done, 1);
    }
    bench.later(10);
    assert_eq!(wants(&acted(&bench, &first)), "change");
    assert_eq!(wants(&acted(&bench, &second)), "look");
    assert_eq!(wants(&acted(&bench, &elsewhere)), "look");
}

/// What is wanted of a question after so many failures, so long after the last.
fn asked(bench: &mut Bench, class: FaultClass, failures: u64, millis: i64) -> &'static str {
    for n in 0..failures {
        let fault = Fault::new(class, "", "no");
        bench.scene.learn(S::SerialConsole.into(), Err(fault), Tick(100 + n), bench.now);
    }
    bench.now += SignedDuration::from_millis(millis);
    let mut agenda = Agenda::new(bench.view());
    assert_eq!(agenda.read(S::SerialConsole), None);
    wants(&agenda)
}

#[test]
fn a_question_is_asked_again_after_growing_pauses_until_its_tries_are_used_up() {
    use FaultClass::{Denied, Invalid, Network, NotFound, Throttled};
    let fresh = || Bench::new(settings());
    let changed = || {
        let mut bench = fresh();
        sent(&mut bench, &make(), Done, 1);
        bench
    };
    let guarded = || {
        let mut bench = fresh();
        bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
        bench
    };
    let table = [
        (fresh(), Throttled, 1, 199, "wait"),
        (fresh(), Throttled, 1, 200, "look"),
        (fresh(), Throttled, 7, 12_799, "wait"),
        (fresh(), Throttled, 7, 12_800, "look"),
        (fresh(), Throttled, 8, 0, "hold"),
        (fresh(), Network, 2, 0, "wait"),
        (fresh(), Network, 3, 0, "hold"),
        (changed(), Network, 7, 0, "wait"),
        (changed(), Network, 8, 0, "hold"),
        (guarded(), Throttled, 8, 0, "wait"),
        (guarded(), Network, 8, 0, "wait"),
        (guarded(), Denied, 1, 0, "hold"),
        (fresh(), Denied, 1, 0, "hold"),
        (fresh(), Invalid, 1, 0, "hold"),
        (fresh(), NotFound, 1, 0, "hold"),
    ];
    for (mut bench, class, failures, millis, wanted) in table {
        assert_eq!(asked(&mut bench, class, failures, millis), wanted, "{class:?} {failures} times, {millis} ms ago");
    }
}

/// A guard asks always, a run once it is older than what is read at its end.
#[test]
fn what_was_looked_at_is_noted_where_somebody_asks() {
    for (guarded, millis, noted) in [(false, 4_999, false), (false, 5_000, true), (true, 0, true)] {
        let mut bench = Bench::new(settings());
        if guarded {
            bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
        }
        bench.now += SignedDuration::from_millis(millis);
        let mut agenda = Agenda::new(bench.view());
        agenda.read(S::SerialConsole);
        assert_eq!(agenda.consulted.contains(&S::SerialConsole.into()), noted, "{guarded}, {millis} ms");
    }
}

#[test]
fn a_closed_gate_is_in_the_way_and_an_offer_is_not() {
    let what = || vec!["one".to_owned(), "two".to_owned()];
    let shown = "21066d108d5319ecb5a1fc4454f42ef22fc5f1c7df49c31d90294950e0ea8b2c";
    for (gate, approved, open) in
        [(Gate::Router, false, true), (Gate::Router, true, false), (Gate::OpenWindow, false, false)]
    {
        let mut bench = Bench::new(settings());
        bench.approve(Gate::Router, if approved { shown } else { "another" });
        let mut agenda = Agenda::new(bench.view());
        assert_eq!(agenda.gate(gate, what()), approved);
        assert_eq!((agenda.is_open(), agenda.gates[0].digest.as_str()), (open, shown), "{gate}, {approved}");
    }
}

#[test]
fn an_answer_of_another_kind_holds_the_step() {
    let mut bench = Bench::new(settings());
    bench.know(S::Instance(INSTANCE.into()), Reading::Flag(true));
    let mut agenda = Agenda::new(bench.view());
    assert_eq!(agenda.instance(&INSTANCE.into()), None);
    assert!(agenda.holds[0].why.contains("`instance` is of another kind"), "{:?}", agenda.holds);
}

#[test]
fn what_was_just_read_is_not_gone_because_a_call_says_so() {
    let effect = set("eni-1", "sg-1");
    let told = |bench: &Bench| {
        let mut agenda = Agenda::new(bench.view());
        agenda.insist(effect.clone(), S::SerialConsole);
        wants(&agenda)
    };
    for (class, then) in [(FaultClass::NotFound, "wait"), (FaultClass::Denied, "hold"), (FaultClass::Invalid, "hold")] {
        let mut bench = Bench::new(settings());
        assert_eq!(told(&bench), "change");
        sent(&mut bench, &effect, Failed(class), 1);
        assert_eq!(told(&bench), then, "{class:?}");
        sent(&mut bench, &effect, Failed(class), TRIES);
        assert_eq!(told(&bench), "hold", "{class:?}, again and again");
    }
}

/// What a person reads then is that it does not become visible, not that there is no such thing.
#[test]
fn what_was_just_read_and_is_never_seen_holds_as_not_visible_yet() {
    let (mut bench, effect) = (Bench::new(settings()), set("eni-1", "sg-1"));
    sent(&mut bench, &effect, Failed(FaultClass::NotFound), TRIES);
    let mut agenda = Agenda::new(bench.view());
    agenda.insist(effect, S::SerialConsole);
    let fault = agenda.holds[0].fault.as_ref().map(|fault| fault.class);
    assert_eq!(fault, Some(FaultClass::NotFoundYet));
}

/// The last try that helps nothing is the last one, under a guard too.
#[test]
fn what_is_refused_for_good_holds_at_the_last_try() {
    for (failures, then) in [(TRIES - 1, "wait"), (TRIES, "hold")] {
        let (mut bench, effect) = (Bench::new(settings()), set("eni-1", "sg-1"));
        sent(&mut bench, &effect, Failed(FaultClass::Denied), failures);
        bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
        let mut agenda = Agenda::new(bench.view());
        agenda.persist(effect, S::SerialConsole);
        assert_eq!(wants(&agenda), then, "{failures}");
    }
}

#[test]
fn where_nothing_else_is_left_a_refusal_is_tried_again_whatever_it_says() {
    let effect = set("eni-1", "sg-1");
    let told = |bench: &Bench| {
        let mut agenda = Agenda::new(bench.view());
        agenda.persist(effect.clone(), S::SerialConsole);
        wants(&agenda)
    };
    for class in [FaultClass::NotFound, FaultClass::Denied, FaultClass::Invalid, FaultClass::Throttled] {
        let mut bench = Bench::new(settings());
        assert_eq!(told(&bench), "change");
        sent(&mut bench, &effect, Failed(class), 1);
        assert_eq!(told(&bench), "wait", "{class:?}");
        bench.later(1);
        assert_eq!(told(&bench), "change", "{class:?}");
        sent(&mut bench, &effect, Failed(class), TRIES);
        assert_eq!(told(&bench), "hold", "{class:?}, again and again");
        bench.write(&Entry::Guarding(Guarding { every_seconds: 30, by: Person::default() }));
        let tireless = class == FaultClass::Throttled;
        assert_eq!(told(&bench), if tireless { "wait" } else { "hold" }, "{class:?}, under a guard");
    }
}
